"""The experiment behind FINDER in small, and classes that are one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earwitness.systems.ledger.finder import HELD_BACK, RANDOM, Size, reproduce
from earwitness.systems.merged_classes import merged


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(72):
        engine = ("", "A04", "A05", "A16")[at % 4]
        pitch = {"": 100, "A04": 300, "A05": 900, "A16": 320}[engine]
        wave = 0.1 * np.sin(2 * np.pi * pitch * np.arange(6_400) / 16_000) + 0.01 * rng.standard_normal(6_400)
        soundfile.write(tmp_path / f"{at}.wav", wave, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.4, "split": "train",
             "speaker": f"s{at % 5}", "group": f"g{at // 4}", "engine": engine}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_the_experiment_in_small(corpus: Path, tmp_path: Path) -> None:
    size = Size(clips=48, seeds=(1,), folds=2, epochs=1, first="log-mel", layer=None, second="ge2e")
    entry = reproduce(corpus, tmp_path / "store", tmp_path / "out", size=size)
    assert entry.data.rows == 48
    assert {one.on for one in entry.measured} == {HELD_BACK, RANDOM}
    assert {one.what for one in entry.measured} == {
        "aligned", "concat", "log-mel alone", "log-mel alone, dense", "ge2e alone", "ge2e alone, dense",
    }  # fmt: skip
    assert len(entry.verdicts) == 6
    (table,) = entry.tables
    assert len(table.rows) == 12
    assert {row[0] for row in table.rows} == {HELD_BACK, RANDOM}
    assert all(0 <= float(row[3]) <= 1 for row in table.rows)  # A16 counts as A04
    assert {row[4] for row in table.rows} <= {"A04", "A05", "A16"}


@given(seed=st.integers(0, 99))
def test_merging_keeps_shares_and_can_only_help(seed: int) -> None:
    rng = np.random.default_rng(seed)
    classes = tuple(f"A{at:02d}" for at in range(1, 20))
    scores = rng.dirichlet(np.ones(19), 30)
    truth = rng.integers(19, size=30)
    fewer, sums, names = merged(truth, scores, classes)
    assert len(names) == 17
    assert np.allclose(sums.sum(1), 1)
    assert [names[at] for at in fewer.tolist()] == [
        {"A16": "A04", "A19": "A06"}.get(classes[at], classes[at]) for at in truth.tolist()
    ]
    alone = merged(truth, scores, classes, {})
    assert np.array_equal(alone[1], scores)
