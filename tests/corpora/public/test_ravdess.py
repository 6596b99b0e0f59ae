"""RAVDESS: seven fields in a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from earwitness.corpora.catalogue import scan


def test_fields_of_the_name(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    clip("Actor_12/03-01-06-01-02-01-12.wav")
    clip("Actor_01/03-02-03-02-01-02-01.wav")
    clip("Actor_01/notes.wav")
    corpus = scan("ravdess", tmp_path)
    columns = ("id", "speaker", "emotion", "intensity", "style", "gender")
    assert corpus.table.sort("id").select(columns).rows() == [
        ("03-01-06-01-02-01-12", "actor-12", "fear", "normal", "speech", "female"),
        ("03-02-03-02-01-02-01", "actor-01", "happiness", "strong", "song", "male"),
    ]
    assert corpus.report.unknown.examples == ("Actor_01/notes.wav",)
