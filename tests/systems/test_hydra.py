"""HYDRA: it learns what is planted, in native units, with every ablation; what it refuses; whole runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from earwitness.cli.main import main
from earwitness.errors import BadInput
from earwitness.systems.hydra import RECIPE, HydraRecipe
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.training.data import Batch, Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, View
from earwitness.training.scoring import score_rows

VIEW = View(name="first", input="vector", encoder="log-mel")
OTHER = View(name="second", input="vector", encoder="log-mel")
WIDTHS = {"first": (24,), "second": (24,)}
TRAIN, TEST = np.arange(240), np.arange(240, 360)
COLUMNS = ("bit_rate", "quantizers", "codec_rate")


def planted() -> tuple[Examples, pl.DataFrame]:
    """Vectors that hold log2 of every target along a direction each; half of the rows have no quantizers."""
    rng = np.random.default_rng(0)
    rows = len(TRAIN) + len(TEST)
    logs = np.stack([rng.uniform(9, 15, rows), rng.uniform(0, 5, rows), rng.uniform(13, 15.4, rows)], 1)
    vectors = (logs - logs.mean(0)) @ rng.standard_normal((3, 24)) + 0.1 * rng.standard_normal((rows, 24))
    targets = {name: 2.0 ** logs[:, at] for at, name in enumerate(COLUMNS)}
    targets["quantizers"] = np.where(rng.random(rows) < 0.5, targets["quantizers"], np.nan)
    kept = vectors.astype(np.float32)
    examples = Examples(
        ids=tuple(f"row{at:03d}" for at in range(rows)),
        readers={"first": lambda row: kept[row], "second": lambda row: kept[row]},
        targets=targets, group=np.arange(rows),
    )  # fmt: skip
    return examples, pl.DataFrame(targets).with_columns(pl.all().fill_nan(None))


def small(**changes: Any) -> HydraRecipe:
    fields: dict[str, Any] = {
        "views": (VIEW,), "epochs": 8, "patience": None, "width": 32, "space": 8, "filters": (8,),
        "dropout": 0.0, "optimiser": Optimiser(name="adam", learning_rate=4e-3, weight_decay=0.0),
    }  # fmt: skip
    return msgspec.structs.replace(RECIPE, **(fields | changes))


def scored(recipe: HydraRecipe) -> tuple[dict[str, np.ndarray], Any, Examples]:
    examples, table = planted()
    hydra = system("hydra")
    task = hydra.task(recipe, table)
    torch.manual_seed(0)
    module = hydra.build(recipe, WIDTHS, task)
    fitted = hydra.fit(module, examples, TRAIN)
    train(
        hydra, module, hydra.stages(recipe, TRAIN, examples), examples, np.zeros(0, np.int64), recipe, seed=0
    )
    found = score_rows(hydra, module, examples, TEST, 32, task, fitted)
    names = ["score", *(f"{one.column}/score" for one in task.targets[1:])]
    return (
        {one.column: found[name].to_numpy() for one, name in zip(task.targets, names, strict=True)},
        module,
        examples,
    )


VARIANTS = sorted(recipes_of(system("hydra")))


@pytest.mark.parametrize("name", VARIANTS)
def test_every_recipe_learns_what_is_planted(name: str) -> None:
    chosen, published = (msgspec.structs.asdict(one) for one in (recipes_of(system("hydra"))[name], RECIPE))
    changes = {key: value for key, value in chosen.items() if value != published[key]}
    if "views" in changes:
        changes["views"] = (VIEW, OTHER)
    found, module, examples = scored(small(**changes))
    for column, values in found.items():
        truth = examples.targets[column][TEST]
        known = np.isfinite(truth)
        logs = np.log2(truth[known])
        error = np.abs(np.log2(values[known]) - logs).mean()
        assert error < 0.5 * np.abs(logs - logs.mean()).mean(), column
    assert (name == "uncertainty") == (module.log_variance is not None)


def test_the_switches_are_other_networks() -> None:
    _, table = planted()
    hydra = system("hydra")
    built = {}
    for name in (
        "default",
        "euclidean",
        "single-subspace",
        "fixed-curvature",
        "shared-attention",
        "no-attention",
    ):
        recipe = msgspec.structs.replace(recipes_of(hydra)[name], views=(VIEW,))
        torch.manual_seed(0)
        module = hydra.build(recipe, WIDTHS, hydra.task(recipe, table)).eval()
        with torch.no_grad():
            (output, *_), _ = module([torch.ones(1, 24)])
        learnt = sum(one.numel() for one in module.parameters() if one.requires_grad)
        built[name] = (round(float(output), 6), learnt)
    assert len({learnt for _, learnt in built.values()}) >= 4
    assert built["default"][0] != built["euclidean"][0]
    assert built["default"][1] == built["fixed-curvature"][1] + 4


def test_curvatures_move_and_keep_above_zero() -> None:
    _, module, _ = scored(small())
    found = module.body.subspaces.curvature[:, 0].detach()
    assert (found > 0).all()
    assert not torch.allclose(found, torch.tensor([0.1, 0.5, 1.0, 2.0]), atol=1e-4)


def test_masked_rows_teach_nothing_and_errors_are_in_log2() -> None:
    examples, table = planted()
    hydra, recipe = system("hydra"), small()
    module = hydra.build(recipe, WIDTHS, hydra.task(recipe, table)).eval()
    hydra.fit(module, examples, TRAIN)
    batch = examples.batch(np.arange(8))

    def losses(quantizers: list[float]) -> dict[str, float]:
        changed = Batch(
            ids=batch.ids, views=batch.views, group=batch.group,
            targets={**batch.targets, "quantizers": torch.tensor(quantizers, dtype=torch.float64)},
        )  # fmt: skip
        paths = hydra.losses(module, changed, None)
        return {name: float(one[name].detach()) for name, one in paths.items()}

    none = losses([float("nan")] * 8)
    assert none["quantizers"] == 0
    assert losses([4.0] * 8) == losses([4.0] * 4 + [4.0] * 4)
    assert losses([4.0] * 8)["bit_rate"] == none["bit_rate"]
    known = examples.targets["quantizers"][TRAIN]
    expected = np.log2(known[np.isfinite(known)]).mean()
    assert float(module.get_buffer("middle")[1]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"targets": ()}, "needs targets"),
        ({"targets": ("colour",)}, "needs targets"),
        ({"subspaces": 0}, "one subspace or more"),
        ({"curvatures": (0.0,)}, "curvatures above 0"),
        ({"weights": {"colour": 1.0}}, "weights are 0 or above"),
        ({"weights": {"bit_rate": -1.0}}, "weights are 0 or above"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        msgspec.structs.replace(RECIPE, **changes)


def test_tables_that_cannot_be() -> None:
    table = pl.DataFrame({"bit_rate": [0, 8000], "quantizers": [1, 2], "codec_rate": [8000, 16_000]})
    with pytest.raises(BadInput, match="above 0"):
        system("hydra").task(RECIPE, table)
    with pytest.raises(BadInput, match="no column 'bit_rate'"):
        system("hydra").task(RECIPE, table.drop("bit_rate"))


@pytest.fixture
def coded_corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(48):
        rate = (8_000, 16_000, 24_000)[at % 3]
        t = np.arange(9_600) / 16_000
        soundfile.write(
            tmp_path / f"{at}.wav", 0.1 * np.sin(t * rate) + 0.01 * rng.standard_normal(9_600), 16_000
        )
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.6, "split": "train",
             "speaker": f"s{at // 4}", "group": f"g{at // 4}", "codec": ("none", "one", "two")[at % 3],
             "codec_rate": rate if at % 3 else None, "bit_rate": rate if at % 3 else None,
             "quantizers": 4 if at % 3 == 1 else None}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_from_the_command_line(
    coded_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "train", "hydra", "--corpus", str(coded_corpus), "--store", str(tmp_path / "store"),
        "--out", str(tmp_path / "run"), "--protocol", "group-folds:2,validation=0", "--encoder", "log-mel",
        "--set", "epochs=2", "--set", "batch=8",
    ]  # fmt: skip
    assert main(words) == 0
    scores = pl.read_parquet(tmp_path / "run" / "scores.parquet")
    assert {"score", "quantizers/score", "codec_rate/score"} <= set(scores.columns)
    assert len(scores) == 32  # what went through no codec takes no part
    assert (scores["score"] > 0).all()
    capsys.readouterr()
    assert main(["systems", "show", "hydra"]) == 0
    assert "HYDRA" in capsys.readouterr().out
