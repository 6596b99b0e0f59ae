from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
import torch

from earwitness.corpora.corpus import Corpus
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.systems.comparing import compare_runs
from earwitness.systems.nes2net import Nes2NetSystem
from earwitness.systems.probe import LinearProbe
from earwitness.systems.running import read_figures, read_run, run_system, score_corpus
from earwitness.task import Target, Task
from earwitness.training import experiment as experiments
from earwitness.training.experiment import Experiment, run_experiment
from earwitness.training.recipe import Optimiser, Recipe, View
from earwitness.training.splitting import protocol_of
from earwitness.training.stage import Stage, whole_groups
from earwitness.training.views import open_views

PROBE = msgspec.structs.replace(
    LinearProbe.RECIPE, views=(View(name="vector", input="vector", encoder="log-mel"),), batch=6, epochs=4,
    seeds=(1, 2), optimiser=Optimiser(learning_rate=0.1),
)  # fmt: skip


def frames(**settings: Any) -> Recipe:
    defaults: dict[str, Any] = {
        "views": (View(encoder="log-mel", length=16),), "nest": (4, 4), "batch": 6, "epochs": 2,
    }  # fmt: skip
    return msgspec.structs.replace(Nes2NetSystem.RECIPE, **(defaults | settings))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


def contents(run: Path) -> dict[str, Any]:
    """What must be equal in two runs of the same recipe: weights and scores, figures and curves."""
    names = ("weights.safetensors", "scores.parquet", "curves.json", "figures.json")
    return {
        str(path.relative_to(run)): msgspec.json.decode(content) if path.suffix == ".json" else content
        for path in sorted(run.rglob("*"))
        if path.name in names
        for content in [path.read_bytes()]
    }


def test_a_run_leaves_its_evidence(made_corpus: Path, store: Path, tmp_path: Path) -> None:
    run, figures = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "run")
    assert figures.mean.value < 0.3
    assert set(figures.seeds) == {"1", "2"}
    assert figures.best.value <= figures.mean.value <= figures.mean.high
    scores = pl.read_parquet(run / "scores.parquet")
    assert len(scores) == 2 * 8
    assert set(scores["label"]) == {"bona fide", "spoof"}
    real = scores.filter(pl.col("label") == "bona fide")["score"].mean()
    assert real > scores.filter(pl.col("label") == "spoof")["score"].mean()  # type: ignore[operator]
    provenance = msgspec.json.decode((run / "provenance.json").read_bytes())
    assert provenance["seeds"] == [1, 2]
    assert len(provenance["data"]["corpus table"]) == 64
    audio = provenance["data"].get("corpus audio (samples)") or provenance["data"].get("corpus audio (files)")
    told = f"`{audio}`" if audio else "its audio was not there to be hashed"
    assert told in (run / "card.md").read_text()
    assert "log-mel" in provenance["data"]["view vector"]
    assert provenance["packages"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    card = (run / "card.md").read_text()
    assert "higher = more bona fide" in card
    assert f"{figures.mean.value:.4f}" in card
    record = msgspec.json.decode((run / "rounds" / "000-seed-1" / "record.json").read_bytes())
    assert record["rows"] == {"train": 12, "validation": 4, "test": 8}
    assert not list(run.rglob("checkpoint*"))


@pytest.mark.parametrize("killed_at", [1, 3, 5])
def test_a_killed_run_ends_the_same(made_corpus: Path, store: Path, tmp_path: Path, killed_at: int) -> None:
    recipe = msgspec.structs.replace(frames(), seeds=(1, 2), epochs=3, average=2, dilation=2)
    whole, _ = run_system(Nes2NetSystem(), recipe, made_corpus, store, tmp_path / "whole")
    calls = 0

    def kill(what: str, done: int, of: int) -> None:
        nonlocal calls
        calls += not what.startswith("encode")
        if calls == killed_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_system(Nes2NetSystem(), recipe, made_corpus, store, tmp_path / "killed", progress=kill)
    resumed, _ = run_system(Nes2NetSystem(), recipe, made_corpus, store, tmp_path / "killed")
    assert contents(resumed) == contents(whole)
    assert len(contents(whole)) == 2 * 3 + 2


def test_scores_of_a_corpus_are_those_of_the_run(made_corpus: Path, store: Path, tmp_path: Path) -> None:
    run, _ = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "run")
    again, chosen = score_corpus(read_run(run), made_corpus, store)
    own = pl.read_parquet(run / "scores.parquet").filter(pl.col("seed") == chosen["seed"])
    both = own.join(again, on="id", suffix="_again")
    assert len(both) == 8
    assert both["score"].to_list() == pytest.approx(both["score_again"].to_list(), abs=1e-6)
    assert chosen["validation"] == min(one["validation"] for one in read_run(run).trainings)


