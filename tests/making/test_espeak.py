from __future__ import annotations

import numpy as np
import pytest

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.espeak import Espeak, phonemes, run_program, spoken_text


@pytest.mark.parametrize(
    ("language", "text"), [("cs", "Dobrý den."), ("ru", "Привет."), ("en-us", "-v is no option")]
)
def test_speaks_and_says_how(language: str, text: str) -> None:
    made = Espeak(language, "f2").make(text, np.random.default_rng(1))
    again = Espeak(language, "f2").make(text, np.random.default_rng(1))
    assert np.array_equal(made.samples, again.samples)
    assert len(made.samples) > 0.3 * made.sample_rate
    assert 0.01 < np.abs(made.samples).max() <= 1
    assert made.provenance.voice == f"{language}+f2"
    assert made.provenance.source == text
    assert 140 <= int(made.provenance.settings["rate"]) <= 190


def test_unknown_voice_and_nothing_to_say_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(BadInput):
        Espeak("zzz").make("hello", rng)
    with pytest.raises(BadInput, match="not empty"):
        Espeak("en-us").make("  ", rng)
    with pytest.raises(BadInput, match="text"):
        Espeak("en-us").make(Recording.of(np.zeros(3, np.float32), 8000), rng)
    with pytest.raises(BadInput, match="said nothing"):
        Espeak("en-us").make(".", rng)


def test_phonemes_join_clauses_by_commas() -> None:
    assert phonemes("Yes, no.", "en-us").count(",") == 1


def test_line_ends_are_no_commands() -> None:
    assert spoken_text("one\n two\t three") == "one two three"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(BadInput, match="is not installed"):
        run_program("earwitness-has-no-such-program", [])
