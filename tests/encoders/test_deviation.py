from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from earwitness import encoders
from earwitness.encoders.catalogue import CATALOGUE, Entry
from earwitness.encoders.deviation import NEAR, RoundingWarning, deviation, measured, warn_of_rounding
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.errors import BadInput


class Rounded:
    """An encoder whose frames are rounded to steps."""

    def __init__(self, whole: OnnxEncoder, step: float) -> None:
        self.whole, self.step = whole, step

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def encode(self, clips: Sequence[np.ndarray], rate: int) -> list[np.ndarray]:
        return [np.round(frames / self.step) * self.step for frames in self.whole.encode(clips, rate)]


@pytest.fixture
def clips() -> list[np.ndarray]:
    """Noise that is loud or soft, so that there is something to tell apart."""
    rng = np.random.default_rng(0)
    return [(scale * rng.standard_normal(6400)).astype(np.float32) for _ in range(8) for scale in (0.02, 0.3)]


def test_it_grows_with_the_rounding(tiny: OnnxEncoder, clips: list[np.ndarray]) -> None:
    truth = [True, False] * 8
    told = [
        deviation(tiny, Rounded(tiny, step), clips, truth, corpus="noise", processor="any")
        for step in (1e-6, 0.05, 0.5)
    ]
    assert min(told[0].cosine) == 1.0
    assert max(told[0].score_shift) < 1e-4
    assert told[0].eer == told[0].eer_fp32
    for near, far in itertools.pairwise(told):
        assert all(a > b for a, b in zip(near.cosine, far.cosine, strict=True))
        assert all(a < b for a, b in zip(near.score_shift, far.score_shift, strict=True))
    assert all(low <= mean for low, mean in zip(told[2].lowest, told[2].cosine, strict=True))
    assert told[0].layers == (0, 1, 2)


def test_refusals(tiny: OnnxEncoder, clips: list[np.ndarray]) -> None:
    with pytest.raises(BadInput, match="four clips of either kind"):
        deviation(tiny, tiny, clips, [True] * 16, corpus="noise", processor="any")
    with pytest.raises(BadInput, match="is not whisper-miniature in lower precision"):
        deviation(tiny, tiny.giving([1]), clips, [True, False] * 8, corpus="noise", processor="any")


def test_the_packaged_whisper_in_lower_precision(
    tiny_entry: Entry, tmp_path: Path, clips: list[np.ndarray]
) -> None:
    exact, lower = (
        encoders.load(tiny_entry.name, weights=tmp_path / "weights", precision=precision, threads=1)  # type: ignore[arg-type]
        for precision in ("fp32", "bf16")
    )
    found = deviation(exact, lower, clips, [True, False] * 8, corpus="noise", processor="any")
    assert 0.99 < min(found.cosine) < 1.0
    (single,) = encoders.load(
        tiny_entry.name, weights=tmp_path / "weights", precision="int8", layers=2, threads=1
    ).encode([clips[1]], 16_000)
    assert single.shape == (20, 64)


def test_a_warning_names_the_layers_whose_frames_went_astray() -> None:
    for name, precisions in measured().items():
        for precision, found in precisions.items():
            for layer, low in zip(found.layers, found.lowest, strict=True):
                with warnings.catch_warnings(record=True) as shown:
                    warnings.simplefilter("always")
                    warn_of_rounding(name, precision, layer)
                assert len(shown) == (low < NEAR)
    least = min(measured()["whisper-base"]["int8"].lowest)
    told = rf"in int8, single frames of layer 4, 5, 6 can .* cosine {least:.2f}"
    with pytest.warns(RoundingWarning, match=told):
        warn_of_rounding("whisper-base", "int8", layers=(0, 4, 5, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_rounding("wavlm-base", "int8")
        warn_of_rounding("whisper-base", "fp32")


def test_what_is_stored_fits_the_catalogue() -> None:
    for name, precisions in measured().items():
        for precision, found in precisions.items():
            assert precision in ("bf16", "int8")
            assert found.layers == tuple(range(CATALOGUE[name].layers))
            assert all(-1 <= low <= mean <= 1 for low, mean in zip(found.lowest, found.cosine, strict=True))
