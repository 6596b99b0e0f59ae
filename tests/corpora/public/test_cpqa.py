"""CPQA-Evaluation-Set: a data set as `save_to_disk` leaves it, audio inside."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.corpora.catalogue import scan
from earwitness.corpora.stored_signal import SignalReader
from earwitness.errors import BadInput

RNG = np.random.default_rng(0)
CLIPS = [(RNG.standard_normal(1600 + 160 * number) * 0.01).astype(np.float32) for number in range(2)]


def wav(samples: np.ndarray, rate: int = 16_000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


def nested(clip: int, question: str, answer: str) -> dict[str, Any]:
    return {
        "context": {"audio": {"bytes": wav(CLIPS[clip]), "path": "x.wav"}, "text": ""},
        "instruction": {"audio": None, "text": question},
        "answer": {"audio": None, "text": answer},
        "other_attributes": {"language": "en", "family": "content", "tags": ["a"]},
    }


ROWS = [
    nested(0, "Who speaks?", "A woman."),
    nested(0, "How does she feel?", "Sad."),
    nested(1, "Why?", "So."),
]


def save(root: Path, shards: list[list[dict[str, Any]]]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    names = [f"data-{number:05}-of-{len(shards):05}.arrow" for number in range(len(shards))]
    for name, rows in zip(names, shards, strict=True):
        pl.DataFrame(rows).write_ipc_stream(root / name)
    state = {
        "_data_files": [{"filename": name} for name in names], "_fingerprint": "d665e8f32748ade2",
        "_format_columns": None, "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False,
        "_split": "test",
    }  # fmt: skip
    (root / "state.json").write_text(json.dumps(state, indent=2))
    (root / "dataset_info.json").write_text("{}")
    return root


def test_questions_and_their_audio(tmp_path: Path) -> None:
    save(tmp_path / "llm", [ROWS[:2], ROWS[2:]])
    corpus = scan("cpqa", tmp_path)
    table = corpus.table
    assert table.select("id", "member", "split", "question", "answer", "language", "family").rows() == [
        ("llm/data-00000-of-00002-00000", "0", "test", "Who speaks?", "A woman.", "en", "content"),
        ("llm/data-00000-of-00002-00001", "1", "test", "How does she feel?", "Sad.", "en", "content"),
        ("llm/data-00001-of-00002-00000", "0", "test", "Why?", "So.", "en", "content"),
    ]
    assert table["group"].to_list()[0] == table["group"].to_list()[1] != table["group"].to_list()[2]
    np.testing.assert_allclose(table["end"], [0.1, 0.1, 0.11])
    reader = SignalReader(tmp_path)
    for row, clip in zip(table.iter_rows(named=True), (0, 0, 1), strict=True):
        np.testing.assert_array_equal(reader.read(row), CLIPS[clip])


@pytest.mark.parametrize(
    "audio",
    [
        {"audio": {"array": CLIPS[0].tolist(), "sampling_rate": 16_000}},
        {"context": {"array": CLIPS[0].tolist(), "sampling_rate": 16_000}},
        {"audio": {"bytes": wav(CLIPS[0]), "path": None}},
    ],
    ids=["array", "array in context", "bytes"],
)
@pytest.mark.parametrize("ending", ["arrow", "parquet"])
def test_other_columns_and_files(tmp_path: Path, audio: dict[str, Any], ending: str) -> None:
    row = {**audio, "question": "Who?", "answer": "She.", "n": 3}
    if ending == "arrow":
        save(tmp_path, [[row]])
    else:
        (tmp_path / "data").mkdir()
        pl.DataFrame([row]).write_parquet(tmp_path / "data/test-00000-of-00001.parquet")
    table = scan("cpqa", tmp_path).table
    assert table.select("question", "answer", "n", "rate").rows() == [("Who?", "She.", 3, 16_000.0)]
    np.testing.assert_allclose(SignalReader(tmp_path).read(table.row(0, named=True)), CLIPS[0], atol=1e-7)


def test_broken_audio_is_told(tmp_path: Path) -> None:
    save(
        tmp_path, [[*ROWS, {**ROWS[0], "context": {"audio": {"bytes": b"no sound", "path": ""}, "text": ""}}]]
    )
    corpus = scan("cpqa", tmp_path)
    assert len(corpus) == 3
    assert corpus.report.unreadable.examples == ("data-00000-of-00001.arrow, row 3",)


def test_extra_files_are_told(tmp_path: Path) -> None:
    save(tmp_path, [ROWS])
    (tmp_path / "data-00007-of-00009.arrow").write_bytes(b"x")
    assert scan("cpqa", tmp_path).report.extra.examples == ("data-00007-of-00009.arrow",)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("data-00000-of-00001.arrow", b"", "holds nothing of CPQA-Evaluation-Set: 1 file of no bytes"),
        ("data-00000-of-00001.arrow", b"\xff\xff\xff\xffnot arrow", "cannot be read as arrow"),
        ("data-00000-of-00001.arrow", None, "holds nothing of CPQA-Evaluation-Set: 1 row of the key"),
        ("state.json", b"{}", "is no state of a data set"),
        ("state.json", b'{"_data_files": [{"filename": "../x.arrow"}]}', "has a path outside of its folder"),
        ("state.json", b'{"_data_files": [{"filename": "/x.arrow"}]}', "has a path outside of its folder"),
        ("state.json", None, "holds no state.json with Arrow files, and no Parquet files"),
    ],
)
def test_broken_sets_are_refused(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    save(tmp_path, [ROWS])
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=told):
        scan("cpqa", tmp_path)


def test_another_set_is_refused(tmp_path: Path) -> None:
    save(tmp_path, [[{"audio": {"bytes": wav(CLIPS[0]), "path": ""}, "label": "x"}]])
    with pytest.raises(BadInput, match="has no question and answer; its columns: audio, label"):
        scan("cpqa", tmp_path)


@pytest.mark.parametrize(
    ("member", "rate", "told"),
    [
        ("9", 16_000.0, "has no row '9'"),
        ("x", 16_000.0, "has no row 'x'"),
        ("0", 8_000.0, "has 16000 Hz in row 0"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path: Path, member: str, rate: float, told: str) -> None:
    save(tmp_path, [ROWS])
    row = {**scan("cpqa", tmp_path).table.row(0, named=True), "member": member, "rate": rate}
    with pytest.raises(BadInput, match=told):
        SignalReader(tmp_path).read(row)
