"""Look for leakage, duplicates and broken files.

Exit status: 0 everything was checked and no leakage found, 1 leakage found, 2 wrong input, 3 something could not be
checked (images missing or unreadable, patients unknown, too many similar images, nothing to compare across splits).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from pathlib import Path
from typing import TYPE_CHECKING

from radiobundle.words import counted

if TYPE_CHECKING:
    from radiobundle.datalists.audit import AuditReport, Compared, DuplicateGroup

CLEAN, LEAKAGE, UNCHECKED = 0, 1, 3  # exit statuses; 2 is wrong input, as for every command
_SHOWN = 10


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare its options."""
    parser.add_argument("datalist", metavar="DATALIST")
    parser.add_argument(
        "--dataset-dir",
        required=True,
        action="append",
        metavar="DIR",
        help="folder that image names are relative to; for a merged list NAME=DIR, once for each set",
    )
    parser.add_argument("--json", metavar="FILE", help="write the whole report as JSON ('-': stdout)")
    parser.add_argument(
        "--without-patients",
        action="store_true",
        help="accept that the data set names no patients, and check the images alone",
    )


def run(arguments: argparse.Namespace) -> int:
    """Audit a datalist; return `LEAKAGE`, `UNCHECKED` where something could not be checked, or `CLEAN`."""
    from radiobundle.datalists.audit import audit_files
    from radiobundle.files import require_writable_folder, write_text
    from radiobundle.images.folders import dataset_folders

    to_file = arguments.json and arguments.json != "-"
    if to_file:
        require_writable_folder(Path(arguments.json).parent)
    folders = dataset_folders(arguments.dataset_dir)
    report = audit_files(Path(arguments.datalist), folders, without_patients=arguments.without_patients)
    if arguments.json:
        text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False) + "\n"
        if to_file:
            write_text(arguments.json, text)
        else:
            sys.stdout.write(text)
    if arguments.json != "-":
        print("\n".join(report_lines(report)))
    if report.leakage:
        return LEAKAGE
    return UNCHECKED if report.unchecked else CLEAN


def report_lines(report: AuditReport) -> Iterator[str]:
    """Yield the report for a human reader; long lists are shortened, the JSON is complete."""
    for split, summary in report.splits.items():
        counts = ", ".join(f"{label} {count}" for label, count in summary.positives.items())
        patients = f", {summary.patients} patients" if summary.patients else ""
        ignored = sum(summary.ignored.values())
        yield f"{split}: {summary.images} images{patients}: {counts}" + (f" ({ignored} ignored)" if ignored else "")
    yield from _co_occurrence_lines(report)
    yield from (f"note: {note}" for note in report.notes)
    if report.checksum_matches is False:
        yield "note: the content does not match the checksum in its provenance; the list was edited by hand"
    yield from _people_lines("patients", "patient", report.patients_across_splits)
    yield from _people_lines("studies", "study", report.studies_across_splits)
    yield from _duplicate_lines("byte-identical", report.byte_identical, report.changes)
    yield from _duplicate_lines("near-identical", report.near_identical, report.changes)
    yield from _section("missing files", report.missing)
    yield from _section("unreadable files", [f"{name}: {reason}" for name, reason in report.unreadable.items()])
    odd = [f"{name}: {mode}" for name, mode in report.odd_mode.items()]
    yield from _section(f"pixel mode differs from the usual {report.common_mode}", odd)
    sizes = [f"{name}: {width}x{height}" for name, (width, height) in report.odd_size_px.items()]
    usual = "x".join(map(str, report.common_size_px or ()))
    yield from _section(f"size differs from the usual {usual}", sizes)
    yield from _compared_lines(report.compared)
    yield _verdict(report)


def _people_lines(title: str, what: str, found: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    lines = [
        f"{what} {name}: " + "; ".join(f"{split} {_cut(images)}" for split, images in splits.items())
        for name, splits in found.items()
    ]
    yield from _section(f"{title} in more than one split", lines)


def _compared_lines(compared: Compared) -> Iterator[str]:
    constant = f" ({compared.constant} of one grey level, compared by bytes only)" if compared.constant else ""
    capped = f"; {compared.capped} images have more similar images than were examined closely" * bool(compared.capped)
    yield (
        f"compared: {compared.read} of {compared.images} images read{constant}, {compared.unreadable} unreadable, "
        f"{compared.missing} missing; {compared.pairs_across_splits} pairs across splits{capped}"
    )
    how = f", with the ids in paths ({compared.path_rule})" if compared.path_rule else ""
    yield (
        f"known: patients of {compared.patients_known} of {compared.images} images{how}; "
        f"studies of {compared.studies_known} of {compared.images}"
    )


def _verdict(report: AuditReport) -> str:
    checked = report.compared
    if report.leakage:
        return "LEAKAGE: the same patient, study or image is in more than one split"
    if report.unchecked:
        hint = "; --without-patients checks the images alone" if len(report.unchecked) == 1 else ""
        hint = hint if report.unchecked[0].startswith("the patients") else ""
        return (
            f"COULD NOT BE CHECKED: {'; '.join(report.unchecked)}{hint}. No leakage was found in what could be compared"
        )
    patients = f" and the patients of {checked.patients_known}" if checked.patients_known else ", no patients"
    return (
        f"no leakage found: {checked.read} images{patients} compared across splits "
        f"({checked.pairs_across_splits} pairs of images)"
    )


def _co_occurrence_lines(report: AuditReport) -> Iterator[str]:
    for split, summary in report.splits.items():
        counts = [(summary.co_occurrence[i][j], i, j) for i, j in combinations(range(len(report.labels)), 2)]
        pairs = sorted((pair for pair in counts if pair[0]), key=lambda pair: -pair[0])
        if pairs:
            of = report.labels
            shown = ", ".join(f"{of[i]} + {of[j]} {count}" for count, i, j in pairs[:_SHOWN])
            yield f"{split}, labels together ({counted(len(pairs), 'pair')}): {shown}"


def _duplicate_lines(
    kind: str, groups: Sequence[DuplicateGroup], changes: Sequence[tuple[str, str, str]]
) -> Iterator[str]:
    changes_from: dict[str, list[str]] = {}
    for first, _, change in changes if kind == "near-identical" else ():  # both of a pair are in the same group
        changes_from.setdefault(first, []).append(change)

    def named(group: DuplicateGroup) -> str:
        words = [change for image in group.images for change in changes_from.get(image, ())]
        return _cut(group.images) + (f" ({' / '.join(dict.fromkeys(words))})" if words else "")

    splits = sorted({split for group in groups for split in group.splits if not group.leaks})
    within = ", ".join(f"{sum(group.splits == [split] for group in groups)} within {split}" for split in splits)
    across = sum(group.leaks for group in groups)
    yield f"{kind} groups: {len(groups)}" + (
        f" ({within + ', ' if within else ''}{across} across splits)" if groups else ""
    )
    yield from _section(f"{kind} across splits", [f"{' / '.join(g.splits)}: {named(g)}" for g in groups if g.leaks])
    if kind == "near-identical":
        yield from _section(f"{kind} within a split", [f"{g.splits[0]}: {named(g)}" for g in groups if not g.leaks])
    yield from _section(
        f"{kind}, labels contradict each other", [_cut(group.images) for group in groups if group.conflicting_labels]
    )


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"{title}: {len(lines)}"
        yield from (f"  {line}" for line in islice(lines, _SHOWN))
        if len(lines) > _SHOWN:
            yield f"  ... {len(lines) - _SHOWN} more (--json lists all)"


def _cut(images: Iterable[str]) -> str:
    names = list(images)
    more = f" ... {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
