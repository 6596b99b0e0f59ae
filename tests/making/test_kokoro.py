from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.making.kokoro import Kokoro, kokoro_signs, style_vectors, vocabulary, voices


def folder(path: Path) -> Path:
    (path / "voices").mkdir()
    styles = np.arange(510 * 256, dtype=np.float32)
    for name in ("af_one", "if_two", "jf_three"):
        styles.tofile(path / "voices" / f"{name}.bin")
    (path / "vocab.json").write_text(json.dumps({"vocab": {"a": 1, ".": 2}}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("spoken", "text", "english", "signs"),
    [
        ("ɹˈo‍ʊd", "road?", True, "ɹˈOd?"),
        ("d͡ʒˈa", "già", False, "ʤˈa."),
        ("a‍ɪ", "ahi", False, "aɪ."),
        ("gˈɛt", "get!", True, "ɡˈɛt!"),
    ],
)
def test_signs(spoken: str, text: str, english: bool, signs: str) -> None:
    assert kokoro_signs(spoken, text, english=english) == signs


def test_only_voices_with_phonemes_are_offered(tmp_path: Path) -> None:
    assert voices(folder(tmp_path)) == ("af_one", "if_two")
    assert style_vectors(tmp_path, "af_one").shape == (510, 256)
    assert vocabulary(tmp_path) == {"a": 1, ".": 2}
    with pytest.raises(BadInput, match="first letters"):
        Kokoro(tmp_path, "jf_three")


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no Kokoro voices"):
        voices(tmp_path)
    folder(tmp_path)
    (tmp_path / "voices" / "af_short.bin").write_bytes(b"1234")
    with pytest.raises(BadInput, match="510 x 256"):
        style_vectors(tmp_path, "af_short")
    with pytest.raises(BadInput, match=r"model\.onnx: is missing"):
        Kokoro(tmp_path, "af_one").make("A house.", np.random.default_rng(0))
