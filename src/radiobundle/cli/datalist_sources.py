"""What each source of `datalist` is called, and its own options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from radiobundle.cli.arguments import names

_COLUMNS = ("patient", "study", "view", "age", "sex", "split")
_COLUMN_HELP = {
    "split": "training, validation, test or empty; used unless --split says otherwise: as given, or as carved if it "
    "has a test split but no validation split"
}


@dataclass(frozen=True)
class SourceCommand:
    """How a source is asked for on the command line.

    Args:
        help: what it is.
        options: argparse's arguments by option of its reader.
    """

    help: str
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def source_commands() -> dict[str, SourceCommand]:
    """Return the sources of the registry in the order of the help, with choices as their readers state them."""
    from radiobundle.sources import chexpert_labels, fracatlas, mura, projections, rsna, vindr

    view = {"choices": projections.VIEW_CHOICES, "help": "default: %(default)s"}
    frontal, every = {**view, "default": "frontal"}, {**view, "default": "all"}
    vocabulary = {
        "metavar": "FILE",
        "help": "JSON from the source's findings to labels; or own: its own names (default: the names of ChestX-ray14)",
    }
    competition = _labels(", ".join(chexpert_labels.COMPETITION))
    common = _labels("all of the vocabulary")
    csv = {"metavar": "FILE", "help": "the table, if it is not in DIR"}
    return {
        "pneumonia": SourceCommand("{train,val,test}/{normal,infected/covid,infected/non-covid}"),
        "csv": SourceCommand("any CSV table with one row per image", _csv_options()),
        "chestxray14": SourceCommand(
            "the NIH's table, official lists and boxes",
            {
                "csv": {"metavar": "FILE", "help": "the label table (default: Data_Entry_2017* in DIR)"},
                "labels_from": {"metavar": "FILE", "help": "adjudicated labels, which replace the NIH's"},
            },
        ),
        "chexpert": SourceCommand(
            "Stanford's CheXpert: its tables, patients and studies from the paths",
            {
                "csv": {"metavar": "FILE", "help": "one table instead of those in DIR"},
                "labels": competition,
                "view": frontal,
            },
        ),
        "mimic": SourceCommand(
            "MIMIC-CXR-JPG: its labels, official split and views", {"labels": competition, "view": frontal}
        ),
        "padchest": SourceCommand(
            "PadChest: findings of its reports under common names",
            {"csv": csv, "labels": common, "view": frontal, "vocabulary": vocabulary},
        ),
        "vindr": SourceCommand(
            "VinDr-CXR: findings and boxes of three readers",
            {
                "csv": csv,
                "labels": common,
                "readers": {
                    "choices": vindr.READER_CHOICES,
                    "default": "majority",
                    "help": "how many must see a finding; agreed: else it is uncertain; soft: their fraction (default: "
                    "%(default)s)",
                },
                "vocabulary": vocabulary,
            },
        ),
        "rsna": SourceCommand(
            "RSNA's pneumonia challenge: its table and boxes",
            {"csv": csv, "view": {**view, "choices": rsna.VIEW_CHOICES, "default": "all"}},
        ),
        "siim": SourceCommand("SIIM-ACR's pneumothorax challenge: its masks, as boxes", {"csv": csv}),
        "openi": SourceCommand(
            "Indiana's reports (Open-i): their headings under common names",
            {"labels": common, "view": every, "vocabulary": vocabulary},
        ),
        "tb": SourceCommand("the sets of Shenzhen and Montgomery County: labels from names of files"),
        "covidx": SourceCommand("COVIDx CXR: the lists of its splits"),
        "mura": SourceCommand(
            "Stanford's MURA: body parts of the arm, or normal and abnormal", _body_part_options(mura.PARTS, mura.TASKS)
        ),
        "fracatlas": SourceCommand(
            "FracAtlas: body parts, or fractures",
            {
                **_body_part_options(fracatlas.PARTS, fracatlas.TASKS),
                "mixed": {
                    "choices": fracatlas.MIXED_CHOICES,
                    "default": "leave-out",
                    "help": "images that show several body parts; keep makes the task multi-label (default: "
                    "%(default)s)",
                },
            },
        ),
        "own": SourceCommand(
            "your own Python function, which is run to read the data",
            {"function": {"required": True, "metavar": "FILE.py:NAME", "help": "takes DIR, returns a SourceTable"}},
        ),
    }


def _labels(default: str) -> dict[str, Any]:
    return {"type": names, "default": [], "metavar": "A,B", "help": f"default: {default}"}


def _body_part_options(parts: tuple[str, ...], tasks: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    return {
        "labels": {**_labels(""), "help": f"body parts (default: {', '.join(parts)})"},
        "task": {"choices": tasks, "default": tasks[0], "help": "what is learned (default: %(default)s)"},
    }


def _csv_options() -> dict[str, dict[str, Any]]:
    from radiobundle.sources.bad_rows import ON_BAD_ROW_CHOICES

    return {
        "csv": {"metavar": "FILE", "help": "the table, CSV or Excel (default: the only one in DIR)"},
        "encoding": {"metavar": "NAME", "help": "for a CSV that is neither UTF-8 nor UTF-16, such as cp1252"},
        "image_column": {"default": "image", "metavar": "NAME", "help": "default: %(default)s"},
        "labels": {"type": names, "default": [], "metavar": "A,B,C", "help": "label columns, in order"},
        "exclusive": {"action": "store_true", "help": "exactly one of the label columns is 1: multi-class"},
        "label_column": {"metavar": "NAME", "help": "one column with a class or a list of names, instead of --labels"},
        "label_separator": {
            "metavar": "TEXT",
            "help": "separator between names in the label column (default: | or ; if cells contain them; none: each "
            "cell is one class)",
        },
        "no_finding": {"metavar": "NAME", "help": "name that means no label applies"},
        **{f"{name}_column": {"metavar": "NAME", "help": _COLUMN_HELP.get(name)} for name in _COLUMNS},
        "group_columns": {"type": names, "default": [], "metavar": "A,B", "help": "further columns to keep"},
        "on_bad_row": {
            "choices": ON_BAD_ROW_CHOICES,
            "default": "error",
            "help": "rows with missing or extra fields, or with values that cannot be read; skip leaves them out and "
            "counts them (default: %(default)s)",
        },
    }
