"""The names of one set's labels in another set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from radiobundle.sources.name_file import read_names
from radiobundle.suggest import did_you_mean, misspelt

_SHIPPED = Path(__file__).parents[1] / "templates" / "mappings"
_SAME_LABELS = {"mimic": "chexpert"}  # read by the same labeller
_EITHER = "_either_"


@dataclass(frozen=True)
class LabelMapping:
    """A mapping file.

    Attributes:
        name: of the file.
        targets: label of one set -> label of the other; None: that has no such label.
        either: labels of the other set that are present if any of several is.
    """

    name: str
    targets: dict[str, str | None]
    either: tuple[str, ...] = ()

    def source_of(self, lists: Sequence[Sequence[str]]) -> int:
        """Return which of some lists of labels is mapped: the first that has the names on the left.

        Raises:
            ValueError: none has them all.
        """
        missing = [[name for name in self.targets if name not in labels] for labels in lists]
        fitting = [index for index, absent in enumerate(missing) if not absent]
        if fitting:
            return fitting[0]
        nearest = min(range(len(lists)), key=lambda index: len(missing[index]))
        name = missing[nearest][0]
        raise ValueError(
            f"{self.name} maps '{name}', which is not a label in either list{did_you_mean(name, lists[nearest])}"
        )

    def check_targets(self, labels: Sequence[str]) -> None:
        """Refuse a target that is almost a label of the other list; any other may be missing there."""
        for target in self.targets.values():
            if target is not None and target not in labels and (hint := misspelt(target, labels)):
                raise ValueError(f"{self.name}: the other list has no label '{target}'{hint}")

    def check(self, labels: Sequence[str]) -> None:
        """Refuse to give a label of the mapped list the name of another, unless the file allows it.

        Raises:
            ValueError: several labels have the same target.
        """
        named = [target for target in map(self.target, labels) if target is not None]
        for target, count in Counter(named).items():
            if count > 1 and target not in self.either:
                sources = [label for label in labels if self.target(label) == target]
                raise ValueError(
                    f"{self.name}: '{target}' is the target of {count} labels, {', '.join(sources)}; keep one, or add "
                    f'"{_EITHER}": ["{target}"] if any of them may stand for it'
                )

    def target(self, label: str) -> str | None:
        """Return the name of a label in the other set; a label that is not in the file keeps its name."""
        return self.targets.get(label, label)


def read_mapping(path: str | Path) -> LabelMapping:
    """Read a mapping file: a JSON object from the labels of one set to those of the other.

    Raises:
        ValueError: it is missing, no such object, or names a label twice.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(
            f"`mapping` {path}: no such file; the shipped ones are {', '.join(sorted(map(str, _shipped())))}"
        )
    content = read_names(path, what="label to label (null: none)")
    either = content.pop(_EITHER, [])
    if empty := [key for key, value in content.items() if value == ""]:
        raise ValueError(f"{path}: '{empty[0]}' is mapped to an empty name; write null if there is none")
    if not isinstance(either, list) or not all(name in content.values() for name in either):
        raise ValueError(f"{path}: {_EITHER} must list names that labels are mapped to, got {either!r}")
    return LabelMapping(path.name, content, tuple(either))


def shipped_mapping(sources: Sequence[str]) -> tuple[LabelMapping | None, int | None]:
    """Return the mapping that ships for two sources, and which of them is mapped; None, None: there is none.

    >>> mapping, mapped = shipped_mapping(["chexpert", "chestxray14"])
    >>> mapping.target("Effusion"), mapped
    ('Pleural Effusion', 1)
    """
    names = [_SAME_LABELS.get(source, source) for source in sources]
    for mapped, other in ((0, 1), (1, 0)):
        path = _shipped().get(f"{names[mapped]}-{names[other]}")
        if path is not None:
            return read_mapping(path), mapped
    return None, None


def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in _SHIPPED.glob("*.json")}
