"""Random selection: half of a redundant vector is enough, half of a full one is not; costs; the run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
import torch

from earwitness.cli.main import main
from earwitness.errors import BadInput
from earwitness.metrics import eer
from earwitness.systems.ledger.entry import read_entry
from earwitness.systems.ledger.selection_accuracy import accuracies
from earwitness.systems.ledger.variants import run_folder
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.systems.selection_cost import head_costs, head_parameters
from earwitness.systems.selection_picture import Spread, errors_picture
from earwitness.task import DETECTION
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, View
from earwitness.training.scoring import score_rows
from earwitness.training.trained_files import load_trained, save_trained

_place = Path(__file__).parents[1] / "training" / "conftest.py"
_spec = importlib.util.spec_from_file_location("earwitness_tests_training_conftest", _place)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
made_corpus = _module.made_corpus

WIDTH = 64
VIEW = View(name="vector", input="vector", encoder="log-mel")
TRAIN, TEST = np.arange(800), np.arange(800, 1600)
RECIPES = recipes_of(system("random-selection"))


def sounds(rank: int, seed: int = 0) -> Examples:
    """Vectors of a rank: the class moves the first `rank` of 64 directions that nothing else shares."""
    rng = np.random.default_rng(seed)
    rows = len(TRAIN) + len(TEST)
    truth = rng.integers(2, size=rows)
    hidden = rng.standard_normal((rows, rank)) + 0.55 * np.sqrt(24 / rank) * (2 * truth[:, None] - 1)
    mix = np.linalg.qr(rng.standard_normal((WIDTH, WIDTH)))[0][:rank]
    if rank > WIDTH / 2:  # every number says something of its own
        mix = np.eye(WIDTH)[:rank]
    values = (hidden @ mix + 0.02 * rng.standard_normal((rows, WIDTH))).astype(np.float32)
    return Examples(
        ids=tuple(f"row{at:04d}" for at in range(rows)), readers={"vector": lambda row: values[row]},
        targets={"label": truth.astype(np.int64)}, group=np.arange(rows),
    )  # fmt: skip


def recipe_of(name: str, **changes: Any) -> Any:
    fields = {
        "views": (VIEW,), "epochs": 8, "patience": None, "hidden": (16,), "filters": (), "rows": 300,
        "validation": 0.0, "optimiser": Optimiser(name="adam", learning_rate=4e-3, weight_decay=0.0),
    }  # fmt: skip
    return msgspec.structs.replace(RECIPES[name], **(fields | changes))


def trained(recipe: Any, examples: Examples, seed: int = 0) -> tuple[Any, dict[str, Any]]:
    torch.manual_seed(seed)
    found = system("random-selection")
    module = found.build(recipe, {"vector": (WIDTH,)}, DETECTION)
    fitted = dict(found.fit(module, examples, TRAIN))
    stages = found.stages(recipe, TRAIN, examples)
    train(found, module, stages, examples, np.zeros(0, np.int64), recipe, seed=seed)
    return module, fitted


def scores(module: Any, examples: Examples) -> np.ndarray:
    return score_rows(system("random-selection"), module, examples, TEST, 64, DETECTION, {})[
        "score"
    ].to_numpy()


def error(recipe: Any, examples: Examples, seed: int = 0) -> float:
    found, truth = scores(trained(recipe, examples, seed)[0], examples), examples.targets["label"][TEST]
    return float(eer(found[truth == 1], found[truth == 0]))


def test_half_of_a_redundant_vector_is_enough() -> None:
    """Rank 0.3 of the width, the spec's acceptance test: within a point of all numbers."""
    examples = sounds(19)
    whole = np.mean([error(recipe_of("fcn-all"), examples, seed) for seed in range(2)])
    half = np.mean([error(recipe_of("fcn"), examples, seed) for seed in range(3)])
    assert whole < 0.05
    assert half < whole + 0.01


def test_half_of_a_full_vector_is_not() -> None:
    """Rank 0.95 of the width: half of what there is to be heard is gone."""
    examples = sounds(61)
    whole = np.mean([error(recipe_of("fcn-all"), examples, seed) for seed in range(2)])
    half = np.mean([error(recipe_of("fcn"), examples, seed) for seed in range(3)])
    assert half > whole + 0.015


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"fcn", "fcn-all"}))
def test_every_recipe_learns_and_is_kept(name: str, tmp_path: Path) -> None:
    examples = sounds(19)
    recipe = recipe_of(name, filters=(4, 8), epochs=4, share=RECIPES[name].share)
    module, fitted = trained(recipe, examples)
    assert fitted["rows"] == examples.hash(TRAIN)
    found, truth = scores(module, examples), examples.targets["label"][TEST]
    assert eer(found[truth == 1], found[truth == 0]) < 0.35
    save_trained(tmp_path / "w.safetensors", module, fitted, recipe, {})
    again = system("random-selection").build(recipe, {"vector": (WIDTH,)}, DETECTION)
    load_trained(tmp_path / "w.safetensors", again, recipe)
    np.testing.assert_array_equal(scores(again, examples), found)


