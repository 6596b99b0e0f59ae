from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import datasets
import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

datasets.disable_progress_bars()


@pytest.fixture
def rows(clips: Callable[..., Path]) -> datasets.Dataset:
    root = clips("0.wav", "1.wav")
    made = datasets.Dataset.from_dict(
        {
            "id": ["a", "../b"],
            "audio": [str(root / "0.wav"), str(root / "1.wav")],
            "label": [1, 0],
            "who": ["s", "t"],
        }
    )
    return made.cast_column("label", datasets.ClassLabel(names=["real", "fake"]))


def test_paths_and_class_names(rows: datasets.Dataset, tmp_path: Path) -> None:
    datasets.DatasetDict({"train": rows}).save_to_disk(str(tmp_path / "set"))
    corpus = scan("huggingface", tmp_path, speaker="who", labels="fake=spoof+real=bona fide")
    assert corpus.table.select("id", "path", "label", "speaker", "split").rows() == [
        ("a", "0.wav", "spoof", "s", "set/train"), ("../b", "1.wav", "bona fide", "t", "set/train"),
    ]  # fmt: skip


def test_audio_inside_is_written_out_when_asked_for(rows: datasets.Dataset, tmp_path: Path) -> None:
    inside = rows.cast_column("audio", datasets.Audio())
    root = tmp_path / "set"
    datasets.DatasetDict({"train": inside.select([0]), "test": inside.select([1])}).save_to_disk(str(root))
    with pytest.raises(BadInput, match="holds its audio inside; extract=yes writes it"):
        scan("huggingface", root)
    assert not (root / "extracted").exists()
    for _ in range(2):
        table = scan("huggingface", root, extract="yes").table.sort("split")
        assert table.select("id", "path", "split").rows() == [
            ("../b", "extracted/test/data-00000-of-00001-000000.wav", "test"),
            ("a", "extracted/train/a.wav", "train"),
        ]
    assert (root / "extracted/train/a.wav").read_bytes() == (tmp_path / "0.wav").read_bytes()


def test_one_split_alone(rows: datasets.Dataset, tmp_path: Path) -> None:
    rows.save_to_disk(str(tmp_path))
    assert scan("huggingface", tmp_path).table["split"].to_list() == ["", ""]


def test_what_is_wrong_is_told(rows: datasets.Dataset, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a folder"):
        scan("huggingface", tmp_path / "nowhere")
    with pytest.raises(BadInput, match=r"holds no state\.json"):
        scan("huggingface", tmp_path)
    rows.save_to_disk(str(tmp_path))
    with pytest.raises(BadInput, match="has no column 'sound'; audio= says which of id, audio"):
        scan("huggingface", tmp_path, audio="sound")
    with pytest.raises(BadInput, match="extract=perhaps: is yes or no"):
        scan("huggingface", tmp_path, extract="perhaps")
    info = tmp_path / "dataset_info.json"
    info.write_text("{")
    with pytest.raises(BadInput, match="is no description of a data set"):
        scan("huggingface", tmp_path)
    numbers = datasets.Dataset.from_dict({"audio": [1.5]})
    numbers.save_to_disk(str(tmp_path / "numbers"))
    with pytest.raises(BadInput, match="column 'audio' holds no paths and no sound files"):
        scan("huggingface", tmp_path / "numbers")
    text = datasets.Dataset.from_dict({"audio": [{"bytes": b"Dear Sir", "path": "a.wav"}]})
    text.save_to_disk(str(tmp_path / "text"))
    with pytest.raises(BadInput, match="row 0 holds no sound file that is known"):
        scan("huggingface", tmp_path / "text", extract="yes")
