"""What `radiobundle audit` prints."""

from __future__ import annotations

from radiobundle.cli.audit import report_lines
from radiobundle.datalists.audit import AuditReport, audit_datalist
from radiobundle.datalists.datalist_file import Datalist
from radiobundle.datalists.survey import Survey


class CountedName(str):
    """The name of an image; how often one was looked up in a set or dictionary."""

    __slots__ = ()
    looked_up = 0

    def __hash__(self) -> int:
        CountedName.looked_up += 1
        return super().__hash__()


def report_on_pairs(count: int) -> AuditReport:
    """Return the report on a list with so many pairs of near-identical images."""
    pairs = [(CountedName(f"{number}a.png"), CountedName(f"{number}b.png")) for number in range(count)]
    items = [{"image": image, "label": [0], "patient_id": image} for pair in pairs for image in pair]
    survey = Survey(
        sha256={image: image for pair in pairs for image in pair},
        near_identical=[list(pair) for pair in pairs],
        changes=[(*pair, "flipped" if number else "copy") for number, pair in enumerate(pairs)],
    )
    return audit_datalist(Datalist(("Edema",), "multilabel", {"training": items}, {}), survey, missing=[])


def test_change_of_each_pair_is_named() -> None:
    lines = list(report_lines(report_on_pairs(3)))
    assert [line.strip() for line in lines if "(copy)" in line or "(flipped)" in line] == [
        "training: 0a.png, 0b.png (copy)",
        "training: 1a.png, 1b.png (flipped)",
        "training: 2a.png, 2b.png (flipped)",
    ]


def test_twice_as_many_copies_take_twice_as_many_look_ups() -> None:
    def look_ups(count: int) -> int:
        report = report_on_pairs(count)
        CountedName.looked_up = 0
        assert any(line.startswith(f"near-identical groups: {count}") for line in report_lines(report))
        return CountedName.looked_up

    assert look_ups(200) <= 2.1 * look_ups(100)
