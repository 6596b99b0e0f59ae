"""The parts of open-voices beside speech: which rows each will hold, from the scans and a seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec
import numpy as np

from earwitness.audio.channel import ChannelSettings, draw
from earwitness.corpora.open_voices.clip import Clip
from earwitness.corpora.open_voices.plan import (
    COPY_ENGINES,
    ESPEAK_LANGUAGES,
    ESPEAK_VARIANTS,
    FLITE_VOICES,
    KOKORO_LANGUAGES,
    Row,
)  # fmt: skip
from earwitness.corpora.open_voices.reserve import VOICES
from earwitness.making.codec_grid import GRID
from earwitness.making.residual_codec import RESIDUAL_GRID

ENVIRONMENT_ENGINES = (
    "griffin-lim", "sinusoidal", "phase-vocoder", "cepstral", "noise-bands", "grains",
)  # fmt: skip
LEARNT = 60
"""Clips that codebooks are fitted on, at most."""
UNCODED = "none"
"""Name of the coding of rows that went through no codec."""


class PartSizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much of each part a subset has, at most.

    Args:
        hosts: clips of speech that are spliced, each once in every way.
        sounds: environmental sounds.
        resyntheses: of each sound, by different engines.
        coded: clips of speech that go through every coding of a program.
        residual: of these, the first so many that go through every residual coding, too.
    """

    hosts: int
    sounds: int
    resyntheses: int
    coded: int
    residual: int = 0


PART_SIZES = {
    "tiny": PartSizes(hosts=35, sounds=200, resyntheses=2, coded=5),
    "small": PartSizes(hosts=60, sounds=200, resyntheses=2, coded=16, residual=12),
    "full": PartSizes(hosts=600, sounds=10_000, resyntheses=len(ENVIRONMENT_ENGINES), coded=120, residual=60),
}


def environment(clips: Sequence[Clip], sizes: PartSizes, seed: int) -> list[Row]:
    """Real sounds and resyntheses of each, in one group, every one through a channel of its own.

    Args:
        clips: environmental sounds.
        sizes: of the subset.
        seed: the same seed and clips give the same rows.
    """
    rows = []
    turn = 0
    for clip in _shuffled(clips, seed, "environment")[: sizes.sounds]:
        rows.append(_row("environment", "real", clip, seed, group=clip.role))
        for _ in range(sizes.resyntheses):
            engine = ENVIRONMENT_ENGINES[turn % len(ENVIRONMENT_ENGINES)]
            turn += 1
            rows.append(_row("environment", "copy", clip, seed, group=clip.role, engine=engine))
    return rows


def plain(
    part: str, clips: Sequence[Clip], seed: int, same: Mapping[str, str] = MappingProxyType({})
) -> list[Row]:
    """Clips as they are: vocalisations, or the Polish emotions.

    Args:
        part: `vocalisation` or `emotion`.
        clips: all of them.
        seed: names the rows.
        same: id of a clip -> that of another with the same content, whose group it joins.
    """
    return [
        _row(
            part, "plain", clip, seed, group=f"{part}/{same.get(clip.id, clip.id)}", channel=ChannelSettings()
        )
        for clip in clips
    ]


def codec(clips: Sequence[Clip], rates: dict[str, int], sizes: PartSizes, seed: int) -> list[Row]:
    """Every coding of the grid, and none, of a few clips by speakers in turn, the widest bands first.

    Codebooks of residual codings are fitted on clips of other speakers, where there are such.

    Args:
        clips: bona fide speech of the corpus.
        rates: source -> sample rate of its files, in Hz.
        sizes: of the subset.
        seed: draws the clips.
    """
    by_speaker: dict[tuple[bool, str], list[Clip]] = defaultdict(list)
    for clip in _shuffled([clip for clip in clips if clip.seconds <= 7], seed, "codec"):
        by_speaker[rates.get(clip.source, 0) < 16_000, clip.speaker].append(clip)
    # Speakers whose recordings are narrow come only where the wide ones are used up.
    chosen: list[Clip] = []
    for narrow in (False, True):
        queues = [several for key, several in sorted(by_speaker.items()) if key[0] == narrow]
        for place in range(max((len(queue) for queue in queues), default=0)):
            chosen += [queue[place] for queue in queues if place < len(queue)]
    coded, left = chosen[: sizes.coded], chosen[sizes.coded :]
    heard = {clip.speaker for clip in coded}
    learnt = (*[clip for clip in left if clip.speaker not in heard], *left, *coded)[:LEARNT]
    rows = [
        _row("codec", "coded", clip, seed, group=clip.id, coding=coding, channel=ChannelSettings())
        for clip in coded
        for coding in (UNCODED, *GRID)
    ]
    for clip in coded[: sizes.residual]:
        for coding in RESIDUAL_GRID:
            row = _row("codec", "coded", clip, seed, group=clip.id, coding=coding, channel=ChannelSettings())
            rows.append(msgspec.structs.replace(row, learnt=tuple(dict.fromkeys(learnt))))
    return rows


