"""CPQA-Evaluation-Set as `save_to_disk` leaves it, and as the hub's Parquet files."""

from __future__ import annotations

import io
import json
from typing import Any

import polars as pl
from miniature import Miniature, sound

ARROW = tuple(f"data-{number:05}-of-00002.arrow" for number in range(2))
PARQUET = tuple(f"data/test-{number:05}-of-00002.parquet" for number in range(2))
STATE = {
    "_data_files": [{"filename": name} for name in ARROW], "_fingerprint": "d665e8f32748ade2",
    "_format_columns": None, "_format_kwargs": {}, "_format_type": None, "_output_all_columns": False,
    "_split": "test",
}  # fmt: skip


def asked(question: str, answer: str, ending: str) -> dict[str, Any]:
    return {
        "context": {"audio": {"bytes": sound(ending), "path": f"clip{ending}"}, "text": ""},
        "instruction": {"audio": None, "text": question},
        "answer": {"audio": None, "text": answer},
        "other_attributes": {"language": "en"},
    }


SHARDS = (
    [asked("Who speaks?", "A woman.", ".wav")],
    [asked("How does she feel?", "Sad.", ".wav"), asked("Why?", "So.", ".flac")],
)


def stored(rows: list[dict[str, Any]], ending: str) -> bytes:
    buffer = io.BytesIO()
    table = pl.DataFrame(rows)
    table.write_parquet(buffer) if ending == "parquet" else table.write_ipc_stream(buffer)
    return buffer.getvalue()


MINIATURES = (
    Miniature(
        corpus="cpqa", files=ARROW, stranger="data-00007-of-00009.arrow", rows=3, lines=False,
        others={name: stored(rows, "arrow") for name, rows in zip(ARROW, SHARDS, strict=True)}
        | {"dataset_info.json": b"{}"},
        keys={"state.json": json.dumps(STATE, indent=2) + "\n"}, named=("state.json", ARROW[0]),
    ),
    Miniature(
        corpus="cpqa", files=PARQUET, stranger="data/cache-1.arrow", rows=3,
        others={name: stored(rows, "parquet") for name, rows in zip(PARQUET, SHARDS, strict=True)},
    ),
)  # fmt: skip
