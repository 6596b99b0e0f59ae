"""QAMO's and DPDA's ways of training learn in the frame of the detector's heads, from training rows alone."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from earwitness.errors import BadInput
from earwitness.metrics import eer
from earwitness.systems.frame_heads import Framed
from earwitness.systems.origin import RECIPE
from earwitness.training.aligning import AlignGradients
from earwitness.training.recipe import Optimiser
from earwitness.training.rounds import Rows

FOLDER = Path(__file__).parents[2] / "benchmarks"
CLIPS, FRAMES = 48, 8


@pytest.fixture(scope="module")
def ways() -> ModuleType:
    spec = importlib.util.spec_from_file_location("published_ways", FOLDER / "published_ways.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["published_ways"] = module
    spec.loader.exec_module(module)
    return module


def given(**settings: Any) -> tuple[Any, ...]:
    """Recipe, shape, classes, origins, rows and frames of clips whose engines lie apart."""
    recipe = msgspec.structs.replace(
        RECIPE, pooling="attentive", unit="window", batch=16, epochs=12, narrow=8, coarsen=1,
        optimiser=Optimiser(name="adamw", learning_rate=1e-2), **settings,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    origin = np.arange(CLIPS) % 3
    values = rng.standard_normal((CLIPS, 2, FRAMES, 6)) + 2 * origin[:, None, None, None]
    text = origin.astype(str)
    rows = Rows(
        bona_fide=origin == 0, family=np.where(origin == 0, "", text), source=np.full(CLIPS, "s"),
        group=np.array([f"g{at}" for at in range(CLIPS)]), voice=np.where(origin == 0, "", text),
    )  # fmt: skip
    framed = Framed(
        values=values.astype(np.float16), mask=np.ones((CLIPS, FRAMES), np.float32), clip=np.arange(CLIPS),
        speech=np.full(CLIPS, 100.0),
    )  # fmt: skip
    return recipe, (2, 6), ("bona fide", "one", "two"), origin, rows, framed


def rate(head: Any) -> float:
    scores = head.fit_and_score(np.arange(0, CLIPS // 2), np.arange(CLIPS // 2, CLIPS))
    real = head.rows.bona_fide[CLIPS // 2 :]
    return float(eer(scores[real], scores[~real]))


def test_qamo_learns_with_some_qualities_unknown(ways: ModuleType) -> None:
    quality = np.where(np.arange(CLIPS) % 4 == 3, np.nan, np.random.default_rng(1).uniform(1, 4, CLIPS))
    head = ways.QualityHeads(*given(objective="one-class"), quality=quality)
    assert rate(head) < 0.1


def test_quality_classes_are_cut_by_training_rows(ways: ModuleType) -> None:
    quality = np.arange(CLIPS, dtype=float)
    head = ways.QualityHeads(*given(objective="one-class"), quality=quality)
    few = head.examples(np.arange(0, 12)).targets["quality"]
    assert sorted(set(few.tolist())) == [0, 1]
    head.quality = np.where(np.arange(CLIPS) < 12, quality, 1e6)
    assert head.examples(np.arange(0, 12)).targets["quality"].tolist() == few.tolist()


@pytest.mark.parametrize("step", [{}, {"step": AlignGradients(method="pcgrad")}])
def test_two_paths_learn(ways: ModuleType, step: dict[str, Any]) -> None:
    whole = given(objective="origin", **step)
    rough = msgspec.structs.replace(
        whole[-1], values=whole[-1].values + np.float16(0.1) * np.random.default_rng(2).standard_normal(1)
    )
    head = ways.DualPathHeads(*whole, rough=rough)
    batch = head.examples(np.arange(8)).batch(np.arange(8))
    assert not np.array_equal(batch.views["frames"][0], batch.views["rough"][0])
    assert rate(head) < 0.1
    with pytest.raises(BadInput, match="windows are not those"):
        ways.DualPathHeads(*whole, rough=msgspec.structs.replace(rough, clip=rough.clip[::-1]))


def test_a_clip_is_roughened_the_same_way_each_time(ways: ModuleType) -> None:
    class Heard:
        revision, frame_rate = "1", 50.0

        def encode(self, waveforms: list[np.ndarray], rate: int) -> list[np.ndarray]:
            return waveforms

    rough = ways.Roughened(Heard())
    wave = 0.1 * np.random.default_rng(0).standard_normal(8_000).astype(np.float32)
    (one,), (other,) = rough.encode([wave]), rough.encode([wave])
    np.testing.assert_array_equal(one, other)
    assert one.shape == wave.shape
    assert not np.allclose(one, wave)
    assert (rough.revision, rough.frame_rate) == ("1+rawboost-4", 50.0)


def test_quality_of_the_rows(ways: ModuleType, tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a"], "mos_dnsmos": [2.5]}).write_parquet(tmp_path / "q.parquet")
    found = ways.listening_quality(tmp_path / "q.parquet", pl.DataFrame({"id": ["b", "a"]}))
    assert np.isnan(found[0])
    assert found[1] == 2.5
    pl.DataFrame({"id": ["a"]}).write_parquet(tmp_path / "q.parquet")
    with pytest.raises(BadInput, match="one column"):
        ways.listening_quality(tmp_path / "q.parquet", pl.DataFrame({"id": ["a"]}))