def test_what_is_fitted_never_saw_a_test_row() -> None:
    examples, seen = sounds(19), set()

    def read(row: int) -> np.ndarray:
        seen.add(row)
        return examples.readers["vector"](row)

    watched = Examples(
        ids=examples.ids, readers={"vector": read}, targets=examples.targets, group=examples.group
    )
    for name in RECIPES:
        found = system("random-selection")
        found.fit(found.build(recipe_of(name), {"vector": (WIDTH,)}, DETECTION), watched, TRAIN)
    assert seen == set(TRAIN.tolist())


def test_one_draw_a_training_for_all_clips() -> None:
    def index(seed: int) -> list[int]:
        torch.manual_seed(seed)
        module = system("random-selection").build(recipe_of("default"), {"vector": (WIDTH,)}, DETECTION)
        found: list[int] = module.body.reducers[0].get_buffer("index").tolist()
        return found

    assert index(3) == index(3) != index(4)
    assert len(index(3)) == 32


@pytest.mark.parametrize("dimension", [512, 768, 1024])
def test_half_the_numbers_are_half_the_parameters(dimension: int) -> None:
    recipes = {"half": RECIPES["default"], "all": RECIPES["all"]}
    costs = head_costs(recipes, dimension, batches=(1,), runs=1)
    assert costs["all"].parameters == head_parameters(dimension, (64, 128), 128)
    assert costs["half"].parameters == head_parameters(dimension // 2, (64, 128), 128)
    assert 0.5 <= costs["half"].parameters / costs["all"].parameters < 0.515
    assert 0.49 < costs["half"].multiply_adds / costs["all"].multiply_adds < 0.51
    assert costs["half"].fitted == dimension // 2


@pytest.mark.parametrize(("changes", "reason"), [({"share": 0.0}, "above 0"), ({"rows": 1}, "2 or more")])
def test_settings_that_cannot_be(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        recipe_of("default", **changes).__post_init__()


def test_a_picture_holds_every_setting() -> None:
    drawn = errors_picture(
        [Spread(share=0.5, seeds=(0.1, 0.2))], Spread(share=1.0, seeds=(0.1, 0.1)),
        {"pca": Spread(share=0.5, seeds=(0.2,)), "svd": Spread(share=0.5, seeds=(0.2,))},
        title="t", subtitle="s", y="EER",
    )  # fmt: skip
    assert "pca 0.200" in drawn
    assert "svd 0.200" in drawn
    assert "random draws, mean and range over seeds" in drawn


def test_the_experiment_from_the_command_line(
    made_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = (
        "seeds=[1]",
        "epochs=1",
        "patience=1",
        "runs=1",
        "shares=[0.25]",
        "encoder=log-mel",
        "layer=-1",
        "controls=[]",
        'folds=["random folds"]',
    )
    given = [
        "reproduce", "random-selection", "--corpus", str(made_corpus), "--out", str(tmp_path / "out"),
        *(word for change in changes for word in ("--set", change)),
    ]  # fmt: skip
    assert main(given) == 0
    assert "Costs of the CNN head" in capsys.readouterr().out
    entry = read_entry(tmp_path / "out" / "random-selection.json")
    assert {one.what for one in entry.measured} >= {"random 50%", "random 25%", "all", "pca", "svd"}
    assert len(entry.verdicts) == 6
    decided = entry.tables[1]
    assert decided.columns == ("kept", "accuracy", "macro F1")
    assert {row[0] for row in decided.rows} >= {"random 50%", "random 25%", "all", "pca"}
    run = run_folder(tmp_path / "out", "random folds", "all")
    table = pl.read_parquet(run / "scores.parquet")
    right = float(((table["score"] > 0) == (table["truth"] == 1)).mean())
    (found,) = accuracies(run)
    assert found.accuracy == pytest.approx(right)
    assert ("all", f"{right:.3f} ({right:.3f} to {right:.3f})") in [row[:2] for row in decided.rows]
    for picture in ("errors.svg", "accuracy.svg", "costs.svg"):
        assert (tmp_path / "out" / picture).read_text().startswith("<svg")
