from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from earwitness.systems.ledger.dpda import (
    ALIGNED,
    PLAIN,
    Size,
    conflict_verdict,
    reproduce,
    sooner_verdict,
    student,
)
from earwitness.systems.ledger.entry import Measured, Verdict


@pytest.fixture
def weights(tmp_path: Path) -> str:
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
        do_stable_layer_norm=True, feat_extract_norm="layer",
    )  # fmt: skip
    Wav2Vec2Model(config).save_pretrained(tmp_path / "weights")
    return str(tmp_path / "weights")


def test_the_experiment_in_small(voices: Path, weights: str, tmp_path: Path) -> None:
    size = Size(
        rounds=1, clips=16, validation_clips=4, test_clips=8, epochs=2, seeds=(1, 2), samples=3_200,
        encoder="wav2vec2-base", weights=weights,
    )  # fmt: skip
    entry = reproduce(voices, tmp_path / "store", tmp_path / "out", size=size)
    rates = {one.what: one for one in entry.measured if one.metric == "share of steps in conflict"}
    assert set(rates) == {ALIGNED, PLAIN}
    assert rates[PLAIN].n == 2
    curves = msgspec.json.decode(
        (tmp_path / "out" / "no-alignment" / "rounds" / "000-seed-1" / "curves.json").read_bytes()
    )
    assert rates[PLAIN].seeds["1"] == pytest.approx(np.mean([point["conflict"] for point in curves]))
    steps = pl.read_parquet(
        tmp_path / "out" / "no-alignment" / "rounds" / "000-seed-1" / "steps.parquet", memory_map=False
    )
    assert steps.select("epoch", "step").rows() == [(1, 1), (1, 2), (2, 1), (2, 2)]
    told = ("loss clean", "loss augmented", "norm clean", "norm augmented", "cosine", "conflict back end")
    assert set(told) < set(steps.columns)
    assert steps["conflict"].mean() == pytest.approx(np.mean([point["conflict"] for point in curves]))
    for name in ("conflicts.svg", "losses.svg", "norms.svg"):
        assert "<path" in (tmp_path / "out" / "pcgrad" / name).read_text()
    best = [one for one in entry.measured if one.metric == "epoch of the best validation loss"]
    assert all(1 <= one.value <= 2 for one in best)
    assert [one.first for one in entry.differences] == [ALIGNED] * 3
    assert [one.claim.split()[0] for one in entry.verdicts] == ["clean", "conflicts", "the", "18.69"]
    assert any(one.metric.endswith("back end") for one in entry.measured)


def _figure(value: float, low: float) -> Measured:
    return Measured(
        what=PLAIN, on="folds", metric="figure", lower=True, value=value, low=low, high=99.0, n=6, best=value,
        seeds={}, parameters=1, seconds=1.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "low", "word"),
    [
        (0.25, 0.2, "reproduced"),
        (0.125, -0.1, "reproduced"),
        (0.6, 0.5, "direction only"),
        (0.05, 0.01, "direction only"),
        (0.05, -0.01, "not reproduced"),
    ],
)
def test_a_conflict_rate_is_judged_by_the_published_one(value: float, low: float, word: str) -> None:
    assert conflict_verdict(_figure(value, low)).word == word


def test_a_best_epoch_that_is_the_last_tests_nothing() -> None:
    found = Verdict(claim="sooner", word="not reproduced", because="as it is")
    assert sooner_verdict(found, _figure(13.0, 12.0), 15) == found
    cut = sooner_verdict(found, _figure(14.5, 12.0), 15)
    assert (cut.word, cut.claim) == ("not tested", "sooner")
    assert "14.5" in cut.because


def test_one_training_has_no_interval() -> None:
    assert student(np.array([0.3])) == (0.3, 0.3)
