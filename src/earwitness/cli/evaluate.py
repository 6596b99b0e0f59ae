"""`earwitness evaluate`: scores against a key, with intervals, a breakdown and plots."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import msgspec
import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from earwitness.errors import BadInput
from earwitness.metrics.confidence import Interval
from earwitness.metrics.evaluation.comparison import compare_detection
from earwitness.metrics.evaluation.detection import Evaluation, class_mask, evaluate_detection
from earwitness.metrics.evaluation.other_tasks import (
    ClassEvaluation,
    LocalisationEvaluation,
    RegressionEvaluation,
    SasvEvaluation,
    evaluate_classes,
    evaluate_localisation,
    evaluate_regression,
    evaluate_sasv,
)
from earwitness.metrics.plots.confusion import confusion_plot
from earwitness.metrics.plots.detection import (
    calibration_plot,
    det_plot,
    ece_plot,
    histogram_plot,
    tippett_plot,
)
from earwitness.metrics.score_files import ScoreTable, matched, read_key, read_scores
from earwitness.metrics.staircase import Staircase

Tasks = Literal["detection", "verification", "sasv", "classification", "regression", "localisation"]
Found = Evaluation | SasvEvaluation | ClassEvaluation | RegressionEvaluation | LocalisationEvaluation
RATES = (
    "eer",
    "eer_nontarget",
    "eer_spoof",
    "accuracy",
    "uar",
    "macro_f1",
    "t_eer",
    "point_eer",
    "range_eer",
)
"""Figures that are shown in percent."""


def evaluate(
    scores: Path,
    key: Path,
    *,
    task: Tasks | None = None,
    out: Path | None = None,
    compare: Path | None = None,
    phase: str = "eval",
    clusters: str | None = None,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
    json: bool = False,
) -> int:
    """Evaluate a score file against a key: figures with intervals, a breakdown, metrics.json and plots.

    Args:
        scores: score file: two columns, ASVspoof 2019/2021/5, VoxCeleb trials, CSV with a header, or Parquet;
            for localisation RTTM, JSON, or Parquet of frame scores.
        key: what each trial is, in the layouts of the same corpora; for localisation RTTM, JSON, or a corpus
            folder whose table has segments.
        task: what is evaluated; follows from the labels of the key when they are those of detection or
            verification.
        out: folder for metrics.json and the SVG plots; SCORES without its ending and "-metrics" without it.
        compare: score file of another system on the same trials: paired differences.
        phase: of ASVspoof 2021 keys only these trials count; "all" for all.
        clusters: column of the key (speaker, source, attack) whose values are resampled whole.
        confidence: coverage of the intervals.
        replicates: bootstrap replicates.
        seed: of the bootstrap.
        json: print metrics.json in place of the table.

    Returns:
        Exit code: 0 done.
    """
    settings = {"confidence": confidence, "replicates": replicates, "seed": seed}
    folder = out or scores.with_name(scores.stem + "-metrics")
    plots: dict[str, str] = {}
    differences = None
    if task == "localisation":
        found: Found = evaluate_localisation(scores, key, clusters=clusters, **settings)  # type: ignore[arg-type]
        layouts = {}
    else:
        read, asked = _read(scores, task), read_key(key, phase=None if phase == "all" else phase)
        task = task or _task_of(asked.rows, str(key))
        # A key filtered to one phase of a corpus does not ask for the other trials of the file.
        rows = matched(
            read.rows, asked.rows, where=str(scores), subset=asked.layout.startswith("ASVspoof 2021")
        )
        layouts = {"scores": read.layout, "key": asked.layout}
        if task in ("detection", "verification"):
            classes = ("bona fide", "spoof") if task == "detection" else ("target", "nontarget")
            found = evaluate_detection(rows, task=task, classes=classes, clusters=clusters, **settings)  # type: ignore[arg-type]
            systems = [(scores.stem if compare else "", _stairs(rows, classes))]
            if compare is not None:
                theirs = matched(read_scores(compare).rows, asked.rows, where=str(compare), subset=True)
                differences = compare_detection(rows, theirs, task=task, classes=classes, **settings)  # type: ignore[arg-type]
                systems.append((compare.stem, _stairs(theirs, classes)))
            plots = _detection_plots(systems, classes, confidence)
        elif compare is not None or clusters is not None:
            raise BadInput(
                f"is for detection and verification, not for {task}", where="--compare, --clusters"
            )
        elif task == "sasv":
            found = evaluate_sasv(rows, **settings)  # type: ignore[arg-type]
        elif task == "classification":
            found = evaluate_classes(rows, **settings)  # type: ignore[arg-type]
            plots["confusion"] = confusion_plot(found.classification.confusion, found.classification.classes)
        else:
            found = evaluate_regression(rows, **settings)  # type: ignore[arg-type]
    record: dict[str, Any] = {
        "schema": "earwitness.metrics/1",
        "task": task,
        "scores": scores.name,
        "key": key.name,
        "layouts": layouts,
        "evaluation": found,
    }
    if differences is not None and compare is not None:
        record |= {"compared_with": compare.name, "differences": differences}
    text = (
        msgspec.json.format(msgspec.json.encode(_finite(msgspec.to_builtins(record))), indent=2).decode()
        + "\n"
    )
    _write(folder, {"metrics.json": text} | {f"{name}.svg": picture for name, picture in plots.items()})
    if json:
        print(text, end="")
    else:
        _show(record, found, folder, len(plots))
    return 0


def _read(scores: Path, task: str | None) -> ScoreTable:
    return read_scores(scores, answers=task in ("classification", "regression"))


def _task_of(rows: pl.DataFrame, where: str) -> Tasks:
    labels = {str(label) for label in rows["label"].unique().to_list()}
    if labels <= {"bona fide", "spoof"}:
        return "detection"
    if labels <= {"target", "nontarget"}:
        return "verification"
    if labels <= {"target", "nontarget", "spoof"}:
        return "sasv"
    some = ", ".join(sorted(labels)[:3])
    raise BadInput(f"labels such as {some} do not say what to evaluate; give --task", where=where)


def _stairs(rows: pl.DataFrame, classes: tuple[str, str]) -> Staircase:
    mask, values = class_mask(rows, classes), rows["score"].to_numpy()
    return Staircase.of(values[mask], values[~mask])


def _detection_plots(
    systems: list[tuple[str, Staircase]], classes: tuple[str, str], confidence: float
) -> dict[str, str]:
    _, stairs = systems[0]
    return {
        "det": det_plot(systems, confidence=confidence),
        "scores": histogram_plot(stairs, classes),
        "tippett": tippett_plot(stairs, classes),
        "ece": ece_plot(stairs),
        "calibration": calibration_plot(stairs),
    }


def _finite(value: object) -> object:
    """JSON has no infinity and no NaN: they are written as words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            part = folder / f".{name}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / name)
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(folder)) from error


