"""SeQuiFi and its rivals: what each lets move, what it remembers, and what is told of the way."""

from __future__ import annotations

import json
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
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.systems.sequence_network import (
    SequenceNetwork,
    begin_path,
    elastic_penalty,
    end_path,
    fisher,
    follow_path,
    path_penalty,
    remember_importance,
)
from earwitness.systems.sequence_stages import SequenceStage, remembered, with_memory
from earwitness.systems.sequifi import only_class
from earwitness.task import Target, Task
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, View
from earwitness.training.scoring import score_rows

CLASSES, PLACES, WIDTH, ROWS = ("anger", "fear", "joy"), ("one", "two", "three"), 12, 360
VIEW = View(name="vector", input="vector", encoder="log-mel")
TASK = Task(
    targets=(
        Target(column="emotion", kind="class", classes=CLASSES),
        Target(column="corpus", kind="class", classes=PLACES),
    ),
    primary="accuracy",
)
EVERY = np.arange(ROWS)
METHODS = sorted(set(recipes_of(system("sequifi"))) - {"default"} | {"literal"})


def recipe_of(name: str, **changes: Any) -> Any:
    known = recipes_of(system("sequifi"))
    fields = {
        "views": (VIEW,), "hidden": (16,), "epochs": 10, "dropout": 0.0, "adapt_rate": 3e-3, "rounds": 2,
        "memory": 12, "fisher_rows": 30,
        "optimiser": Optimiser(name="adam", learning_rate=1e-2, weight_decay=0.0),
    }  # fmt: skip
    return msgspec.structs.replace(known.get(name, known["default"]), **(fields | changes))


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Three corpora with the same classes; what means one class here means the next one there."""
    rng = np.random.default_rng(0)
    truth, place = rng.integers(3, size=ROWS), np.arange(ROWS) % 3
    values = 3.0 * np.eye(WIDTH)[(truth + place) % 3] + 0.7 * np.eye(WIDTH)[3 + place]
    values = (values + 0.5 * rng.standard_normal(values.shape)).astype(np.float32)
    return Examples(
        ids=tuple(f"row{at:03d}" for at in EVERY), readers={"vector": lambda row: values[row]},
        targets={"emotion": truth.astype(np.int64), "corpus": place.astype(np.int64)}, group=EVERY,
    )  # fmt: skip


def built(recipe: Any) -> SequenceNetwork:
    torch.manual_seed(0)
    module = system("sequifi").build(recipe, {"vector": (WIDTH,)}, TASK)
    assert isinstance(module, SequenceNetwork)
    return module


def trained(
    recipe: Any, examples: Examples, upto: int | None = None, **settings: Any
) -> tuple[SequenceNetwork, list[str]]:
    found, module = system("sequifi"), built(recipe)
    found.fit(module, examples, EVERY)
    stages = found.stages(recipe, EVERY, examples)[:upto]
    seen: list[str] = []
    train(
        found, module, stages, examples, np.zeros(0, np.int64), recipe, seed=0,
        follow=lambda stage, _: seen.append(stage.name), **settings,
    )  # fmt: skip
    return module, seen


def accuracy(module: SequenceNetwork, examples: Examples, place: int) -> float:
    rows = EVERY[examples.targets["corpus"] == place]
    table = score_rows(system("sequifi"), module, examples, rows, 64, TASK, {})
    answers = table.select(f"score:{name}" for name in CLASSES).to_numpy().argmax(1)
    return float((answers == examples.targets["emotion"][rows]).mean())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_goes_through_its_stages(method: str, examples: Examples) -> None:
    module, seen = trained(recipe_of(method), examples)
    counts = {"literal": 7, "masked": 7, "averaged": 7, "cyclic": 13, "joint": 1, "source-only": 1}
    assert len(seen) == counts.get(method, 3)
    assert torch.isfinite(module.flat()).all()
    if method not in ("literal", "masked", "averaged"):
        assert max(accuracy(module, examples, place) for place in range(3)) > 0.8


def test_classes_times_rounds(examples: Examples) -> None:
    names = [stage.name for stage in system("sequifi").stages(recipe_of("cyclic"), EVERY, examples)]
    assert names[:4] == ["corpus 0", *(f"corpus 1, turn 0, class {at}" for at in range(3))]
    assert names[4] == "corpus 1, turn 1, class 0"
    assert len(set(names)) == len(names) == 1 + 2 * 2 * 3


def test_class_order_is_a_setting(examples: Examples) -> None:
    shuffled = system("sequifi").stages(recipe_of("literal", class_order_seed=3), EVERY, examples)
    assert sorted(stage.category for stage in shuffled[1:4]) == [0, 1, 2]
    assert [stage.category for stage in shuffled[1:4]] == [stage.category for stage in shuffled[4:]]
    table = pl.DataFrame({"emotion": ["a", "b", "c"], "corpus": ["x", "y", "y"]})
    task = system("sequifi").task(recipe_of("literal", class_order=("c", "a", "b")), table)
    assert task.targets[0].classes == ("c", "a", "b")
    task = system("sequifi").task(recipe_of("literal", domains=("y", "x")), table)
    assert task.targets[1].classes == ("y", "x")


def test_the_literal_algorithm_answers_with_the_last_class(examples: Examples) -> None:
    """The optimum of cross-entropy over one class: the recall matrix must show it."""
    recipe = recipe_of("literal", adapt_epochs=30, adapt_rate=1e-2)
    module, _ = trained(recipe, examples, upto=2)
    table = score_rows(system("sequifi"), module, examples, EVERY, 64, TASK, {})
    answers = table.select(f"score:{name}" for name in CLASSES).to_numpy().argmax(1)
    assert (answers[examples.targets["corpus"] == 1] == 0).mean() > 0.9


def test_forgetting_is_there_to_be_fought(examples: Examples) -> None:
    """Fine-tuning to two further corpora loses the first; remembered rows and old weights keep more."""
    kept = {
        method: accuracy(
            trained(recipe_of(method, adapt_epochs=20, adapt_rate=1e-2), examples)[0], examples, 0
        )
        for method in ("source-only", "vanilla", "replay", "joint")
    }
    assert kept["source-only"] > 0.9
    assert kept["vanilla"] < kept["source-only"] - 0.1
    assert kept["replay"] > kept["vanilla"] + 0.05
    assert kept["joint"] > kept["vanilla"] + 0.05


class TestMasked:
    def test_only_one_class_passes_gradients_on(self) -> None:
        outputs = torch.zeros(4, 3, requires_grad=True)
        torch.nn.functional.cross_entropy(only_class(outputs, 1), torch.ones(4, dtype=torch.int64)).backward()
        assert outputs.grad is not None
        assert (outputs.grad[:, [0, 2]] == 0).all()
        assert (outputs.grad[:, 1] < 0).all()

    def test_the_other_rows_stay_as_they_are(self, examples: Examples) -> None:
        before, _ = trained(recipe_of("masked"), examples, upto=1)
        after, _ = trained(recipe_of("masked"), examples, upto=2)
        old, new = before.heads[0].weight, after.heads[0].weight
        assert torch.equal(old[1:], new[1:])
        assert not torch.equal(old[0], new[0])
        trunk = [
            (a - b).abs().max()
            for a, b in zip(before.dense.parameters(), after.dense.parameters(), strict=True)
        ]
        assert 0 < max(trunk) < (old[0] - new[0]).abs().max()


class TestElasticWeights:
    def test_the_penalty_is_the_sum_over_corpora(self) -> None:
        module = built(recipe_of("ewc"))
        rng = torch.Generator().manual_seed(1)
        middles, squares = [], []
        for _ in range(3):
            module.load_flat(torch.randn(module.flat().shape, generator=rng))
            squares.append(torch.rand(module.flat().shape, generator=rng))
            middles.append(module.flat().detach())
            remember_importance(module, squares[-1])
        module.load_flat(torch.randn(module.flat().shape, generator=rng))
        now = module.flat().detach()
        by_hand = sum((f * (now - m) ** 2).sum() for f, m in zip(squares, middles, strict=True)) / 2
        torch.testing.assert_close(elastic_penalty(module).detach(), by_hand, rtol=1e-4, atol=1e-3)

    def test_nothing_is_paid_at_the_remembered_weights(self) -> None:
        module = built(recipe_of("ewc"))
        remember_importance(module, torch.ones_like(module.flat()))
        assert float(elastic_penalty(module).detach()) == pytest.approx(0.0, abs=1e-3)

    def test_the_information_of_a_logistic_unit(self) -> None:
        """d/dw of -log s(w x) is -(1 - s(w x)) x."""
        unit = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.constant_(unit.weight, 0.5)
        x = torch.tensor([[1.0], [2.0]])
        found = fisher(unit, list(torch.nn.functional.softplus(-unit(x))[:, 0]))
        slopes = (1 - torch.sigmoid(0.5 * x)) * x
        torch.testing.assert_close(found, (slopes**2).mean(0))


def test_the_path_adds_up_to_what_the_loss_lost() -> None:
    """Synaptic intelligence: small steps down a loss; the integral over all weights is its decrease."""
    module = built(recipe_of("si"))
    begin_path(module)
    views = [torch.randn(16, WIDTH)]
    truth = torch.arange(16) % 3
    optimiser = torch.optim.SGD(module.parameters(), 1e-3)

    def loss() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(module(views)[0][0], truth)

    first = float(loss().detach())
    for _ in range(200):
        now = loss()
        follow_path(module, now)
        optimiser.zero_grad()
        now.backward()
        optimiser.step()
    path = module.get_buffer("path") - module.get_buffer("slope") * (
        module.flat().detach() - module.get_buffer("before")
    )
    assert float(path.sum()) == pytest.approx(first - float(loss().detach()), rel=0.02)
    end_path(module)
    assert (module.get_buffer("importance") >= 0).all()
    assert float(module.get_buffer("importance").max()) > 0
    assert float(path_penalty(module).detach()) == 0.0


def test_between_old_and_new_weights(examples: Examples) -> None:
    old = trained(recipe_of("vanilla"), examples, upto=1)[0].flat()
    new = trained(recipe_of("vanilla"), examples, upto=2)[0].flat()
    for share in (0.0, 0.25, 1.0):
        found = trained(recipe_of("wise-ft", interpolation=share), examples, upto=2)[0].flat()
        torch.testing.assert_close(found, old + share * (new - old))


def test_the_mean_answers_and_the_newest_learn(examples: Examples) -> None:
    literal = [trained(recipe_of("literal"), examples, upto=upto)[0].flat() for upto in (2, 3, 4)]
    module, _ = trained(recipe_of("averaged"), examples, upto=3)
    torch.testing.assert_close(module.flat(), literal[1])
    torch.testing.assert_close(module.get_buffer("mean"), (literal[0] + literal[1]) / 2)
    view = [torch.randn(4, WIDTH)]
    torch.testing.assert_close(module(view)[0][0], module.with_weights(module.get_buffer("mean"), view))
    settled, _ = trained(recipe_of("averaged"), examples, upto=4)
    torch.testing.assert_close(settled.flat(), sum(literal) / 3)
    soup, _ = trained(recipe_of("soup"), examples)
    vanilla = [trained(recipe_of("vanilla"), examples, upto=upto)[0].flat() for upto in (1, 2, 3)]
    torch.testing.assert_close(soup.get_buffer("mean"), sum(vanilla) / 3, rtol=1e-4, atol=1e-5)


def test_half_of_a_batch_is_remembered(examples: Examples) -> None:
    truth = examples.targets["emotion"]
    memory = remembered(recipe_of("replay"), EVERY[:90], truth, 0)
    assert len(memory) == 12
    assert np.bincount(truth[memory]).tolist() == [4, 4, 4]
    batches = with_memory(memory)(
        np.concatenate([memory, EVERY[100:130]]), np.zeros(42), 8, np.random.default_rng(0)
    )
    assert [len(one) for one in batches] == [16, 16, 16, 12]
    assert all(np.isin(one, memory).sum() == len(one) // 2 for one in batches)
    assert sorted(one for part in batches for one in part if one >= 100) == list(range(100, 130))


@pytest.mark.parametrize("method", ["si", "averaged", "ewc"])
def test_a_killed_training_ends_the_same(method: str, examples: Examples, tmp_path: Path) -> None:
    recipe = recipe_of(method)
    whole, _ = trained(recipe, examples)
    killed = 0

    def kill(stage: str, done: int, most: int, point: dict[str, float]) -> None:
        nonlocal killed
        killed += stage != "corpus 0"
        if killed == 2:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        trained(recipe, examples, checkpoint=path, progress=kill)
    again, _ = trained(recipe, examples, checkpoint=path)
    assert all(torch.equal(whole.state_dict()[name], value) for name, value in again.state_dict().items())


def test_what_is_fitted_saw_the_source_alone(examples: Examples) -> None:
    seen: set[int] = set()

    def read(row: int) -> np.ndarray:
        seen.add(row)
        return examples.readers["vector"](row)

    watched = Examples(
        ids=examples.ids, readers={"vector": read}, targets=examples.targets, group=examples.group
    )
    source = EVERY[examples.targets["corpus"] == 0]
    fitted = system("sequifi").fit(built(recipe_of("literal")), watched, EVERY)
    assert seen == set(source.tolist())
    assert fitted["rows"] == examples.hash(source)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"adapt_epochs": 0}, "must be 1 or more"),
        ({"adapt_rate": 0.0}, "above 0"),
        ({"interpolation": 1.5}, r"in \[0, 1\]"),
        ({"patience": 3, "validation": 0.1}, "which a sequence does not have"),
        ({"method": "a-gem"}, "a-gem needs the step"),
        ({"domains": ("a+b", "a")}, "names a value twice"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        recipe_of("literal", **changes).__post_init__()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"class_order": ("a", "b")}, "must name each class once: a, b, c"),
        ({"domains": ("x", "z")}, "has no corpus 'z'; there are: x, y"),
        ({"domains": ("x",)}, "a source and at least one more"),
        ({"domain": "language"}, "has no column 'language'"),
    ],
)
def test_corpora_that_do_not_fit(changes: dict[str, Any], reason: str) -> None:
    table = pl.DataFrame({"emotion": ["a", "b", "c"], "corpus": ["x", "y", "y"]})
    with pytest.raises(BadInput, match=reason):
        system("sequifi").task(recipe_of("literal", **changes), table)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two corpora of tones, the second an octave higher."""
    folder, rng, rows = tmp_path_factory.mktemp("corpora"), np.random.default_rng(0), []
    for at in range(48):
        emotion, place = at % 2, at // 24
        tone = np.sin(2 * np.pi * (400 + 1200 * emotion) * (1 + place) * np.arange(4800) / 16_000)
        soundfile.write(folder / f"{at}.wav", 0.02 * rng.standard_normal(4800) + 0.4 * tone, 16_000)
        rows.append({
            "id": f"clip{at:02d}", "path": f"{at}.wav", "start": 0.0, "end": 0.3, "split": "",
            "speaker": f"s{place}{at // 2 % 4}", "group": f"g{at}", "emotion": ("calm", "angry")[emotion],
            "corpus": ("near", "far")[place],
        })  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


