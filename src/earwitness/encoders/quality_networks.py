"""Every predictor of listening quality by name; those of other packages are loaded only when asked for."""

from __future__ import annotations

import contextlib
import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile

from earwitness.audio.quality_predictor import DnsmosQuality, QualityPredictor, SignalQuality
from earwitness.audio.recording import Samples
from earwitness.errors import BadInput

_RATE = 16_000


class DistillMos:
    """Distill-MOS, from the package `distillmos`, which brings torchaudio and its own weights.

    Reference: Stahl and Gamper, "Distillation and pruning for scalable self-supervised representation-based
    speech quality assessment", 2025.

    Raises:
        BadInput: when the package, or one that it needs, is not installed.
    """

    name = "distillmos"

    def __init__(self) -> None:
        module = _package("distillmos")
        with contextlib.redirect_stdout(sys.stderr):  # it says where its weights are
            self._network: Any = module.ConvTransformerSQAModel().eval()

    def predict(self, samples: Samples) -> float:
        """Mean opinion score, 1 to 5."""
        import torch

        with torch.inference_mode():
            return float(self._network(torch.tensor(samples[None])))


class Scoreq:
    """SCOREQ without a reference for natural speech, from the package `scoreq`: QAMO's own choice.

    The package fetches its weights when it is first used.

    Reference: Ragano, Skoglund and Hines, "SCOREQ: speech quality assessment with contrastive regression",
    NeurIPS 2024.

    Raises:
        BadInput: when the package, or one that it needs, is not installed.
    """

    name = "scoreq"

    def __init__(self) -> None:
        module = _package("scoreq")
        with contextlib.redirect_stdout(sys.stderr):
            self._network: Any = module.Scoreq(data_domain="natural", mode="nr")

    def predict(self, samples: Samples) -> float:
        """Mean opinion score, about 1 to 5; the package reads files, so the samples are written as one."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "part.wav"
            soundfile.write(path, samples, _RATE, subtype="FLOAT")
            return float(self._network.predict(test_path=str(path), ref_path=None))


PREDICTORS: dict[str, Callable[[], QualityPredictor]] = {
    "dnsmos": DnsmosQuality,
    "signal": SignalQuality,
    "distillmos": DistillMos,
    "scoreq": Scoreq,
}
"""Name -> predictor."""


def quality_predictor(name: str) -> QualityPredictor:
    """A predictor of listening quality.

    Args:
        name: key of `PREDICTORS`.

    Raises:
        BadInput: when there is none of that name, or its package is not installed.

    Example:
        >>> quality_predictor("signal").name
        'signal'
    """
    if name not in PREDICTORS:
        raise BadInput(f"no such predictor; there are: {', '.join(PREDICTORS)}", where=name)
    return PREDICTORS[name]()


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"needs the package {error.name}; install it with: pip install {name}", where=name
        ) from error
