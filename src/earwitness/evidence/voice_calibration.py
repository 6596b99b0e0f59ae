"""From the likeness of two voices to a likelihood ratio, and how that map is fitted and tested."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from earwitness.assets import asset
from earwitness.errors import BadInput
from earwitness.metrics import eer, interval, min_cllr
from earwitness.metrics.calibration import logistic

NAME = "voice-calibration"
WRONG = 0.1
"""Largest share of wrong verdicts that a threshold lets through, of either kind."""


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A measured figure.

    Args:
        value: obtained on speakers that the calibration had not seen.
        low: lower end of its 95 % interval, speakers drawn as a whole.
        high: upper end.
    """

    value: float
    low: float
    high: float


class VoiceCalibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`llr = clip(scale * similarity + offset, -bound, bound)`, and what is known about it.

    Args:
        scale: of the cosine similarity.
        offset: in natural-log units.
        bound: largest ratio (natural log) that so few speakers can carry.
        same_above: LLR from which the decision is `same`.
        different_below: LLR up to which the decision is `different`.
        shortest_speech: seconds of speech that either side needs for a decision.
        encoder: revision of the embedding it was fitted on.
        speakers: that were compared.
        same: trials of one speaker.
        different: trials of two speakers.
        sources: where the speakers come from.
        eer: equal error rate, leaving each speaker out in turn.
        cllr: cost of the likelihood ratios, leaving each speaker out in turn.
        min_cllr: what would be left of it with perfect calibration.
        eer_by_source: the same, source by source.
        wrong_same: share of `same` verdicts that were wrong at equal priors.
        wrong_different: share of `different` verdicts that were wrong at equal priors.
        decided: share of the trials that got a verdict.
        limits: what it was not fitted on, one sentence each.
    """

    scale: float
    offset: float
    bound: float
    same_above: float
    different_below: float
    shortest_speech: float
    encoder: str
    speakers: int
    same: int
    different: int
    sources: tuple[str, ...]
    eer: Figure
    cllr: Figure
    min_cllr: float
    eer_by_source: dict[str, float]
    wrong_same: float
    wrong_different: float
    decided: float
    limits: tuple[str, ...]

    def llr(self, similarity: float) -> float:
        """Natural-log likelihood ratio, same over different voice, of a cosine similarity."""
        return float(np.clip(self.scale * similarity + self.offset, -self.bound, self.bound))


@functools.cache
def voice_calibration() -> VoiceCalibration:
    """The shipped calibration, checked against its SHA-256."""
    return msgspec.json.decode(asset(NAME).read_bytes(), type=VoiceCalibration)


class Trials(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs of recordings.

    Args:
        similarity: `(trials,)` cosine similarities.
        left: speaker of the first recording of each.
        right: speaker of the second.
        source: of both.
    """

    similarity: np.ndarray
    left: np.ndarray
    right: np.ndarray
    source: np.ndarray

    @property
    def same(self) -> np.ndarray:
        """Which trials are of one speaker."""
        return self.left == self.right


