"""All figures of a detection system on one set of trials, with intervals and a breakdown."""

from __future__ import annotations

import hashlib
from functools import partial

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.errors import BadInput
from earwitness.metrics.confidence import Interval, interval
from earwitness.metrics.detection_cost import act_dcf, min_dcf
from earwitness.metrics.staircase import Scores

BREAKDOWN = (
    "attack", "engine", "family", "codec", "transmission", "channel", "source", "language", "vocoder",
    "gender", "environment",
)  # fmt: skip
"""Columns by which trials are broken down when the key has them."""
NONE = ("", "-", "--")
"""How keys write "does not apply"."""


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """Prior and costs of one detection cost.

    Args:
        p_target: prior probability of a target.
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
    """

    p_target: float
    c_miss: float = 1.0
    c_fa: float = 1.0


COSTS = {
    "detection": (Costs(p_target=0.95, c_fa=10.0),),
    "verification": (Costs(p_target=0.01), Costs(p_target=0.05)),
}
"""Detection costs by task: those of ASVspoof 5, and of NIST SRE and VoxCeleb."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One value of one breakdown column.

    Args:
        column: what the trials are broken down by.
        value: which trials.
        targets: how many targets (all of them where the column does not apply to targets).
        nontargets: how many nontargets.
        eer: equal error rate with its interval; `None` when a class is missing.
    """

    column: str
    value: str
    targets: int
    nontargets: int
    eer: Interval | None


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one system.

    Args:
        task: "detection" or "verification".
        classes: what targets and nontargets are called.
        targets: how many.
        nontargets: how many.
        figures: name -> figure with its interval; rates are fractions, Cllr is in bits.
        breakdown: the EER of parts of the trials.
        seed: of the bootstrap.
        trials_sha256: hash of the trials and their labels, in the order of their ids.
        scores_sha256: hash of the scores in the same order.
        notes: what a reader must know before believing the figures.
    """

    task: str
    classes: tuple[str, str]
    targets: int
    nontargets: int
    figures: dict[str, Interval]
    breakdown: tuple[Part, ...]
    seed: int
    trials_sha256: str
    scores_sha256: str
    notes: tuple[str, ...] = ()


def evaluate_detection(
    rows: pl.DataFrame,
    *,
    task: str = "detection",
    classes: tuple[str, str] = ("bona fide", "spoof"),
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
    clusters: str | None = None,
) -> Evaluation:
    """Evaluate scores of two classes.

    Args:
        rows: columns `id`, `label`, `score` and breakdown columns.
        task: "detection" or "verification"; decides the detection costs.
        classes: labels of targets and nontargets; a higher score speaks for the first.
        confidence: coverage of the intervals, in (0, 1).
        replicates: bootstrap replicates.
        seed: of the bootstrap.
        clusters: column whose values (speaker, source, attack) are resampled whole.

    Returns:
        All figures.

    Raises:
        BadInput: when a class is missing or a label is neither.

    Example:
        >>> rows = pl.DataFrame({"id": list("abcd"), "score": [2.0, 1, 0, -1],
        ...                      "label": ["bona fide", "bona fide", "spoof", "spoof"]})
        >>> evaluate_detection(rows).figures["eer"].value
        0.0
    """
    is_target = class_mask(rows, classes)
    scores = rows["score"].to_numpy()
    target, nontarget = scores[is_target], scores[~is_target]
    groups = None
    if clusters is not None:
        if clusters not in rows.columns:
            raise BadInput(f"the key has no column {clusters!r}; it has {', '.join(rows.columns)}")
        own = rows[clusters].cast(pl.String).fill_null("").to_numpy()
        groups = tuple(None if _absent(part) else part for part in (own[is_target], own[~is_target]))
        if all(part is None for part in groups):
            raise BadInput(f"the column {clusters!r} is empty", where="clusters")
    metrics: dict[str, object] = {"eer": "eer"}
    for costs in COSTS[task]:
        settings = msgspec.structs.asdict(costs)
        tag = "" if len(COSTS[task]) == 1 else f"_{costs.p_target:g}"
        metrics[f"min_dcf{tag}"] = partial(min_dcf, **settings)
        metrics[f"act_dcf{tag}"] = partial(act_dcf, **settings)
    metrics |= {"cllr": "cllr", "min_cllr": "min_cllr", "roc_auc": "roc_auc"}
    figures = {
        name: interval(
            metric,  # type: ignore[arg-type]
            target,
            nontarget,
            confidence=confidence,
            replicates=replicates,
            seed=seed,
            clusters=groups,  # type: ignore[arg-type]
        )
        for name, metric in metrics.items()
    }
    order = rows["id"].arg_sort().to_numpy()
    names = str(rows["id"].gather(order).str.join("\n").item())
    notes = ["act_dcf and cllr take the scores as natural-log likelihood ratios"]
    if figures["eer"].value > 0.5:
        notes.append("the EER is above one half: is the polarity turned round?")
    return Evaluation(
        task=task,
        classes=classes,
        targets=len(target),
        nontargets=len(nontarget),
        figures=figures,
        breakdown=_breakdown(rows, is_target, scores, confidence, replicates, seed),
        seed=seed,
        trials_sha256=hashlib.sha256(names.encode() + is_target[order].tobytes()).hexdigest(),
        scores_sha256=hashlib.sha256(scores[order].tobytes()).hexdigest(),
        notes=tuple(notes),
    )


def class_mask(rows: pl.DataFrame, classes: tuple[str, str]) -> NDArray[np.bool_]:
    """Which rows are targets.

    Raises:
        BadInput: when a class is missing or a label is neither.
    """
    labels = rows["label"].cast(pl.String)
    strange = sorted(set(labels.unique().to_list()) - set(classes))
    if strange:
        raise BadInput(f"label {strange[0]!r} is neither {classes[0]!r} nor {classes[1]!r}", where="key")
    mask: NDArray[np.bool_] = (labels == classes[0]).to_numpy()
    for name, there in zip(classes, (mask.any(), not mask.all()), strict=True):
        if not there:
            raise BadInput(f"has no {name} trial; both classes are needed", where="key")
    return mask


def _breakdown(
    rows: pl.DataFrame,
    is_target: NDArray[np.bool_],
    scores: Scores,
    confidence: float,
    replicates: int,
    seed: int,
) -> tuple[Part, ...]:
    parts = []
    for column in (name for name in BREAKDOWN if name in rows.columns):
        names = rows[column].cast(pl.Categorical)
        codes = names.to_physical().to_numpy()
        values = sorted(str(value) for value in names.unique().to_list() if value not in (*NONE, None))
        if not 2 <= len(values) <= 200:
            continue
        number = {value: codes[(names == value).arg_max() or 0] for value in values}
        applies = np.isin(codes, list(number.values()))
        # An attack is a property of spoofs only: each is set against all bona fide trials.
        everywhere = [not applies[side].any() for side in (is_target, ~is_target)]
        for value in values:
            here = codes == number[value]
            left = scores[is_target] if everywhere[0] else scores[is_target & here]
            right = scores[~is_target] if everywhere[1] else scores[~is_target & here]
            found = None
            if len(left) and len(right):
                found = interval("eer", left, right, confidence=confidence, replicates=replicates, seed=seed)
            parts.append(
                Part(column=column, value=value, targets=len(left), nontargets=len(right), eer=found)
            )
    return tuple(parts)


def _absent(names: NDArray) -> bool:
    return set(names[:1]) <= {None, *NONE} and not (set(np.unique(names.astype(str))) - {"None", *NONE})
