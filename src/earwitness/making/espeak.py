"""Formant text-to-speech by the espeak-ng program, in some hundred languages."""

from __future__ import annotations

import io
import shutil
import subprocess

import numpy as np
import soundfile

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.maker import Made, Provenance, Setting


class Espeak:
    """The espeak-ng synthesiser.

    Args:
        language: espeak-ng voice name ("en-us", "cs", "cmn").
        variant: voice variant ("m3", "f2", "klatt4"); empty for the plain voice.

    Example:
        >>> Espeak("cs", "f2").voice
        'cs+f2'
    """

    engine = "espeak-ng"
    family = "espeak"

    def __init__(self, language: str, variant: str = "") -> None:
        self.language = language
        self.variant = variant

    @property
    def voice(self) -> str:
        """Language and variant as espeak-ng takes them."""
        return f"{self.language}+{self.variant}" if self.variant else self.language

    def make(self, source: str | Recording, rng: np.random.Generator) -> Made:
        """Speak a text at a drawn rate and pitch.

        Args:
            source: the text, in the language of the voice.
            rng: draws rate (140 to 190 words a minute) and pitch (35 to 65 of 99).

        Raises:
            BadInput: when the program is missing, refuses, or says nothing.
        """
        text = spoken_text(source)
        settings: dict[str, Setting] = {
            "rate": int(rng.integers(140, 191)),
            "pitch": int(rng.integers(35, 66)),
        }
        words = ["-v", self.voice, "-s", str(settings["rate"]), "-p", str(settings["pitch"]), "--stdout"]
        # Through standard input, so that a text which begins with a dash is no option.
        heard = run_program("espeak-ng", [*words, "--stdin"], text.encode())
        # The header's length is unknown to a program that writes to a pipe: skip it, read PCM16.
        rate = int.from_bytes(heard[24:28], "little") if heard[:4] == b"RIFF" else 0
        start = heard.find(b"data") + 8
        if rate == 0 or len(heard) - start < rate // 5:
            raise BadInput(f"espeak-ng said nothing for {text[:40]!r}", where=self.voice)
        pcm = np.frombuffer(heard[start : start + (len(heard) - start) // 2 * 2], "<i2")
        return Made(
            samples=(pcm / 32768).astype(np.float32),
            sample_rate=rate,
            provenance=Provenance(
                engine=self.engine,
                family=self.family,
                voice=self.voice,
                language=self.language,
                source=text,
                settings=settings,
            ),
        )


def phonemes(text: str, language: str) -> str:
    """The text in the International Phonetic Alphabet, as espeak-ng says it.

    Args:
        text: in the language.
        language: espeak-ng voice name.

    Returns:
        The phonemes; clauses, which espeak-ng puts on lines of their own, are joined by commas.

    Raises:
        BadInput: when the program is missing or refuses.
    """
    heard = run_program("espeak-ng", ["-q", "--ipa=3", "-v", language, "--stdin"], text.encode())
    lines = (" ".join(line.split()) for line in heard.decode("utf-8").splitlines())
    return ", ".join(line for line in lines if line)


def spoken_text(source: str | Recording) -> str:
    """The source as text, or a refusal when it is a recording or empty."""
    if not isinstance(source, str) or not source.strip():
        raise BadInput("text-to-speech needs a text that is not empty")
    return " ".join(source.split())


def run_program(program: str, arguments: list[str], given: bytes = b"") -> bytes:
    """Run a speech program and return what it wrote.

    Args:
        program: its name on the path.
        arguments: words after the name.
        given: its standard input.

    Raises:
        BadInput: when it is not installed, fails or takes over 60 s.
    """
    path = shutil.which(program)
    if path is None:
        raise BadInput(f"is not installed; on Debian: apt-get install {program}", where=program)
    try:
        done = subprocess.run([path, *arguments], input=given, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        raise BadInput("took over 60 s for one sentence", where=program) from None
    if done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()[:1]
        raise BadInput(f"failed: {' '.join(complaint) or done.returncode}", where=program)
    return done.stdout


def read_wave(data: bytes) -> tuple[np.ndarray, int]:
    """Samples (samples,), float32 mono, and rate in Hz of a sound file held in memory."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    return samples.mean(axis=1).astype(np.float32), rate
