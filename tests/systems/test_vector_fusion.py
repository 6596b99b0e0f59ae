"""Fusions of vectors: two streams beat either, scores in any company, what is fitted, whole runs."""

from __future__ import annotations

import importlib.util
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
from earwitness.systems.finder import divergence
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.systems.running import read_run, run_system, score_corpus
from earwitness.systems.transport_fusion import TransportNetwork, TransportRecipe, representatives
from earwitness.systems.vector_fusion import class_target, scores_of, vectors_of
from earwitness.task import DETECTION, Target, Task
from earwitness.training.data import Batch, Examples
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

CLASSES = ("a", "b", "c")
TASK = Task(targets=(Target(column="emotion", kind="class", classes=CLASSES),), primary="accuracy")
FIRST, SECOND = (View(name=name, input="vector", encoder="log-mel") for name in ("first", "second"))
WIDTHS = {"first": (24,), "second": (16,)}
CARRIED = 0.7
SINGLE = CARRIED + (1 - CARRIED) / len(CLASSES)
"""What one stream can reach in the mean: its signal, and a guess where there is none."""
TRAIN, TEST = np.arange(600), np.arange(600, 1200)
SMALL: dict[str, dict[str, Any]] = {
    "finder": {"target": "emotion"},
    "mata": {"heads": 4},
    "scar": {"target": "emotion", "primary": "accuracy", "heads": 2, "tokens": 4, "attention_dropout": 0.0},
    "tango": {"width": 32, "hidden": (64,)},
}
ALIKE = {"batch", "symmetric", "uncertainty", "aligned", "single-view", "single-view-single-task"}
"""Recipes that train as their system's first does on one target, or see one stream."""


def streams(seed: int = 0) -> Examples:
    """Two streams of which each carries the class on a random 70 % of the rows, independently."""
    rng = np.random.default_rng(seed)
    rows = len(TRAIN) + len(TEST)
    truth = rng.integers(len(CLASSES), size=rows)
    values = {}
    for name, (width,) in WIDTHS.items():
        carried = rng.random(rows) < CARRIED
        signal = 3.0 * np.eye(len(CLASSES), width)[truth] * carried[:, None]
        values[name] = (signal + 0.5 * rng.standard_normal((rows, width))).astype(np.float32)
    return Examples(
        ids=tuple(f"row{at:03d}" for at in range(rows)),
        readers={name: (lambda row, kept=kept: kept[row]) for name, kept in values.items()},
        targets={"emotion": truth.astype(np.int64)}, group=np.arange(rows),
    )  # fmt: skip


def small(name: str, **changes: Any) -> Any:
    """A system's recipe at a size for the streams."""
    fields: dict[str, Any] = {
        "views": (FIRST, SECOND), "epochs": 8, "patience": None, "hidden": (16,), "width": 16,
        "filters": (8, 16) if system(name).RECIPE.filters else (),
        "optimiser": Optimiser(name="adam", learning_rate=4e-3, weight_decay=0.0),
    }  # fmt: skip
    return msgspec.structs.replace(system(name).RECIPE, **(fields | SMALL.get(name, {}) | changes))


def trained(name: str, recipe: Any, examples: Examples) -> tuple[Any, dict[str, Any]]:
    torch.manual_seed(0)
    found = system(name)
    module = found.build(recipe, WIDTHS, TASK)
    fitted = found.fit(module, examples, TRAIN)
    none = np.zeros(0, np.int64)
    train(found, module, found.stages(recipe, TRAIN, examples), examples, none, recipe, seed=0)
    return module, fitted


def scores(name: str, module: Any, examples: Examples, rows: np.ndarray, batch: int = 32) -> np.ndarray:
    table = score_rows(system(name), module, examples, rows, batch, TASK, {})
    return table.select(f"score:{one}" for one in CLASSES).to_numpy()


def accuracy(name: str, recipe: Any, examples: Examples) -> float:
    module, _ = trained(name, recipe, examples)
    found = scores(name, module, examples, TEST).argmax(1)
    return float((found == examples.targets["emotion"][TEST]).mean())


def fusions() -> list[tuple[str, str]]:
    """Every recipe that trains another way than its system's first."""
    return [(name, recipe) for name in SMALL for recipe in recipes_of(system(name)) if recipe not in ALIKE]


