from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from earwitness.errors import BadInput
from earwitness.training.recipe import Recipe
from earwitness.training.run import RunFolder


def test_run_folder_holds_the_evidence(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.write_recipe(Recipe(system="origin", views=()), data={"corpus": "0" * 64}, classes=("bona fide",))
    written = json.loads((run.path / "provenance.json").read_text())
    assert written["seeds"] == [0]
    assert written["packages"]["numpy"] == np.__version__
    run.write_recipe(Recipe(system="origin", views=()), data={})
    with pytest.raises(BadInput, match="another recipe"):
        run.write_recipe(Recipe(system="other", views=()), data={})
    assert not list(run.path.glob(".*"))


def test_a_trial_is_scored_once(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.write_scores(pl.DataFrame({"id": ["a", "a"], "seed": [0, 1], "score": [0.1, 0.2]}))
    with pytest.raises(BadInput, match="twice"):
        run.write_scores(pl.DataFrame({"id": ["a", "a"], "score": [0.1, 0.2]}))
    with pytest.raises(BadInput, match="finite"):
        run.write_scores(pl.DataFrame({"id": ["a"], "score": [float("nan")]}))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be made"):
        RunFolder(tmp_path / "file" / "run")


def test_a_speaker_a_round_has_an_interval_over_speakers() -> None:
    """Leave one speaker out: no draw holds every round, and the bootstrap is that over speakers."""
    from earwitness.training.primary import PRIMARY
    from earwitness.training.run_figures import run_difference, run_figures
    from earwitness.training.trial_scores import RoundScores

    rights = {"a": 9, "b": 8, "c": 5, "d": 7, "e": 6}
    rounds, worse = {}, {}
    for speaker, right in rights.items():
        truth = np.arange(10) % 3
        hits = np.arange(10) < right
        answers = np.eye(3)[np.where(hits, truth, (truth + 1) % 3)]
        fields = {
            "ids": tuple(f"{speaker}{at}" for at in range(10)),
            "truth": truth,
            "cluster": np.full(10, speaker),
        }
        rounds[speaker] = RoundScores(scores={0: answers}, **fields)
        worse[speaker] = RoundScores(scores={0: np.eye(3)[(truth + 1) % 3]}, **fields)
    found = run_figures(rounds, PRIMARY["accuracy"], replicates=2000)
    values = np.array(list(rights.values())) / 10
    assert found.mean.value == pytest.approx(values.mean())
    drawn = np.random.default_rng(1).choice(values, (4000, 5)).mean(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.mean.low == pytest.approx(low, abs=0.02)
    assert found.mean.high == pytest.approx(high, abs=0.02)
    gain = run_difference(rounds, worse, PRIMARY["accuracy"], replicates=500)
    assert gain.value == pytest.approx(values.mean())
    assert gain.low > 0.5
