"""`radiobundle compare`: several models on the same images, as compare.json, .md, .html and .png."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from radiobundle.evaluation.compare import compare_runs
from radiobundle.files import write_json, write_text
from radiobundle.reporting.document import Block, Document, Heading, ReportFigure, Table, Text, number, p_value
from radiobundle.reporting.metric_names import metric_name
from radiobundle.reporting.report_page import render_page
from radiobundle.reporting.style import COLOURS, GRAY, MARKERS, new_figure, save, tidy
from radiobundle.result_set import result_set

UNITS = {"image": "images", "study max": "studies (largest of their views)", "study mean": "studies (mean of views)"}


def write_comparison(
    runs: Sequence[str | Path], output_dir: str | Path, *, overwrite: bool = False, **options: Any
) -> dict[str, Any]:
    """Compare models and write compare.json, .md, .html and .png as one set, see `result_set`.

    Args:
        runs: folders that hold a predictions.csv, or such files; the first is the reference.
        output_dir: where these files go.
        overwrite: also replace files that no earlier comparison wrote, or that have changed since.
        options: options of `compare_runs`.

    Returns:
        the content of compare.json.

    Raises:
        ValueError: see `compare_runs`.
        OSError: a file cannot be read or written.
    """
    metrics = compare_runs(runs, **options)
    with result_set(output_dir, made_by="compare", overwrite=overwrite) as folder:
        figure = save(plot_differences(metrics), folder / "compare.png")
        document = build_document(metrics, figure)
        write_text(folder / "compare.md", document.to_markdown())
        write_text(folder / "compare.html", render_page(document))
        write_json(folder / "compare.json", metrics)
    return metrics


def build_document(metrics: dict[str, Any], figure: Path) -> Document:
    """Return the comparison as blocks.

    Args:
        metrics: the content of compare.json.
        figure: the figure made by `plot_differences`.
    """
    how = metrics["resampling"]
    reference = metrics["reference"]
    parts = ["probability", "default"] + ["fitted"] * metrics["fitted_thresholds_compared"]
    document = Document(f"Comparison with {reference}")
    intro = (
        f"{metrics['images']:,} {UNITS[metrics['judged_by']]} of split {metrics['split']!r}, the same for all models; "
        f"{how['method']}, "
        f"{how['resamples']} resamples of {how['units']:,} {how['unit']}s, seed {how['seed']}. A difference is the "
        f"model minus {reference}; Brier score, log loss and ECE are better when lower."
    )
    document.blocks += [Text(intro), *[Text(note, warning=True) for note in metrics["notes"]]]
    if "relabelled" in metrics:
        document.blocks += _label_changes(metrics["relabelled"])
    wanted = [("probability", "auroc"), ("probability", "average_precision"), ("probability", "brier")]
    wanted += [(part, metric) for part in parts[1:] for metric in ("accuracy", "f1", "recall", "specificity")]
    shown = [(part, metric) for part, metric in wanted if part in metrics["runs"][reference]]
    columns = ("model", *[_title(part, metric) for part, metric in shown])
    rows = [
        (name, *[number(values[part][metric]) for part, metric in shown]) for name, values in metrics["runs"].items()
    ]
    document.blocks += [Heading("Scores"), Table(columns, rows, shown=columns[:6])]
    for name, found in metrics["differences"].items():
        rows = [
            (_title(part, metric), number(value), p_value(value["p"]))
            for part, values in found["overall"].items()
            for metric, value in values.items()
        ]
        document.blocks += [Heading(f"{name} minus {reference}"), Table(("metric", "difference", "p"), rows)]
        rows = []
        for label in _shown_labels(metrics):
            values = found["per_class"][label]
            auroc = values["probability"]["auroc"]
            test = auroc["delong"]
            rows.append((label, number(auroc), p_value(auroc["p"]), p_value(test["p"]), p_value(test["p_holm"])))
        columns = ("class", "AUROC difference", "p, bootstrap", "p, DeLong", "p, DeLong after Holm")
        document.blocks += [Heading("Per class", 3), Table(columns, rows)]
    document.blocks.append(ReportFigure(figure, "AUROC differences with 95 % intervals"))
    return document


def _label_changes(told: dict[str, Any]) -> list[Block]:
    """Return what differs between the labels of a run and those of a datalist."""
    intro = (
        f"The same predictions under two versions of the labels; {told['datalist']} has SHA-256 {told['sha256']}. "
        f"Images of the run that it does not have ({told['images_left_out']:,}), and labels that one version ignores, "
        "count in neither."
    )
    rows = [
        (label, f"{row['compared']:,}", f"{row['became_present']:,}", f"{row['became_absent']:,}")
        for label, row in told["labels"].items()
    ]
    return [
        Heading("Labels that changed"),
        Text(intro),
        Table(("label", "compared", "became present", "became absent"), rows),
    ]


def plot_differences(metrics: dict[str, Any]) -> Figure:
    """Plot AUROC differences per class and overall, with one marker and colour for each model."""
    labels = _shown_labels(metrics)
    names = list(metrics["differences"])
    rows = [*labels, "overall"] if len(labels) > 1 else labels
    figure = new_figure(7.5, 1.6 + 0.22 * len(rows) * (len(names) + 1))
    axis = figure.subplots()
    tidy(axis, xlabel=f"AUROC minus that of {metrics['reference']}")
    for at, name in enumerate(names):
        found = metrics["differences"][name]
        colour, marker = COLOURS[at % len(COLOURS)], MARKERS[at % len(MARKERS)]
        offset = (at - (len(names) - 1) / 2) * 0.7 / max(len(names), 1)
        for position, row in enumerate(rows):
            source = found["overall"] if row == "overall" else found["per_class"][row]
            value = source["probability"]["auroc"]
            if value["value"] is None:
                continue
            axis.plot([value["low"], value["high"]], [position + offset] * 2, color=colour, linewidth=1.6)
            label = name if position == 0 else None
            axis.plot(value["value"], position + offset, marker=marker, color=colour, linestyle="none", label=label)
    axis.axvline(0, color=GRAY, linestyle=":", linewidth=1)
    axis.set_yticks(range(len(rows)), rows, fontsize=8)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    figure.legend(fontsize=8, frameon=False, loc="outside upper center", ncols=3)
    return figure


def _shown_labels(metrics: dict[str, Any]) -> list[str]:
    """Return the labels with a row of their own: of two exclusive classes the positive one."""
    return metrics["labels"] if metrics["positive_label"] is None else [metrics["positive_label"]]


def _title(part: str, metric: str) -> str:
    return metric_name(metric) if part == "probability" else f"{metric_name(metric)}, {part}"
