from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.systems.ledger.qamo import RELATIVE, VARIANTS, Size, reproduce


def test_the_experiment_in_small(voices: Path, noise: Any, tmp_path: Path) -> None:
    size = Size(
        rounds=2, clips=12, test_clips=24, epochs=1, seeds=(1, 2), frames=24, predictor="signal"
    )  # fmt: skip
    entry = reproduce(voices, tmp_path / "store", tmp_path / "out", size=size, encoders={"frames": noise})
    assert [one.what for one in entry.measured] == list(VARIANTS)
    assert [one.other for one in entry.differences] == list(VARIANTS)[1:]
    assert {one.first for one in entry.differences} == {"qamo"}
    assert len(entry.verdicts) == len(RELATIVE) + 2
    # Quality is measured of the rows that are used, once, and parted by each round's training rows.
    kept = pl.read_parquet(tmp_path / "out" / "quality.parquet")
    assert len(kept) == entry.data.rows <= 60
    rounds = msgspec.json.decode((tmp_path / "out" / "qamo" / "rounds.json").read_bytes())
    assert len(rounds) == 2
    assert "parted at the median" in entry.notes[0]
    (by_quality,) = entry.tables
    assert [row[0] for row in by_quality.rows] == list(VARIANTS)
    tested = sum(int(row["split"]["sides"]["test"]["classes"]["bona fide"]) for row in rounds)
    counted = [int(by_quality.rows[0][at]) for at in (2, 4)]
    assert 0 < sum(counted) <= tested


def test_published_figures_are_those_that_the_claim_rests_on() -> None:
    assert {name: round(value, 3) for name, value in RELATIVE.items()} == {
        "cross-entropy": 0.269, "oc-softmax": 0.225,
    }  # fmt: skip
