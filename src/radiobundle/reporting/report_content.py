"""The blocks of a report, from the content of metrics.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from radiobundle.evaluation.per_thousand import sentence
from radiobundle.reporting.document import Block, Document, Folded, Heading, ReportFigure, Slot, Table, Text, number
from radiobundle.reporting.headline import headline
from radiobundle.reporting.metric_names import metric_name
from radiobundle.words import counted

# Columns that the page shows at first, for tables that are wider than a screen.
_FIRST_SEEN = ("class", "threshold", "TP", "FP", "TN", "FN", "precision", "recall (sensitivity)", "specificity", "F1")
_DECISIONS = {"default": "default decision", "fitted": "fitted thresholds", "probability": "no threshold"}


def build_document(
    metrics: dict[str, Any], figures: Sequence[ReportFigure], parts: Sequence[Block] = (), run: str = ""
) -> Document:
    """Return the report as blocks.

    Args:
        metrics: the content of metrics.json.
        figures: figures of the headline split.
        parts: further parts, see `reporting.parts`.
        run: a description of the model, see `describe_run_folder`; empty: unknown.
    """
    name = metrics["predictions"]["file"] or "predictions"
    split = metrics["headline_split"]
    document = Document(f"Evaluation of {run.partition(',')[0] or name}")
    document.blocks = [
        Text(_sentence(headline(metrics))),
        *([Text(_sentence(run))] if run else []),
        *_introduction(metrics),
        *_split(metrics, split),
        _clinical(metrics),
        Slot("slider", "Choose a threshold"),
        Heading("Figures"),
        *figures,
        *parts,
        *[block for column in metrics["groups"].values() for block in _groups(column)],
        *_calibration(metrics, split),
        *[block for other in metrics["splits"] if other != split for block in _split(metrics, other)],
        *_method(metrics),
    ]
    return document


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _introduction(metrics: dict[str, Any]) -> list[Block]:
    split = metrics["splits"][metrics["headline_split"]]
    patients = "" if split["patients"] is None else f" of {counted(split['patients'], 'patient')}"
    kind = metrics["task"] if metrics["positive_label"] is None else f"{metrics['positive_label']!r} or not"
    text = (
        f"Split {metrics['headline_split']!r}: {_count(metrics, split['images'])}{patients}, "
        f"{counted(len(metrics['labels']), 'class', 'classes')}, {kind}. Each value is followed by its 95 % interval."
    )
    return [Text(text), *[Text(note, warning=True) for note in metrics["notes"]]]


def _count(metrics: dict[str, Any], count: int) -> str:
    return counted(count, "study", "studies") if metrics["judged"]["by"] == "study" else counted(count, "image")


def _clinical(metrics: dict[str, Any]) -> Folded:
    blocks = []
    for label, numbers in metrics["per_1000_patients"].items():
        where = "among the reported images" if numbers["prevalence_from"] != "given" else "as given"
        point = _DECISIONS[numbers["decision"]]
        ending = f" (At the {point}; prevalence {numbers['prevalence']:.3f} {where}.)"
        blocks.append(Text(sentence(label, numbers) + ending))
    caution = "These numbers apply to patients like those in these images; a screening population is healthier."
    return Folded("Out of 1,000 patients", [*blocks, Text(caution, warning=True)])


def _split(metrics: dict[str, Any], split: str) -> list[Block]:
    found = metrics["splits"][split]
    decisions = [name for name in ("default", "fitted") if name in found["overall"]]
    blocks: list[Block] = [Heading(f"Results on {split}"), Text(f"Overall: {found['overall']['meaning']}.")]
    order = ("probability", *decisions)
    idle = {**found["no_skill"].get("probability", {}), **found["no_skill"].get("default", {})}
    rows = [
        (
            metric_name(metric),
            *[number(found["overall"].get(name, {}).get(metric)) for name in order],
            _plain(idle.get(metric)),
        )
        for metric in _metrics_of(found["overall"], order)
    ]
    blocks.append(Table(("metric", *[_DECISIONS[name] for name in order], "no skill"), rows))
    blocks.append(Text("No skill: a model that predicts the most frequent answer for every image."))
    blocks += [Heading("Per class", 3), _per_class_table(found, "probability")]
    for name in ("default", "fitted"):
        if name in next(iter(found["per_class"].values())):
            blocks += [Heading(f"Per class at the {_DECISIONS[name]}", 3), _per_class_table(found, name)]
    macro = found["averages"]["macro"]["probability"]["auroc"]
    undefined = [label for label, row in found["per_class"].items() if row["probability"]["auroc"]["value"] is None]
    if undefined:
        text = f"AUROC is undefined for {', '.join(undefined)}; the mean is over {macro['classes']} classes."
        blocks.append(Text(text, warning=True))
    if len(found["per_class"]) == 1:  # of which they would repeat the row
        return blocks
    return [*blocks, Heading("Averages over classes", 3), _averages_table(found)]


def _per_class_table(found: dict[str, Any], decision: str) -> Table:
    rows: list[tuple[Any, ...]] = []
    if decision == "probability":
        metrics: tuple[str, ...] = ("auroc", "average_precision", "brier", "ece")
        columns = ("class", "positives", "negatives", *[metric_name(metric) for metric in metrics], "AUROC, DeLong")
        rows = [
            (label, (row["positives"], row["positives"]), (row["negatives"], row["negatives"]),
             *[number(row["probability"][metric]) for metric in metrics], _delong(row))
            for label, row in found["per_class"].items()
        ]  # fmt: skip
        return Table(columns, rows, sortable=True)
    metrics = ("accuracy", "precision", "recall", "specificity", "f1", "bcr", "balanced_accuracy", "kappa", "mcc")
    columns = ("class", "threshold", "TP", "FP", "TN", "FN", *[metric_name(metric) for metric in metrics])
    for label, row in found["per_class"].items():
        part = row[decision]
        threshold = part["threshold"]
        shown = (f"{threshold:.4f}", threshold) if isinstance(threshold, float) else (str(threshold), -1.0)
        counts = [(part[name], part[name]) for name in ("tp", "fp", "tn", "fn")]
        rows.append((label, shown, *counts, *[number(part[metric]) for metric in metrics]))
    if len(rows) > 1:
        rows.append(_summed(found, decision, metrics))
    return Table(columns, rows, sortable=True, shown=_FIRST_SEEN)


def _summed(found: dict[str, Any], decision: str, metrics: Sequence[str]) -> tuple[Any, ...]:
    """Return the row with the counts of all classes summed, and the metrics computed from them."""
    parts = [row[decision] for row in found["per_class"].values()]
    counts = [sum(part[name] for part in parts) for name in ("tp", "fp", "tn", "fn")]
    micro = found["averages"]["micro"].get(decision, {})
    return ("all, summed", ("–", -1.0), *[(count, count) for count in counts],
            *[number(micro.get(metric)) for metric in metrics])  # fmt: skip


def _averages_table(found: dict[str, Any]) -> Table:
    wanted = (("probability", "auroc"), ("probability", "average_precision"), ("default", "accuracy"),
              ("default", "precision"), ("default", "recall"), ("default", "f1"), ("default", "bcr"))  # fmt: skip
    rows = []
    for scope, values in found["averages"].items():
        classes = values["probability"]["auroc"].get("classes", "all")
        rows.append((scope, str(classes), *[number(values[part].get(metric)) for part, metric in wanted]))
    columns = ("average", "classes in AUROC", *[metric_name(metric) for _, metric in wanted])
    return Table(columns, rows, shown=("average", "AUROC", "average precision", "accuracy", *_FIRST_SEEN))


def _groups(column: dict[str, Any]) -> list[Block]:
    decision = column["decision"]
    shown = (("probability", "auroc"), (decision, "recall"), (decision, "specificity"), (decision, "precision"))
    rows = []
    for name, group in column["groups"].items():
        patients = "–" if group["patients"] is None else f"{group['patients']:,}"
        remark = "" if group["compared"] else "too few to compare"
        values = [number(group["overall"].get(part, {}).get(metric)) for part, metric in shown]
        rows.append((name, (group["images"], group["images"]), patients, *values, remark))
    columns = ("group", "images", "patients", *[metric_name(metric) for _, metric in shown], "remark")
    blocks: list[Block] = [
        Heading(f"By {column['column']}"),
        Text(f"At the {_DECISIONS[decision]}."),
        Table(columns, rows, sortable=True),
    ]
    blocks += [Text(_gap_sentence(gap), warning=gap["flagged"]) for gap in column["gaps"]]
    return [*blocks, *_label_table(column)]


def _gap_sentence(gap: dict[str, Any]) -> str:
    if gap["value"] is None:
        return f"Largest gap in {metric_name(gap['metric'])}: not computed ({gap['reason']})."
    ends = "" if gap["low"] is None else f" ({gap['low']:.3f} to {gap['high']:.3f})"
    verdict = "the 95 % interval excludes zero" if gap["flagged"] else "the 95 % interval includes zero"
    return (
        f"Largest gap in {metric_name(gap['metric'])}: {gap['value']:.3f}{ends}, {gap['best']} above {gap['worst']}, "
        f"over {gap['classes']} classes; {verdict}."
    )


def _label_table(column: dict[str, Any]) -> list[Block]:
    names = list(column["groups"])
    rows = []
    for label, row in column["label_table"].items():
        cells = [_share(row["groups"][name]) for name in names]
        scores = [_plain(row["groups"][name]["mean_probability_without_label"]) for name in names]
        relation = [_plain(row[name]) for name in ("cramers_v", "auroc_of_group_alone", "auroc_pooled")]
        rows.append((label, *relation, *cells, " / ".join(scores)))
    columns = ("class", "Cramér's V", "AUROC of the group alone", "AUROC of the model", *names,
               "mean probability without the label: " + " / ".join(names))  # fmt: skip
    text = (
        "Is the group a shortcut? Positives and prevalence of each class in each group. If the group alone already "
        "predicts the label, or if images without the label get different probabilities in different groups, the "
        "model may have learned the group."
    )
    return [Heading(f"Class by {column['column']}", 3), Text(text), Table(columns, rows)]


def _calibration(metrics: dict[str, Any], split: str) -> list[Block]:
    found = metrics["splits"][split].get("calibration")
    if found is None:
        return []
    rows = [
        (method, *[number(values[name]) for name in ("ece", "brier", "log_loss")])
        for method, values in found["macro"].items()
    ]
    text = (
        f"Calibration maps fitted on {found['fitted_on']} and evaluated on {split}; means over classes. Recommended by "
        f"cross-validated log loss on {found['fitted_on']}: {found['recommended']}. Thresholds apply to the raw "
        "probability."
    )
    return [Heading("Calibration"), Text(text), Table(("probability", "ECE", "Brier score", "log loss"), rows)]


def _method(metrics: dict[str, Any]) -> list[Block]:
    how = metrics["splits"][metrics["headline_split"]]["resampling"]
    text = (
        f"Intervals: {how['method']}, {how['resamples']} resamples of {how['units']:,} {how['unit']}s in "
        f"{how['strata']} strata, seed {how['seed']}. Predictions file SHA-256: "
        f"{metrics['predictions']['sha256'] or 'not from a file'}. radiobundle {metrics['radiobundle_version']}."
    )
    return [Heading("How these numbers were computed"), Text(text)]


def _metrics_of(overall: dict[str, Any], parts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(metric for part in parts for metric in overall[part]))


def _delong(row: dict[str, Any]) -> str:
    found = row["probability"]["auroc"].get("delong")
    return "–" if not found or found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"


def _share(row: dict[str, Any]) -> str:
    return "–" if row["prevalence"] is None else f"{row['positives']:,} ({100 * row['prevalence']:.1f} %)"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
