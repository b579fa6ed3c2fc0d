"""Where the images of a list are: below one folder or, for a merged list, below one folder for each set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from radiobundle.suggest import did_you_mean

_SEPARATOR = "="


class DatasetFolders:
    """Folders by the name of the set, with which image names begin; used like a `Path`.

    Args:
        folders: from the name of a set to its folder.

    >>> (DatasetFolders({"chexpert": "/data/chexpert", "nih": "/data/nih"}) / "nih/images/1.png").as_posix()
    '/data/nih/images/1.png'
    """

    def __init__(self, folders: Mapping[str, str | Path]) -> None:
        self.folders = {str(name): Path(folder) for name, folder in folders.items()}

    def __truediv__(self, image: str) -> Path:
        """Return the path of an image, or of a folder of images.

        Raises:
            ValueError: it does not begin with the name of a set.
        """
        name, _, rest = image.partition("/")
        if name not in self.folders:
            raise ValueError(
                f"`dataset_dir` names no folder for '{name}' (needed for {image})"
                f"{did_you_mean(name, self.folders)}; it names {', '.join(self.folders)}"
            )
        return self.folders[name] / rest

    def __str__(self) -> str:
        """Return all folders."""
        return ", ".join(f"{name}{_SEPARATOR}{folder}" for name, folder in self.folders.items())

    def is_dir(self) -> bool:
        """Whether all of them exist."""
        return all(folder.is_dir() for folder in self.folders.values())


Folders = Path | DatasetFolders


def dataset_folders(given: str | Path | Mapping[str, str | Path] | DatasetFolders | Sequence[str]) -> Folders:
    """Return the folder or folders of a list's images, as given by the user.

    Args:
        given: a folder; or, for a merged list, a mapping from the name of each set to its folder, or texts NAME=FOLDER.
            For a merged list also one folder that has a subfolder, or a link to one, named after each set.

    Raises:
        ValueError: one of several texts is not NAME=FOLDER, or a set is named twice.

    >>> print(dataset_folders(["nih=/data/nih", "chexpert=/data/chexpert"]))
    nih=/data/nih, chexpert=/data/chexpert
    """
    if isinstance(given, DatasetFolders):
        return given
    if isinstance(given, Mapping):
        return DatasetFolders(given)
    texts = [given] if isinstance(given, (str, Path)) else list(given)
    if len(texts) == 1 and (Path(texts[0]).exists() or _SEPARATOR not in str(texts[0])):
        return Path(texts[0])
    found: dict[str, str] = {}
    for text in map(str, texts):
        name, separator, folder = text.partition(_SEPARATOR)
        if not (name and separator and folder):
            raise ValueError(f"`dataset_dir` '{text}': write NAME=FOLDER for each set of a merged list")
        if name in found:
            raise ValueError(f"`dataset_dir` names the folder of '{name}' twice")
        found[name] = folder
    return DatasetFolders(found)