def _show(record: dict[str, Any], found: Found, folder: Path, plots: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    title = f"{record['scores']}: {record['task']}"
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name, side in (
        ("", "left"),
        ("value", "right"),
        ("interval", "right"),
        ("trials", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]
    notes: list[str] = list(getattr(found, "notes", ()))
    for name, figure in getattr(found, "figures", {}).items():
        _row(table, name, name, figure, notes)
    for name, value in _plain(found).items():
        table.add_row(name, _number(name, value), "", "", "")
    column = ""
    for part in getattr(found, "breakdown", ()):
        if part.column != column:
            column = part.column
            table.add_row("")
            table.add_row(f"eer by {column}", style="dim")
        if part.eer is None:
            table.add_row(
                f"{column} {part.value}", "one class only", "", str(part.targets + part.nontargets), ""
            )
        else:
            _row(table, f"{column} {part.value}", "eer", part.eer, notes)
    for name, gap in record.get("differences", {}).items():
        if name == "eer":
            table.add_row("")
            table.add_row(f"less {record['compared_with']}", style="dim")
        shown = Interval(
            value=gap.value, low=gap.low, high=gap.high, confidence=gap.confidence, n=gap.n, method=gap.method
        )
        _row(table, name, name, shown, notes, f"p = {gap.p_value:.3g}")
    console.print(table, width=max(console.width, 90))
    for note in dict.fromkeys(notes):
        console.print(f"  {note}")
    console.print(f"  metrics.json and {plots} plots in {folder}")


def _row(table: Table, words: str, name: str, figure: Interval, notes: list[str], extra: str = "") -> None:
    notes.extend(figure.notes)
    span = f"{_number(name, figure.low)} .. {_number(name, figure.high)}"
    if figure.method.startswith("exact binomial"):
        extra = "exact bounds"
    elif figure.method != "percentile bootstrap" and not extra:
        notes.append(f"{words}: {figure.method}")
    table.add_row(words, _number(name, figure.value), span, f"{figure.n:,}", extra)


def _number(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"{100 * value:.2f} %" if name in RATES or name.startswith("eer at") else f"{value:.4f}"


def _plain(found: Found) -> dict[str, float | None]:
    """Figures that come without an interval."""
    if isinstance(found, SasvEvaluation):
        return msgspec.structs.asdict(found.track2)
    if isinstance(found, ClassEvaluation):
        majority = msgspec.structs.asdict(found.classification.majority)
        return {f"{name}, always the most frequent class": value for name, value in majority.items()}
    if isinstance(found, RegressionEvaluation):
        constant = msgspec.structs.asdict(found.regression.mean_predictor)
        return {f"{name}, always the mean": value for name, value in constant.items()}
    if isinstance(found, LocalisationEvaluation):
        plain: dict[str, float | None] = {"point_eer": found.point_eer, "range_eer": found.range_eer}
        if not found.figures:
            plain |= {f"eer at {length} s": rate for length, rate in found.resolutions.items()}
        for one in found.segments:
            plain |= {
                f"{name} at IoU {one.iou:g}": getattr(one, name) for name in ("precision", "recall", "f1")
            }
        return plain
    return {}
