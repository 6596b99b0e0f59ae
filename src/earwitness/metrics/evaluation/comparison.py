"""Two systems on the same trials, figure by figure."""

from __future__ import annotations

from functools import partial

import msgspec
import numpy as np
import polars as pl

from earwitness.metrics.confidence import WORTH_RESAMPLING
from earwitness.metrics.detection_cost import act_dcf, min_dcf
from earwitness.metrics.evaluation.detection import COSTS, class_mask
from earwitness.metrics.paired import Difference, paired_difference


def compare_detection(
    rows: pl.DataFrame,
    other: pl.DataFrame,
    *,
    task: str,
    classes: tuple[str, str],
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> dict[str, Difference]:
    """Paired differences (first minus other) of the figures of two systems.

    Args:
        rows: `id`, `label` and `score` of the first system.
        other: the same of the other, in the same order.
        task: "detection" or "verification".
        classes: labels of targets and nontargets.
        confidence: coverage, in (0, 1).
        replicates: bootstrap replicates.
        seed: of the bootstrap.

    Returns:
        Name -> difference. Minimum costs and AUC have to be resampled trial by trial and are left out
        where that takes minutes.
    """
    mask = class_mask(rows, classes)
    first, second = rows["score"].to_numpy(), other["score"].to_numpy()
    pairs = (first[mask], first[~mask]), (second[mask], second[~mask])
    metrics: dict[str, object] = {"eer": "eer", "cllr": "cllr"}
    small = len(rows) <= WORTH_RESAMPLING
    if small:
        metrics |= {"roc_auc": "roc_auc", "min_cllr": "min_cllr"}
    for costs in COSTS[task]:
        settings = msgspec.structs.asdict(costs)
        tag = "" if len(COSTS[task]) == 1 else f"_{costs.p_target:g}"
        metrics[f"act_dcf{tag}"] = partial(act_dcf, **settings)
        if small:
            metrics[f"min_dcf{tag}"] = partial(min_dcf, **settings)
    finite = all(bool(np.isfinite(part).all()) for pair in pairs for part in pair)
    return {
        name: paired_difference(
            metric,  # type: ignore[arg-type]
            *pairs,
            confidence=confidence,
            replicates=replicates,
            seed=seed,
        )
        for name, metric in metrics.items()
        if finite or name != "cllr"
    }
