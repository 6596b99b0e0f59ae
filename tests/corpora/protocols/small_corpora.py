"""Small corpora for the protocols."""

from __future__ import annotations

import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus


def voices(seed: int = 0, clips: int = 60, sources: int = 4) -> Corpus:
    """Bona fide clips of several sources, copies of some, and text-to-speech in their channels."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(clips):
        source = f"source{number % sources}"
        real = {
            "id": f"real{number}", "speaker": f"s{number % 7}", "group": f"clip{number}",
            "label": "bona fide", "family": "", "source": source, "partner": f"clip{number}", "voice": "",
        }  # fmt: skip
        rows.append(real)
        if rng.random() < 0.6:
            rows.append(real | {"id": f"copy{number}", "label": "spoof", "family": "vocoder"})
        spoken = {"id": f"said{number}", "label": "spoof", "family": str(rng.choice(["espeak", "kokoro"]))}
        rows.append(
            real | spoken | {"group": f"text{number // 2}", "speaker": "", "source": "tts", "voice": "v"}
        )
    table = pl.DataFrame(rows).with_columns(
        path=pl.col("id") + ".wav", start=pl.lit(0.0), end=pl.lit(1.0), split=pl.lit("train")
    )
    return Corpus(table)


def clips(seed: int = 0, count: int = 80, speakers: int = 8) -> Corpus:
    """Clips of emotions by speakers of several sessions, some clips in two versions."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        speaker = int(rng.integers(speakers)) if number >= speakers else number
        row = {
            "id": f"clip{number}", "speaker": f"s{speaker}", "session": f"session{speaker // 2}",
            "group": f"g{number}", "emotion": ("anger", "fear", "neutral")[int(rng.integers(3))],
            "attack": f"A{number % 5:02}", "split": ("train", "train", "validation", "test")[speaker % 4],
        }  # fmt: skip
        rows.append(row)
        if rng.random() < 0.3:
            rows.append(row | {"id": f"clip{number}-again"})
    table = pl.DataFrame(rows).with_columns(path=pl.col("id") + ".wav", start=pl.lit(0.0), end=pl.lit(1.0))
    return Corpus(table, "clips")


def ids(corpus: Corpus, rows: np.ndarray) -> set[str]:
    return set(corpus.table["id"][rows].to_list())


def shuffled(corpus: Corpus, seed: int = 1) -> Corpus:
    return Corpus(corpus.table.sample(fraction=1.0, shuffle=True, seed=seed), corpus.name)
