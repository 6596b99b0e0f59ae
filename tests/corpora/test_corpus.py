from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.scan_report import Noted, ScanReport
from earwitness.errors import BadInput


def rows(**changes: object) -> pl.DataFrame:
    row = {
        "id": "a",
        "path": "a.wav",
        "start": 0.0,
        "end": 1.0,
        "split": "train",
        "speaker": "s",
        "group": "g",
    }
    other = row | {"id": "b", "path": "b.wav", "group": "h"}
    return pl.DataFrame([row, other | changes], strict=False)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    corpus = Corpus(rows(label="x"))
    assert corpus.write(tmp_path) == tmp_path / "corpus.parquet"
    assert Corpus.read(tmp_path).table.equals(corpus.table)
    assert Corpus.read(tmp_path / "corpus.parquet").table.equals(corpus.table)
    assert [path.name for path in tmp_path.iterdir()] == ["corpus.parquet"]


def test_name_and_report_are_kept(tmp_path: Path) -> None:
    report = ScanReport(missing=Noted(3, ("a", "b")), differences=("all: 2 rows",))
    Corpus(rows(), "ravdess", report).write(tmp_path)
    read = Corpus.read(tmp_path)
    assert (read.name, read.report) == ("ravdess", report)
    assert read.where(pl.col("id") == "a").report == report
    rows().write_parquet(tmp_path / "corpus.parquet")
    assert Corpus.read(tmp_path).name == str(tmp_path / "corpus.parquet")
    rows().write_parquet(tmp_path / "corpus.parquet", metadata={"earwitness.report": "[]"})
    with pytest.raises(BadInput, match="a report that cannot be read"):
        Corpus.read(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "a"}, "more than once"),
        ({"end": 0.0}, "ends before it starts"),
        ({"start": -1.0}, "ends before it starts"),
        ({"end": float("nan")}, "ends before it starts"),
        ({"group": None}, "without 'group'"),
        ({"path": "/etc/passwd"}, "outside of the corpus folder"),
        ({"path": "a/../../b.wav"}, "outside of the corpus folder"),
        ({"path": ".."}, "outside of the corpus folder"),
        ({"group": "g", "split": "test"}, "in several splits"),
    ],
)
def test_an_unsound_table_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Corpus(rows(**changes))


def test_dots_in_names_are_no_way_out() -> None:
    assert len(Corpus(rows(path="x..y/..z.wav"))) == 2


def test_missing_columns_rows_and_types_are_refused() -> None:
    with pytest.raises(BadInput, match="no column 'speaker'"):
        Corpus(rows().drop("speaker"))
    with pytest.raises(BadInput, match="no rows"):
        Corpus(rows().head(0))
    with pytest.raises(BadInput, match="wrong type"):
        Corpus(rows().with_columns(start=pl.lit("soon")))
    with pytest.raises(BadInput, match="no column 'label'"):
        require_columns(Corpus(rows()), ["label"])


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such corpus"):
        Corpus.read(tmp_path)
    (tmp_path / "corpus.parquet").write_text("not parquet")
    with pytest.raises(BadInput, match="as Parquet"):
        Corpus.read(tmp_path)
    with pytest.raises(BadInput, match="cannot be written"):
        Corpus(rows()).write(tmp_path / "nowhere" / "corpus.parquet")


def test_parts_and_unions_are_new_corpora() -> None:
    corpus = Corpus(rows())
    part = corpus.where(pl.col("id") == "a")
    assert (len(part), len(corpus)) == (1, 2)
    assert len(part.join(corpus.where(pl.col("id") == "b"))) == 2
    with pytest.raises(BadInput, match="more than once"):
        corpus.join(part)
    with pytest.raises(BadInput, match="no rows"):
        corpus.where(pl.col("id") == "z")


def test_a_row_without_end_goes_to_the_end_of_its_file() -> None:
    row = {"id": "a", "path": "a.wav", "start": 0.0, "end": None, "split": "", "speaker": "", "group": "a"}
    assert Corpus(pl.DataFrame([row])).table["end"].to_list() == [None]


def test_rows_of_a_group_may_lack_a_split() -> None:
    table = rows(group="g").with_columns(split=pl.lit(None, pl.String))
    assert len(Corpus(table)) == 2
    with pytest.raises(BadInput, match="rows of group 'g' are in several splits"):
        Corpus(rows(group="g", split=None))
