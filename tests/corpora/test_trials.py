"""Trials: a table of pairs, refused when it is not sound."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.trials import Trials
from earwitness.errors import BadInput


def pairs(*rows: tuple[str | None, str | None, str]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"left": pl.String, "right": pl.String, "label": pl.String}, orient="row"
    )


def corpus(*names: str) -> Corpus:
    return Corpus(
        pl.DataFrame(
            [
                {
                    "id": name, "path": f"{name}.wav", "start": 0.0, "end": None, "split": "", "speaker": "",
                    "group": name,
                }
                for name in names
            ],
            schema_overrides={"end": pl.Float64},
        )
    )  # fmt: skip


@pytest.mark.parametrize("enrolment", [{}, {"D_4205": ["a", "b"], "D_1": ["c"]}])
def test_what_was_written_is_read(tmp_path: Path, enrolment: dict[str, list[str]]) -> None:
    trials = Trials(pairs(("D_4205", "x", "target"), ("D_1", "x", "spoof")), enrolment=enrolment)
    read = Trials.read(trials.write(tmp_path / "trials.parquet"))
    assert read.table.equals(trials.table)
    assert read.enrolment == trials.enrolment
    assert [path.name for path in tmp_path.iterdir()] == ["trials.parquet"]


def test_a_side_is_an_enrolled_voice_or_an_utterance() -> None:
    trials = Trials(pairs(("D_4205", "x", "target")), enrolment={"D_4205": ["a", "b"]})
    assert trials.enrolled("D_4205") == ("a", "b")
    assert trials.enrolled("x") == ("x",)
    assert trials.counts == {"target": 1, "nontarget": 0, "spoof": 0}


def test_trials_within_a_part_of_the_corpus() -> None:
    trials = Trials(
        pairs(("v", "x", "target"), ("w", "x", "nontarget"), ("v", "y", "spoof"), ("a", "x", "target")),
        enrolment={"v": ["a", "gone"], "w": ["gone"]},
    )
    kept, lost = trials.within(corpus("a", "x"))
    assert kept.table.rows() == [("v", "x", "target"), ("a", "x", "target")]
    assert kept.enrolment == {"v": ("a",)}
    assert lost == 2
    with pytest.raises(BadInput, match="no trial has both of its sides"):
        trials.within(corpus("a"))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (pairs(("a", "b", "target")).drop("right"), "no column 'right'"),
        (pairs(), "no rows"),
        (pairs((None, "b", "target")), "without a left side"),
        (pairs(("a", "", "target")), "without a right side"),
        (pairs(("a", "b", "1")), "label '1'; known are target"),
        (pairs(("a", "b", "target"), ("a", "b", "nontarget")), "pair a and b two labels"),
    ],
)
def test_unsound_trials_are_refused(table: pl.DataFrame, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        Trials(table)


def test_a_voice_enrolled_with_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="enrols 'v' with nothing"):
        Trials(pairs(("v", "b", "target")), enrolment={"v": []})


def test_missing_broken_and_unwritable_files_have_their_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such trials"):
        Trials.read(tmp_path / "x.parquet")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadInput, match="cannot be read as Parquet"):
        Trials.read(tmp_path / "x.parquet")
    with pytest.raises(BadInput, match="cannot be written"):
        Trials(pairs(("a", "b", "target"))).write(tmp_path / "none" / "x.parquet")
