from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import lhotse
import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput


@pytest.fixture
def root(clips: Callable[..., Path]) -> Path:
    """Manifests as lhotse itself writes them."""
    root = clips("a.wav", "b.wav", "silent.wav")
    names = ("a", "b", "silent")
    recordings = lhotse.RecordingSet.from_recordings(
        lhotse.Recording.from_file(root / f"{name}.wav") for name in names
    )
    said = [
        lhotse.SupervisionSegment(
            id=f"s{at}", recording_id=name, start=start, duration=length, text="hello", speaker=f"p{at}",
            gender="F", custom={"mood": "calm", "level": 0.5, "deep": {"x": 1}},
        )
        for at, (name, start, length) in enumerate((("a", 0.0, 1.0), ("b", 0.25, 0.5)))
    ]  # fmt: skip
    recordings.to_file(root / "my_recordings_train.jsonl.gz")
    lhotse.SupervisionSet.from_segments(said).to_file(root / "my_supervisions_train.jsonl.gz")
    return root


def test_manifests_of_lhotse(root: Path) -> None:
    corpus = scan("lhotse", root, split="train", label="mood")
    columns = ("id", "path", "start", "end", "speaker", "transcript", "gender", "label", "level", "split")
    assert corpus.table.select(columns).rows() == [
        ("s0", "a.wav", 0.0, None, "p0", "hello", "female", "calm", 0.5, "train"),
        ("s1", "b.wav", 0.25, 0.75, "p1", "hello", "female", "calm", 0.5, "train"),
    ]
    assert corpus.report.lines() == [
        "1 audio file that no key names, left out: silent.wav",
        "1 recording without a supervision, left out: silent",
    ]


def test_recordings_alone(root: Path) -> None:
    (root / "my_supervisions_train.jsonl.gz").unlink()
    assert scan("lhotse", root).table["id"].to_list() == ["a", "b", "silent"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace('"file"', '"command"'), "recording 'a' is not one file but: command"),
        (lambda text: text.replace('"id": "a"', '"id": "z"'), "'s0' is of 'a', which is no recording"),
        (lambda text: text + text.splitlines()[0] + "\n", "names a recording more than once"),
        (lambda text: text + "{\n", "line 4 is no recording"),
        (lambda text: "", "has no rows"),
    ],
)
def test_what_is_wrong_is_told(root: Path, change: Callable[[str], str], told: str) -> None:
    place = root / "my_recordings_train.jsonl.gz"
    place.write_bytes(gzip.compress(change(gzip.decompress(place.read_bytes()).decode()).encode()))
    with pytest.raises(BadInput, match=told):
        scan("lhotse", root)


def test_which_manifest_is_not_guessed(root: Path) -> None:
    place = root / "my_recordings_train.jsonl.gz"
    (root / "recordings.jsonl").write_bytes(gzip.decompress(place.read_bytes()))
    with pytest.raises(BadInput, match="has not one manifest of recordings"):
        scan("lhotse", root)
    assert len(scan("lhotse", root, recordings="recordings.jsonl")) == 2
    place.write_bytes(place.read_bytes()[:40])
    with pytest.raises(BadInput, match="cannot be read"):
        scan("lhotse", root, recordings=place.name)
    with pytest.raises(BadInput, match="but none"):
        scan("lhotse", root.parent)