def variant(name: str, recipe: str) -> Any:
    """One of a system's recipes, small."""
    changed = msgspec.structs.asdict(recipes_of(system(name))[recipe])
    published = msgspec.structs.asdict(system(name).RECIPE)
    return small(name, **{key: value for key, value in changed.items() if value != published[key]})


@pytest.fixture(scope="module")
def examples() -> Examples:
    return streams()


@pytest.fixture(scope="module")
def single(examples: Examples) -> float:
    """What the better single stream reaches."""
    return max(
        accuracy(name, small(name, views=(view,)), examples)
        for name in ("cnn", "fcn")
        for view in (FIRST, SECOND)
    )


@pytest.mark.parametrize(("name", "recipe"), fusions())
def test_a_fusion_beats_either_stream(name: str, recipe: str, examples: Examples, single: float) -> None:
    reached = accuracy(name, variant(name, recipe), examples)
    assert reached > max(single, SINGLE) + 0.02


def test_no_single_stream_goes_beyond_what_it_carries(single: float) -> None:
    assert 0.7 < single < SINGLE + 0.05


@pytest.mark.parametrize("name", [name for name in SMALL if isinstance(system(name).RECIPE, TransportRecipe)])
class TestCompany:
    def test_shuffling_the_test_rows_changes_no_score(self, name: str, examples: Examples) -> None:
        module, _ = trained(name, small(name, epochs=2), examples)
        order = np.random.default_rng(1).permutation(len(TEST))
        straight = scores(name, module, examples, TEST)
        shuffled = scores(name, module, examples, TEST[order], batch=7)
        np.testing.assert_allclose(shuffled, straight[order], atol=1e-5)

    def test_without_a_bank_company_counts(self, name: str, examples: Examples) -> None:
        module, _ = trained(name, small(name, epochs=2, inference="batch"), examples)
        order = np.random.default_rng(1).permutation(len(TEST))
        straight = scores(name, module, examples, TEST)
        assert np.abs(scores(name, module, examples, TEST[order]) - straight[order]).max() > 1e-3

    def test_a_last_batch_is_filled_with_training_rows(self, name: str, examples: Examples) -> None:
        recipe = small(name, epochs=1, inference="batch", bank=5)
        module, _ = trained(name, recipe, examples)
        views = [
            torch.from_numpy(np.stack([examples.readers[view.name](row) for row in (400, 401)]))
            for view in (FIRST, SECOND)
        ]
        filled = [
            torch.cat([view, bank[torch.arange(30) % 5]])
            for view, bank in zip(views, module.banks(), strict=True)
        ]
        with torch.no_grad():
            torch.testing.assert_close(module(views)[0][0], module(filled)[0][0][:2])

    def test_the_bank_is_of_training_rows(self, name: str, examples: Examples) -> None:
        recipe = small(name)
        found = system(name)
        module = found.build(recipe, WIDTHS, TASK)
        fitted = found.fit(module, examples, TRAIN)
        rows = [examples.ids.index(one) for one in fitted["bank"]]
        assert 25 <= len(rows) <= 32
        assert set(rows) <= set(TRAIN.tolist())
        for view, bank in zip((FIRST, SECOND), module.banks(), strict=True):
            there = np.stack([examples.readers[view.name](row) for row in rows])
            np.testing.assert_array_equal(bank[: len(rows)].numpy(), there)

    def test_weights_that_move_make_another_bank(self, name: str, examples: Examples) -> None:
        module, _ = trained(name, small(name, epochs=1), examples)
        assert isinstance(module, TransportNetwork)
        before = scores(name, module, examples, TEST[:4])
        state = {key: value + 0.01 for key, value in module.state_dict().items()}
        module.load_state_dict(state)
        fresh = system(name).build(small(name, epochs=1), WIDTHS, TASK)
        fresh.load_state_dict(state)
        after = scores(name, module, examples, TEST[:4])
        assert np.abs(after - before).max() > 0
        np.testing.assert_array_equal(after, scores(name, fresh, examples, TEST[:4]))