def fit_voice_calibration(
    trials: Trials, *, encoder: str, shortest_speech: float, limits: Sequence[str]
) -> VoiceCalibration:
    """Fit on all trials, and say how fits do that had not heard the speakers of a trial.

    Each trial is scored by a calibration fitted on the trials that have none of its speakers.
    The thresholds are fitted on those ratios; the share of wrong verdicts that is stated comes
    from thresholds that were fitted, one level further in, without the trial's speakers.

    Args:
        trials: within sources, balanced between speakers by whoever drew them.
        encoder: revision of the embedding.
        shortest_speech: of the recordings of the trials, in seconds.
        limits: what the trials do not cover.

    Raises:
        BadInput: when a class of trials is empty or there are fewer than six speakers: two are
            left out twice, and two must be left to be told apart.
    """
    same = trials.same
    speakers = {*trials.left.tolist(), *trials.right.tolist()}
    if len(speakers) < 6:
        raise BadInput(f"needs trials of at least six speakers, got {len(speakers)}", where=NAME)
    bound = math.log(len(speakers) + 1)
    everything = np.ones(len(same), bool)
    scale, offset = _fit(trials.similarity, same)
    llr = _held_out(trials, everything, bound)
    groups = (trials.left[same], _pairs(trials)[~same])
    figures = [interval(name, llr[same], llr[~same], clusters=groups) for name in ("eer", "cllr")]
    above, below = _thresholds(llr, same)
    verdict = np.zeros(len(same))
    for rest, held in _rounds(trials, everything):
        inner = _held_out(trials, rest, bound)
        high, low = _thresholds(inner[rest], same[rest])
        verdict[held] = np.where(llr[held] >= high, 1, np.where(llr[held] <= low, -1, 0))
    sources = sorted(set(trials.source.tolist()))
    return VoiceCalibration(
        scale=scale,
        offset=offset,
        bound=bound,
        same_above=above,
        different_below=below,
        shortest_speech=shortest_speech,
        encoder=encoder,
        speakers=len(speakers),
        same=int(same.sum()),
        different=int((~same).sum()),
        sources=tuple(sources),
        eer=Figure(value=figures[0].value, low=figures[0].low, high=figures[0].high),
        cllr=Figure(value=figures[1].value, low=figures[1].low, high=figures[1].high),
        min_cllr=min_cllr(llr[same], llr[~same]),
        eer_by_source={
            name: float(eer(llr[same & (trials.source == name)], llr[~same & (trials.source == name)]))
            for name in sources
        },
        wrong_same=_wrong(verdict[same] == 1, verdict[~same] == 1),
        wrong_different=_wrong(verdict[~same] == -1, verdict[same] == -1),
        decided=float(np.mean([np.mean(verdict[same] != 0), np.mean(verdict[~same] != 0)])),
        limits=tuple(limits),
    )


def _rounds(trials: Trials, among: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each pair of speakers: the trials with neither of them, and the trials of just that pair."""
    pairs = sorted(set(zip(trials.left[among].tolist(), trials.right[among].tolist(), strict=True)))
    for left, right in pairs:
        heard = np.isin(trials.left, (left, right)) | np.isin(trials.right, (left, right))
        yield among & ~heard, among & (trials.left == left) & (trials.right == right)


def _held_out(trials: Trials, among: np.ndarray, bound: float) -> np.ndarray:
    """Ratios of the trials that are `among`, each by a fit that had not heard its speakers."""
    llr = np.zeros(len(among))
    for rest, held in _rounds(trials, among):
        scale, offset = _fit(trials.similarity[rest], trials.same[rest])
        llr[held] = np.clip(scale * trials.similarity[held] + offset, -bound, bound)
    return llr


def _fit(similarity: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    fitted = logistic(similarity[same], similarity[~same])
    return float(fitted.scale), float(fitted.offset)


def _pairs(trials: Trials) -> np.ndarray:
    return np.array([min(a, b) for a, b in zip(trials.left, trials.right, strict=True)])


def _wrong(right: np.ndarray, wrong: np.ndarray) -> float:
    """Share of the verdicts that are wrong at equal priors: true, given for either class of trials."""
    hits, misses = float(np.mean(right)), float(np.mean(wrong))
    return misses / (hits + misses) if hits + misses else 0.0


def _thresholds(llr: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    """From which ratio on `same` is said, and up to which `different`."""
    return _threshold(llr[same], llr[~same]), -_threshold(-llr[~same], -llr[same])


def _threshold(right: np.ndarray, wrong: np.ndarray) -> float:
    """The lowest ratio, at least 2, from which on few enough verdicts are wrong."""
    candidates = np.unique(np.concatenate([right[right > math.log(2)], [math.log(2)]]))
    good = (at for at in candidates if _wrong(right >= at, wrong >= at) <= WRONG)
    return float(next(good, candidates[-1]))
