"""Evaluation of the tasks that are no two-class detection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics.asvspoof5 import Track2, asvspoof5_track2
from earwitness.metrics.class_figures import (
    ClassEer,
    Classification,
    class_figures,
    classification,
    one_vs_rest_eer,
)
from earwitness.metrics.confidence import Interval, interval, percentiles
from earwitness.metrics.evaluation.frames import LocalisationEvaluation, evaluate_frames
from earwitness.metrics.localisation import (
    frames_of,
    point_eer,
    range_eer,
    read_json,
    read_rttm,
    resolution_eers,
    segment_figures,
)
from earwitness.metrics.regression_figures import Regression, regression

METHOD = "percentile bootstrap over trials"


class SasvEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Spoofing-robust speaker verification.

    Args:
        figures: EER of targets against nontargets and against spoofs, of the joint score.
        track2: the figures of ASVspoof 5 track 2.
        counts: targets, nontargets, spoofs.
    """

    figures: dict[str, Interval]
    track2: Track2
    counts: dict[str, int]


class ClassEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A classifier.

    Args:
        figures: accuracy, UAR and macro F1 with intervals.
        classification: confusion, recalls and the majority row.
        one_vs_rest: EERs when there is a score for each class.
    """

    figures: dict[str, Interval]
    classification: Classification
    one_vs_rest: ClassEer | None


class RegressionEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Predicted numbers.

    Args:
        figures: all figures with intervals.
        regression: the same beside the mean-predictor row.
    """

    figures: dict[str, Interval]
    regression: Regression