@pytest.mark.parametrize("name", [*SMALL, "cnn", "fcn"])
class TestWhatIsFitted:
    def test_it_never_saw_a_test_row(self, name: str, examples: Examples) -> None:
        seen: set[int] = set()

        def told(view: str) -> Any:
            def read(row: int) -> np.ndarray:
                seen.add(row)
                return examples.readers[view](row)

            return read

        watched = Examples(
            ids=examples.ids, targets=examples.targets, group=examples.group,
            readers={view: told(view) for view in WIDTHS},
        )  # fmt: skip
        found = system(name)
        module = found.build(small(name), WIDTHS, TASK)
        fitted = found.fit(module, watched, TRAIN)
        assert seen == set(TRAIN.tolist())
        assert fitted["rows"] == examples.hash(TRAIN)
        values = np.stack([examples.readers["second"](row) for row in TRAIN]).astype(np.float64)
        layer = module.standardise[1]
        np.testing.assert_allclose(layer.centre, values.mean(0), atol=1e-6)
        np.testing.assert_allclose(1 / layer.scale, values.std(0), rtol=1e-5)

    def test_it_is_kept_with_the_weights(self, name: str, examples: Examples, tmp_path: Path) -> None:
        recipe = small(name, epochs=1)
        module, fitted = trained(name, recipe, examples)
        save_trained(tmp_path / "w.safetensors", module, fitted, recipe, {})
        again = system(name).build(recipe, WIDTHS, TASK)
        kept, _ = load_trained(tmp_path / "w.safetensors", again, recipe)
        assert kept == dict(fitted)
        straight = scores(name, module, examples, TEST[:40])
        np.testing.assert_array_equal(scores(name, again, examples, TEST[:40]), straight)


def test_a_channel_that_stands_still_stays_finite() -> None:
    still = Examples(
        ids=("a", "b"), readers={name: lambda row: np.ones(16, np.float32) for name in WIDTHS},
        targets={"emotion": np.array([0, 1])}, group=np.arange(2),
    )  # fmt: skip
    found = system("fcn")
    module = found.build(small("fcn"), dict.fromkeys(WIDTHS, (16,)), TASK)
    found.fit(module, still, np.arange(2))
    assert module.standardise[0].scale.tolist() == [1.0] * 16


def test_fewer_rows_than_centroids_are_all_there() -> None:
    assert representatives(np.zeros((3, 2)), 32).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("mata", {"views": (FIRST,)}, "brings 2 views"),
        ("mata", {"heads": 5}, "must divide"),
        ("mata", {"epsilon": 0.0}, "above 0"),
        ("mata", {"accumulate": 2}, "can't be cut"),
        ("finder", {"views": (FIRST,)}, "two views or more"),
        ("finder", {"beta": 0.0}, "beta above 0"),
        ("finder", {"form": "weighted", "weight": 1.5}, "at most 1"),
        ("scar", {"heads": 3}, "must divide"),
        ("scar", {"tokens": 0}, "a token or more"),
        ("tango", {"views": (FIRST,)}, "needs fusion=concat"),
        ("tango", {"weights": {"colour": 1.0}}, "0 or above, of: emotion, speaker, gender, age"),
        ("tango", {"targets": (), "numbers": {}}, "at least one target"),
        ("fcn", {"dropout": 1.0}, r"\[0, 1\)"),
        ("cnn", {"views": (View(encoder="log-mel"),)}, "views of vectors"),
    ],
)
def test_settings_that_cannot_be(name: str, changes: dict[str, Any], reason: str) -> None:
    def build() -> None:
        recipe = small(name, **changes)
        recipe.__post_init__()
        system(name).build(recipe, WIDTHS, TASK)

    with pytest.raises(BadInput, match=reason):
        build()


def test_classes_come_from_the_table() -> None:
    table = pl.DataFrame({"emotion": ["sad", None, "angry"], "label": ["spoof"] * 3})
    found = system("mata")
    assert found.task(found.RECIPE, table).targets[0].classes == ("angry", "sad")
    assert found.task(msgspec.structs.replace(found.RECIPE, target="label"), table) == DETECTION
    with pytest.raises(BadInput, match="no column"):
        class_target(table, "engine")


def test_scores_of_two_classes_are_odds_and_of_more_are_shares() -> None:
    outputs = torch.tensor([[1.0, 4.0]])
    assert scores_of(DETECTION.targets[0], outputs).tolist() == [3.0]
    np.testing.assert_allclose(scores_of(TASK.targets[0], torch.randn(5, 3)).sum(1), 1.0)


