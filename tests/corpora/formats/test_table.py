from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from earwitness.cli.main import main
from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

ROWS = {
    "file": ["a.wav", "sub/b.wav", "gone.wav"],
    "emotion": ["anger", "joy", "joy"],
    "client_id": ["s1", "s2", "s2"],
}


@pytest.fixture
def root(clips: Callable[..., Path]) -> Path:
    return clips("a.wav", "sub/b.wav", "extra.wav")


@pytest.mark.parametrize("kind", ["csv", "tsv", "semicolons", "utf-16", "jsonl", "parquet"])
def test_tables_of_every_kind(root: Path, kind: str) -> None:
    table = pl.DataFrame(ROWS)
    if kind == "parquet":
        table.write_parquet(root / "rows.parquet")
    elif kind == "jsonl":
        table.write_ndjson(root / "rows.jsonl")
    elif kind == "utf-16":
        (root / "rows.csv").write_bytes(table.write_csv().replace("\n", "\r\n").encode("utf-16"))
    else:
        separator = {"csv": ",", "tsv": "\t", "semicolons": ";"}[kind]
        table.write_csv(
            root / f"rows.{'tsv' if kind == 'tsv' else 'csv'}", separator=separator, include_bom=True
        )
    corpus = scan("table", root, label="emotion")
    assert corpus.name == root.name
    assert corpus.table.select("id", "path", "speaker", "label").rows() == [
        ("a", "a.wav", "s1", "anger"), ("b", "sub/b.wav", "s2", "joy"),
    ]  # fmt: skip
    assert corpus.report.missing.examples == ("gone",)
    assert corpus.report.extra.examples == ("extra.wav",)


def test_words_are_brought_to_ours_by_name_only(root: Path) -> None:
    pl.DataFrame({"path": ["a.wav", "sub/b.wav"], "label": ["fake", "1"]}).write_csv(root / "rows.csv")
    with pytest.raises(BadInput, match="has the label '1'; known are fake, real"):
        scan("table", root, labels="fake=spoof+real=bona fide")
    with pytest.raises(BadInput, match="fake: is not WORD=LABEL"):
        scan("table", root, labels="fake")
    assert scan("table", root, labels="fake=spoof+1=bona fide").table["label"].to_list() == [
        "spoof",
        "bona fide",
    ]


def test_times_splits_and_groups(root: Path) -> None:
    rows = {
        "file_name": ["a.wav", "a.wav", "./sub/b.wav"], "start": ["0", "0.5", ""],
        "duration": ["0.5", "0.25", ""],
        "subset": ["dev", "dev", "train"],
    }  # fmt: skip
    pl.DataFrame(rows).write_csv(root / "rows.csv")
    table = scan("table", root).table
    assert table.select("id", "start", "end", "group", "split").rows() == [
        ("a@0.0", 0.0, 0.5, "a.wav", "validation"), ("a@0.5", 0.5, 0.75, "a.wav", "validation"),
        ("sub/b@0.0", 0.0, None, "sub/b.wav", "train"),
    ]  # fmt: skip


def test_paths_are_completed_and_made_relative(root: Path) -> None:
    pl.DataFrame({"clip": ["b"], "who": ["s"]}).write_csv(root / "rows.csv")
    corpus = scan("table", root, path="clip", speaker="who", folder="sub/", ending=".wav")
    assert corpus.table["path"].to_list() == ["sub/b.wav"]
    pl.DataFrame({"path": [str(root / "a.wav"), "sub\\b.wav"]}).write_csv(root / "rows.csv")
    assert scan("table", root).table["path"].to_list() == ["a.wav", "sub/b.wav"]


@pytest.mark.parametrize(
    ("rows", "options", "told"),
    [
        ({"path": ["../a.wav"]}, {}, "'../a.wav' lies outside of the corpus folder"),
        ({"path": ["/etc/a.wav"]}, {}, "'/etc/a.wav' lies outside"),
        ({"path": ["C:\\a.wav"]}, {}, "'C:/a.wav' lies outside"),
        ({"path": ["a.wav", ""], "x": ["1", "2"]}, {}, "rows without a path"),
        ({"path": ["a.wav", "a.wav"]}, {}, "names 'a' more than once"),
        ({"id": ["1", "1"], "path": ["a.wav", "sub/b.wav"]}, {}, "names '1' more than once"),
        ({"path": ["a.wav"], "start": ["soon"]}, {}, "column 'start' holds 'soon', not seconds"),
        ({"path": ["a.wav"], "start": ["2"], "end": ["1"]}, {}, "ends before it starts"),
        ({"clip": ["a.wav"]}, {}, "has no column of paths; path=COLUMN says which of clip it is"),
        ({"clip": ["a.wav"]}, {"ending": ".wav"}, "no column of paths to complete"),
        ({"path": ["a.wav"]}, {"label": "mood"}, "has no column 'mood' to take as 'label'; it has path"),
        ({"path": ["a.wav"]}, {"labels": "a=b"}, "no column 'label' to reword"),
        ({"path": ["gone.wav"]}, {}, "1 row of the key has no file, left out: gone"),
        ({"path": ["a.wav"]}, {"table": "other.csv"}, r"other\.csv: is not there"),
        ({"path": ["a.wav"]}, {"table": "rows.xlsx"}, "is no table"),
    ],
)
def test_what_is_wrong_is_told(root: Path, rows: dict, options: dict[str, str], told: str) -> None:
    pl.DataFrame(rows).write_csv(root / "rows.csv")
    with pytest.raises(BadInput, match=told):
        scan("table", root, **options)


def test_which_table_is_not_guessed(root: Path) -> None:
    with pytest.raises(BadInput, match="has not one table but none"):
        scan("table", root)
    for name in ("one.csv", "two.csv"):
        pl.DataFrame({"path": ["a.wav"]}).write_csv(root / name)
    with pytest.raises(BadInput, match=r"one\.csv, two\.csv; table=NAME says which"):
        scan("table", root)
    assert len(scan("table", root, table="two.csv")) == 1
    for name, content in (("bad.parquet", b"PAR1"), ("bad.jsonl", b"{")):
        (root / name).write_bytes(content)
        with pytest.raises(BadInput, match="cannot be read"):
            scan("table", root, table=name)
    with pytest.raises(BadInput, match="is not a folder"):
        scan("table", root / "nowhere")


def test_from_the_command_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pl.DataFrame(ROWS).write_csv(root / "rows.csv")
    assert main(["corpora", "scan", "table", str(root), "--set", "label=emotion"]) == 0
    assert "label: anger 1, joy 1" in capsys.readouterr().out
    # The table that was written is not taken for the user's own.
    assert main(["corpora", "scan", "table", str(root), "--set", "label=mood"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
