"""Emotion across corpora: the matrix, its labels and ranks; what bends vectors, and what it may look at."""

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
from earwitness.corpora.catalogue import scan
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput
from earwitness.systems.cross_corpus_ser import AdaptingNetwork, coral
from earwitness.systems.ledger.miniatures import MOODS, emotional
from earwitness.systems.recipes import recipes_of
from earwitness.systems.registry import system
from earwitness.systems.ser_matrix import shared_classes
from earwitness.task import Target, Task
from earwitness.training.data import Examples
from earwitness.training.loop import train
from earwitness.training.recipe import Optimiser, View
from earwitness.training.scoring import score_rows

VIEW = View(name="first", input="vector", encoder="log-mel")
TASK = Task(
    targets=(
        Target(column="emotion", kind="class", classes=("a", "b", "c"), missing="mask"),
        Target(column="corpus", kind="class", classes=("here", "there")),
    ),
    primary="accuracy",
)
HERE, THERE = np.arange(300), np.arange(300, 600)


@pytest.fixture(scope="module")
def examples() -> Examples:
    """The second corpus is the first one, shifted and stretched."""
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=600)
    values = 2.0 * np.eye(3, 8)[truth] + 0.5 * rng.standard_normal((600, 8))
    bend = np.eye(8) + 0.15 * rng.standard_normal((8, 8))
    values[THERE] = values[THERE] @ bend + 3.0
    kept = values.astype(np.float32)
    return Examples(
        ids=tuple(f"r{at:03d}" for at in range(600)), readers={"first": lambda row: kept[row]},
        targets={"emotion": truth.astype(np.int64), "corpus": (np.arange(600) >= 300).astype(np.int64)},
        group=np.arange(600),
    )  # fmt: skip


def recipe_of(name: str) -> Any:
    return msgspec.structs.replace(
        recipes_of(system("cross-corpus-ser"))[name], views=(VIEW,), epochs=10, patience=None, hidden=(16,),
        optimiser=Optimiser(name="adam", learning_rate=5e-3, weight_decay=0.0), ridge=0.01,
    )  # fmt: skip


def trained(name: str, examples: Examples) -> tuple[AdaptingNetwork, dict[str, Any]]:
    torch.manual_seed(0)
    found, recipe = system("cross-corpus-ser"), recipe_of(name)
    module = found.build(recipe, {"first": (8,)}, TASK)
    fitted = dict(found.fit(module, examples, HERE))
    fitted |= found.see_unlabelled(module, examples, HERE, THERE)
    stages = found.stages(recipe, HERE, examples)
    train(found, module, stages, examples, np.zeros(0, np.int64), recipe, seed=0)
    assert isinstance(module, AdaptingNetwork)
    return module, fitted


def accuracy(module: AdaptingNetwork, examples: Examples, rows: np.ndarray) -> float:
    table = score_rows(system("cross-corpus-ser"), module, examples, rows, 64, TASK, {})
    answers = table.select("score:a", "score:b", "score:c").to_numpy().argmax(1)
    return float((answers == examples.targets["emotion"][rows]).mean())


def test_bent_vectors_are_heard_better(examples: Examples) -> None:
    found = {name: trained(name, examples) for name in ("default", "mean-shift", "coral")}
    across = {name: accuracy(module, examples, THERE) for name, (module, _) in found.items()}
    assert across["default"] < 0.75 < across["mean-shift"]
    for module, _ in found.values():
        assert accuracy(module, examples, HERE) > 0.9
    assert "unlabelled_test_rows" not in found["default"][1]
    assert found["coral"][1]["unlabelled_test_rows"] == examples.hash(THERE)


def test_the_labels_of_the_tested_side_change_nothing(examples: Examples) -> None:
    turned = examples.targets["emotion"].copy()
    turned[THERE] = (turned[THERE] + 1) % 3
    other = Examples(
        ids=examples.ids, readers=examples.readers, group=examples.group,
        targets=examples.targets | {"emotion": turned},
    )  # fmt: skip
    first, again = trained("coral", examples)[0], trained("coral", other)[0]
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in first.state_dict().items())


