"""Audio-FLAN: lists of audio, and records below `metadata`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.corpora.public.audio_flan import instructions
from earwitness.errors import BadInput

NAME = "13_LibriTTS-R_260_123288_000009_000000"


def record(uuid: str, split: str) -> str:
    kind = {"major": ["Speech Recognition"], "minor": ["ASR"], "U/G": ["understanding"], "unseen": False}
    return json.dumps(
        {
            "instruction": "Recognise.", "input": f"<|SOA|>{NAME}<|EOA|>", "output": "hello", "uuid": uuid,
            "split": [split], "task_type": kind, "domain": "speech", "source": ["audiobook"], "other": None,
        }
    )  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    clip(f"audio_files/speech/13_LibriTTS-R/{NAME}.wav")
    clip("audio_files/music/08_m4singer/08_m4singer_1.wav")
    for domain, source, line in (
        ("speech", "13_LibriTTS-R", f"{NAME} audio_files/speech/13_LibriTTS-R/{NAME}.wav\n"),
        ("music", "08_m4singer", "08_m4singer_1 ./08_m4singer_1.wav\n"),
    ):
        path = tmp_path / f"scp_files/{domain}/{source}.scp"
        path.parent.mkdir(parents=True)
        path.write_text(line)
    for part, split in (("train_dev", "train"), ("test", "test")):
        folder = tmp_path / f"metadata/speech/understanding/{part}/13_LibriTTS-R/jsonl"
        folder.mkdir(parents=True)
        (folder / "asr.jsonl").write_text(
            record(f"{split}-1", split) + "\n" + record(f"{split}-2", split) + "\n"
        )
    return tmp_path


def test_audio_of_the_lists(root: Path) -> None:
    table = scan("audio-flan", root).table
    assert table.select("id", "path", "domain", "dataset").rows() == [
        (NAME, f"audio_files/speech/13_LibriTTS-R/{NAME}.wav", "speech", "13_LibriTTS-R"),
        ("08_m4singer_1", "audio_files/music/08_m4singer/08_m4singer_1.wav", "music", "08_m4singer"),
    ]


def test_records_by_part(root: Path) -> None:
    assert len(list(instructions(root))) == 4
    assert [one.uuid for one in instructions(root, domain="speech", part="test")] == ["test-1", "test-2"]
    with pytest.raises(BadInput, match=r"has no metadata/\*/generation/\*"):
        next(instructions(root, direction="generation"))
    with pytest.raises(BadInput, match="is no part; there are: all, train_dev, test"):
        next(instructions(root, part="dev"))


def test_faults_are_mended_when_asked_to(root: Path) -> None:
    path = root / "metadata/speech/understanding/test/13_LibriTTS-R/jsonl/asr.jsonl"
    path.write_text(record("a", "test").replace('"], "other"', '"] "other"'))
    assert [one.uuid for one in instructions(root, part="test", mend=True)] == ["a"]
    with pytest.raises(BadInput, match=r"asr\.jsonl, line 1: is no instruction record"):
        list(instructions(root, part="test"))
