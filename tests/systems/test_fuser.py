"""FuSeR: sessions stay whole, every switch is another network, and the mean predictor is always there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
import torch

from earwitness.cli.main import main
from earwitness.errors import BadInput
from earwitness.metrics.regression_figures import concordance, regression
from earwitness.systems.fuser import NOTICE, FuserNetwork
from earwitness.systems.ledger.fuser import Size as FuserSize
from earwitness.systems.ledger.fuser import reproduce, settings
from earwitness.systems.ledger.miniatures import edaic
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.task import Target, Task
from earwitness.training.data import Examples
from earwitness.training.loop import train, validation_loss
from earwitness.training.recipe import Optimiser, View
from earwitness.training.scoring import score_rows

VIEWS = tuple(View(name=name, input="vector", encoder="log-mel") for name in ("one", "two", "three"))
WIDTHS = {"one": (16,), "two": (12,), "three": (20,)}
TASK = Task(targets=(Target(column="phq_score", kind="real", unit="points"),), unit="session", primary="ccc")
RECIPES = recipes_of(system("fuser"))
SESSIONS, TRAIN = 80, 60


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Sessions of 3 to 7 windows; every view hears a third of the score, in noise."""
    rng = np.random.default_rng(0)
    parts = rng.uniform(0, 8, (SESSIONS, 3))
    group = np.repeat(np.arange(SESSIONS), rng.integers(3, 8, SESSIONS))
    values = {}
    for at, (name, (width,)) in enumerate(WIDTHS.items()):
        along = rng.standard_normal(width) / np.sqrt(width) * 2
        clean = (parts[group, at, None] - 4) * along
        values[name] = (clean + rng.standard_normal((len(group), width))).astype(np.float32)
    return Examples(
        ids=tuple(f"w{at:04d}" for at in range(len(group))),
        readers={name: (lambda row, kept=kept: kept[row]) for name, kept in values.items()},
        targets={"phq_score": parts.sum(1)[group].astype(np.float32)}, group=group,
    )  # fmt: skip


def recipe_of(name: str, **changes: Any) -> Any:
    views = {"pair": VIEWS[:2], "single": VIEWS[:1]}.get(name, VIEWS)
    fields = {
        "views": views, "epochs": 10, "patience": None, "hidden": (16,), "width": 16, "filters": (4, 8),
        "attention": 8, "dropout": 0.1,
        "optimiser": Optimiser(name="adam", learning_rate=7e-3, weight_decay=0.0),
    }  # fmt: skip
    return msgspec.structs.replace(RECIPES[name], **(fields | changes))


def trained(recipe: Any, examples: Examples) -> FuserNetwork:
    torch.manual_seed(0)
    found = system("fuser")
    module = found.build(recipe, WIDTHS, TASK)
    rows = np.flatnonzero(examples.group < TRAIN)
    fitted = found.fit(module, examples, rows)
    assert fitted["rows"] == examples.hash(rows)
    train(
        found, module, found.stages(recipe, rows, examples), examples, np.zeros(0, np.int64), recipe, seed=0
    )
    assert isinstance(module, FuserNetwork)
    return module


def scored(module: FuserNetwork, examples: Examples, rows: np.ndarray, batch: int = 1024) -> pl.DataFrame:
    return score_rows(system("fuser"), module, examples, rows, batch, TASK, {})


@pytest.mark.parametrize("name", sorted(set(RECIPES) - {"default"}))
def test_every_recipe_hears_the_score(name: str, examples: Examples) -> None:
    module = trained(recipe_of(name), examples)
    table = scored(module, examples, np.flatnonzero(examples.group >= TRAIN))
    assert table["id"].to_list() == list(range(TRAIN, SESSIONS))
    truth = {g: float(t) for g, t in zip(examples.group, examples.targets["phq_score"], strict=True)}
    ccc = concordance([truth[one] for one in table["id"]], table["score"].to_list())
    assert ccc > (0.2 if name in ("single", "pair") else 0.5)
    assert 0 <= table["score"].min() <= table["score"].max() <= 24


def test_a_session_is_scored_whole_whatever_the_batch_and_order(examples: Examples) -> None:
    for name in ("default", "attention-pooling", "windows"):
        module = trained(recipe_of(name, epochs=2), examples)
        rows = np.flatnonzero(examples.group >= TRAIN)
        straight = scored(module, examples, rows)
        shuffled = scored(module, examples, np.random.default_rng(1).permutation(rows), batch=4)
        assert straight["id"].to_list() == shuffled["id"].to_list()
        np.testing.assert_allclose(straight["score"], shuffled["score"], atol=1e-4)


def test_batches_hold_whole_sessions(examples: Examples) -> None:
    recipe = recipe_of("default", sessions=8)
    rows = np.flatnonzero(examples.group < TRAIN)
    (stage,) = system("fuser").stages(recipe, rows, examples)
    batches = stage.sampler(rows, examples.group[rows], 32, np.random.default_rng(0))
    assert [len(np.unique(examples.group[one])) for one in batches] == [8] * 7 + [4]
    assert sorted(np.concatenate(batches)) == rows.tolist()


def test_a_long_session_counts_once(examples: Examples) -> None:
    module = trained(recipe_of("default", epochs=1), examples).eval()
    rows = np.flatnonzero(examples.group < 2)
    found = system("fuser")
    once = float(found.losses(module, examples.batch(rows), None)["clean"]["smooth-l1"].detach())
    long = np.concatenate([rows, rows[examples.group[rows] == 0]])
    twice = float(found.losses(module, examples.batch(long), None)["clean"]["smooth-l1"].detach())
    assert twice == pytest.approx(once, abs=1e-6)


