"""Making one row of open-voices: the clip or its spoof, its partner's channel, its drawn channel."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from earwitness.audio.channel import RATE, apply
from earwitness.audio.recording import Recording, Samples
from earwitness.audio.resample import resample
from earwitness.corpora.open_voices.clip import read
from earwitness.corpora.open_voices.partner import ORIGINS, like_partner, trimmed
from earwitness.corpora.open_voices.plan import Row
from earwitness.errors import BadInput
from earwitness.making.cepstral import Cepstral
from earwitness.making.channel_vocoder import ChannelVocoder
from earwitness.making.copying import CopySynthesis
from earwitness.making.espeak import Espeak
from earwitness.making.flite import Flite
from earwitness.making.griffin_lim import GriffinLim
from earwitness.making.kokoro import Kokoro
from earwitness.making.lpc import Lpc
from earwitness.making.maker import Maker
from earwitness.making.phase_vocoder import PhaseVocoder
from earwitness.making.sinusoidal import Sinusoidal
from earwitness.making.world import World

LONGEST = 10 * RATE
_COPIES: tuple[CopySynthesis, ...] = (
    World(), GriffinLim(), Lpc(), Sinusoidal(), Cepstral(), ChannelVocoder(), PhaseVocoder(),
)  # fmt: skip


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


def make_row(row: Row, sources: Path, kokoro: Path) -> Samples:
    """The samples of a row.

    Args:
        row: as planned.
        sources: folder of unpacked packages.
        kokoro: folder of Kokoro's files.

    Returns:
        `(samples,)` mono at 16 kHz, 1 to 10 s.

    Raises:
        BadInput: when a source cannot be read, an engine refuses, or less than a second is left.
    """
    rng = np.random.default_rng(row.seed)
    real = read(row.clip, sources)
    partner = trimmed(resample(real.samples, real.sample_rate, RATE))
    if row.kind == "real":
        heard = partner
    else:
        made = maker(row.engine, row.voice, kokoro).make(
            Recording.of(partner, RATE) if row.kind == "copy" else row.text, rng
        )
        spoken = trimmed(resample(made.samples, made.sample_rate, RATE))
        heard = like_partner(spoken, partner, ORIGINS[row.clip.source], rng)
    if len(heard) < RATE:
        raise BadInput("less than a second is left", where=row.id)
    return apply(heard[:LONGEST], row.channel)
