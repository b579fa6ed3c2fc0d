"""Build the documentation as a site: README, docs, model cards and datalists, from the same Markdown as on the forge.

    python scripts/build_site.py OUT          # needs the extra `docs`

The pages are copied with the folders they stand in, so that their links hold; mkdocs checks each of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "datalists/README.md", "bundles/*/docs/*.md")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def pages(root: Path = ROOT) -> list[Path]:
    """Return the pages of the site."""
    return sorted(path for pattern in PAGES for path in root.glob(pattern))


def links(text: str) -> list[str]:
    """Return where a page's links and images lead, but for other sites.

    >>> links("[a](b.md#c), `[no](code.md)`, [out](https://example.org)")
    ['b.md#c']
    """
    prose = _CODE.sub("", _FENCE.sub("", text))
    return [target for target in _LINK.findall(prose) if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as forges make them.

    >>> sorted(anchors("# One & two\\n## `--by study`, again\\n## One & two"))
    ['--by-study-again', 'one--two', 'one--two-1']
    """
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        repeated = sum(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", other) is not None for other in found)
        found.add(f"{anchor}-{repeated}" if repeated else anchor)
    return found


def broken_links(page: Path) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading of a page."""
    broken = []
    for target in links(page.read_text("utf-8")):
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        if not path.exists() or (anchor and anchor not in anchors(path.read_text("utf-8"))):
            broken.append(target)
    return broken


def copy_pages(target: Path, root: Path = ROOT) -> None:
    """Copy all pages and the files that they link to."""
    for page in pages(root):
        linked = [(page.parent / link.partition("#")[0]).resolve() for link in links(page.read_text("utf-8"))]
        for path in (page, *(path for path in linked if path.is_file())):
            copy = target / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def build(site: Path, root: Path = ROOT) -> int:
    """Write the site; return mkdocs' status, which is not 0 where a link is broken."""
    with tempfile.TemporaryDirectory() as folder:
        copy_pages(Path(folder) / "pages", root)
        config = (root / "mkdocs.yml").read_text("utf-8") + f"\ndocs_dir: {folder}/pages\nsite_dir: {site.resolve()}\n"
        (Path(folder) / "mkdocs.yml").write_text(config, "utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", f"{folder}/mkdocs.yml"]
        return subprocess.run(command, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    status = build(Path(sys.argv[1]))
    if not status:
        print(f"{sys.argv[1]}/index.html")
    sys.exit(status)
