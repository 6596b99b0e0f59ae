"""RAVDESS: seven fields in a name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput


def test_fields_of_the_name(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    clip("Actor_12/03-01-06-01-02-01-12.wav")
    clip("Actor_01/03-02-03-02-01-02-01.wav")
    clip("Actor_01/notes.wav")
    corpus = scan("ravdess", tmp_path)
    columns = ("id", "speaker", "emotion", "emotion_as_labelled", "intensity", "style", "gender", "group")
    assert corpus.table.sort("id").select(columns).rows() == [
        ("03-01-06-01-02-01-12", "actor-12", "fear", "fearful", "normal", "speech", "female",
         "01-06-01-02-01-12"),
        ("03-02-03-02-01-02-01", "actor-01", "happiness", "happy", "strong", "song", "male",
         "02-03-02-01-02-01"),
    ]  # fmt: skip
    assert corpus.report.unknown.examples == ("Actor_01/notes.wav",)


def test_the_split_that_balances_genders(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    for actor in range(1, 25):
        clip(f"Actor_{actor:02}/03-01-05-01-01-01-{actor:02}.wav")
    table = scan("ravdess", tmp_path, split="nkululeko").table
    counts = table.group_by("split", "gender").len().sort("split", "gender").rows()
    assert counts == [
        ("test", "female", 2), ("test", "male", 2), ("train", "female", 8), ("train", "male", 8),
        ("validation", "female", 2), ("validation", "male", 2),
    ]  # fmt: skip
    assert scan("ravdess", tmp_path).table["split"].unique().to_list() == [""]


def test_a_film_goes_with_its_sound(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    sound = clip("Actor_12/03-01-06-01-02-01-12.wav")
    (sound.parent / "01-01-06-01-02-01-12.mp4").write_bytes(b"film")
    (sound.parent / "02-01-06-01-02-01-12.mp4").write_bytes(b"film without sound")
    corpus = scan("ravdess", tmp_path)
    assert corpus.table["group"].n_unique() == 1
    assert len(corpus) == 2
    assert corpus.report.unknown.examples == ("Actor_12/02-01-06-01-02-01-12.mp4",)


def test_a_copy_within_the_copy_is_refused(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    clip("Actor_12/03-01-06-01-02-01-12.wav")
    clip("again/Actor_12/03-01-06-01-02-01-12.wav")
    with pytest.raises(BadInput, match=r"twice: Actor_12/\S+, again/Actor_12/\S+; remove one"):
        scan("ravdess", tmp_path)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"split": "random"}, "random: is no split; there are: none, nkululeko"),
        ({"folds": "5"}, "ravdess: has no option 'folds'; there are: split"),
    ],
)
def test_options_are_checked(
    tmp_path: Path, clip: Callable[[str], Path], options: dict[str, str], told: str
) -> None:
    clip("Actor_12/03-01-06-01-02-01-12.wav")
    with pytest.raises(BadInput, match=told):
        scan("ravdess", tmp_path, **options)