def test_validation_keeps_sessions_whole(examples: Examples) -> None:
    recipe = recipe_of("default", epochs=1)
    module = trained(recipe, examples)
    rows = np.flatnonzero(examples.group >= TRAIN)
    (stage,) = system("fuser").stages(recipe, rows, examples)
    losses = {
        batch: validation_loss(
            system("fuser"), module, examples, rows, msgspec.structs.replace(recipe, batch=batch), stage
        )
        for batch in (1, 1024)
    }
    assert losses[1] == pytest.approx(
        losses[1024], rel=0.35
    )  # of rows and of sessions weighed a little apart


class TestBody:
    def body(self, name: str, **changes: Any) -> Any:
        torch.manual_seed(0)
        return system("fuser").body(recipe_of(name, **changes), (16, 12, 20)).eval()

    def embedded(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.randn(3, 5, 16).unbind(0))

    def test_gates_are_shares(self) -> None:
        weights = self.body("default").weights(self.embedded())
        torch.testing.assert_close(weights.sum(1), torch.ones(5, 1))
        torch.testing.assert_close(
            self.body("no-gate").weights(self.embedded()), torch.full((5, 3, 1), 1 / 3)
        )

    def test_each_switch_takes_its_part_away(self) -> None:
        counts = {
            name: sum(one.numel() for one in self.body(name).parameters())
            for name in ("default", "no-gate", "no-norm", "no-residual", "mean", "concat")
        }
        assert counts["default"] - counts["no-gate"] == 16 * 8 + 8
        assert counts["default"] - counts["no-norm"] == 2 * 16
        assert counts["default"] - counts["no-residual"] == 48 * 16 + 16
        assert counts["mean"] == counts["concat"] < counts["no-residual"]

    def test_by_hand(self) -> None:
        body, embedded = self.body("default"), self.embedded()
        weights = torch.stack([body.gate[2](torch.tanh(body.gate[0](one))) for one in embedded]).softmax(0)
        mixed = sum(w * one for w, one in zip(weights, embedded, strict=True))
        by_hand = torch.nn.functional.layer_norm(mixed, (16,)) + body.map(torch.cat(embedded, 1))
        torch.testing.assert_close(body.fuse(embedded, None)[0], by_hand)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sessions": 0}, "1 or more"),
        ({"top": 0.0}, "top above 0"),
        ({"fusion": "late", "pooling": "attention"}, "no common windows"),
        ({"filters": ()}, "read by a CNN"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        recipe_of("default", **changes).__post_init__()


def test_a_score_that_cannot_be(examples: Examples) -> None:
    wrong = Examples(
        ids=examples.ids, readers=examples.readers, group=examples.group,
        targets={"phq_score": examples.targets["phq_score"] + 20},
    )  # fmt: skip
    module = system("fuser").build(recipe_of("default"), WIDTHS, TASK)
    with pytest.raises(BadInput, match="not within 0 to 24"):
        system("fuser").fit(module, wrong, np.arange(20))


def test_from_the_layout_of_edaic_to_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = edaic(tmp_path / "edaic", sessions=(8, 4, 4), seconds=20.0)
    assert main(["corpora", "scan", "edaic", str(root), "--set", "rows=windows"]) == 0
    changes = ("epochs=3", "hidden=[8]", 'views=[{"name":"a","input":"vector","encoder":"log-mel"},'
               '{"name":"b","input":"vector","encoder":"lfcc"}]')  # fmt: skip
    capsys.readouterr()
    given = [
        "train", "fuser", "--corpus", str(root), "--out", str(tmp_path / "run"), "--seeds", "0", "1",
        *(word for change in changes for word in ("--set", change)),
    ]  # fmt: skip
    assert main(given) == 0
    told = capsys.readouterr().out
    assert NOTICE in told
    assert told.count("always the training mean") == 2
    assert NOTICE in (tmp_path / "run" / "card.md").read_text()
    validation, test = json.loads((tmp_path / "run" / "severity.json").read_text())
    assert (validation["side"], test["side"], test["sessions"]) == ("validation", "test", 4)
    assert set(test["seeds"]) == {"0", "1"}
    labels = {
        split: pl.read_csv(root / f"labels/{split}_split.csv")["PHQ_Score"] for split in ("train", "test")
    }
    by_hand = regression(labels["test"], np.full(4, labels["train"].mean())).figures
    assert test["mean_predictor"]["rmse"] == pytest.approx(by_hand.rmse)
    assert test["mean_predictor"]["ccc"] == 0.0
    scores = str(tmp_path / "scores.parquet")
    assert main(["score", str(tmp_path / "run"), str(root), "--out", scores]) == 0
    assert NOTICE in capsys.readouterr().out
    assert len(pl.read_parquet(scores)) == 16


def test_the_notice_stands_where_it_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["systems", "show", "fuser"]) == 0
    assert "Not a diagnosis" in capsys.readouterr().out


def test_the_experiment_on_a_miniature(tmp_path: Path) -> None:
    size = FuserSize(encoders=("log-mel", "lfcc"), seeds=(1,), epochs=1, sessions=(6, 4, 4))
    entry = reproduce("miniature", tmp_path / "s", tmp_path / "out", size=size)
    assert {one.word for one in entry.verdicts} == {"not tested"}
    assert entry.data.kind == "miniature"
    assert [table.rows[-1][0] for table in entry.tables] == ["always the training mean"] * 2
    assert {one.what for one in entry.measured} >= {"fusion", "late", "no gate", "log-mel", "lfcc"}
    assert NOTICE in entry.notes
    with pytest.raises(BadInput, match="two encoders"):
        settings(FuserSize(encoders=("lfcc",)))
