"""Packages that only some tasks need."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from radiobundle import extras


def test_packages_are_those_of_the_extra_alone() -> None:
    assert "pylibjpeg-openjpeg" in extras.packages_of("dicom") and "monai" not in extras.packages_of("dicom")
    assert "monai" in extras.packages_of() and "pydicom" not in extras.packages_of()


def test_advice_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "radiobundle[export]" in extras.how_to_install("export") and "onnxruntime" in extras.how_to_install("export")

    def not_installed(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(extras, "requires", not_installed)
    assert "extra_packages_version" in extras.how_to_install("dicom")


def test_versions_are_of_what_is_installed() -> None:
    assert extras.versions_of(["pytest", "not-to-be-had"]) == {"pytest": pytest.__version__}
