"""What each source of `datalist` is called, and its own options: those of its reader, with their defaults."""

from __future__ import annotations

from inspect import signature
from typing import Any

from radiobundle.cli.arguments import names

SOURCE_HELP = {
    "pneumonia": "{train,val,test}/{normal,infected/covid,infected/non-covid}",
    "csv": "any CSV table with one row per image",
    "chestxray14": "the NIH's table, official lists and boxes",
    "chexpert": "Stanford's CheXpert: its tables, patients and studies from the paths",
    "mimic": "MIMIC-CXR-JPG: its labels, official split and views",
    "padchest": "PadChest: findings of its reports under common names",
    "vindr": "VinDr-CXR: findings and boxes of three readers",
    "rsna": "RSNA's pneumonia challenge: its table and boxes",
    "siim": "SIIM-ACR's pneumothorax challenge: its masks, as boxes",
    "openi": "Indiana's reports (Open-i): their headings under common names",
    "tb": "the sets of Shenzhen and Montgomery County: labels from names of files",
    "covidx": "COVIDx CXR: the lists of its splits",
    "mura": "Stanford's MURA: body parts of the arm, or normal and abnormal",
    "fracatlas": "FracAtlas: body parts, or fractures",
    "own": "your own Python function, which is run to read the data",
}


def source_options(source: str) -> dict[str, dict[str, Any]]:
    """Return argparse's arguments by option of a source's reader; one without a default is required."""
    from radiobundle.sources.registry import SOURCES

    usual, own = _usual_words(), _own_words().get(source, {})
    found = {}
    for option in list(signature(SOURCES[source].read).parameters.values())[1:]:
        needed = {"required": True} if option.default is option.empty else {"default": option.default}
        found[option.name] = {**usual[option.name], **own.get(option.name, {}), **needed}
    return found


def _usual_words() -> dict[str, dict[str, Any]]:
    """Return what is said of an option, of any source that has it."""
    from radiobundle.sources import bad_rows, fracatlas, projections, vindr

    column = {"metavar": "NAME"}
    return {
        "csv": {"metavar": "FILE", "help": "the table, if it is not in DIR"},
        "labels": {"type": names, "metavar": "A,B", "help": "default: all of the vocabulary"},
        "labels_from": {"metavar": "FILE", "help": "adjudicated labels, which replace the NIH's"},
        "view": {"choices": projections.VIEW_CHOICES, "help": "default: %(default)s"},
        "vocabulary": {
            "metavar": "FILE",
            "help": "JSON from the source's findings to labels; or own: its own names (default: the names of "
            "ChestX-ray14)",
        },
        "readers": {
            "choices": vindr.READER_CHOICES,
            "help": "how many must see a finding; agreed: else it is uncertain; soft: their fraction (default: "
            "%(default)s)",
        },
        "task": {"help": "what is learned (default: %(default)s)"},
        "mixed": {
            "choices": fracatlas.MIXED_CHOICES,
            "help": "images that show several body parts; keep makes the task multi-label (default: %(default)s)",
        },
        "function": {"metavar": "FILE.py:NAME", "help": "takes DIR, returns a SourceTable"},
        "encoding": {"metavar": "NAME", "help": "for a CSV that is neither UTF-8 nor UTF-16, such as cp1252"},
        "image_column": {**column, "help": "default: %(default)s"},
        "exclusive": {"action": "store_true", "help": "exactly one of the label columns is 1: multi-class"},
        "label_column": {**column, "help": "one column with a class or a list of names, instead of --labels"},
        "label_separator": {
            "metavar": "TEXT",
            "help": "separator between names in the label column (default: | or ; if cells contain them; none: each "
            "cell is one class)",
        },
        "no_finding": {**column, "help": "name that means no label applies"},
        **{f"{name}_column": column for name in ("patient", "study", "view", "age", "sex")},
        "split_column": {
            **column,
            "help": "training, validation, test or empty; used unless --split says otherwise: as given, or as carved "
            "if it has a test split but no validation split",
        },
        "group_columns": {"type": names, "metavar": "A,B", "help": "further columns to keep"},
        "on_bad_row": {
            "choices": bad_rows.ON_BAD_ROW_CHOICES,
            "help": "rows with missing or extra fields, or with values that cannot be read; skip leaves them out and "
            "counts them (default: %(default)s)",
        },
    }


def _own_words() -> dict[str, dict[str, dict[str, Any]]]:
    """Return what is said otherwise, by source and option."""
    from radiobundle.sources import chexpert_labels, fracatlas, mura, rsna

    competition = {"help": f"default: {', '.join(chexpert_labels.COMPETITION)}"}
    return {
        "csv": {
            "csv": {"help": "the table, CSV or Excel (default: the only one in DIR)"},
            "labels": {"metavar": "A,B,C", "help": "label columns, in order"},
        },
        "chestxray14": {"csv": {"help": "the label table (default: Data_Entry_2017* in DIR)"}},
        "chexpert": {"csv": {"help": "one table instead of those in DIR"}, "labels": competition},
        "mimic": {"labels": competition},
        "rsna": {"view": {"choices": rsna.VIEW_CHOICES}},
        **{
            name: {
                "labels": {"help": f"body parts (default: {', '.join(source.PARTS)})"},
                "task": {"choices": source.TASKS},
            }
            for name, source in (("mura", mura), ("fracatlas", fracatlas))
        },
    }
