"""What open-voices will hold: every row decided before anything is made, from the scans and a seed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from earwitness.audio.channel import ChannelSettings, draw
from earwitness.corpora.open_voices.clip import Clip, join
from earwitness.corpora.open_voices.reserve import VOICES, unreserved

COPY_ENGINES = ("world", "griffin-lim", "lpc", "sinusoidal", "cepstral", "channel-vocoder", "phase-vocoder")
ESPEAK_LANGUAGES = {
    "be": "be", "bg": "bg", "ca": "ca", "cs": "cs", "da": "da", "el": "el", "en": "en-us", "es": "es",
    "fr": "fr-fr", "it": "it", "nl": "nl", "pl": "pl", "ro": "ro", "ru": "ru",
}  # fmt: skip
ESPEAK_VARIANTS = ("", "m1", "m3", "m5", "m7", "f1", "f2", "f3", "f4", "klatt2", "klatt4")
FLITE_VOICES = ("kal", "kal16", "awb", "rms", "slt")
KOKORO_LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "i": "it"}


class Sizes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many rows of each kind a subset has, at most.

    Args:
        speaker: real clips of one speaker.
        role: real clips of one role of a game.
        cast: real clips of all roles of one game in one language.
        copies: copies by each vocoder.
        espeak: rows spoken by espeak-ng.
        flite: rows spoken by flite.
        kokoro: rows spoken by Kokoro.
    """

    speaker: int
    role: int
    cast: int
    copies: int
    espeak: int
    flite: int
    kokoro: int


