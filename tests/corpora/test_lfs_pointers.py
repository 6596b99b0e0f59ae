"""Copies of which the large files were not fetched."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:c6f94b2592487c7556bd86df7df6e8f4420d1b9c11414aeec9d8e5e640b51495\nsize 72862\n"
)
NAMES = {
    "ravdess": "Actor_01/03-01-05-01-01-01-{:02}.wav",
    "cremad": "AudioWAV/10{:02}_DFA_ANG_XX.wav",
}


@pytest.fixture
def sound() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.random.default_rng(0).standard_normal(800) * 0.1, 16_000, format="WAV")
    return buffer.getvalue()


@pytest.mark.parametrize("name", sorted(NAMES))
def test_pointers_are_told(tmp_path: Path, name: str, sound: bytes) -> None:
    for number in (1, 2, 3):
        path = tmp_path / NAMES[name].format(number)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(POINTER if number < 3 else sound)
    corpus = scan(name, tmp_path)
    assert len(corpus) == 1
    assert corpus.report.unreadable.count == 2
    assert "2 files are Git LFS pointers: run git lfs pull in the copy" in corpus.report.notes


def test_nothing_but_pointers(tmp_path: Path) -> None:
    path = tmp_path / NAMES["ravdess"].format(1)
    path.parent.mkdir()
    path.write_bytes(POINTER)
    with pytest.raises(BadInput, match="1 files are Git LFS pointers: run git lfs pull"):
        scan("ravdess", tmp_path)


def test_a_key_that_is_one(tmp_path: Path) -> None:
    (tmp_path / "VideoDemographics.csv").write_bytes(POINTER)
    with pytest.raises(BadInput, match=r"VideoDemographics\.csv: is a Git LFS pointer, not the file"):
        scan("cremad", tmp_path)


def test_a_short_sound_is_none(tmp_path: Path, sound: bytes) -> None:
    path = tmp_path / NAMES["ravdess"].format(1)
    path.parent.mkdir()
    path.write_bytes(sound[:144])
    assert not scan("ravdess", tmp_path).report.notes
