"""TRILLsson's loading code by TensorFlow itself, on a tiny model of the same interface."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow

from earwitness import encoders
from earwitness.encoders.encoder import Encoder


class Tiny(tensorflow.Module):
    """Waveforms `(batch, samples)` in, `{"embedding": (batch, 3)}` out."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tensorflow.Variable([1.0, 2.0, 3.0])

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, None], tensorflow.float32)])
    def __call__(self, waveforms: tensorflow.Tensor) -> dict[str, tensorflow.Tensor]:
        power = tensorflow.reduce_mean(tensorflow.square(waveforms), axis=1, keepdims=True)
        return {"embedding": power * self.scale}


@pytest.mark.parametrize("only_served", [False, True])
def test_company_and_order_change_nothing(tmp_path: Path, only_served: bool) -> None:
    model = Tiny()
    saved = model
    if only_served:
        saved = tensorflow.Module()
        saved.scale = model.scale
    served = model.__call__.get_concrete_function()
    tensorflow.saved_model.save(saved, str(tmp_path), signatures={"serving_default": served})
    encoder = encoders.load("trillsson", weights=tmp_path)
    assert isinstance(encoder, Encoder)
    assert encoder.dimension == 3
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(n).astype(np.float32) for n in (20_000, 400, 16_000)]
    alone = [encoder.encode([clip], 16_000)[0] for clip in clips]
    np.testing.assert_allclose(alone[0], np.mean(clips[0] ** 2) * np.array([1, 2, 3]), rtol=1e-4)
    for found, expected in zip(encoder.encode(clips[::-1], 16_000)[::-1], alone, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4)