SUBSETS = {
    "tiny": Sizes(speaker=60, role=5, cast=20, copies=40, espeak=110, flite=90, kokoro=0),
    "small": Sizes(speaker=110, role=40, cast=300, copies=300, espeak=450, flite=400, kokoro=550),
    "full": Sizes(speaker=900, role=400, cast=2500, copies=2000, espeak=3000, flite=2500, kokoro=4000),
}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One row to be made.

    Args:
        id: unique; also the name of its file.
        part: of the corpus.
        kind: `real`, `copy` (of `clip`) or `spoken` (the text, in the channel of `clip`); in other parts
            also `plain` (no channel), `coded`, `joined` (with `donor`), `laid-in` (a copy of `clip`) and
            `inserted` (the text).
        clip: the real clip: itself, what is copied, or whose channel is taken.
        engine: that makes it; empty for real clips.
        voice: of the engine; empty for copies and real clips.
        text: that is spoken; empty for copies and real clips.
        language: of the text (BCP 47).
        group: rows of one utterance, or of one text, share it.
        channel: drawn without a look at the kind.
        seed: of everything drawn while it is made.
        coding: name in the codec grid; empty where none is asked for.
        donor: whose stretches are put into `clip`.
        learnt: clips that the codebooks of a residual coding are fitted on.
    """

    id: str
    part: str = "speech"
    kind: str
    clip: Clip
    engine: str = ""
    voice: str = ""
    text: str = ""
    language: str
    group: str
    channel: ChannelSettings
    seed: int
    coding: str = ""
    donor: Clip | None = None
    learnt: tuple[Clip, ...] = ()


def plan(clips: Iterable[Clip], kokoro_voices: Sequence[str], sizes: Sizes, seed: int) -> list[Row]:
    """All rows of a subset, in an order of which every beginning holds all kinds and engines alike.

    Args:
        clips: of all sources that are there.
        kokoro_voices: names of the voices that are there; empty without Kokoro.
        sizes: of the subset.
        seed: the same seed and the same clips give the same rows.

    Returns:
        Rows with unique ids.
    """
    pool = _usable(unreserved(clips), seed)
    real = _chosen(pool, sizes, seed)
    taken = {clip.id for clip in real}
    rows = [_row("real", clip, seed, group=clip.id) for clip in real]
    for engine in COPY_ENGINES:
        for clip in _shuffled(real, f"{seed}/{engine}", sizes.copies):
            rows.append(_row("copy", clip, seed, group=clip.id, engine=engine))
    texts = defaultdict(list)
    for clip in pool:
        if 25 <= len(clip.transcript) <= 110 and clip.source not in ("gcin", "polish"):
            texts[clip.language].append(clip)
    for language in texts:  # first what nobody in the corpus says, so that words tell little
        texts[language].sort(key=lambda clip: (clip.id in taken, _rank(clip.id, seed)))
    rows += _spoken(_espeak_voices(), sizes.espeak, texts, real, "espeak-ng", seed)
    rows += _spoken([("en", voice) for voice in FLITE_VOICES], sizes.flite, texts, real, "flite", seed)
    named = [(KOKORO_LANGUAGES[v[0]], v) for v in sorted(kokoro_voices) if v[0] in KOKORO_LANGUAGES]
    voices = [pair for pair in named if pair[1] not in VOICES]
    rows += _spoken(voices, sizes.kokoro if voices else 0, texts, real, "kokoro-82m", seed)
    return _interleaved(rows, seed)


def _espeak_voices() -> list[tuple[str, str]]:
    return [
        (language, f"{name}+{variant}" if variant else name)
        for variant in ESPEAK_VARIANTS
        for language, name in ESPEAK_LANGUAGES.items()
    ]


def _spoken(
    voices: list[tuple[str, str]],
    count: int,
    texts: dict[str, list[Clip]],
    real: list[Clip],
    engine: str,
    seed: int,
) -> list[Row]:
    """Rows of a text-to-speech engine: voices in turn, texts in turn, partners drawn."""
    usable = [(language, voice) for language, voice in voices if texts.get(language)]
    turn: dict[str, int] = defaultdict(int)
    rows = []
    for number in range(count if usable else 0):
        language, voice = usable[number % len(usable)]
        said = texts[language][turn[language] % len(texts[language])]
        turn[language] += 1
        partner = real[_rank(f"{engine}/{number}/partner", seed) % len(real)]
        group = "text-" + hashlib.sha256(said.transcript.encode()).hexdigest()[:16]
        rows.append(
            _row("spoken", partner, seed, group=group, engine=engine, voice=voice,
                 text=said.transcript, language=language)
        )  # fmt: skip
    return rows


def _row(
    kind: str, clip: Clip, seed: int, *, group: str, engine: str = "", voice: str = "",
    text: str = "", language: str = "",
) -> Row:  # fmt: skip
    mark = _rank("|".join((kind, clip.id, engine, voice, text)), seed)
    name = f"{engine or 'real'}-{mark:016x}"
    rng = np.random.default_rng(mark)
    return Row(
        id=name, kind=kind, clip=clip, engine=engine, voice=voice, text=text,
        language=language or clip.language, group=group, channel=draw(rng), seed=int(rng.integers(2**62)),
    )  # fmt: skip


def _usable(clips: list[Clip], seed: int) -> list[Clip]:
    """Clips of 2 to 9 seconds; shorter ones of one speaker and role are joined."""
    kept, short = [], defaultdict(list)
    for clip in clips:
        if 2 <= clip.seconds <= 9:
            kept.append(clip)
        elif 0.25 <= clip.seconds < 2:
            short[clip.source, clip.speaker, clip.role, clip.language, clip.licence].append(clip)
    for together in short.values():
        several: list[Clip] = []
        for clip in sorted(together, key=lambda clip: _rank(clip.id, seed)):
            several.append(clip)
            if sum(part.seconds for part in several) >= 2.5:
                kept.append(join(several) if len(several) > 1 else several[0])
                several = []
    return sorted(kept, key=lambda clip: clip.id)


def _chosen(clips: list[Clip], sizes: Sizes, seed: int) -> list[Clip]:
    speakers: dict[str, int] = defaultdict(int)
    roles: dict[str, int] = defaultdict(int)
    chosen = []
    for clip in _shuffled(clips, f"{seed}/real", len(clips)):
        most = sizes.cast if clip.role else sizes.speaker
        if speakers[clip.speaker] < most and (not clip.role or roles[clip.role] < sizes.role):
            speakers[clip.speaker] += 1
            roles[clip.role] += 1
            chosen.append(clip)
    return chosen


def _interleaved(rows: list[Row], seed: int) -> list[Row]:
    strata: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        strata[row.engine].append(row)
    placed = []
    for several in strata.values():
        several.sort(key=lambda row: _rank(row.id, seed))
        placed += [((number + 0.5) / len(several), row.id, row) for number, row in enumerate(several)]
    unique: dict[str, Row] = {}
    for _, name, row in sorted(placed, key=lambda entry: entry[:2]):
        unique.setdefault(name, row)
    return list(unique.values())


def _shuffled(clips: list[Clip], salt: str, count: int) -> list[Clip]:
    return sorted(clips, key=lambda clip: hashlib.sha256(f"{salt}/{clip.id}".encode()).digest())[:count]


def _rank(text: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{text}".encode()).digest()[:8], "big") >> 1
