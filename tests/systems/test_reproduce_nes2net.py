from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.layers.nested_res2net import Nes2Net
from earwitness.metrics.confidence import Interval
from earwitness.systems import reproduce_nes2net
from earwitness.systems.back_end_cost import Cost, cost_of
from earwitness.systems.reproduce_nes2net import Size, reproduce, table_of


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
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(60):
        family = ("", "alpha", "beta")[at % 3]
        samples = (0.05 if family else 0.1) * rng.standard_normal(9_600)
        soundfile.write(tmp_path / f"{at}.wav", samples, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.6, "split": "train",
             "speaker": f"s{at}", "group": f"g{at}", "label": "spoof" if family else "bona fide",
             "family": family, "language": f"l{at // 3 % 4}"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_the_experiment_in_small(corpus: Path, tmp_path: Path) -> None:
    size = Size(rounds=2, clips=12, test_clips=8, epochs=1, seeds=(1, 2), frames=24)
    entry = reproduce(corpus, tmp_path / "store", tmp_path / "out", size=size, encoders={"frames": Noise()})
    assert set(entry["ours"]) == {"nes2net", "nes2net-x", *reproduce_nes2net.NARROWING}
    assert len(entry["tested_on"]) == 2
    assert {name.split(",")[0] for name in entry["tested_on"]} == {"alpha", "beta"}
    assert len(entry["data_sha256"]) == 64
    assert entry["verdict"]["against"] in reproduce_nes2net.NARROWING
    assert entry["verdict"]["compute"] == "reproduced"
    assert len(table_of(entry)) == 5


@pytest.mark.parametrize(("variant", "millions"), [("plain", 53.6), ("x", 83.7)])
def test_multiply_adds_are_those_of_the_paper(variant: Any, millions: float) -> None:
    cost = cost_of(Nes2Net(1024, 1, variant), (200, 1024), batch=1, runs=1)
    # The learned sums of X's columns are a matrix product here; the paper counts convolutions and layers.
    sums = 0 if variant == "plain" else 7 * sum(range(2, 9)) * 200 * 16
    assert (cost.multiply_adds - sums) / 1e6 == pytest.approx(millions, abs=0.1)


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [
        ((0.10, 0.05, 0.15), "reproduced"),
        ((0.02, 0.01, 0.03), "direction only"),
        ((0.02, -0.01, 0.03), "direction only (the interval of the difference holds zero)"),
        ((-0.02, -0.03, 0.01), "not reproduced (the interval of the difference holds zero)"),
        ((-0.02, -0.03, -0.01), "not reproduced"),
    ],
)
def test_verdicts(difference: tuple[float, float, float], verdict: str) -> None:
    def figure(value: float, low: float, high: float) -> Interval:
        return Interval(value=value, low=low, high=high, confidence=0.95, n=9, method="")

    def cost(adds: int) -> Cost:
        return Cost(
            parameters=1, multiply_adds=adds, milliseconds=1.0, frames=1, dimension=1, batch=1, threads=1
        )

    ours: dict[str, Any] = {"nes2net": {"cost": cost(20)}}
    for at, name in enumerate(reproduce_nes2net.NARROWING):
        ours[name] = {
            "eer": figure(0.3 + at, 0.2, 0.4), "minus_nes2net": figure(*difference), "cost": cost(100)
        }  # fmt: skip
    found = reproduce_nes2net._verdict(ours)
    assert found["error"] == verdict
    assert found["compute"] == "direction only"
    assert found["against"] == "aasist-frames"
