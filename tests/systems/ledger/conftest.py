from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile


class Noise:
    """Sixty-four channels of what the recording says, one frame every 20 ms."""

    name, revision, sample_rate, dimension, frame_rate = "noise", "1", 16_000, 64, 50.0
    layers, policy, precision = (3,), "cropped", "fp32"

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        return [
            (rng.standard_normal((len(wave) // 320, 64)) + 50 * wave.std()).astype(np.float32)
            for wave in waveforms
        ]


@pytest.fixture
def noise() -> Noise:
    return Noise()


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(60):
        family = ("", "alpha", "beta")[at % 3]
        samples = (0.05 if family else 0.1) * rng.standard_normal(9_600)
        samples[:3_000] *= 0.01 * (1 + at % 7)  # a noise floor, so that clips differ in quality
        soundfile.write(tmp_path / f"{at}.wav", samples, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.6, "split": "train",
             "speaker": f"s{at}", "group": f"g{at}", "label": "spoof" if family else "bona fide",
             "family": family, "language": f"l{at // 3 % 4}"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path