def partial(clips: Sequence[Clip], kokoro_voices: Sequence[str], sizes: PartSizes, seed: int) -> list[Row]:
    """Each host as it is, joined with its own speaker, with a copy laid in, and with a made voice laid in.

    The first two are bona fide: what differs between the classes is the fake, not that there is a cut.

    Args:
        clips: bona fide speech of the corpus.
        kokoro_voices: names of the voices that are there.
        sizes: of the subset.
        seed: draws hosts, donors, engines and voices.
    """
    said: dict[str, list[Clip]] = defaultdict(list)
    own: dict[tuple[str, str, str], list[Clip]] = defaultdict(list)
    hosts = [clip for clip in clips if clip.seconds >= 3 and clip.source not in ("gcin", "polish")]
    for clip in hosts:
        said[clip.language].append(clip)
        own[clip.source, clip.speaker, clip.role].append(clip)
    rows = []
    for number, host in enumerate(_shuffled(hosts, seed, "partial")[: sizes.hosts]):
        rows.append(_row("partial", "real", host, seed, group=host.id))
        donors = [clip for clip in own[host.source, host.speaker, host.role] if clip.id != host.id]
        if donors:
            donor = donors[_rank(f"{host.id}/donor", seed) % len(donors)]
            rows.append(_row("partial", "joined", host, seed, group=host.id, donor=donor))
        engine = COPY_ENGINES[number % len(COPY_ENGINES)]
        rows.append(_row("partial", "laid-in", host, seed, group=host.id, engine=engine))
        voices = _voices(host.language, kokoro_voices)
        texts = [clip for clip in said[host.language] if clip.id != host.id and len(clip.transcript) <= 110]
        if voices and texts:
            engines = sorted({engine for engine, _ in voices})
            spoken = engines[number % len(engines)]
            names = [voice for engine, voice in voices if engine == spoken]
            rows.append(
                _row(
                    "partial", "inserted", host, seed, group=host.id, engine=spoken,
                    voice=names[_rank(f"{host.id}/voice", seed) % len(names)],
                    text=texts[_rank(f"{host.id}/text", seed) % len(texts)].transcript,
                )
            )  # fmt: skip
    return rows


def _voices(language: str, kokoro_voices: Sequence[str]) -> list[tuple[str, str]]:
    """Engine and voice of all that speak a language."""
    found = [("flite", voice) for voice in FLITE_VOICES if language == "en"]
    if language in ESPEAK_LANGUAGES:
        name = ESPEAK_LANGUAGES[language]
        found += [("espeak-ng", f"{name}+{other}" if other else name) for other in ESPEAK_VARIANTS]
    return found + [
        ("kokoro-82m", voice)
        for voice in sorted(kokoro_voices)
        if KOKORO_LANGUAGES.get(voice[0]) == language and voice not in VOICES
    ]


def _row(
    part: str, kind: str, clip: Clip, seed: int, *, group: str, engine: str = "", voice: str = "",
    text: str = "", coding: str = "", donor: Clip | None = None, channel: ChannelSettings | None = None,
) -> Row:  # fmt: skip
    told = "|".join((part, kind, clip.id, engine, voice, text, coding, donor.id if donor else ""))
    mark = _rank(told, seed)
    rng = np.random.default_rng(mark)
    drawn = draw(rng)
    return Row(
        id=f"{part}-{coding or engine or kind}-{mark:016x}", part=part, kind=kind, clip=clip, engine=engine,
        voice=voice, text=text, language=clip.language, group=group, coding=coding, donor=donor,
        channel=channel or drawn, seed=int(rng.integers(2**62)),
    )  # fmt: skip


def _shuffled(clips: Sequence[Clip], seed: int, salt: str) -> list[Clip]:
    return sorted(clips, key=lambda clip: (_rank(f"{salt}/{clip.id}", seed), clip.id))


def _rank(text: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{text}".encode()).digest()[:8], "big") >> 1
