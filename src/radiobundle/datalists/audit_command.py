"""The shell around the audit: read the datalist and its images, print or write the report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pandas as pd

from radiobundle.datalists.audit import AuditReport, DuplicateGroup, audit_datalist
from radiobundle.datalists.datalist_file import read_datalist, require_writable_folder
from radiobundle.datalists.survey import existing_images, survey_images
from radiobundle.files import write_text

_SHOWN = 10


def audit_command(datalist_path: str, *, dataset_dir: str, json_path: str | None = None) -> int:
    """Audit a datalist; return 1 where a patient or a film is in more than one split, otherwise 0."""
    if json_path and json_path != "-":
        require_writable_folder(Path(json_path))
    report = audit_files(Path(datalist_path), Path(dataset_dir))
    if json_path:
        text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False) + "\n"
        if json_path == "-":
            sys.stdout.write(text)
        else:
            write_text(json_path, text)
    if json_path != "-":
        print("\n".join(report_lines(report)))
    return 1 if report.leakage else 0


def audit_files(datalist_path: Path, dataset_dir: Path) -> AuditReport:
    """Read a datalist and all its images, and judge them."""
    datalist = read_datalist(datalist_path)
    if not dataset_dir.is_dir():
        raise ValueError(f"{dataset_dir}: no such folder; give the folder that image names are relative to")
    names = list(dict.fromkeys(item["image"] for items in datalist.splits.values() for item in items))
    present = existing_images(dataset_dir, pd.Series(names, dtype=object))
    survey = survey_images(dataset_dir, [name for name, there in zip(names, present, strict=True) if there])
    missing = [name for name, there in zip(names, present, strict=True) if not there]
    return audit_datalist(datalist, survey, missing=missing)


def report_lines(report: AuditReport) -> Iterator[str]:
    """Yield the report for a human reader; long lists are cut, the JSON has all."""
    for split, summary in report.splits.items():
        counts = ", ".join(f"{label} {count}" for label, count in summary.positives.items())
        patients = f", {summary.patients} patients" if summary.patients else ""
        ignored = sum(summary.ignored.values())
        yield f"{split}: {summary.images} images{patients}: {counts}" + (f" ({ignored} ignored)" if ignored else "")
    yield from _co_occurrence_lines(report)
    if report.checksum_matches is False:
        yield "note: the content differs from the checksum in its provenance; the list was edited by hand"
    leaking = [
        f"patient {patient}: " + "; ".join(f"{split} {_cut(images)}" for split, images in splits.items())
        for patient, splits in report.patients_across_splits.items()
    ]
    yield from _section("patients in more than one split", leaking)
    yield from _duplicate_lines("byte-identical", report.byte_identical)
    yield from _duplicate_lines("near-identical", report.near_identical)
    yield from _section("missing files", report.missing)
    yield from _section("unreadable files", [f"{name}: {reason}" for name, reason in report.unreadable.items()])
    odd = [f"{name}: {mode}" for name, mode in report.odd_mode.items()]
    yield from _section(f"pixel mode differs from the usual {report.common_mode}", odd)
    sizes = [f"{name}: {width}x{height}" for name, (width, height) in report.odd_size_px.items()]
    usual = "x".join(map(str, report.common_size_px or ()))
    yield from _section(f"size differs from the usual {usual}", sizes)
    yield "LEAKAGE: the same patient or film is in more than one split" if report.leakage else "no leakage found"


def _co_occurrence_lines(report: AuditReport) -> Iterator[str]:
    for split, summary in report.splits.items():
        pairs = sorted(
            (
                (summary.co_occurrence[i][j], f"{first} + {second}")
                for i, first in enumerate(report.labels)
                for j, second in enumerate(report.labels)
                if i < j and summary.co_occurrence[i][j]
            ),
            key=lambda pair: -pair[0],
        )
        if pairs:
            shown = ", ".join(f"{names} {count}" for count, names in pairs[:_SHOWN])
            yield f"{split}, labels together ({len(pairs)} pairs): {shown}"


def _duplicate_lines(kind: str, groups: Sequence[DuplicateGroup]) -> Iterator[str]:
    places = sorted({split for group in groups for split in group.splits if not group.leaks})
    within = ", ".join(f"{sum(group.splits == [place] for group in groups)} within {place}" for place in places)
    across = sum(group.leaks for group in groups)
    yield f"{kind} groups: {len(groups)}" + (
        f" ({within + ', ' if within else ''}{across} across splits)" if groups else ""
    )
    yield from _section(
        f"{kind} across splits", [f"{' / '.join(g.splits)}: {_cut(g.images)}" for g in groups if g.leaks]
    )
    yield from _section(
        f"{kind}, labels contradict each other", [_cut(group.images) for group in groups if group.conflicting_labels]
    )


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}: {len(lines)}"
        yield from (f"  {line}" for line in islice(lines, _SHOWN))
        if len(lines) > _SHOWN:
            yield f"  ... {len(lines) - _SHOWN} more (--json has all)"


def _cut(images: Iterable[str]) -> str:
    names = list(images)
    more = f" ... {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
