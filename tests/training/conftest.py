"""A corpus of made-up recordings: the classes differ in a tone, and every class has several speakers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile


def _build(folder: Path, count: int = 24, seconds: float = 0.4) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(count):
        real = at % 2 == 0
        length = int(16_000 * (seconds + 0.1 * rng.random()))
        tone = np.sin(2 * np.pi * (500 if real else 2500) * np.arange(length) / 16_000)
        soundfile.write(folder / f"{at}.wav", 0.1 * rng.standard_normal(length) + 0.02 * tone, 16_000)
        rows.append(
            {
                "id": f"clip{at:02d}", "path": f"{at}.wav", "start": 0.0, "end": length / 16_000,
                "split": ("train", "train", "train", "validation", "test", "test")[6 * at // count],
                "speaker": f"s{at // 4}" if real else f"v{at // 4}", "group": f"g{at}",
                "label": "bona fide" if real else "spoof", "engine": "" if real else f"e{at % 3}",
                "level": float(at), "session": f"session{at // 4}",
            }
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


@pytest.fixture(scope="session")
def build_corpus() -> Callable[..., Path]:
    return _build


@pytest.fixture(scope="session")
def made_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(tmp_path_factory.mktemp("corpus"))
