"""Lhotse manifests: recordings and supervisions, as packed JSON lines."""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from earwitness.audio.decode import probe
from earwitness.corpora.conversion.convert import AUDIO, Tick, by_split, plain_columns
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput

OWN = ("id", "path", "start", "end", "split", "speaker", "transcript", "language", "gender", "duration")


def written(
    corpus: Corpus, root: Path, out: Path, label: str, progress: Tick | None
) -> tuple[dict[str, bytes], list[str]]:
    """The files, by name, and the columns left out; plain columns stand in `custom`.

    Raises:
        BadInput: when a file's header cannot be read, or a row ends after its file.
    """
    del label
    paths = corpus.table["path"].unique().sort().to_list()
    heard = {}
    with ThreadPoolExecutor(2 * len(os.sched_getaffinity(0))) as pool:
        for done, (path, info) in enumerate(
            zip(paths, pool.map(lambda path: probe(root / path), paths), strict=True), 1
        ):
            samples = round(info.duration * info.sample_rate)
            channels = list(range(info.channels))
            source = {"type": "file", "channels": channels, "source": f"{out}/{AUDIO}/{path}"}
            heard[path] = {
                "id": path, "sources": [source], "sampling_rate": info.sample_rate, "num_samples": samples,
                "duration": samples / info.sample_rate, "channel_ids": channels,
            }  # fmt: skip
            if progress is not None:
                progress(done, len(paths))
    plain, nested = plain_columns(corpus.table, OWN)
    files = {}
    for split, rows in by_split(corpus.table).items():
        ending = f"_{split}.jsonl.gz" if split else ".jsonl.gz"
        own = rows["path"].unique().sort().to_list()
        files[f"recordings{ending}"] = _packed([heard[path] for path in own])
        files[f"supervisions{ending}"] = _packed(
            [_supervision(row, heard[row["path"]], plain, corpus.name) for row in rows.iter_rows(named=True)]
        )
    return files, nested


def _supervision(
    row: dict[str, Any], recording: dict[str, Any], plain: list[str], where: str
) -> dict[str, Any]:
    end = recording["duration"] if row["end"] is None else row["end"]
    if end > recording["duration"] + 1e-3 or end <= row["start"]:
        raise BadInput(f"row {row['id']!r} does not lie inside of its file", where=where)
    length = round(min(end, recording["duration"]) - row["start"], 9)
    said = {
        "id": row["id"], "recording_id": recording["id"], "start": row["start"],
        "duration": length, "channel": recording["channel_ids"],
        "text": row.get("transcript"), "language": row.get("language"), "speaker": row["speaker"],
        "gender": row.get("gender"), "custom": {name: row[name] for name in plain if row[name] is not None},
    }  # fmt: skip
    return {name: value for name, value in said.items() if value not in (None, "", {})}


def _packed(lines: list[dict[str, Any]]) -> bytes:
    # No time of day in the header, so that the same corpus gives the same bytes.
    return gzip.compress(b"".join(msgspec.json.encode(line) + b"\n" for line in lines), mtime=0)
