"""Splices: stretches of one recording in the place of stretches of another, with the true borders.

A donor's stretches take the place of the host's, as in PartialSpoof: level-matched, cross-faded, cut
where both are quiet. Host and donor may be of either class, so both directions are made alike. A copy of
the host (resynthesis) is laid in at its own time, so that the words run on.

Reference: L. Zhang, X. Wang, E. Cooper, N. Evans, J. Yamagishi, "The PartialSpoof Database and
Countermeasures for the Detection of Short Fake Speech Segments Embedded in an Utterance", IEEE/ACM TASLP
31, 2023, section III (there the borders are drawn from a speech detector; here from the level alone).
"""

from __future__ import annotations

import itertools
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from earwitness.audio.channel import active_level
from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.making.maker import Provenance, Samples
from earwitness.metrics.localisation.segments import Segment

Values = NDArray[np.float64]
_FRAME = 0.02
_SPEECH = 10**-2.5
"""Power of a frame that counts as speech, over that of the louder half of its recording."""
_TRIES = 40


class Splicing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How splices are drawn.

    Args:
        pieces: stretches of the result, host and donor in turn; 3 is one donor stretch within the host,
            or the host's middle within the donor.
        first: whose stretch comes first; drawn when `any`.
        donor_share: least and highest share of the result that is the donor's, in (0, 1).
        shortest: of a stretch, in seconds, above 0.
        speech: least share of a stretch that must be speech, 0 to 1.
        reach: how far a cut may move from where it was drawn to the quietest place, in seconds.
        fade: length of the cross-fades, in seconds; the true border is in the middle.
    """

    pieces: int = 3
    first: Literal["host", "donor", "any"] = "any"
    donor_share: tuple[float, float] = (0.2, 0.6)
    shortest: float = 1.0
    speech: float = 0.4
    reach: float = 0.2
    fade: float = 0.02

    def __post_init__(self) -> None:
        low, high = self.donor_share
        if self.pieces < 2 or not 0 < low <= high < 1 or self.shortest <= 2 * self.fade or self.fade < 0:
            raise BadInput(
                "needs two pieces or more, shares in (0, 1), stretches longer than two fades",
                where="splicing",
            )


class Spliced(msgspec.Struct, frozen=True, kw_only=True):
    """A spliced recording and what its parts are.

    Args:
        samples: `(samples,)` mono, float32, within -1 to 1, at the host's level.
        sample_rate: in Hz, the host's.
        segments: end to end, in order, each with its label; together the whole recording.
        provenance: engine and family `splice`; the settings name both recordings and every cut.
    """

    samples: Samples
    sample_rate: int
    segments: tuple[Segment, ...]
    provenance: Provenance

    @property
    def recording(self) -> Recording:
        """The samples as a `Recording`, with their content hash."""
        return Recording.of(self.samples, self.sample_rate)


def splice(
    host: Recording,
    donor: Recording,
    rng: np.random.Generator,
    *,
    labels: tuple[str, str] = ("bona fide", "spoof"),
    aligned: bool = False,
    settings: Splicing = Splicing(),  # noqa: B008 - frozen
) -> Spliced:
    """Put stretches of a donor in the place of stretches of a host.

    The host's stretches stay at their times; the donor's come one after another from a drawn place of
    the donor, or, when it is `aligned`, from the same times. The donor is brought to the host's speech
    level. What its channel is (band, codec, noise) is left as it is.

    Args:
        host: gives the length and the level.
        donor: of any rate; brought to the host's.
        rng: draws which comes first, the shares, the cuts, and where in the donor they lie.
        labels: of the host and of the donor.
        aligned: the donor says the same at the same times, as a copy of the host does.
        settings: how splices are drawn.

    Returns:
        As long as the host (or the shorter of both, when aligned), give or take the reach of a cut.

    Raises:
        BadInput: when the recordings are too short, or hold too little speech, for such stretches.

    Example:
        >>> tone = Recording.of(0.1 * np.sin(np.arange(64000) * 0.2), 16000)
        >>> made = splice(tone, tone, np.random.default_rng(0), settings=Splicing(first="host"))
        >>> [segment.label for segment in made.segments]
        ['bona fide', 'spoof', 'bona fide']
    """
    rate = host.sample_rate
    ours = np.asarray(host.samples, np.float64)
    theirs = np.asarray(resample(donor.samples, donor.sample_rate, rate), np.float64)
    levels = active_level(ours), active_level(theirs)
    if min(levels) < 1e-6:
        raise BadInput("is silent; nothing to splice", where=host.path if levels[0] < 1e-6 else donor.path)
    if aligned:
        ours, theirs = ours[: len(theirs)], theirs[: len(ours)]
    gain = levels[0] / levels[1]
    theirs = theirs * gain
    for _ in range(_TRIES):
        drawn = _draw(ours, theirs, rate, rng, aligned, settings)
        if drawn is not None and all(
            _speech_share((ours, theirs)[which][a:b], levels[0], rate) >= settings.speech
            for which, a, b in drawn
        ):
            break
    else:
        raise BadInput(
            f"is too short, or holds too little speech, for {settings.pieces} stretches of "
            f"{settings.shortest:g} s",
            where=host.path,
        )
    values, borders = _joined(ours, theirs, drawn, round(settings.fade * rate), correlated=aligned)
    peak = float(np.abs(values).max())
    edges = [0, *borders, len(values)]
    return Spliced(
        samples=(values / max(1.0, peak / 0.999)).astype(np.float32),
        sample_rate=rate,
        segments=tuple(
            Segment(a / rate, b / rate, labels[which])
            for (which, _, _), (a, b) in zip(drawn, itertools.pairwise(edges), strict=True)
        ),
        provenance=Provenance(
            engine="splice",
            family="splice",
            source=host.sha256,
            settings={
                "donor": donor.sha256,
                "aligned": int(aligned),
                "gain_db": round(20 * float(np.log10(gain)), 3),
                "fade": settings.fade,
                "pieces": " ".join(
                    f"{('host', 'donor')[which]}:{a / rate:.4f}-{b / rate:.4f}" for which, a, b in drawn
                ),
            },
        ),
    )


Piece = tuple[int, int, int]
"""0 = host, 1 = donor; first sample and one past the last, in that recording."""


def _draw(
    ours: Values, theirs: Values, rate: int, rng: np.random.Generator, aligned: bool, settings: Splicing
) -> list[Piece] | None:
    """Pieces in order; `None` when this draw leaves one too short."""
    first = {"host": 0, "donor": 1, "any": int(rng.integers(2))}[settings.first]
    order = [(first + place) % 2 for place in range(settings.pieces)]
    total = len(ours)
    share = rng.uniform(*settings.donor_share)
    if not aligned:
        share = min(share, len(theirs) / total)
    lengths = np.zeros(settings.pieces)
    for which, part in ((0, 1 - share), (1, share)):
        mine = [place for place, owner in enumerate(order) if owner == which]
        spare = part * total - len(mine) * settings.shortest * rate
        if spare < 0:
            return None
        lengths[mine] = settings.shortest * rate + spare * rng.dirichlet(np.ones(len(mine)))
    cuts = [0, *np.cumsum(lengths).round().astype(int).tolist()]
    cuts[-1] = total
    reach = round(settings.reach * rate)
    both = ours + theirs if aligned else ours
    cuts[1:-1] = [_quietest(both, cut, reach, rate) for cut in cuts[1:-1]]
    pieces: list[Piece] = []
    needed = sum(b - a for owner, a, b in zip(order, cuts, cuts[1:], strict=False) if owner)
    at = int(rng.integers(max(0, len(theirs) - needed) + 1))
    for owner, a, b in zip(order, cuts, cuts[1:], strict=False):
        if owner and not aligned:
            begin = at if at == 0 else _quietest(theirs, at, reach, rate)
            a, b = begin, _quietest(theirs, min(len(theirs), begin + b - a), reach, rate)
            at = b
        if b - a < settings.shortest * rate * 0.75:
            return None
        pieces.append((owner, a, b))
    return pieces


def _quietest(values: Values, place: int, reach: int, rate: int) -> int:
    """The middle of the quietest frame near a place; the place itself at either end or without a reach."""
    frame = max(1, round(_FRAME * rate))
    low, high = max(0, place - reach), min(len(values), place + reach)
    if reach == 0 or place in (0, len(values)) or high - low < 2 * frame:
        return place
    power = np.convolve(np.square(values[low:high]), np.ones(frame) / frame, mode="valid")
    # A little pull back to the drawn place: in even sound the cut stays where it was drawn.
    away = np.abs(np.arange(len(power)) + low + frame // 2 - place) / max(1, reach)
    floor = max(float(power.max()) * 1e-3, 1e-12)
    return low + frame // 2 + int(np.argmin(np.log(power + floor) + away))


def _speech_share(values: Values, level: float, rate: int) -> float:
    """Share of the frames that are speech, 0 to 1."""
    frame = max(1, round(_FRAME * rate))
    usable = len(values) // frame * frame
    if not usable:
        return 0.0
    power = np.square(values[:usable]).reshape(-1, frame).mean(axis=1)
    return float((power > _SPEECH * level**2).mean())


def _joined(
    ours: Values, theirs: Values, pieces: list[Piece], fade: int, *, correlated: bool
) -> tuple[Values, list[int]]:
    """The pieces end to end and the borders: sample numbers in the middle of the cross-fades.

    Half a fade of what lies beyond each border is taken from the recording itself; beyond its end it is
    silence. The same words twice add up in amplitude, anything else in power.
    """
    half = fade // 2
    ramp = (np.arange(2 * half) + 0.5) / max(1, 2 * half)
    rise = ramp if correlated else np.sin(np.pi / 2 * ramp)
    total = sum(b - a for _, a, b in pieces)
    out = np.zeros(total)
    borders, at = [], 0
    for number, (which, a, b) in enumerate(pieces):
        source = (ours, theirs)[which]
        before, after = half * (number > 0), half * (number + 1 < len(pieces))
        taken = np.zeros(b - a + before + after)
        low, high = max(0, a - before), min(len(source), b + after)
        taken[low - a + before : high - a + before] = source[low:high]
        if before:
            taken[: 2 * half] *= rise
        if after:
            taken[-2 * half :] *= rise[::-1]
        out[at - before : at + b - a + after] += taken
        if number:
            borders.append(at)
        at += b - a
    return out, borders
