from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput


def test_folders_name_the_class(clips: Callable[..., Path]) -> None:
    root = clips("real/1.wav", "fake/1.wav", "fake/2.flac", "fake/deep/3.wav", "top.wav")
    corpus = scan("folders", root, labels="fake=spoof+real=bona fide")
    assert corpus.table.select("id", "label").rows() == [
        ("fake/1", "spoof"), ("fake/2", "spoof"), ("real/1", "bona fide"),
    ]  # fmt: skip
    assert corpus.report.extra.examples == ("fake/deep/3.wav", "top.wav")


def test_levels_become_columns(clips: Callable[..., Path]) -> None:
    root = clips("dev/anger/s1/x/1.wav", "train/fear/s2/y/2.wav")
    corpus = scan("folders", root, levels="split/emotion/speaker/_")
    assert corpus.table.select("split", "emotion", "speaker").rows() == [
        ("validation", "anger", "s1"), ("train", "fear", "s2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ("label/label", "each once"), ("_", "names columns"), ("path", "names columns"),
        ("", "names columns"),
        ("split/label", r"no clip 2 folders deep \(1 elsewhere, such as a/1\.wav\)"),
    ],
)  # fmt: skip
def test_levels_that_do_not_fit(clips: Callable[..., Path], levels: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        scan("folders", clips("a/1.wav"), levels=levels)
