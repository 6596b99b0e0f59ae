from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from earwitness.layers.nested_res2net import Nes2Net
from earwitness.systems.back_end_cost import Cost, cost_of
from earwitness.systems.ledger import nes2net
from earwitness.systems.ledger.entry import Difference, Measured
from earwitness.systems.ledger.nes2net import Size, reproduce


def test_the_experiment_in_small(voices: Path, noise: Any, tmp_path: Path) -> None:
    size = Size(rounds=2, clips=12, test_clips=8, epochs=1, seeds=(1, 2), frames=24)
    entry = reproduce(voices, tmp_path / "store", tmp_path / "out", size=size, encoders={"frames": noise})
    assert {one.what for one in entry.measured} == {"nes2net", "nes2net-x", *nes2net.NARROWING}
    assert {one.other for one in entry.differences} == {"nes2net-x", *nes2net.NARROWING}
    assert "alpha" in entry.data.what
    assert "beta" in entry.data.what
    assert len(entry.data.sha256) == 64
    assert entry.data.rows <= 60
    errors, compute = entry.verdicts
    assert errors.because.startswith("nes2net minus")
    assert compute.word == "reproduced"
    assert len(entry.tables[0].rows) == 5


@pytest.mark.parametrize(("variant", "millions"), [("plain", 53.6), ("x", 83.7)])
def test_multiply_adds_are_those_of_the_paper(variant: Any, millions: float) -> None:
    cost = cost_of(Nes2Net(1024, 1, variant), (200, 1024), batch=1, runs=1)
    # The learned sums of X's columns are a matrix product here; the paper counts convolutions and layers.
    sums = 0 if variant == "plain" else 7 * sum(range(2, 9)) * 200 * 16
    assert (cost.multiply_adds - sums) / 1e6 == pytest.approx(millions, abs=0.1)


@pytest.mark.parametrize(
    ("gain", "word"),
    [
        ((0.10, 0.05, 0.15), "reproduced"),
        ((0.02, 0.01, 0.03), "direction only"),
        ((0.10, -0.01, 0.21), "direction only"),
        ((-0.02, -0.03, -0.01), "not reproduced"),
    ],
)
def test_verdicts_are_against_the_best_that_narrows(gain: tuple[float, float, float], word: str) -> None:
    value, low, high = gain
    rows = {
        name: Measured(
            what=name, on="folds", metric="eer", lower=True, value=0.3 + at, low=0.2, high=0.4, n=10,
            best=0.3, seeds={}, parameters=1, seconds=1.0,
        )
        for at, name in enumerate(nes2net.NARROWING)
    }  # fmt: skip
    differences = {
        name: Difference(
            first="nes2net", other=name, on="folds", metric="eer", lower=True, value=-value, low=-high,
            high=-low, n=10,
        )
        for name in nes2net.NARROWING
    }  # fmt: skip
    costs = {
        name: Cost(
            parameters=1, multiply_adds=20 if name == "nes2net" else 100, milliseconds=1.0, frames=1,
            dimension=1, batch=1, threads=1,
        )
        for name in ("nes2net", *nes2net.NARROWING)
    }  # fmt: skip
    errors, compute = nes2net.verdicts(rows, differences, costs)
    assert errors.word == word
    assert compute.word == "direction only"
    assert compute.because.startswith("80.0% fewer multiply-adds than aasist-frames; ")