def test_covariances_become_alike() -> None:
    rng = np.random.default_rng(0)
    one = rng.standard_normal((500, 4)) @ rng.standard_normal((4, 4))
    other = rng.standard_normal((500, 4)) * np.array([1.0, 2.0, 3.0, 4.0])
    found = (one - one.mean(0)) @ coral(one, other, 1e-9)
    np.testing.assert_allclose(np.cov(found, rowvar=False), np.cov(other, rowvar=False), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["cremad", "ravdess", "emodb"])
def test_miniatures_have_the_public_layout(name: str, tmp_path: Path) -> None:
    corpus = scan(name, emotional(name, tmp_path / name, clips=1))
    assert len(corpus) == 36
    assert set(corpus.table["emotion"]) == set(MOODS)
    assert corpus.table["speaker"].n_unique() == 6
    with pytest.raises(BadInput, match="has no miniature"):
        emotional("iemocap", tmp_path / "x")


def test_shared_labels() -> None:
    def corpus(**labels: str) -> Corpus:
        rows = [
            {"id": f"{name}{at}", "path": "x", "start": 0.0, "end": 1.0, "split": "", "speaker": name,
             "group": f"{name}{at}", "corpus": name, "emotion": one}
            for name, words in labels.items() for at, one in enumerate(words.split())
        ]  # fmt: skip
        return Corpus(pl.DataFrame(rows))

    table = corpus(x="anger happy fear", y="angry happiness sad", z="anger joy")
    assert shared_classes(table, "emotion", "common") == ("anger", "happiness")
    assert shared_classes(table, "emotion", "four") == ("anger", "happiness", "neutral", "sadness")
    with pytest.raises(BadInput, match="share"):
        shared_classes(corpus(x="anger fear", y="joy sad"), "emotion", "common")
    with pytest.raises(BadInput, match="two corpora"):
        shared_classes(corpus(x="anger fear"), "emotion", "common")


def test_one_command_for_every_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("cremad", "emodb"):
        emotional(name, tmp_path / name, clips=1)
        assert main(["corpora", "scan", name, str(tmp_path / name)]) == 0
    tables = [f"{name}={tmp_path / name}" for name in ("cremad", "emodb")]
    assert main(["corpora", "join", *tables, "--out", str(tmp_path / "both")]) == 0
    capsys.readouterr()
    given = [
        "cross-corpus", str(tmp_path / "both"), "--out", str(tmp_path / "out"), "--encoders",
        "log-mel", "lfcc", "--heads", "default", "coral", "--seeds", "0", "--folds", "2", "--set", "epochs=2",
        "--set", "hidden=[8]",         "--classes", "five",
    ]  # fmt: skip
    assert main(given) == 0
    told = capsys.readouterr().out
    assert "cremad -> emodb, emotion: anger, disgust, fear, happiness, sadness" in told
    assert "left out: neutral (6 rows) | neutral (6 rows)" in told
    found = json.loads((tmp_path / "out" / "matrix.json").read_text())
    assert found["corpora"] == ["cremad", "emodb"]
    assert len(found["matrices"]) == 4
    for head in ("default", "coral"):
        own = [one for one in found["matrices"] if one["head"] == head]
        assert sum(one["rank"] for one in own) == pytest.approx(3.0)
        for one in own:
            cells = one["cells"]["accuracy"]
            across = (cells[0][1]["value"] + cells[1][0]["value"]) / 2
            assert one["cross"]["accuracy"] == pytest.approx(across)
            same = (cells[0][0]["value"] + cells[1][1]["value"]) / 2
            assert one["degradation"]["accuracy"] == pytest.approx(same - across)
            assert cells[0][1]["n"] == 30
    page = (tmp_path / "out" / "matrix.html").read_text()
    assert page.count("<svg") == 8
    assert "src=" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
