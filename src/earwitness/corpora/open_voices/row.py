"""Making one row of open-voices: the clip or its spoof, its partner's channel, its drawn channel."""

from __future__ import annotations

import functools
from pathlib import Path

import msgspec
import numpy as np

from earwitness.audio.channel import RATE, apply, to_level
from earwitness.audio.recording import Recording, Samples
from earwitness.audio.resample import resample
from earwitness.corpora.open_voices.clip import Clip, read
from earwitness.corpora.open_voices.engines import maker
from earwitness.corpora.open_voices.partner import ORIGINS, like_partner, origin_of, trimmed
from earwitness.corpora.open_voices.plan import Row
from earwitness.errors import BadInput
from earwitness.making.codebooks import Codebooks
from earwitness.making.codec import CodecRoundTrip
from earwitness.making.codec_grid import GRID
from earwitness.making.maker import Made
from earwitness.making.residual_codec import (
    RESIDUAL_GRID,
    ResidualCodec,
    ResidualCoding,
    fit_codebooks,
    most_quantizers,
)
from earwitness.making.splicing import Spliced, Splicing, splice
from earwitness.metrics.localisation.segments import Segment

LONGEST = 10 * RATE
CODED = 6
"""Longest clip that goes through the codecs, in seconds."""
_SHORTEST = {"speech": RATE, "environment": RATE // 4}


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is known of a row only once it is made.

    Args:
        segments: start, end (in seconds) and label of its stretches, end to end.
        bit_rate: true of its coding, in bit/s.
        measured_bit_rate: of its coding, in bit/s.
    """

    segments: tuple[Segment, ...] = ()
    bit_rate: int | None = None
    measured_bit_rate: int | None = None


def make_row(row: Row, sources: Path, kokoro: Path, codebooks: Path | None = None) -> tuple[Samples, Facts]:
    """The samples of a row, and what is known of it only now.

    Args:
        row: as planned.
        sources: folder of unpacked packages.
        kokoro: folder of Kokoro's files.
        codebooks: folder that keeps the codebooks of residual codings, once fitted.

    Returns:
        `(samples,)` mono at 16 kHz, at most 10 s.

    Raises:
        BadInput: when a source cannot be read, an engine refuses, or too little is left.
    """
    if row.kind == "plain":
        return _plain(row, sources), Facts()
    if row.kind == "coded":
        return _coded(row, sources, codebooks)
    if row.part == "partial":
        return _partial(row, sources, kokoro)
    rng = np.random.default_rng(row.seed)
    real = read(row.clip, sources)
    partner = trimmed(resample(real.samples, real.sample_rate, RATE))
    if row.part == "environment":
        partner = partner[:LONGEST]  # a sound may go on for minutes
    if row.kind == "real":
        heard = partner
    else:
        made = maker(row.engine, row.voice, kokoro).make(
            Recording.of(partner, RATE) if row.kind == "copy" else row.text, rng
        )
        spoken = trimmed(resample(made.samples, made.sample_rate, RATE))
        origin = ORIGINS[row.clip.source] if row.part == "speech" else origin_of(sources / row.clip.parts[0])
        heard = like_partner(spoken, partner, origin, rng)
    if not heard.any():
        raise BadInput("is silent", where=row.id)
    if len(heard) < _SHORTEST[row.part]:
        raise BadInput(f"less than {_SHORTEST[row.part] / RATE:g} s are left", where=row.id)
    return apply(heard[:LONGEST], row.channel), Facts()


def _plain(row: Row, sources: Path) -> Samples:
    real = read(row.clip, sources)
    samples = resample(real.samples, real.sample_rate, RATE)[:LONGEST]
    if len(samples) < RATE // 10 or not samples.any():
        raise BadInput("is shorter than 0.1 s or silent", where=row.id)
    return samples / max(1.0, float(np.abs(samples).max()))


def _coded(row: Row, sources: Path, codebooks: Path | None) -> tuple[Samples, Facts]:
    """The clip at one level through its coding, from the rate of its own file to that of the codec."""
    real = read(row.clip, sources)
    first = real.samples[: CODED * real.sample_rate]
    even = to_level(resample(first, real.sample_rate, RATE).astype(np.float64), -24.0)
    peak = float(np.abs(first).max())
    if peak < 1e-6:
        raise BadInput("is silent", where=row.id)
    levelled = first * (float(np.abs(even).max()) / peak)
    given = Recording.of(levelled, real.sample_rate)
    made: Made
    if row.coding in RESIDUAL_GRID:
        coding = RESIDUAL_GRID[row.coding]
        made = ResidualCodec(coding, _codebooks(coding, row.learnt, sources, codebooks)).make(given)
    elif row.coding in GRID:
        made = CodecRoundTrip(GRID[row.coding]).make(given)
    else:
        return resample(levelled, real.sample_rate, RATE), Facts()
    told = made.provenance.settings
    heard = resample(made.samples, made.sample_rate, RATE)
    return heard / max(1.0, float(np.abs(heard).max())), Facts(
        bit_rate=int(told["bit_rate"]), measured_bit_rate=int(told["measured_bit_rate"])
    )


@functools.lru_cache(maxsize=4)
def _codebooks(
    coding: ResidualCoding, learnt: tuple[Clip, ...], sources: Path, folder: Path | None
) -> Codebooks:
    """Those that are kept, or fitted anew and kept; two processes that do so at once write the same."""
    most = most_quantizers(coding, RESIDUAL_GRID.values())
    path = None if folder is None else folder / f"{coding.books}.npz"
    if path is not None and path.is_file():
        return Codebooks.read(path)
    found = fit_codebooks(most, [_first(read(clip, sources)) for clip in learnt])
    if path is not None:
        found.write(path)
    return found


def _first(recording: Recording) -> Recording:
    return Recording.of(recording.samples[: CODED * recording.sample_rate], recording.sample_rate)


def _partial(row: Row, sources: Path, kokoro: Path) -> tuple[Samples, Facts]:
    """The host, spliced or not, through its channel.

    The channel's codecs bring no delay (libsndfile takes it off), so that borders stay true behind them.
    """
    rng = np.random.default_rng(row.seed)
    real = read(row.clip, sources)
    host = trimmed(resample(real.samples, real.sample_rate, RATE))[:LONGEST]
    segments: tuple[Segment, ...] = (Segment(0.0, len(host) / RATE, "bona fide"),)
    heard = host
    if row.kind != "real":
        spliced = _spliced(row, Recording.of(host, RATE), sources, kokoro, rng)
        heard, segments = spliced.samples, spliced.segments
    return apply(heard, row.channel), Facts(segments=segments)


def _spliced(row: Row, host: Recording, sources: Path, kokoro: Path, rng: np.random.Generator) -> Spliced:
    settings = Splicing(
        pieces=int(rng.choice([2, 3, 3, 3, 5])),
        shortest=0.4,
        speech=0.3,
        fade=round(float(rng.uniform(0.005, 0.03)), 4),
    )
    if row.kind == "joined":
        assert row.donor is not None
        found = read(row.donor, sources)
        donor = trimmed(resample(found.samples, found.sample_rate, RATE))
        return splice(
            host, Recording.of(donor, RATE), rng, labels=("bona fide", "bona fide"), settings=settings
        )
    copied = row.kind == "laid-in"
    made = maker(row.engine, row.voice, kokoro).make(host if copied else row.text, rng)
    values = resample(made.samples, made.sample_rate, RATE)
    # A copy keeps its silences, so that it says the same as the host at the same time.
    values = values if copied else trimmed(values)
    donor = like_partner(values, host.samples, ORIGINS[row.clip.source], rng)
    return splice(host, Recording.of(donor, RATE), rng, aligned=copied, settings=settings)
