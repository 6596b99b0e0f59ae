"""The rule that keeps the aim in every inner family is never laxer than any of them asks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.training.verdicts import spoken_verdicts

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def search() -> ModuleType:
    for name in ("detector_search", "verdict_search"):
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return module


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), aim=st.sampled_from([0.02, 0.05, 0.2]))
def test_no_inner_family_is_wronger_than_the_aim(search: ModuleType, seed: int, aim: float) -> None:
    rng = np.random.default_rng(seed)
    real, family = rng.random(600) < 0.5, rng.choice(["a", "b", "c"], 600)
    away = {"a": 3.0, "b": 1.5, "c": 0.3}
    llr = rng.normal(np.where(real, 1.0, 1.0 - np.array([away[name] for name in family])), 1.0)
    found = search.thresholds(llr, real, family, np.ones(600), aim)
    hardest = found["hardest"]
    for name in "abc":
        alone = search.thresholds(llr[family == name], real[family == name], family[family == name],
                                  np.ones((family == name).sum()), aim)["hardest"]  # fmt: skip
        assert hardest.bona_fide_above >= alone.bona_fide_above
        assert hardest.spoof_below <= alone.spoof_below


def test_what_cannot_be_calibrated_gives_no_verdict(search: ModuleType) -> None:
    rng = np.random.default_rng(0)
    real = np.arange(200) % 2 == 0
    raw = rng.normal(np.where(real, -2.0, 2.0), 0.5)
    family = np.where(np.arange(200) < 100, "a", "b")
    calibrator, limits = search.calibrated(raw, real, family, np.ones(200), 0.05)
    assert (calibrator(raw) == raw).all()
    assert all((spoken_verdicts(raw, limit) == 0).all() for limit in limits.values())