class TestFinder:
    def losses(self, pull: float = 1.0, **changes: Any) -> dict[str, float]:
        """Of two views that are one where `pull` is 0."""
        torch.manual_seed(0)
        found = system("finder")
        module = found.build(small("finder", **changes), {"first": (24,), "second": (24,)}, TASK).eval()
        module.body.encoders[1].load_state_dict(module.body.encoders[0].state_dict())
        values = torch.randn(6, 24)
        batch = Batch(
            ids=tuple("abcdef"), targets={"emotion": torch.tensor([0, 1, 2, 0, 1, 2])}, group=torch.arange(6),
            views={"first": (values, torch.ones(6)), "second": (values + pull, torch.ones(6))},
        )  # fmt: skip
        (losses,) = found.losses(module, batch, None).values()
        return {name: value.item() for name, value in losses.items()}

    @pytest.mark.parametrize("changes", [{}, {"beta": 1.0}, {"beta": 0.5}, {"symmetric": True}])
    def test_equal_views_are_at_the_floor(self, changes: dict[str, Any]) -> None:
        assert self.losses(0.0, weight=1.0, **changes)["divergence"] == pytest.approx(0.0, abs=1e-6)
        assert self.losses(weight=1.0, **changes)["divergence"] > 1e-5

    def test_both_forms_weigh_the_same_losses(self) -> None:
        plain = self.losses(weight=1.0)
        added = self.losses(weight=0.3)
        weighted = self.losses(weight=0.3, form="weighted")
        assert added["cross-entropy"] == plain["cross-entropy"]
        assert added["divergence"] == pytest.approx(0.3 * plain["divergence"])
        assert weighted["cross-entropy"] == pytest.approx(0.3 * plain["cross-entropy"])
        assert weighted["divergence"] == pytest.approx(0.7 * plain["divergence"])
        assert list(self.losses(alignment="none")) == ["cross-entropy"]

    def test_only_the_symmetric_one_is_the_same_turned_round(self) -> None:
        recipe = system("finder").RECIPE
        one, other = torch.randn(2, 5, 8).unbind()
        both = msgspec.structs.replace(recipe, symmetric=True)
        assert float(divergence((one, other), both)) == pytest.approx(float(divergence((other, one), both)))
        turned = float(divergence((other, one), recipe))
        assert float(divergence((one, other), recipe)) != pytest.approx(turned, rel=1e-4)

    def test_training_draws_the_views_together(self, examples: Examples) -> None:
        def apart(weight: float) -> float:
            module, _ = trained("finder", small("finder", weight=weight, epochs=4), examples)
            vectors = [torch.from_numpy(v).float() for v in vectors_of(module, examples, TEST)]
            with torch.no_grad():
                return float(divergence(module.embed(vectors), module.recipe))

        assert apart(3.0) < 0.5 * apart(0.0)

    def test_three_views(self) -> None:
        third = msgspec.structs.replace(SECOND, name="third")
        module = system("finder").build(
            small("finder", views=(FIRST, SECOND, third)), {**WIDTHS, "third": (32,)}, TASK
        )
        outputs, own = module([torch.randn(4, width) for width in (24, 16, 32)])
        assert outputs[0].shape == (4, 3)
        assert float(own["divergence"].detach()) >= 0

    def test_real_speech_takes_no_part(self, made_corpus: Path, tmp_path: Path) -> None:
        recipe = small("finder", target="engine", epochs=2, batch=6, primary="class_eer")
        run, figures = run_system(system("finder"), recipe, made_corpus, tmp_path / "s", tmp_path / "run")
        assert figures.metric == "class_eer"
        assert figures.lower
        table = pl.read_parquet(run / "scores.parquet")
        assert table["id"].to_list() == ["clip17", "clip19", "clip21", "clip23"]
        assert table["label"].to_list() == ["e2", "e1", "e0", "e2"]


