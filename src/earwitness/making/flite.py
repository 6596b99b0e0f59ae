"""Diphone and clustergen text-to-speech by the flite program, in English."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.espeak import read_wave, run_program, spoken_text
from earwitness.making.maker import Made, Provenance

VOICES = ("kal", "kal16", "awb", "rms", "slt", "awb_time")
"""Voices inside Debian's flite: two diphone, three clustergen, one limited to telling the time."""


class Flite:
    """The flite synthesiser.

    Args:
        voice: one of `VOICES`; `awb_time` can only tell the time ("The time is now, ...").

    Raises:
        BadInput: when there is no such voice.

    Example:
        >>> Flite("slt").voice
        'slt'
    """

    engine = "flite"
    family = "flite"

    def __init__(self, voice: str) -> None:
        if voice not in VOICES:
            raise BadInput(f"no such flite voice; there are: {', '.join(VOICES)}", where=voice)
        self.voice = voice

    def make(self, source: str | Recording, rng: np.random.Generator) -> Made:
        """Speak an English text at a drawn pace.

        Args:
            source: the text.
            rng: draws the stretch of durations, 0.85 to 1.2.

        Raises:
            BadInput: when the program is missing, refuses, or says nothing.
        """
        text = spoken_text(source)
        stretch = round(float(rng.uniform(0.85, 1.2)), 3)
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "spoken.wav"
            written = Path(folder) / "text.txt"
            written.write_text(text, encoding="utf-8")
            run_program(
                "flite",
                [
                    "-voice",
                    self.voice,
                    "--setf",
                    f"duration_stretch={stretch}",
                    "-f",
                    str(written),
                    "-o",
                    str(out),
                ],
            )
            if not out.exists():
                raise BadInput(f"flite said nothing for {text[:40]!r}", where=self.voice)
            samples, rate = read_wave(out.read_bytes())
        if len(samples) < rate // 5:
            raise BadInput(f"flite said nothing for {text[:40]!r}", where=self.voice)
        return Made(
            samples=samples,
            sample_rate=rate,
            provenance=Provenance(
                engine=self.engine,
                family=self.family,
                voice=self.voice,
                language="en",
                source=text,
                settings={"duration_stretch": stretch},
            ),
        )
