"""The values that 8-bit and companded samples take, against libsndfile's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.audio.decode import decode
from earwitness.audio.recording import Samples
from earwitness.audio.sample_values import ValueMeter


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("PCM_U8", "8-bit quantisation"),
        ("ULAW", "G.711 mu-law companding"),
        ("ALAW", "G.711 A-law companding"),
        ("PCM_16", None),
        ("FLOAT", None),
        ("PCM_24", None),
    ],
)
def test_words(encoding: str, words: str | None, tmp_path: Path, syllables: Callable[..., Samples]) -> None:
    path = tmp_path / "sound.wav"
    soundfile.write(path, syllables(3, 8000), 8000, subtype=encoding)
    meter = ValueMeter()
    for part in np.array_split(decode(path).samples, 7):
        meter.update(part)
    assert meter.words() == words
    assert meter.coarse == (words is not None)


def test_too_few_values_say_nothing() -> None:
    meter = ValueMeter()
    meter.update(np.zeros(1000, np.float32))
    assert meter.words() is None
    assert not meter.coarse