class TestScar:
    def body(self, **changes: Any) -> Any:
        torch.manual_seed(0)
        return system("scar").body(small("scar", **changes), (24, 16)).eval()

    def test_each_switch_is_another_network(self) -> None:
        found = system("scar")
        views = [torch.randn(3, 24), torch.randn(3, 16)]
        counts = {}
        for name in recipes_of(found):
            body = found.body(variant("scar", name), (24, 16)).eval()
            assert body.fuse(body.embed(views), None)[0].shape == (3, body.outputs)
            counts[name] = sum(one.numel() for one in body.parameters())
        crossed = counts["default"] - counts["one-stage"]  # what a stage adds
        assert counts["no-refinement"] - counts["plain"] == crossed > 0
        assert counts["plain"] - counts["concat"] == crossed
        assert counts["default"] > counts["no-refinement"]

    def test_the_second_stage_hears_both_sides_of_the_first(self) -> None:
        """Turning the other view changes a view's tokens, by one stage and again by the next."""
        body = self.body(refinement=False)
        left, right = body.embed([torch.randn(3, 24), torch.randn(3, 16)])
        once = self.body(refinement=False, stages=1)
        once.load_state_dict(body.state_dict(), strict=False)
        twice = body.fuse((left, right), None)[0]
        by_hand = body.cross.left[1](*once.cross(left, right))
        torch.testing.assert_close(twice[:, : by_hand[0].numel()], by_hand.flatten(1))

    def test_attentive_pooling_is_a_mean_of_tokens(self) -> None:
        body = self.body(pooling="attentive", fusion="concat", refinement=False)
        tokens = torch.randn(3, 1, 16).expand(3, 4, 16)
        torch.testing.assert_close(body.fuse((tokens, tokens), None)[0], tokens[:, 0])

    def test_company_does_not_count(self, examples: Examples) -> None:
        module, _ = trained("scar", small("scar", epochs=1), examples)
        order = np.random.default_rng(1).permutation(len(TEST))
        shuffled = scores("scar", module, examples, TEST[order], batch=7)
        np.testing.assert_allclose(shuffled, scores("scar", module, examples, TEST)[order], atol=1e-5)


@pytest.fixture(scope="module")
def several(examples: Examples) -> Examples:
    """The class of the streams says all: gender is whether it is the first, age its number."""
    truth = examples.targets["emotion"]
    unknown = np.arange(len(truth)) % 7 == 0
    return Examples(
        ids=examples.ids, readers=examples.readers, group=examples.group,
        targets={
            "emotion": truth,
            "gender": np.where(unknown, -1, (truth == 0).astype(np.int64)),
            "age": np.where(unknown, np.nan, 20 + 20 * truth).astype(np.float32),
        },
    )  # fmt: skip


class TestTango:
    TASK = Task(
        targets=(
            TASK.targets[0],
            Target(column="gender", kind="class", classes=("f", "m"), missing="mask"),
            Target(column="age", kind="real", unit="years", missing="mask"),
        ),
        primary="accuracy",
    )

    def fitted(self, recipe: Any, several: Examples, epochs: int) -> Any:
        torch.manual_seed(0)
        found = system("tango")
        module = found.build(recipe, WIDTHS, self.TASK)
        found.fit(module, several, TRAIN)
        recipe = msgspec.structs.replace(recipe, epochs=epochs)
        stages = found.stages(recipe, TRAIN, several)
        train(found, module, stages, several, np.zeros(0, np.int64), recipe, seed=0)
        return module

    def test_all_targets_are_learnt_at_once(self, several: Examples) -> None:
        module = self.fitted(small("tango"), several, 8)
        table = score_rows(system("tango"), module, several, TEST, 32, self.TASK, {})
        truth = several.targets["emotion"][TEST]
        emotion = table.select(f"score:{one}" for one in CLASSES).to_numpy().argmax(1)
        assert (emotion == truth).mean() > SINGLE
        male = table["gender/score:m"].to_numpy() > 0.5
        assert (male == (truth == 0)).mean() > SINGLE
        age = 20.0 + 20 * truth
        error = np.abs(table["age/score"].to_numpy() - age).mean()
        assert error < 0.5 * np.abs(age - age.mean()).mean()

    @pytest.mark.parametrize("recipe", ["uncertainty", "aligned", "single-view"])
    def test_every_other_way_of_training_moves_every_part(self, recipe: str, several: Examples) -> None:
        settings = variant("tango", recipe)
        start = self.fitted(settings, several, 1).state_dict()
        end = self.fitted(settings, several, 2).state_dict()
        fixed = ("standardise", "bank", "middle", "spread")
        learnt = [name for name in start if not name.startswith(fixed)]
        assert ("log_variance" in learnt) == (recipe == "uncertainty")
        assert [name for name in learnt if torch.equal(start[name], end[name])] == []

    def test_rows_that_lack_a_target_teach_the_others(self, several: Examples) -> None:
        found = system("tango")
        torch.manual_seed(0)
        module = found.build(small("tango", weights={"emotion": 2.0}), WIDTHS, self.TASK).eval()
        found.fit(module, several, TRAIN)
        ages = several.targets["age"][TRAIN]
        assert module.middle[2].item() == pytest.approx(np.nanmean(ages), rel=1e-5)
        assert module.spread[2].item() == pytest.approx(np.nanstd(ages), rel=1e-4)
        lacking = several.batch(np.array([7, 14, 21]))
        losses = found.losses(module, lacking, None)
        assert list(losses) == ["emotion", "gender", "age"]
        assert losses["gender"]["gender"].item() == losses["age"]["age"].item() == 0
        single = found.build(small("tango"), WIDTHS, self.TASK).eval()
        single.load_state_dict(module.state_dict())
        plain = found.losses(single, lacking, None)
        assert losses["emotion"]["emotion"].item() == pytest.approx(2 * plain["emotion"]["emotion"].item())

    def test_a_gate_mixes_and_its_absence_adds(self, examples: Examples) -> None:
        del examples
        views = [torch.randn(6, 24), torch.randn(6, 16)]
        found = system("tango")
        for changes, width in (({}, 64), ({"own": True}, 128)):
            body = found.body(small("tango", **changes), (24, 16))
            assert body.fuse(body.embed(views), None)[0].shape == (6, width)
        summed = found.body(small("tango", gate=False), (24, 16))
        own = summed.embed(views)
        to_first, to_second = summed.exchanged(own, None)
        mixed = torch.cat([own[0] + to_first, own[1] + to_second], 1)
        torch.testing.assert_close(summed.fuse(own, None)[0], mixed)

    def test_a_whole_run(self, made_corpus: Path, tmp_path: Path) -> None:
        recipe = small("tango", targets=("emotion", "speaker"), numbers={"level": "steps"}, batch=6, epochs=2)
        run, figures = run_system(
            system("tango"), recipe, with_emotions(made_corpus), tmp_path / "store", tmp_path / "run",
            protocol="random-folds:2",
        )  # fmt: skip
        assert figures.metric == "accuracy"
        table = pl.read_parquet(run / "scores.parquet")
        assert {"score:angry", "speaker/score:s0", "level/score"} <= set(table.columns)


