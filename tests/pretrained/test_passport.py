"""What weights have seen goes with them, also through a second training."""

from __future__ import annotations

from pathlib import Path

import pytest

from radiobundle.datalists.datalist_file import Datalist
from radiobundle.files import file_sha256, write_json
from radiobundle.pretrained.passport import (
    PASSPORT,
    describe_start,
    forbids_commercial_use,
    in_one_line,
    join_passports,
    passport_leaks,
    passport_unknown,
    read_passport,
)
from radiobundle.pretrained.registry import find_entry

NIH_TEST = Datalist(("a",), "multilabel", {"test": [{}]}, {"source": "chestxray14", "split": "official"})


def test_passport_of_an_entry_holds_what_a_reader_needs(tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_bytes(b"weights")
    passport = describe_start(find_entry("densenet121_medmae"), tmp_path / "net.pth")
    assert passport["sha256"] == file_sha256(tmp_path / "net.pth")
    assert {"name", "source", "licence", "expects", "trained_on", "paper", "citation", "notes"} <= passport.keys()
    assert "densenet121_medmae (from https://huggingface.co/1aurent/" in in_one_line(passport)
    assert passport_leaks(passport, NIH_TEST) == [] and not forbids_commercial_use(passport)


def test_second_training_inherits_what_the_first_had_seen(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"weights")
    first = describe_start(find_entry("densenet121_xrv_nih"), tmp_path / "model.pt")
    write_json(tmp_path / PASSPORT, {**first, "licence": {"name": "CC BY-NC", "commercial_use": False}})
    second = describe_start(None, tmp_path / "model.pt")
    assert second["earlier"]["name"] == "densenet121_xrv_nih"
    assert second["source"] == {"file": "model.pt"}  # the folders of this machine mean nothing elsewhere
    assert passport_leaks(second, NIH_TEST) and forbids_commercial_use(second)


def test_nothing_is_known_of_a_plain_file(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"weights")
    passport = describe_start(None, tmp_path / "model.pt")
    assert passport.keys() == {"source", "sha256"} and read_passport(tmp_path / PASSPORT) is None
    own = Datalist(("a",), "multilabel", {"test": [{}]}, {"source": "csv"})
    assert passport_leaks(passport, NIH_TEST) == [] and passport_unknown(passport, own) == []
    assert passport_unknown(describe_start(find_entry("resnet18_imagenet"), "there"), own) == ["csv"]


def test_damaged_passport_is_named(tmp_path: Path) -> None:
    (tmp_path / PASSPORT).write_text("[]")
    with pytest.raises(ValueError, match=r"pretrained\.json: is not the passport of weights"):
        read_passport(tmp_path / PASSPORT)


def test_network_of_several_has_seen_what_any_of_them_has() -> None:
    nih = describe_start(find_entry("densenet121_xrv_nih"), "there")
    imagenet = describe_start(find_entry("resnet18_imagenet"), "there")
    joined = join_passports([imagenet, nih, {**nih, "licence": {"name": "NC", "commercial_use": False}}])
    assert joined is not None and len(joined["parts"]) == 3 and len(joined["trained_on"]) == 2
    assert passport_leaks(joined, NIH_TEST) == passport_leaks(nih, NIH_TEST) != []
    assert forbids_commercial_use(joined) and join_passports([nih]) == nih
