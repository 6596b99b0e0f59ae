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
