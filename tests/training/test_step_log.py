from __future__ import annotations

from pathlib import Path

import polars as pl

from earwitness.training.step_log import FILE, join_steps, step_log


def test_parts_become_one_table_and_an_epoch_done_again_counts_once(tmp_path: Path) -> None:
    log = step_log(tmp_path, ["all", "head"])
    log("all", 1, [{"loss": 2.0, "conflict": 1.0}, {"loss": 1.5, "conflict": 0.0}])
    log("all", 2, [{"loss": 9.0, "conflict": 0.0}])
    log = step_log(tmp_path, ["all", "head"])  # killed, and started again from the first epoch
    log("all", 2, [{"loss": 1.0, "conflict": 1.0}, {"loss": 0.5, "conflict": 0.0}])
    log = step_log(tmp_path, ["all", "head"])  # killed again, between the stages
    log("head", 1, [{"loss": 0.25}])
    assert join_steps(tmp_path) == tmp_path / FILE
    table = pl.read_parquet(tmp_path / FILE)
    assert table.select("stage", "epoch", "step").rows() == [
        ("all", 1, 1), ("all", 1, 2), ("all", 2, 1), ("all", 2, 2), ("head", 1, 1),
    ]  # fmt: skip
    assert table["loss"].to_list() == [2.0, 1.5, 1.0, 0.5, 0.25]
    assert table["conflict"].to_list() == [1.0, 0.0, 1.0, 0.0, None]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_nothing_told_leaves_nothing(tmp_path: Path) -> None:
    assert join_steps(tmp_path) is None
    assert not list(tmp_path.iterdir())
