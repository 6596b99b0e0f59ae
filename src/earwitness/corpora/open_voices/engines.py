"""The ways of making a recording that open-voices uses, by the name of their engine."""

from __future__ import annotations

import functools
from pathlib import Path

from earwitness.errors import BadInput
from earwitness.making.cepstral import Cepstral
from earwitness.making.channel_vocoder import ChannelVocoder
from earwitness.making.copying import CopySynthesis
from earwitness.making.espeak import Espeak
from earwitness.making.flite import Flite
from earwitness.making.grains import Grains
from earwitness.making.griffin_lim import GriffinLim
from earwitness.making.kokoro import Kokoro
from earwitness.making.lpc import Lpc
from earwitness.making.maker import Maker
from earwitness.making.noise_bands import NoiseBands
from earwitness.making.phase_vocoder import PhaseVocoder
from earwitness.making.sinusoidal import Sinusoidal
from earwitness.making.world import World

_COPIES: tuple[CopySynthesis, ...] = (
    World(), GriffinLim(), Lpc(), Sinusoidal(), Cepstral(), ChannelVocoder(), PhaseVocoder(), NoiseBands(),
    Grains(),
)  # fmt: skip
PROGRAMS = {Espeak.engine: "espeak-ng", Flite.engine: "flite"}
"""Engine -> the program that it needs."""


@functools.cache
def maker(engine: str, voice: str, kokoro: Path) -> Maker:
    """The maker of an engine and voice.

    Args:
        engine: as its `engine` says.
        voice: of a text-to-speech engine.
        kokoro: folder of Kokoro's files.

    Raises:
        BadInput: when there is no such engine.
    """
    if engine == Espeak.engine:
        language, _, variant = voice.partition("+")
        return Espeak(language, variant)
    if engine == Flite.engine:
        return Flite(voice)
    if engine == Kokoro.engine:
        return Kokoro(kokoro, voice)
    for copier in _COPIES:
        if copier.engine == engine:
            return copier
    raise BadInput("no such way of making a recording", where=engine)


def family(engine: str) -> str:
    """Family of an engine, by which whole kinds of making are held back; empty for real speech.

    Example:
        >>> family("world"), family("kokoro-82m"), family("")
        ('source-filter', 'kokoro', '')
    """
    known = {copier.engine: copier.family for copier in _COPIES}
    known |= {kind.engine: kind.family for kind in (Espeak, Flite, Kokoro)}
    return known[engine] if engine else ""
