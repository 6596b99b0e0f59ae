"""Figures that can be trusted: exact on ties, with intervals, without torch.

Every public name is fetched from its file at first use.

Example:
    >>> from earwitness.metrics import eer
    >>> eer([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8])
    0.25
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from earwitness.metrics.confidence import Interval, interval
    from earwitness.metrics.detection_cost import act_dcf, bayes_threshold, min_dcf
    from earwitness.metrics.equal_error import eer, eer_threshold
    from earwitness.metrics.exact_binomial import exact_bounds
    from earwitness.metrics.llr_cost import cllr, min_cllr
    from earwitness.metrics.operating_curve import DetCurve, det_curve, roc_auc
    from earwitness.metrics.paired import Difference, paired_difference
    from earwitness.metrics.staircase import Staircase

_HOMES = {
    "DetCurve": "operating_curve",
    "Difference": "paired",
    "Interval": "confidence",
    "Staircase": "staircase",
    "act_dcf": "detection_cost",
    "bayes_threshold": "detection_cost",
    "cllr": "llr_cost",
    "det_curve": "operating_curve",
    "eer": "equal_error",
    "eer_threshold": "equal_error",
    "exact_bounds": "exact_binomial",
    "interval": "confidence",
    "min_cllr": "llr_cost",
    "min_dcf": "detection_cost",
    "paired_difference": "paired",
    "roc_auc": "operating_curve",
}

__all__ = [
    "DetCurve",
    "Difference",
    "Interval",
    "Staircase",
    "act_dcf",
    "bayes_threshold",
    "cllr",
    "det_curve",
    "eer",
    "eer_threshold",
    "exact_bounds",
    "interval",
    "min_cllr",
    "min_dcf",
    "paired_difference",
    "roc_auc",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"earwitness.metrics.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'earwitness.metrics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
