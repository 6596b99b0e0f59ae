from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import audformat
import pandas as pd
import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")  # audformat's own use of pandas


@pytest.fixture
def database(clips: Callable[..., Path]) -> audformat.Database:
    clips("audio/0.wav", "audio/1.wav", "audio/2.wav")
    made = audformat.Database("mini", languages=["en"])
    made.schemes["emotion"] = audformat.Scheme(labels=["anger", "fear"])
    made.schemes["speaker"] = audformat.Scheme(labels={"s1": {"gender": "male"}, "s2": {"gender": "female"}})
    made.schemes["level"] = audformat.Scheme("float")
    for name, files, split in (("train", [0, 1], "train"), ("late", [2], "dev")):
        made.splits[name] = audformat.Split(split)
        made[name] = audformat.Table(
            audformat.filewise_index([f"audio/{at}.wav" for at in files]), split_id=name
        )
        for column, values in (("emotion", ["anger", "fear"]), ("speaker", ["s1", "s2"])):
            made[name][column] = audformat.Column(scheme_id=column)
            made[name][column].set(values[: len(files)])
    made["levels"] = audformat.Table(audformat.filewise_index([f"audio/{at}.wav" for at in range(3)]))
    made["levels"]["level"] = audformat.Column(scheme_id="level")
    made["levels"]["level"].set([0.5, None, 1.0])
    return made


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_tables_of_audformat_become_one(database: audformat.Database, tmp_path: Path, storage: str) -> None:
    database.save(tmp_path, storage_format=storage)
    table = scan("audformat", tmp_path, label="emotion").table.sort("id")
    assert table.select("id", "path", "split", "speaker", "label", "gender").rows() == [
        ("0", "audio/0.wav", "train", "s1", "anger", "male"),
        ("1", "audio/1.wav", "train", "s2", "fear", "female"),
        ("2", "audio/2.wav", "validation", "s1", "anger", "male"),
    ]
    assert [float(level) if level else None for level in table["level"]] == [0.5, None, 1.0]
    assert scan("audformat", tmp_path, tables="train").table["split"].to_list() == ["train", "train"]


@pytest.mark.parametrize("storage", ["csv", "parquet"])
def test_segments(database: audformat.Database, tmp_path: Path, storage: str) -> None:
    index = audformat.segmented_index(["audio/0.wav"] * 2, ["0s", "0.25s"], ["0.25s", pd.NaT])
    database["cut"] = audformat.Table(index)
    database["cut"]["emotion"] = audformat.Column(scheme_id="emotion")
    database["cut"]["emotion"].set(["anger", "fear"])
    database.save(tmp_path, storage_format=storage)
    table = scan("audformat", tmp_path, tables="cut").table
    assert table.select("start", "end", "emotion", "group").rows() == [
        (0.0, 0.25, "anger", "audio/0.wav"), (0.25, None, "fear", "audio/0.wav"),
    ]  # fmt: skip
    with pytest.raises(BadInput, match=r"mixes filewise and segmented tables: .*cut \(segmented\)"):
        scan("audformat", tmp_path)


def test_what_is_wrong_is_told(database: audformat.Database, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"db\.yaml: is not there"):
        scan("audformat", tmp_path)
    database.save(tmp_path, storage_format="csv")
    with pytest.raises(BadInput, match="has no table 'other'; there are: "):
        scan("audformat", tmp_path, tables="other")
    late = tmp_path / "db.late.csv"
    late.write_text("file,emotion,speaker\naudio/0.wav,fear,s1\n")
    with pytest.raises(BadInput, match=r"says two things of 'audio/0\.wav' in column '(emotion|split)'"):
        scan("audformat", tmp_path, tables="train+late")
    late.write_text("file,emotion,speaker\naudio/2.wav,fear,s1\naudio/2.wav,fear,s1\n")
    with pytest.raises(BadInput, match="table 'late' names a row twice"):
        scan("audformat", tmp_path)
    late.write_text("file,start,end,emotion\naudio/2.wav,soon,,fear\n")
    with pytest.raises(BadInput, match="column 'start' holds 'soon', not a time"):
        scan("audformat", tmp_path, tables="late")
    late.rename(tmp_path / "db.late.pkl")
    with pytest.raises(BadInput, match="stands only in a pickle"):
        scan("audformat", tmp_path)
    (tmp_path / "db.late.pkl").unlink()
    with pytest.raises(BadInput, match=r"db\.late\.csv: is not there"):
        scan("audformat", tmp_path)
    (tmp_path / "db.late.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadInput, match="cannot be read as Parquet"):
        scan("audformat", tmp_path)
    for content, told in (("a: [", "is no YAML"), ("- a", "is no header"), ("name: x", "has no tables")):
        (tmp_path / "db.yaml").write_text(content)
        with pytest.raises(BadInput, match=told):
            scan("audformat", tmp_path)
