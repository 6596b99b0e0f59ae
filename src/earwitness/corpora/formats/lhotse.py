"""Lhotse manifests: recordings and supervisions as JSON lines, packed or not."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.formats.own_rows import own_card, own_corpus
from earwitness.errors import BadInput

CARD = own_card(
    "lhotse",
    "Lhotse manifests",
    "your own: *recordings*.jsonl(.gz) and *supervisions*.jsonl(.gz)",
    (
        "recordings= and supervisions= name the manifests below the root, when there are several.",
        "split=train, when they are one split of several.",
        "Fields of custom become columns: label=FIELD takes one as the label.",
        "Sources that are commands, addresses or memory are refused.",
    ),
)


class Source(msgspec.Struct, frozen=True):
    """Where the samples of a recording are."""

    type: str
    source: str
    channels: list[int] = []


class Recording(msgspec.Struct, frozen=True):
    """A line of a recordings manifest."""

    id: str
    sources: list[Source]
    duration: float


class Supervision(msgspec.Struct, frozen=True):
    """A line of a supervisions manifest."""

    id: str
    recording_id: str
    start: float
    duration: float
    text: str | None = None
    language: str | None = None
    speaker: str | None = None
    gender: str | None = None
    custom: dict[str, Any] | None = None


def scan(
    root: str | os.PathLike[str],
    *,
    recordings: str = "",
    supervisions: str = "",
    split: str = "",
    labels: str = "",
    **columns: str,
) -> Corpus:
    """One row a supervision, or a recording where there are no supervisions.

    Args:
        root: folder that holds the audio; sources lead into it, or start from it.
        recordings: the manifest, from the root; the only one that is there when empty.
        supervisions: the same; none is needed.
        split: of all rows.
        labels: words of the label -> ours, `fake=spoof+real=bona fide`.
        columns: column of the corpus -> field, also one of `custom` ("label=emotion").

    Raises:
        BadInput: when a manifest is missing or not of this form, or a source is no file.
    """
    place = _manifest(Path(root), recordings, "recordings", needed=True)
    heard = _read(place, Recording)
    files = {each.id: (_file(each, place), each.duration) for each in heard}
    if len(files) < len(heard):
        raise BadInput("names a recording more than once", where=str(place))
    notes: list[str] = []
    said_in = _manifest(Path(root), supervisions, "supervisions", needed=False)
    rows: list[dict[str, Any]] = []
    if said_in is None:
        rows = [{"id": name, "path": path, "start": 0.0} for name, (path, _) in files.items()]
    else:
        used = set()
        for said in _read(said_in, Supervision):
            if said.recording_id not in files:
                told = f"{said.id!r} is of {said.recording_id!r}, which is no recording"
                raise BadInput(told, where=str(said_in))
            path, length = files[said.recording_id]
            used.add(said.recording_id)
            # Lengths are rounded in manifests: one that reaches the end goes to the end of the file.
            end = said.start + said.duration
            row = {
                "id": said.id, "path": path, "start": said.start, "end": end if end < length - 1e-3 else None,
                "group": said.recording_id, "transcript": said.text, "language": said.language,
                "speaker": said.speaker, "gender": said.gender,
            }  # fmt: skip
            custom = said.custom or {}
            rows.append({k: v for k, v in custom.items() if isinstance(v, str | int | float | bool)} | row)
        silent = sorted(set(files) - used)
        if silent:
            what = "recording" if len(silent) == 1 else "recordings"
            more = ", ..." if len(silent) > 1 else ""
            notes.append(f"{len(silent):,} {what} without a supervision, left out: {silent[0]}{more}")
    table = pl.from_dicts(rows, infer_schema_length=None)
    known = [name for name in table.columns if name == "end" or table[name].null_count() < len(table)]
    table = table.select(known)
    if "gender" in table.columns:
        words = {"M": "male", "m": "male", "Male": "male", "F": "female", "f": "female", "Female": "female"}
        table = table.with_columns(pl.col("gender").replace(words))
    if split:
        table = table.with_columns(pl.lit(split).alias("split"))
    return own_corpus(CARD, table, root, str(said_in or place), columns=columns, labels=labels, notes=notes)


def _manifest(root: Path, name: str, kind: str, *, needed: bool) -> Path | None:
    if name:
        return root / name
    found = sorted({*root.glob(f"*{kind}*.jsonl"), *root.glob(f"*{kind}*.jsonl.gz")})
    if len(found) > 1 or (needed and not found):
        told = ", ".join(path.name for path in found[:5]) or "none"
        raise BadInput(f"has not one manifest of {kind} but {told}; {kind}=NAME says which", where=str(root))
    return found[0] if found else None


def _read(path: Path | None, kind: type[Any]) -> list[Any]:
    where = str(path)
    if path is None:
        return []
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"cannot be read: {error}", where=where) from error
    decoder = msgspec.json.Decoder(kind)
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                found.append(decoder.decode(line))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise BadInput(
                    f"line {number} is no {kind.__name__.lower()}: {error}", where=where
                ) from error
    if not found:
        raise BadInput("has no rows", where=where)
    return found


def _file(recording: Recording, place: Path | None) -> str:
    if len(recording.sources) != 1 or recording.sources[0].type != "file":
        kinds = ", ".join(source.type for source in recording.sources) or "no source"
        raise BadInput(
            f"recording {recording.id!r} is not one file but: {kinds}; write it to a file first",
            where=str(place),
        )
    return recording.sources[0].source
