"""Genuine and converted emotion from an emotion corpus: every clip, and the same clip in another emotion."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import soundfile

from earwitness.audio.decode import decode
from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.errors import BadInput
from earwitness.making.copying import RATE
from earwitness.making.emotion_conversion import KINDS, EmotionConversion, Prosody, prosody

FLOOR = 3
"""Clips of a speaker's emotion below which its statistics are not believed."""


def convert_emotions(
    corpus: str | Path,
    folder: Path,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Write every clip as it is, and once converted to another emotion of its speaker.

    Both go through the same resampling and the same file format. The converters take turns within each
    speaker and emotion; clip and converted clip share a group.

    Args:
        corpus: folder of a corpus with columns `speaker` and `emotion`, or its Parquet file.
        folder: gets audio and `corpus.parquet`; clips that are there are not made again.
        seed: of targets, converters and how far they go.
        progress: called with (clips done, clips).

    Returns:
        Rows `label` bona fide (`emotion` as spoken) or spoof (`emotion` as converted to, `spoken` what it
        was, `attack` and `family` of the converter).

    Raises:
        BadInput: when a column is missing, no speaker has two emotions, or the folder cannot be written.
    """
    source = Corpus.read(corpus)
    require_columns(source, ["speaker", "emotion"])
    try:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be written to: {error.strerror}", where=str(folder)) from error
    rows = source.table.sort("id").to_dicts()
    clips = [_read(source.root, row) for row in rows]
    styles = _styles(rows, clips)
    turns: dict[tuple[str, str], int] = defaultdict(int)
    rng = np.random.default_rng(seed)
    records = []
    for number, (row, clip) in enumerate(zip(rows, clips, strict=True)):
        speaker, emotion = row["speaker"], row["emotion"]
        targets = sorted(other for one, other in styles if one == speaker and other != emotion)
        if (speaker, emotion) in styles and targets:
            target, kind = str(rng.choice(targets)), list(KINDS)[turns[speaker, emotion] % len(KINDS)]
            turns[speaker, emotion] += 1
            maker = EmotionConversion(
                kind=kind, source=styles[speaker, emotion], target=styles[speaker, target], name=target
            )
            made = maker.make(clip, np.random.default_rng([seed, number]))
            records.append(_record(folder, row, clip.samples, clip.sample_rate, {}))
            told = {"attack": maker.engine, "family": maker.family, "emotion": target}
            records.append(_record(folder, row, made.samples, made.sample_rate, told))
        if progress is not None:
            progress(number + 1, len(rows))
    if not records:
        raise BadInput(f"has no speaker with {FLOOR} clips in each of two emotions", where=str(corpus))
    found = Corpus(pl.DataFrame(records, infer_schema_length=None), f"{source.name}, emotions converted")
    found.write(folder)
    return found


def _read(root: Path | None, row: dict[str, object]) -> Recording:
    path = Path(root or ".") / str(row["path"])
    clip = decode(path)
    start, end = (None if row[side] is None else round(float(str(row[side])) * clip.sample_rate)
                  for side in ("start", "end"))  # fmt: skip
    samples = resample(clip.samples[start:end], clip.sample_rate, RATE)
    return Recording.of(samples, RATE)


def _styles(rows: list[dict[str, object]], clips: list[Recording]) -> dict[tuple[str, str], Prosody]:
    """How each speaker sounds in each emotion, where there are clips enough."""
    there = defaultdict(list)
    for row, clip in zip(rows, clips, strict=True):
        there[str(row["speaker"]), str(row["emotion"])].append(clip.samples)
    return {key: prosody(found) for key, found in there.items() if len(found) >= FLOOR}


def _record(
    folder: Path, row: dict[str, object], samples: np.ndarray, rate: int, made: dict[str, str]
) -> dict[str, object]:
    name = f"{row['id']}{'-' + made['attack'] if made else ''}".replace("/", "-")
    path = folder / "audio" / f"{name}.flac"
    if not path.exists():
        part = path.with_suffix(".part")
        soundfile.write(part, samples, rate, format="FLAC")
        part.rename(path)
    kept = {key: row.get(key) for key in ("speaker", "language", "licence", "source")}
    return {
        "id": name, "path": f"audio/{path.name}", "start": 0.0, "end": len(samples) / rate,
        "split": "train", "group": str(row.get("group") or row["id"]), **kept,
        "label": "spoof" if made else "bona fide", "emotion": made.get("emotion", row["emotion"]),
        "spoken": row["emotion"], "attack": made.get("attack", ""), "family": made.get("family", ""),
        "synthetic": bool(made),
    }  # fmt: skip
