"""Links in the repository's Markdown lead to files and headings that exist; every page is in the site."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import build_site

# all of the repository, not only the site's; of git, because runs and environments have pages of their own
_TRACKED = subprocess.run(["git", "ls-files", "*.md"], cwd=build_site.ROOT, capture_output=True, text=True, check=False)
PAGES = [build_site.ROOT / name for name in _TRACKED.stdout.splitlines()] or build_site.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(build_site.ROOT).as_posix())
def test_no_link_is_broken(page: Path) -> None:
    assert build_site.broken_links(page) == []


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# One, two\n")
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](there.md#one-two) [b](there.md#three) [c](gone.md) [d](#here) [e](#away)\n")
    assert build_site.broken_links(page) == ["there.md#three", "gone.md", "#away"]


def test_every_page_is_in_the_navigation() -> None:
    config = (build_site.ROOT / "mkdocs.yml").read_text("utf-8")
    named = set(re.findall(r"(?<=: )[\w/]+\.md$", config, re.MULTILINE))
    found = {path.relative_to(build_site.ROOT).as_posix() for path in build_site.pages()}
    options = {name for name in found if name.endswith("/options.md")}  # the same text for every bundle
    assert named <= found and found - named < options


def test_linked_files_travel_with_the_pages(tmp_path: Path) -> None:
    build_site.copy_pages(tmp_path)
    assert (tmp_path / "docs/report.png").is_file() and (tmp_path / "bundles/mura/docs/README.md").is_file()
    assert not [page for page in build_site.pages(tmp_path) if build_site.broken_links(page)]