def test_from_the_command_line(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = (
        "hidden=[16]", "dropout=0.0", 'domains=["near","far"]', "epochs=60", "adapt_rate=0.01",
        "adapt_epochs=20", "optimiser.learning_rate=0.01",
    )  # fmt: skip
    given = [
        "train", "sequifi", "--corpus", str(corpus), "--out", str(tmp_path / "run"),
        "--store", str(tmp_path / "s"), "--encoder", "log-mel", "--protocol", "speaker-folds:2",
        "--seeds", "0", "1", *(word for change in changes for word in ("--set", change)),
    ]  # fmt: skip
    assert main(given) == 0
    told = capsys.readouterr().out
    assert "forgetting +" in told
    assert "recall after" in told
    found = json.loads((tmp_path / "run" / "continual.json").read_text())
    assert found["domains"] == ["near", "far"]
    assert found["steps"] == ["near", "far, angry", "far, calm"]
    assert found["trained"] == [None, "angry", "calm"]
    assert np.array(found["recall"]).shape == (3, 2)
    assert found["n"] == 48
    assert found["accuracy"][0][0] > 0.9
    assert found["forgetting"]["value"] == pytest.approx(
        max(found["accuracy"][0][0], 0) - found["accuracy"][1][0]
    )
    assert 0.5 <= found["collapse"] <= 1.0
    for picture in ("accuracy.svg", "recall.svg"):
        assert (tmp_path / "run" / picture).read_text().startswith("<svg")
    assert main(["score", str(tmp_path / "run"), str(corpus), "--store", str(tmp_path / "s"),
                 "--round", "fold 1 of 2", "--out", str(tmp_path / "scores.parquet")]) == 0  # fmt: skip
    assert pl.read_parquet(tmp_path / "scores.parquet").columns == ["id", "score:angry", "score:calm"]


def test_a_stage_knows_its_place() -> None:
    stage = SequenceStage(name="corpus 0", rows=EVERY[:1], epochs=1)
    assert (stage.position, stage.category, stage.last) == (0, -1, True)
