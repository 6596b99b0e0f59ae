"""Instruction records as Audio-FLAN has them: strictly read and written, mended only when asked to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from earwitness.errors import BadInput

Direction = Literal["understanding", "generation"]
ALIASES = {
    "speech-to-text translation": "Speech to Text Translation",
    "speech-to-speech translation": "Speech to Speech Translation",
    "sound super-resolution": "Super-resolution",
    "audio super-resolution": "Super-resolution",
    "age prediction": "Age",
    "age recognition": "Age",
    "gender recognition": "Gender",
    "emotion recognition": "Emotion",
    "accent recognition": "Accent",
    "lyrics2song": "Lyrics-to-song",
    "automatic speech recognition": "ASR",
    "text-to-speech": "TTS",
    "text to speech": "TTS",
    "zero-shot text-to-speech": "Zero-shot TTS",
    "voice activity detection": "VAD",
}
"""Name of a task as some records have it, in lower case -> name in the paper's table."""
CROSSED = {"Speaker Extraction": "generation", "Signal-to-noise Ratio Estimation": "understanding"}
"""Tasks whose output is of the other kind than their place in the taxonomy says -> what it is."""
_AUDIO = re.compile(r"<\|SOA\|>(.*?)<\|EOA\|>", re.DOTALL)


class TaskType(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a record is to teach.

    Args:
        major: families of tasks.
        minor: tasks.
        direction: understanding (audio to text) or generation (output has audio).
        unseen: kept from training.
    """

    major: tuple[str, ...]
    minor: tuple[str, ...]
    direction: tuple[Direction, ...] = msgspec.field(name="U/G")
    unseen: bool


class InstructionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One instruction with its input and output.

    Args:
        instruction: what to do.
        input: text, audio references, or both; several, each with a label, on lines of their own.
        output: text, or an audio reference.
        uuid: id of the record.
        split: train, dev or test.
        task_type: what it is to teach.
        domain: speech, music or audio.
        source: where the audio comes from (audiobook, studio ...).
        other: anything else.
    """

    instruction: str
    input: str
    output: str
    uuid: str
    split: tuple[Literal["train", "dev", "test"], ...]
    task_type: TaskType
    domain: Literal["speech", "music", "audio"]
    source: tuple[str, ...]
    other: Any = None


def audio_ids(text: str) -> list[str]:
    """Ids of the audio that a text refers to, in order.

    Example:
        >>> audio_ids("audio: <|SOA|>13_LibriTTS-R_260_000009<|EOA|>")
        ['13_LibriTTS-R_260_000009']
    """
    return _AUDIO.findall(text)


def task_name(name: str) -> str:
    """The name of a task as the paper's table has it.

    Example:
        >>> task_name("Age Recognition"), task_name("Dialect ASR")
        ('Age', 'Dialect ASR')
    """
    return ALIASES.get(name.strip().lower(), name.strip())


def read_record(line: str | bytes, where: str | None = None) -> InstructionRecord:
    """A record from its line.

    Args:
        line: JSON.
        where: file and line, for messages.

    Raises:
        BadInput: when it is not JSON, a field is missing, unknown or of another type, or an audio
            reference is not closed.
    """
    try:
        record = msgspec.json.decode(line, type=InstructionRecord)
    except msgspec.MsgspecError as error:
        raise BadInput(f"is no instruction record: {error}", where=where) from error
    for name in ("input", "output"):
        text = getattr(record, name)
        if "SOA|" in _AUDIO.sub("", text) or "EOA|" in _AUDIO.sub("", text):
            raise BadInput(f"has an audio reference in {name!r} that is not <|SOA|>id<|EOA|>", where=where)
    return record


def written(record: InstructionRecord) -> str:
    """The record as one line of strict JSON."""
    return msgspec.json.encode(record).decode()


def mended(line: str) -> tuple[str, tuple[str, ...]]:
    """A line with the faults mended that the paper's own samples have, and what was mended.

    Mended are trailing commas, a comma that is missing between two fields, and audio marks without their
    brackets. Nothing else is touched: a line that is still wrong is refused by `read_record`.

    Example:
        >>> mended('{"source": ["studio"] "other": null,}')
        ('{"source": ["studio"], "other": null}', ('trailing comma', 'missing comma'))
    """
    told = []
    for fault, pattern, better in (
        ("trailing comma", r",(\s*[}\]])", r"\1"),
        ("missing comma", r'(["\]}]|null|true|false)(\s+"(?:\w|/)+"\s*:)', r"\1,\2"),
        ("audio mark", r"<\|SOA\|(?!>)", "<|SOA|>"),
        ("audio mark", r"(?<!<)\|SOA\|>", "<|SOA|>"),
        ("audio mark", r"<\|EOA\|(?!>)", "<|EOA|>"),
        ("audio mark", r"(?<!<)\|EOA\|>", "<|EOA|>"),
    ):
        line, count = re.subn(pattern, better, line)
        if count and fault not in told:
            told.append(fault)
    return line, tuple(told)


def inconsistencies(record: InstructionRecord) -> list[str]:
    """What in a record contradicts itself, one line each; none when it is sound.

    Output with audio means generation, and the other way round; two tasks stand in the taxonomy where their
    output does not belong, and are judged by what they are.
    """
    found = []
    kinds = {CROSSED[name] for name in map(task_name, record.task_type.minor) if name in CROSSED}
    sounds = bool(audio_ids(record.output))
    expected = kinds or set(record.task_type.direction)
    if expected == {"generation"} and not sounds:
        found.append("is generation, but its output has no audio")
    if expected == {"understanding"} and sounds:
        found.append("is understanding, but its output has audio")
    if not (audio_ids(record.input) or sounds):
        found.append("refers to no audio")
    if not record.split:
        found.append("is in no split")
    return found


def read_records(path: str | os.PathLike[str], *, mend: bool = False) -> Iterator[InstructionRecord]:
    """The records of a JSONL file, one at a time.

    Args:
        path: of the file.
        mend: mend the known faults first.

    Raises:
        BadInput: when the file cannot be read, or a line is no record; the message names the line.
    """
    try:
        with Path(path).open("rb") as stream:
            for number, raw in enumerate(stream, 1):
                if not raw.strip():
                    continue
                where = f"{path}, line {number}"
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise BadInput(f"is not UTF-8 (byte {error.start})", where=where) from error
                yield read_record(mended(line)[0] if mend else line, where)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
