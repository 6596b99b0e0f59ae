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
    from earwitness.metrics.agnostic_cost import a_dcf
    from earwitness.metrics.asvspoof5 import Track1, Track2, asvspoof5_track1, asvspoof5_track2
    from earwitness.metrics.class_figures import (
        ClassEer,
        Classification,
        classification,
        confusion_matrix,
        one_vs_rest_eer,
    )
    from earwitness.metrics.confidence import Interval, interval
    from earwitness.metrics.continual_learning import Continual, continual
    from earwitness.metrics.detection_cost import act_dcf, bayes_threshold, min_dcf
    from earwitness.metrics.empirical_cross_entropy import EceCurve, ece_curve
    from earwitness.metrics.equal_error import eer, eer_threshold
    from earwitness.metrics.exact_binomial import exact_bounds
    from earwitness.metrics.llr_cost import cllr, min_cllr
    from earwitness.metrics.operating_curve import DetCurve, det_curve, roc_auc
    from earwitness.metrics.paired import Difference, paired_difference
    from earwitness.metrics.regression_figures import Regression, concordance, pearson, regression, spearman
    from earwitness.metrics.score_normalisation import as_norm
    from earwitness.metrics.staircase import Staircase
    from earwitness.metrics.tandem_cost import TandemCosts, VerifierErrors, min_tdcf, verifier_errors
    from earwitness.metrics.tandem_eer import TandemPoint, t_eer, tandem_point
    from earwitness.metrics.tippett_curve import Tippett, tippett
    from earwitness.metrics.verbal_scale import verbal

_HOMES = {
    "ClassEer": "class_figures",
    "Classification": "class_figures",
    "Continual": "continual_learning",
    "DetCurve": "operating_curve",
    "Difference": "paired",
    "EceCurve": "empirical_cross_entropy",
    "Interval": "confidence",
    "Regression": "regression_figures",
    "Staircase": "staircase",
    "TandemCosts": "tandem_cost",
    "TandemPoint": "tandem_eer",
    "Tippett": "tippett_curve",
    "Track1": "asvspoof5",
    "Track2": "asvspoof5",
    "VerifierErrors": "tandem_cost",
    "a_dcf": "agnostic_cost",
    "act_dcf": "detection_cost",
    "as_norm": "score_normalisation",
    "asvspoof5_track1": "asvspoof5",
    "asvspoof5_track2": "asvspoof5",
    "bayes_threshold": "detection_cost",
    "classification": "class_figures",
    "cllr": "llr_cost",
    "concordance": "regression_figures",
    "confusion_matrix": "class_figures",
    "continual": "continual_learning",
    "det_curve": "operating_curve",
    "ece_curve": "empirical_cross_entropy",
    "eer": "equal_error",
    "eer_threshold": "equal_error",
    "exact_bounds": "exact_binomial",
    "interval": "confidence",
    "min_cllr": "llr_cost",
    "min_dcf": "detection_cost",
    "min_tdcf": "tandem_cost",
    "one_vs_rest_eer": "class_figures",
    "paired_difference": "paired",
    "pearson": "regression_figures",
    "regression": "regression_figures",
    "roc_auc": "operating_curve",
    "spearman": "regression_figures",
    "t_eer": "tandem_eer",
    "tandem_point": "tandem_eer",
    "tippett": "tippett_curve",
    "verbal": "verbal_scale",
    "verifier_errors": "tandem_cost",
}

__all__ = [
    "ClassEer",
    "Classification",
    "Continual",
    "DetCurve",
    "Difference",
    "EceCurve",
    "Interval",
    "Regression",
    "Staircase",
    "TandemCosts",
    "TandemPoint",
    "Tippett",
    "Track1",
    "Track2",
    "VerifierErrors",
    "a_dcf",
    "act_dcf",
    "as_norm",
    "asvspoof5_track1",
    "asvspoof5_track2",
    "bayes_threshold",
    "classification",
    "cllr",
    "concordance",
    "confusion_matrix",
    "continual",
    "det_curve",
    "ece_curve",
    "eer",
    "eer_threshold",
    "exact_bounds",
    "interval",
    "min_cllr",
    "min_dcf",
    "min_tdcf",
    "one_vs_rest_eer",
    "paired_difference",
    "pearson",
    "regression",
    "roc_auc",
    "spearman",
    "t_eer",
    "tandem_point",
    "tippett",
    "verbal",
    "verifier_errors",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"earwitness.metrics.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'earwitness.metrics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