def test_rounds_of_folds_and_a_comparison(made_corpus: Path, store: Path, tmp_path: Path) -> None:
    one, _ = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "a", protocol="speaker-folds:2")
    other = msgspec.structs.replace(PROBE, optimiser=Optimiser(learning_rate=1e-6))
    two, _ = run_system(LinearProbe(), other, made_corpus, store, tmp_path / "b", protocol="speaker-folds:2")
    with pytest.raises(BadInput, match="several rounds"):
        score_corpus(read_run(one), made_corpus, store)
    found = compare_runs([one, two], replicates=200)
    difference = found.runs[1].minus_first
    assert difference is not None
    assert difference.value == pytest.approx(
        read_figures(two).mean.value - read_figures(one).mean.value, abs=1e-12
    )
    assert difference.low <= difference.value <= difference.high
    third, _ = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "c")
    with pytest.raises(BadInput, match="same trials"):
        compare_runs([one, third])


class TestRefusals:
    def test_a_corpus_without_a_class(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        table = pl.read_parquet(made_corpus / "corpus.parquet")
        for split, part in (("train", "training"), ("test", "test")):
            lacking = table.filter((pl.col("split") != split) | (pl.col("label") == "spoof"))
            path = made_corpus / f"lacking-{split}.parquet"
            lacking.write_parquet(path)
            with pytest.raises(BadInput, match=f"no {part} rows of class 'bona fide'"):
                run_system(LinearProbe(), PROBE, path, store, tmp_path / "run")

    def test_a_dimension_that_does_not_fit(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="80 channels cannot be split 8 x 8"):
            run_system(Nes2NetSystem(), frames(nest=(8, 8)), made_corpus, store, tmp_path / "run")
        assert not (tmp_path / "run").exists()

    def test_features_that_are_not_finite(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        with Store(store) as opened:
            made = experiment_on(made_corpus, opened, LinearProbe(), PROBE)
            read = made.views.readers["vector"]
            spoilt = {"vector": lambda row: read(row) * (np.nan if row == 3 else 1)}
            views = msgspec.structs.replace(made.views, readers=spoilt)
            with pytest.raises(BadInput, match="clip03: holds NaN"):
                run_experiment(msgspec.structs.replace(made, views=views), tmp_path / "run")

    def test_a_diverging_loss(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        fast = Optimiser(name="sgd", learning_rate=1e38)
        wild = msgspec.structs.replace(PROBE, optimiser=fast, batch=3)
        with pytest.raises(BadInput, match=r"epoch \d+, step \d of 4 \(rows clip\d\d, .*learning rate"):
            run_system(LinearProbe(), wild, made_corpus, store, tmp_path / "run")

    def test_another_recipe_in_the_same_folder(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "run")
        other = msgspec.structs.replace(PROBE, batch=5)
        with pytest.raises(BadInput, match="another recipe"):
            run_system(LinearProbe(), other, made_corpus, store, tmp_path / "run")

    def test_weights_of_another_system(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        probe, _ = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "probe")
        nested, _ = run_system(Nes2NetSystem(), frames(), made_corpus, store, tmp_path / "nested")
        stolen = probe / "rounds" / "000-seed-1" / "weights.safetensors"
        stolen.write_bytes(next(nested.rglob("weights.safetensors")).read_bytes())
        (probe / "rounds" / "000-seed-2" / "record.json").unlink()
        with pytest.raises(BadInput, match="is of 'nes2net', not of 'linear-probe'"):
            score_corpus(read_run(probe), made_corpus, store)
        with pytest.raises(BadInput, match="not the folder of a run"):
            read_run(tmp_path)

    def test_a_full_disk_in_mid_checkpoint(
        self, made_corpus: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from earwitness.training import checkpoint

        whole, _ = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "whole")
        save, saved = checkpoint.save_file, 0

        def full(tensors: Any, path: Any, metadata: Any) -> None:
            nonlocal saved
            saved += 1
            if saved == 3:
                Path(path).write_bytes(b"half")
                raise OSError(28, "No space left on device")
            save(tensors, path, metadata=metadata)

        monkeypatch.setattr(checkpoint, "save_file", full)
        with pytest.raises(BadInput, match="No space left"):
            run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "run")
        monkeypatch.undo()
        (kept,) = (tmp_path / "run").rglob("checkpoint*")
        assert checkpoint.load_tensors(kept)[1]["epoch"] == 2
        resumed, _ = run_system(LinearProbe(), PROBE, made_corpus, store, tmp_path / "run")
        assert contents(resumed) == contents(whole)

    def test_an_unreadable_recording(self, made_corpus: Path, store: Path, tmp_path: Path) -> None:
        (made_corpus / "broken.wav").write_text("nothing")
        table = pl.read_parquet(made_corpus / "corpus.parquet")
        broken = table.with_columns(
            path=pl.when(pl.col("id") == "clip05").then(pl.lit("broken.wav")).otherwise("path")
        )
        broken.write_parquet(made_corpus / "broken.parquet")
        with pytest.raises(BadInput, match=r"broken.wav: 1 recordings cannot be read"):
            run_system(LinearProbe(), PROBE, made_corpus / "broken.parquet", store, tmp_path / "run")


def experiment_on(corpus: Path, store: Store, system: Any, recipe: Recipe) -> Experiment:
    table = Corpus.read(corpus)
    return Experiment(
        system=system,
        recipe=recipe,
        task=system.task(recipe, table.table),
        corpus=table,
        views=open_views(recipe.views, segments_of(corpus), store),
        protocol=protocol_of("official", recipe),
        rounds=protocol_of("official", recipe).divide(table),
    )


class Many:
    """Says the engine, a level and whether a clip is real, of sessions as a whole."""

    RECIPE = Recipe(system="many", views=PROBE.views, batch=6, epochs=3, patience=None, validation=0.0)

    def __init__(self, unit: str, primary: str) -> None:
        self.unit, self.primary = unit, primary

    def task(self, recipe: Recipe, table: pl.DataFrame) -> Task:
        engines = tuple(sorted(set(table["engine"]) - {""}))
        return Task(
            targets=(
                Target(column="label", kind="binary", classes=("bona fide", "spoof")),
                Target(column="made_by", kind="class", classes=engines, missing="mask"),
                Target(column="level", kind="real", unit="dB"),
            ),
            unit=self.unit,  # type: ignore[arg-type]
            primary=self.primary,
        )

    def build(self, recipe: Recipe, dimensions: Any, task: Task) -> torch.nn.Module:
        return torch.nn.Linear(dimensions["vector"][0], sum(target.outputs for target in task.targets))

    def stages(self, recipe: Recipe, rows: np.ndarray, examples: Any) -> list[Stage]:
        return [Stage(name="all", rows=rows, epochs=3, sampler=whole_groups)]

    def fit(self, module: Any, examples: Any, rows: np.ndarray) -> dict[str, Any]:
        levels = examples.targets["level"][rows]
        return {"middle": np.array(levels.mean()), "rows": examples.hash(rows)}

    def _parts(self, module: Any, batch: Any) -> tuple[Any, Any, Any]:
        found = module(batch.views["vector"][0] / 10)
        return found[:, 0], found[:, 1:-1], found[:, -1]

    def losses(self, module: Any, batch: Any, stage: Stage) -> Any:
        real, engine, level = self._parts(module, batch)
        functional, targets = torch.nn.functional, batch.targets
        return {
            "clean": {
                "label": functional.binary_cross_entropy_with_logits(real, targets["label"].float()),
                "engine": functional.cross_entropy(engine, targets["made_by"], ignore_index=-1),
                "level": 1e-3 * functional.mse_loss(level, targets["level"]),
            }
        }

    def score(self, module: Any, batch: Any, fitted: Any) -> dict[str, np.ndarray]:
        real, engine, level = self._parts(module, batch)
        return {
            "label": real.numpy(),
            "made_by": engine.numpy(),
            "level": level.numpy() + float(fitted["middle"]),
        }

    def pool(self, scores: np.ndarray, group: np.ndarray) -> np.ndarray:
        return np.stack([scores[group == name].mean(0) for name in np.unique(group)])


@pytest.mark.parametrize(
    ("unit", "primary", "columns"),
    [
        ("clip", "eer", {"score", "level/score", "made_by/score:e1"}),
        ("session", "rmse", {"score", "label/score"}),
        ("clip", "uar", {"score:e0", "score:e1", "score:e2", "label/score"}),
    ],
)
def test_many_targets_and_sessions_need_no_special_case(
    made_corpus: Path, store: Path, tmp_path: Path, unit: str, primary: str, columns: set[str]
) -> None:
    table = pl.read_parquet(made_corpus / "corpus.parquet")
    # Rows of a session are of one split here; the class is judged on spoofs alone.
    named = table.with_columns(
        made_by=pl.when(pl.col("engine") == "").then(None).otherwise("engine"),
        split=pl.when(pl.col("session") < "session3").then(pl.lit("train")).otherwise(pl.lit("test")),
    )
    if primary == "uar":
        named = named.filter(pl.col("label") == "spoof")
    path = made_corpus / f"{unit}-{primary}.parquet"
    named.write_parquet(path)
    system = Many(unit, primary)
    with Store(store) as opened:
        made = experiment_on(path, opened, system, Many.RECIPE)
        run = run_experiment(made, tmp_path / "run")
    scores = pl.read_parquet(run / "scores.parquet")
    assert columns <= set(scores.columns)
    assert read_figures(run).metric == primary
    test = named.filter(pl.col("split") == "test")
    assert sorted(scores["id"]) == sorted(set(test["session"] if unit == "session" else test["id"]))
    assert experiments.clusters_of(made.corpus)[0].startswith(("s", "v"))


def test_the_eer_of_classes_is_the_mean_over_those_that_are_there() -> None:
    from earwitness.training.primary import PRIMARY

    figure = PRIMARY["class_eer"].figure
    shares = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.3, 0.7, 0.0], [0.7, 0.3, 0.0]])
    assert figure(np.array([0, 0, 1, 1]), shares) == pytest.approx(0.5)
    assert figure(np.array([0, 0, 1, 0]), shares) == 0.0
    assert np.isnan(figure(np.array([1, 1, 1, 1]), shares))
