"""Instruction records: strict, and what is mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from earwitness.corpora.instruction_record import (
    audio_ids,
    inconsistencies,
    mended,
    read_record,
    read_records,
    task_name,
    written,
)
from earwitness.errors import BadInput

RECORD: dict[str, Any] = {
    "instruction": "Recognise the speech.",
    "input": "audio: <|SOA|>13_LibriTTS-R_260_123288_000009_000000<|EOA|>",
    "output": "hello there",
    "uuid": "13_LibriTTS-R_260",
    "split": ["train"],
    "task_type": {
        "major": ["Speech Recognition"], "minor": ["Automatic Speech Recognition"], "U/G": ["understanding"],
        "unseen": False,
    },
    "domain": "speech",
    "source": ["audiobook"],
    "other": None,
}  # fmt: skip


def changed(**fields: Any) -> str:
    return json.dumps({**RECORD, **fields})


def kind(**fields: Any) -> dict[str, Any]:
    return {**RECORD["task_type"], **fields}


def test_a_record_and_back() -> None:
    record = read_record(json.dumps(RECORD))
    assert record.task_type.direction == ("understanding",)
    assert json.loads(written(record)) == RECORD
    assert audio_ids(record.input) == ["13_LibriTTS-R_260_123288_000009_000000"]
    assert task_name(record.task_type.minor[0]) == "ASR"
    assert inconsistencies(record) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (changed(split="train"), r"Expected `array`, got `str` - at `\$.split`"),
        (changed(split=["training"]), r"Invalid enum value 'training'"),
        (changed(domain="song"), "Invalid enum value 'song'"),
        (changed(audio="x.wav"), "unknown field `audio`"),
        (changed(task_type=kind(unseen="no")), "Expected `bool`, got `str`"),
        (
            changed(task_type={k: v for k, v in RECORD["task_type"].items() if k != "U/G"}),
            "missing required field `U/G`",
        ),
        (changed(output="<|SOA|x<|EOA|>"), "has an audio reference in 'output' that is not"),
        (changed(input="|SOA|>x"), "has an audio reference in 'input' that is not"),
        ("[]", "Expected `object`, got `array`"),
        ("{", "truncated"),
    ],
)
def test_what_is_no_record(line: str, told: str) -> None:
    with pytest.raises(BadInput, match=f"x.jsonl, line 3: .*{told}"):
        read_record(line, "x.jsonl, line 3")


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (json.dumps(RECORD)[:-1] + ",}", ("trailing comma",)),
        (json.dumps(RECORD).replace('"], "other"', '"] "other"'), ("missing comma",)),
        (json.dumps(RECORD).replace("<|SOA|>", "<|SOA|"), ("audio mark",)),
        (json.dumps(RECORD).replace("<|SOA|>", "|SOA|>"), ("audio mark",)),
        (json.dumps(RECORD), ()),
    ],
)
def test_what_is_mended(wrong: str, what: tuple[str, ...]) -> None:
    line, told = mended(wrong)
    assert told == what
    assert json.loads(written(read_record(line))) == RECORD


def test_what_cannot_be_mended_is_still_refused() -> None:
    with pytest.raises(BadInput):
        read_record(mended(json.dumps(RECORD).replace('"uuid": "', '"uuid": '))[0])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"task_type": kind(**{"U/G": ["generation"]})}, ["is generation, but its output has no audio"]),
        ({"output": "<|SOA|>x<|EOA|>"}, ["is understanding, but its output has audio"]),
        ({"input": "text: hello"}, ["refers to no audio"]),
        ({"split": []}, ["is in no split"]),
        ({"output": "<|SOA|>x<|EOA|>", "task_type": kind(minor=["Speaker Extraction"])}, []),
        (
            {"task_type": kind(minor=["Signal-to-noise Ratio Estimation"], **{"U/G": ["generation"]})},
            [],
        ),
    ],
)
def test_records_that_contradict_themselves(fields: dict[str, Any], told: list[str]) -> None:
    assert inconsistencies(read_record(changed(**fields))) == told


def test_files_are_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + f"{changed()}\r\n\r\n{changed(uuid='b')}\r\n".encode() + b"{}\n")
    records = read_records(path)
    assert [next(records).uuid, next(records).uuid] == ["13_LibriTTS-R_260", "b"]
    with pytest.raises(BadInput, match=r"x\.jsonl, line 4: is no instruction record"):
        next(records)


@pytest.mark.parametrize(
    ("content", "told"), [(b'{"a": "\xff"}', "is not UTF-8"), (None, "cannot be read: No such")]
)
def test_files_that_are_none(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "x.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=told):
        next(read_records(path))


def test_records_are_not_changed_in_place() -> None:
    record = read_record(json.dumps(RECORD))
    with pytest.raises(AttributeError):
        record.uuid = "x"  # type: ignore[misc]
    assert msgspec.structs.replace(record, uuid="x").uuid == "x"
