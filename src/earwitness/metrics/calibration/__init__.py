"""Calibration: from scores to log-likelihood ratios that mean what they say.

Fitted calibrators are small frozen values. They serialise to JSON, state on what they were
fitted, and say so when they are applied to that very data.
"""

from earwitness.metrics.calibration.fitted import Calibrated, FittedOn
from earwitness.metrics.calibration.isotonic_llr import Isotonic, pav
from earwitness.metrics.calibration.linear import Fusion, Logistic, fusion, logistic, quality_conditioned
from earwitness.metrics.calibration.record import Calibrator, from_json, read, to_json, write
from earwitness.metrics.calibration.temperature_scaling import Temperature, temperature

__all__ = [
    "Calibrated",
    "Calibrator",
    "FittedOn",
    "Fusion",
    "Isotonic",
    "Logistic",
    "Temperature",
    "from_json",
    "fusion",
    "logistic",
    "pav",
    "quality_conditioned",
    "read",
    "temperature",
    "to_json",
    "write",
]
