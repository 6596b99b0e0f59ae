"""Neural text-to-speech by Kokoro-82M (StyleTTS 2, iSTFTNet decoder) through onnxruntime."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.espeak import phonemes, spoken_text
from earwitness.making.maker import Made, Provenance

SAMPLE_RATE = 24_000
LANGUAGES = {
    "a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "p": "pt-br",
}  # fmt: skip
"""First letter of a voice's name -> the espeak-ng voice that gives its phonemes. The Japanese and
Chinese voices were trained on other phonemes than espeak-ng's and are left out."""

# espeak-ng writes affricates and diphthongs as two signs with a tie; Kokoro was trained on single
# signs (the mapping of its own phonemiser, `misaki`, whose table is published with the model).
_SIGNS = {
    "d͡ʒ": "ʤ", "t͡ʃ": "ʧ", "d͡z": "ʣ", "t͡s": "ʦ", "e͡ɪ": "A", "a͡ɪ": "I", "a͡ʊ": "W", "ɔ͡ɪ": "Y",
    "o͡ʊ": "O", "ə͡ʊ": "Q",
}  # fmt: skip
_LETTERS = {"r": "ɹ", "ɚ": "əɹ", "ɐ": "ə", "ʲ": "", "̃": "̃", "̩": "", "̪": "", "g": "ɡ", "x": "k", "ç": "k"}


class Kokoro:
    """One voice of Kokoro-82M, or a blend of two.

    Args:
        folder: holds `model.onnx`, `vocab.json` and `voices/*.bin` (510 x 256 float32 each).
        voice: a voice's name ("af_bella"); the first letter gives the language.
        blend: name of a second voice whose style is mixed in at a drawn share of 0.3 to 0.7;
            empty for the plain voice.

    Raises:
        BadInput: when files are missing, or the language is not covered.
    """

    engine = "kokoro-82m"
    family = "kokoro"

    def __init__(self, folder: Path, voice: str, blend: str = "") -> None:
        if voice[:1] not in LANGUAGES:
            raise BadInput(f"no phonemes for this voice; first letters: {', '.join(LANGUAGES)}", where=voice)
        self.folder = folder
        self.voice = voice
        self.blend = blend
        self.language = LANGUAGES[voice[:1]]

    def make(self, source: str | Recording, rng: np.random.Generator) -> Made:
        """Speak a text at a drawn pace.

        Args:
            source: the text, in the language of the voice.
            rng: draws the speed (0.9 to 1.15) and the share of the blend.

        Raises:
            BadInput: when no phoneme is known to the model, or there are more than 509.
        """
        text = spoken_text(source)
        speed = round(float(rng.uniform(0.9, 1.15)), 3)
        share = round(float(rng.uniform(0.3, 0.7)), 3)
        known = vocabulary(self.folder)
        signs = kokoro_signs(phonemes(text, self.language), text, english=self.voice[0] in "ab")
        tokens = [known[sign] for sign in signs if sign in known]
        if not 1 <= len(tokens) <= 509:
            raise BadInput(f"gives {len(tokens)} phonemes, not 1 to 509", where=text[:40])
        style = style_vectors(self.folder, self.voice)[len(tokens)]
        settings: dict[str, str | int | float] = {"speed": speed}
        if self.blend:
            other = style_vectors(self.folder, self.blend)[len(tokens)]
            style = (1 - share) * style + share * other
            settings |= {"blend": self.blend, "share": share}
        heard = _session(self.folder).run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], np.int64),
                "style": style[None].astype(np.float32),
                "speed": np.array([speed], np.float32),
            },
        )[0]
        return Made(
            samples=np.asarray(heard, np.float32).ravel(),
            sample_rate=SAMPLE_RATE,
            provenance=Provenance(
                engine=self.engine,
                family=self.family,
                voice=f"{self.voice}+{self.blend}" if self.blend else self.voice,
                language=self.language,
                source=text,
                settings=settings,
            ),
        )


def kokoro_signs(spoken: str, text: str, *, english: bool) -> str:
    """The phonemes of espeak-ng in the signs that Kokoro was trained on.

    Args:
        spoken: phonemes of espeak-ng (`--ipa=3`, ties as U+0361 or U+200D, words apart).
        text: what is said; its last sign gives the closing punctuation.
        english: whether the English replacements apply.

    Returns:
        The signs; those unknown to the model are dropped later.

    Example:
        >>> kokoro_signs("t‍ʃˈiːz", "Cheese!", english=True)
        'ʧˈiːz!'
    """
    signs = spoken.replace("\u200d", "\u0361").replace("_", "")
    for pair, single in _SIGNS.items():
        if english or pair[0] in "dt":
            signs = signs.replace(pair, single)
    signs = signs.replace("\u0361", "")
    if english:
        signs = "".join(_LETTERS.get(sign, sign) for sign in signs)
    else:
        signs = signs.replace("g", "ɡ")
    close = text.rstrip()[-1:]
    return signs + (close if close in ".!?" else ".")


def voices(folder: Path) -> tuple[str, ...]:
    """Names of the voices in a Kokoro folder whose language is covered, sorted.

    Raises:
        BadInput: when there are none.
    """
    names = tuple(sorted(p.stem for p in (folder / "voices").glob("*.bin") if p.stem[0] in LANGUAGES))
    if not names:
        raise BadInput("holds no Kokoro voices", where=str(folder))
    return names


@functools.cache
def vocabulary(folder: Path) -> dict[str, int]:
    """Sign -> token of the model."""
    return json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]


@functools.cache
def style_vectors(folder: Path, voice: str) -> NDArray[np.float32]:
    """Styles of a voice by number of phonemes, shape (510, 256).

    Raises:
        BadInput: when the file is missing or of another size.
    """
    path = folder / "voices" / f"{voice}.bin"
    if not path.is_file() or path.stat().st_size != 510 * 256 * 4:
        raise BadInput("is missing or not 510 x 256 float32", where=str(path))
    return np.fromfile(path, np.float32).reshape(510, 256)


@functools.cache
def _session(folder: Path) -> Any:
    import onnxruntime

    path = folder / "model.onnx"
    if not path.is_file():
        raise BadInput("is missing", where=str(path))
    options = onnxruntime.SessionOptions()
    # One thread: the same sums in the same order, so the same samples on the same machine.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
