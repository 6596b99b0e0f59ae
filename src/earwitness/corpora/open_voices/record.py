"""A made row as a row of the corpus table: the columns of each part, null where a part has none."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl
import soundfile

from earwitness.audio.recording import Recording
from earwitness.corpora.open_voices.engines import family
from earwitness.corpora.open_voices.plan import Row
from earwitness.corpora.open_voices.row import Facts
from earwitness.making.codec_grid import GRID
from earwitness.making.residual_codec import RESIDUAL_GRID

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String, "path": pl.String, "start": pl.Float64, "end": pl.Float64, "split": pl.String,
    "speaker": pl.String, "group": pl.String, "part": pl.String, "label": pl.String, "attack": pl.String,
    "engine": pl.String, "family": pl.String, "voice": pl.String, "language": pl.String,
    "source": pl.String, "role": pl.String, "transcript": pl.String, "synthetic": pl.Boolean,
    "licence": pl.String, "emotion": pl.String, "partner": pl.String, "partner_source": pl.String,
    "channel": pl.String, "channel_settings": pl.String, "signal": pl.String,
    "segments": pl.List(pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String})),
    "sound": pl.String, "vocalisation": pl.String, "codec": pl.String, "codec_family": pl.String,
    "bit_rate": pl.Int64, "measured_bit_rate": pl.Int64, "codec_rate": pl.Int64, "quantizers": pl.Int64,
    "sha256": pl.String,
}  # fmt: skip
"""Columns of the table. `label` (bona fide, spoof) is there for speech, partial and environment;
`sound` for environment, `vocalisation` and `emotion` for the parts of that name; the codec's columns,
rates in bit/s and Hz, for the codec part (`quantizers` for codecs that have such)."""


def audio_path(row: Row) -> Path:
    """Path of a row's clip below the corpus folder."""
    return Path("audio") / row.id[-2:] / f"{row.id}.flac"


def facts_path(row: Row) -> Path:
    """Path of what is known of a row only once it is made; not there where that is nothing."""
    return audio_path(row).with_suffix(".json")


def tabulate(rows: list[Row], folder: Path) -> pl.DataFrame:
    """The table of a corpus whose clips are there, one row an utterance (see `Corpus`)."""
    return pl.DataFrame([record(row, folder) for row in rows], schema=SCHEMA)


def record(row: Row, folder: Path) -> dict[str, object]:
    """The columns of one row.

    Args:
        row: as planned; its clip must be there.
        folder: of the corpus.
    """
    samples, rate = soundfile.read(folder / audio_path(row), dtype="float32")
    told = folder / facts_path(row)
    facts = msgspec.json.decode(told.read_bytes(), type=Facts) if told.is_file() else Facts()
    made = {
        "id": row.id,
        "path": str(audio_path(row)),
        "start": 0.0,
        "end": len(samples) / rate,
        "split": "train",
        "group": row.group,
        "part": row.part,
        "synthetic": row.kind not in ("real", "plain", "coded", "joined"),
        "licence": row.clip.licence,
        "signal": "audio",
        "sha256": Recording.of(samples, rate).sha256,
    }
    if row.part in ("speech", "partial", "environment"):
        made |= {
            "label": "spoof" if made["synthetic"] else "bona fide",
            "engine": row.engine,
            "family": family(row.engine),
            "voice": row.voice,
            "partner": row.clip.id,
            "partner_source": row.clip.source,
            "channel": row.channel.name,
            "channel_settings": msgspec.json.encode(row.channel).decode(),
        }
    return made | _COLUMNS[row.part](row, facts)


def _speech(row: Row, facts: Facts) -> dict[str, object]:  # noqa: ARG001 - nothing is learnt in making
    spoken = row.kind == "spoken"
    return {
        "speaker": "" if spoken else row.clip.speaker,
        "attack": row.engine,
        "language": row.language,
        "source": row.clip.source if not spoken else row.engine,
        "role": "" if spoken else row.clip.role,
        "transcript": row.text if spoken else row.clip.transcript,
        "licence": "NOASSERTION" if spoken else row.clip.licence,  # the sentence has an author of its own
        "emotion": "" if spoken else row.clip.emotion,
    }


def _partial(row: Row, facts: Facts) -> dict[str, object]:
    same = row.kind in ("real", "laid-in")  # the words are the host's, one after the other
    return {
        "speaker": row.clip.speaker,
        "attack": "" if row.kind == "real" else row.kind,
        "language": row.language,
        "source": row.clip.source,
        "role": row.clip.role,
        "transcript": row.clip.transcript if same else None,
        "segments": [segment._asdict() for segment in facts.segments],
        "licence": "NOASSERTION" if row.kind == "inserted" else row.clip.licence,
    }


def _environment(row: Row, facts: Facts) -> dict[str, object]:  # noqa: ARG001
    return {"attack": row.engine, "source": row.clip.source, "sound": row.clip.label}


def _plain(row: Row, facts: Facts) -> dict[str, object]:  # noqa: ARG001
    return {
        "speaker": row.clip.speaker,
        "language": row.language or None,
        "source": row.clip.source,
        "transcript": row.clip.transcript or None,
        "split": row.clip.split,
        "vocalisation": row.clip.label or None,
        "emotion": row.clip.emotion or None,
    }


def _codec(row: Row, facts: Facts) -> dict[str, object]:
    residual = RESIDUAL_GRID.get(row.coding)
    coding = GRID.get(row.coding) or residual
    return {
        "speaker": row.clip.speaker,
        "language": row.language,
        "source": row.clip.source,
        "role": row.clip.role,
        "transcript": row.clip.transcript,
        "codec": coding.codec if coding else row.coding,
        "codec_family": coding.family if coding else row.coding,
        "bit_rate": facts.bit_rate,
        "measured_bit_rate": facts.measured_bit_rate,
        "codec_rate": coding.sample_rate if coding else None,
        "quantizers": residual.quantizers if residual else None,
    }


_COLUMNS = {
    "speech": _speech, "partial": _partial, "environment": _environment, "vocalisation": _plain,
    "emotion": _plain, "codec": _codec,
}  # fmt: skip
