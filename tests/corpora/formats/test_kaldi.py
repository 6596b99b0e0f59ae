from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput


@pytest.fixture
def root(clips: Callable[..., Path]) -> Path:
    root = clips("wav/a one.wav", "wav/b.wav")
    data = root / "data"
    data.mkdir()
    (data / "wav.scp").write_text(f"u1 {root}/wav/a one.wav\r\nu2 wav/b.wav\r\n")
    (data / "utt2spk").write_text("u1 s1\nu2 s2\n")
    return root


def test_a_data_folder(root: Path) -> None:
    (root / "data" / "text").write_text("u1 two  words\nu2\n")
    (root / "data" / "utt2label").write_text("u1 fake\nu2 real\n")
    (root / "data" / "spk2gender").write_text("s1 f\ns2 m\n")
    table = scan("kaldi", root, data="data", split="train", labels="fake=spoof+real=bona fide").table
    assert table.select("id", "path", "speaker", "transcript", "label", "gender", "split").rows() == [
        ("u1", "wav/a one.wav", "s1", "two  words", "spoof", "female", "train"),
        ("u2", "wav/b.wav", "s2", "", "bona fide", "male", "train"),
    ]


def test_segments(root: Path) -> None:
    (root / "data" / "segments").write_text("x1 u1 0 0.5\nx2 u1 0.5 -1\n")
    (root / "data" / "utt2spk").write_text("x1 s1\nx2 s1\n")
    corpus = scan("kaldi", root, data="data")
    assert corpus.table.select("id", "start", "end", "group").rows() == [
        ("x1", 0.0, 0.5, "u1"), ("x2", 0.5, None, "u1"),
    ]  # fmt: skip
    assert corpus.report.extra.examples == ("wav/b.wav",)


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("wav.scp", "u1 sox a.wav -t wav - |\n", "has a command for 'u1', and none is run"),
        ("wav.scp", "u1 wav/b.wav\nu1 wav/b.wav\n", "names 'u1' more than once"),
        ("wav.scp", "u1\n", "line 1 has nothing after 'u1'"),
        ("wav.scp", "\n", "has no rows"),
        ("wav.scp", "u1 ../b.wav\nu2 wav/b.wav\n", "lies outside of the corpus folder"),
        ("utt2spk", "u1 s1\n", "utt2spk: does not name 'u2'"),
        ("segments", "x1 u9 0 1\n", r"wav\.scp: does not name 'u9'"),
        ("segments", "x1 u1 0\n", "line 1 has 3 columns, not 4"),
        ("segments", "x1 u1 0 1\nx1 u1 0 1\n", "names 'x1' more than once"),
    ],
)
def test_what_is_wrong_is_told(root: Path, file: str, content: str, told: str) -> None:
    (root / "data" / file).write_text(content)
    with pytest.raises(BadInput, match=told):
        scan("kaldi", root, data="data")


def test_another_folder_is_refused(root: Path) -> None:
    with pytest.raises(BadInput, match=r"has no wav\.scp"):
        scan("kaldi", root)
    (root / "data" / "utt2spk").unlink()
    with pytest.raises(BadInput, match="utt2spk: cannot be read"):
        scan("kaldi", root, data="data")