class FrameScores(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON layout of frame scores: `{"hop": 0.02, "scores": {"name": [1.5, -2.0]}}`.

    Args:
        hop: length of a frame, in seconds.
        scores: of each recording; higher = more bona fide.
    """

    hop: float
    scores: dict[str, list[float]]


def evaluate_sasv(rows: pl.DataFrame, *, confidence: float, replicates: int, seed: int) -> SasvEvaluation:
    """Evaluate joint scores of targets, nontargets and spoofs.

    Raises:
        BadInput: when one of the three is missing.
    """
    parts = {
        name: rows.filter(pl.col("label").cast(pl.String) == name)
        for name in ("target", "nontarget", "spoof")
    }
    empty = [name for name, part in parts.items() if not len(part)]
    if empty:
        raise BadInput(f"has no {empty[0]} trial; all three kinds are needed", where="key")

    def three(column: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        target, nontarget, spoof = (part[column].to_numpy() for part in parts.values())
        return target, nontarget, spoof

    both = all(name in rows.columns and not rows[name].null_count() for name in ("cm_score", "asv_score"))
    target, nontarget, spoof = three("score")
    settings = {"confidence": confidence, "replicates": replicates, "seed": seed}
    return SasvEvaluation(
        figures={
            "eer_nontarget": interval("eer", target, nontarget, **settings),  # type: ignore[arg-type]
            "eer_spoof": interval("eer", target, spoof, **settings),  # type: ignore[arg-type]
        },
        track2=asvspoof5_track2(
            (target, nontarget, spoof),
            cm=three("cm_score") if both else None,
            asv=three("asv_score") if both else None,
        ),
        counts={name: len(part) for name, part in parts.items()},
    )


def evaluate_classes(
    rows: pl.DataFrame, *, classes: Sequence[str] = (), confidence: float, replicates: int, seed: int
) -> ClassEvaluation:
    """Evaluate answers (column `prediction`) or class scores (one column a class) against `label`.

    Raises:
        BadInput: when there are neither answers nor scores, or a label is not in the set.
    """
    truth = rows["label"].cast(pl.String).to_list()
    names = tuple(classes) or tuple(sorted(set(truth)))
    scores = None
    if all(name in rows.columns for name in names):
        try:
            scores = rows.select(pl.col(names).cast(pl.String).cast(pl.Float64)).to_numpy()
        except pl.exceptions.PolarsError as error:
            raise BadInput("class scores are no numbers", where="scores") from error
        if np.isnan(scores).any():
            raise BadInput("class scores hold NaN", where="scores")
    if "prediction" in rows.columns:
        answer = rows["prediction"].cast(pl.String).to_list()
    elif scores is not None:
        answer = [names[at] for at in scores.argmax(axis=1).tolist()]
    else:
        raise BadInput(
            f"needs a column prediction, or one for each class: {', '.join(names)}", where="scores"
        )
    found = classification(truth, answer, names)
    counts = np.array(found.confusion)
    drawn = np.random.default_rng(seed).multinomial(found.n, counts.ravel() / found.n, size=replicates)
    figures = [class_figures(part.reshape(counts.shape)) for part in drawn]
    return ClassEvaluation(
        figures={
            name: _interval(value, np.array([getattr(one, name) for one in figures]), confidence, found.n)
            for name, value in msgspec.structs.asdict(found.figures).items()
        },
        classification=found,
        one_vs_rest=None if scores is None else one_vs_rest_eer(scores, truth, names),
    )


def evaluate_regression(
    rows: pl.DataFrame, *, confidence: float, replicates: int, seed: int
) -> RegressionEvaluation:
    """Evaluate predicted numbers (`score` or `prediction`) against numbers (`label`).

    Raises:
        BadInput: when either is not a number.
    """
    try:
        truth = rows["label"].cast(pl.String).cast(pl.Float64).to_numpy()
        column = "score" if "score" in rows.columns else "prediction"
        predicted = rows[column].cast(pl.Float64).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise BadInput("labels or predictions are no numbers", where="key") from error
    found = regression(truth, predicted)
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(replicates):
        at = generator.integers(len(truth), size=len(truth))
        drawn.append(regression(truth[at], predicted[at]).figures)
    figures = {}
    for name, value in msgspec.structs.asdict(found.figures).items():
        known = np.array([v for one in drawn if (v := getattr(one, name)) is not None])
        if value is not None and len(known):
            figures[name] = _interval(value, known, confidence, found.n)
    return RegressionEvaluation(figures=figures, regression=found)


def evaluate_localisation(
    scores: Path,
    key: Path,
    *,
    clusters: str | None = None,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> LocalisationEvaluation:
    """Evaluate frame scores (JSON, Parquet) or claimed segments (RTTM, JSON) against true segments.

    True segments are RTTM, JSON, or a corpus table (Parquet) with ids and a column `segments`. Parquet of
    frame scores, as `earwitness score` writes it, has a list for each length of a frame, and each length is
    judged by its own scores; elsewhere a longer frame has the lowest of its shortest.

    A recording of the scores that the key does not name has no spoof segment.

    Raises:
        BadInput: when a file is not in its layout, or the key names recordings without scores.
    """
    if scores.suffix == ".parquet":
        return evaluate_frames(
            scores, key, clusters=clusters, confidence=confidence, replicates=replicates, seed=seed
        )
    if clusters is not None:
        raise BadInput("needs a corpus table as the key, with that column", where="--clusters")
    true = read_rttm(key) if key.suffix == ".rttm" else read_json(key)
    true = {name: [s for s in part if s.label != "bona fide"] for name, part in true.items()}
    frames = None
    if scores.suffix != ".rttm":
        try:
            frames = msgspec.json.decode(scores.read_bytes(), type=FrameScores)
        except OSError as error:
            raise BadInput(f"cannot be read: {error.strerror}", where=str(scores)) from error
        except msgspec.DecodeError:
            frames = None  # then it must be segments, and that reader says what is wrong
    names = list(frames.scores) if frames is not None else None
    if frames is None or names is None:
        found = read_rttm(scores) if scores.suffix == ".rttm" else read_json(scores)
        every = sorted({*found, *true})
        pairs = [found.get(name, []) for name in every], [true.get(name, []) for name in every]
        return LocalisationEvaluation(recordings=len(every), segments=segment_figures(*pairs))
    missing = sorted(set(true) - set(names))
    if missing:
        raise BadInput(
            f"has no scores of {len(missing)} recordings: {', '.join(missing[:3])}", where=str(scores)
        )
    durations = [len(frames.scores[name]) * frames.hop for name in names]
    rows = [np.asarray(frames.scores[name]) for name in names]
    cut = [[s._replace(end=min(s.end, d), label="spoof") for s in true.get(name, []) if s.start < d]
           for name, d in zip(names, durations, strict=True)]  # fmt: skip
    labels = [frames_of(part, d, frames.hop) for part, d in zip(cut, durations, strict=True)]
    lengths = [length for length in (0.02, 0.04, 0.08, 0.16, 0.32, 0.64) if _multiple(length, frames.hop)]
    coarse = resolution_eers(rows, labels, hop=frames.hop, resolutions=lengths)
    return LocalisationEvaluation(
        recordings=len(names),
        point_eer=point_eer(rows, labels),
        range_eer=range_eer(rows, cut, durations, hop=frames.hop),
        resolutions={f"{length:g}": rate for length, rate in coarse.items()},
    )


def _multiple(length: float, hop: float) -> bool:
    return length >= hop - 1e-9 and abs(round(length / hop) * hop - length) < 1e-9


def _interval(value: float, drawn: np.ndarray, confidence: float, n: int) -> Interval:
    low, high = percentiles(drawn, confidence)
    return Interval(
        value=value,
        low=min(low, value),
        high=max(high, value),
        confidence=confidence,
        n=n,
        method=METHOD,
    )