def with_emotions(corpus: Path) -> Path:
    table = pl.read_parquet(corpus / "corpus.parquet")
    emotion = pl.when(pl.col("label") == "spoof").then(pl.lit("angry")).otherwise(pl.lit("calm"))
    path = corpus / "emotions.parquet"
    table.with_columns(emotion.alias("emotion")).write_parquet(path)
    return path


def test_mata_from_the_command_line(
    made_corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = with_emotions(made_corpus)
    settings = ("batch=6", "epochs=3", "bank=4", 'views.1.pooled=["mean","deviation"]')
    assert main([
        "train", "mata", "--corpus", str(corpus), "--out", str(tmp_path / "run"), "--encoder", "log-mel",
        "--protocol", "speaker-folds:2", *(part for one in settings for part in ("--set", one)),
    ]) == 0  # fmt: skip
    assert capsys.readouterr().out.startswith("accuracy ")
    run = read_run(tmp_path / "run")
    assert len(run.trainings) == 2
    for training in run.trainings:
        folder = Path(training["folder"])
        module = run.system.build(run.recipe, {"first": (80,), "second": (160,)}, run.task)
        fitted, _ = load_trained(folder / "weights.safetensors", module, run.recipe)
        assert fitted["rows"] == training["trained_on_sha256"]
        tested = set(pl.read_parquet(folder / "scores.parquet")["id"])
        assert not tested & set(fitted["bank"])
    again, _ = score_corpus(run, corpus, tmp_path / "run" / "store", round_name=run.trainings[0]["round"])
    known = pl.read_parquet(Path(run.trainings[0]["folder"]) / "scores.parquet")
    both = known.join(again, on="id", suffix=" again")
    np.testing.assert_allclose(both["score:calm"], both["score:calm again"], atol=1e-6)


@pytest.mark.parametrize("name", [*sorted(set(SMALL) - {"tango"}), "cnn", "fcn"])
def test_a_whole_run_of_detection(name: str, made_corpus: Path, tmp_path: Path) -> None:
    views = tuple(msgspec.structs.replace(view, pooled=("mean", "deviation")) for view in (FIRST, SECOND))
    recipe = small(name, target="label", views=views, epochs=2, batch=6)
    run, figures = run_system(system(name), recipe, made_corpus, tmp_path / "store", tmp_path / "run")
    assert figures.metric == "eer"
    assert json.loads((run / "task.json").read_text())["targets"][0]["classes"] == ["bona fide", "spoof"]
