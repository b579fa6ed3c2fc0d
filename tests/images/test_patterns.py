"""Which paths a pattern means."""

from __future__ import annotations

import pytest

from radiobundle.images.patterns import Pattern


@pytest.mark.parametrize(
    ("pattern", "path", "means"),
    [
        ("a/*.png", "1.png", True),
        ("a/*.png", "b/1.png", False),
        ("a/*.png", ".1.png", False),
        ("a/.*.png", ".1.png", True),
        ("a/*", "b/c/1.jpg", True),  # the folder b is meant
        ("a/**/*.png", "1.png", True),
        ("a/**/*.png", "b/c/1.png", True),
        ("a/**/*.png", "b/.c/1.png", False),
        ("a/**/*.png", "b/1.jpg", False),
        ("a/**", "b/1.jpg", True),
        ("a/**/c", "b/c/1.jpg", True),
        ("a/?/c*/[12].png", "b/cd/2.png", True),
        ("a/?/c*/[12].png", "b/cd/3.png", False),
    ],
)
def test_pattern(pattern: str, path: str, means: bool) -> None:
    assert str(Pattern(pattern).base) == "a"
    assert Pattern(pattern).means(path.split("/")) is means


@pytest.mark.parametrize(
    ("pattern", "folder", "leads"),
    [
        ("a/*.png", "b", False),
        ("a/*/c", "b", True),
        ("a/*/c", "b/d", False),
        ("a/**/c", "b/d", True),
        ("a/*", "b/c", True),
    ],
)
def test_no_folder_is_opened_for_nothing(pattern: str, folder: str, leads: bool) -> None:
    assert Pattern(pattern).leads_into(folder.split("/")) is leads
