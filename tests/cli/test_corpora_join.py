"""Several corpora as one through the command line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from earwitness.cli.main import main
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.naming import named


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    folders = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        rows = [
            {"id": f"{e}{k}", "path": f"{e}{k}.wav", "start": 0.0, "end": None, "split": "",
             "speaker": f"s{k}", "group": f"{e}{k}", "emotion": e}
            for k in range(3) for e in ("anger", "fear")
        ]  # fmt: skip
        for row in rows:
            (folder / str(row["path"])).write_bytes(b"RIFF")
        Corpus(pl.DataFrame(rows)).write(folder)
        folders.append(folder)
    return folders[0], folders[1]


def test_joined_corpora_can_be_trained_across(tmp_path: Path, two: tuple[Path, Path]) -> None:
    out = tmp_path / "both"
    assert main(["corpora", "join", f"a={two[0]}", f"b={two[1]}/corpus.parquet", "--out", str(out)]) == 0
    whole = Corpus.read(out)
    assert whole.table["corpus"].value_counts().sort("corpus")["count"].to_list() == [6, 6]
    assert all((out / path).is_file() for path in whole.table["path"])
    (division,) = named("cross-corpus:a>b").divide(whole, label="emotion")
    assert set(whole.table["corpus"].gather(division.split.train.tolist())) == {"a"}
    assert set(whole.table["corpus"].gather(division.split.test.tolist())) == {"b"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a"], "a: is not NAME=TABLE"),
        (["a={0}", "../b=x"], "is not NAME=TABLE"),
        (["a={0}", "a={1}"], "a: is given twice"),
        (["a={0}"], "at least two corpora"),
        (["a={0}", "b=nowhere"], "there is no such corpus"),
    ],
)
def test_what_cannot_be_joined(
    tmp_path: Path, two: tuple[Path, Path], words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [word.format(*two) for word in words]
    assert main(["corpora", "join", *filled, "--out", str(tmp_path / "both")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "both").exists()
