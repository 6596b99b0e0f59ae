"""From a likelihood ratio to a decision: a pure function, cautious by rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

from earwitness.evidence.finding import Decision, Properties, Segment, Window
from earwitness.evidence.manifest import Thresholds, Validated

NO_SPEECH = "no statement: there is no speech to weigh"
"""What stands in place of words for a likelihood ratio where there is none."""

_CONFLICT = 0.2
"""Share of the scored windows that, speaking clearly for the other side, forbid a verdict."""


def probability(llr: float, prior: float) -> float:
    """Probability of bona fide after the recording was heard.

    Args:
        llr: natural-log likelihood ratio, bona fide over spoof.
        prior: probability of bona fide before, above 0 and below 1.

    Returns:
        0 to 1.

    Example:
        >>> round(probability(0.0, 0.3), 9)
        0.3
    """
    logit = llr + math.log(prior) - math.log1p(-prior)
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def decide(
    llr: float | None,
    *,
    speech: float,
    properties: Properties,
    thresholds: Thresholds,
    validated: Validated,
    timeline: Sequence[Window] = (),
    segments: Sequence[Segment] = (),
    lowest: Window | None = None,
) -> tuple[Decision, tuple[str, ...]]:
    """Decide, and say why.

    A verdict needs a likelihood ratio beyond a threshold, and a recording like those on which the
    instrument was validated; whatever is missing is a reason of its own.

    Args:
        llr: natural-log likelihood ratio of the recording, bona fide over spoof; `None` when no
            window held enough speech.
        speech: in the recording, in seconds.
        properties: what was measured.
        thresholds: of the instrument.
        validated: of the instrument.
        timeline: scores of the windows.
        segments: stretches that differ from the rest.
        lowest: of the windows in which changes are looked for, that of the lowest score.

    Returns:
        Decision and its reasons, one sentence each, at least one.
    """
    if speech <= 0:
        return "inconclusive", ("No speech was found: nothing can be said about a voice.",)
    against = _outside(speech, properties, validated)
    if llr is None:
        return "inconclusive", (*against, "No stretch holds enough speech to be scored.")
    low, high = validated.llr_range
    if not low <= llr <= high:
        against.append(
            f"The score is out of the validated range: {llr:+.2f}, while validation saw {low:+.2f} to "
            f"{high:+.2f}."
        )
    against += _conflicts(llr, thresholds, timeline, segments, lowest)
    if thresholds.spoof_below < llr < thresholds.bona_fide_above:
        against.append(
            f"The evidence is too weak for a verdict: the log likelihood ratio {llr:+.2f} lies between the "
            f"thresholds {thresholds.spoof_below:+.2f} and {thresholds.bona_fide_above:+.2f}."
        )
        against += _out_of_reach(llr, thresholds, validated)
    if against:
        return "inconclusive", tuple(against)
    if llr >= thresholds.bona_fide_above:
        side, limit, decision = "at or above", thresholds.bona_fide_above, "bona fide"
    else:
        side, limit, decision = "at or below", thresholds.spoof_below, "spoof"
    reason = (
        f"The log likelihood ratio {llr:+.2f} is {side} the threshold {limit:+.2f}, and the recording lies "
        "within the validated conditions."
    )
    return ("bona fide" if decision == "bona fide" else "spoof"), (reason,)


def _out_of_reach(llr: float, thresholds: Thresholds, validated: Validated) -> list[str]:
    """Whether validation was not good enough for a verdict to this side, whatever the score."""
    low, high = validated.llr_range
    for decision, beyond in (
        ("bona fide", llr >= 0 and thresholds.bona_fide_above > high),
        ("spoof", llr < 0 and thresholds.spoof_below < low),
    ):
        if beyond:
            return [
                f"This instrument never decides {decision}: in validation no score was sure enough, so that "
                "threshold lies beyond all scores seen."
            ]
    return []


def _outside(speech: float, properties: Properties, validated: Validated) -> list[str]:
    """In what the recording differs from those of the validation."""
    found = []
    if speech < validated.min_speech_seconds:
        found.append(
            f"Too little speech: {speech:.1f} s, while the instrument was validated from "
            f"{validated.min_speech_seconds:.1f} s."
        )
    if properties.clipped > validated.max_clipped:
        found.append(
            f"Clipped: {properties.clipped:.1%} of the samples, while the instrument was validated up to "
            f"{validated.max_clipped:.1%}."
        )
    if properties.bandwidth_hz is not None and properties.bandwidth_hz < validated.min_bandwidth_hz:
        found.append(
            f"Band-limited beyond validation: speech reaches up to {properties.bandwidth_hz:.0f} Hz, while "
            f"the instrument was validated from {validated.min_bandwidth_hz:.0f} Hz."
        )
    if properties.snr_db is not None and properties.snr_db < validated.min_snr_db:
        found.append(
            f"Noisy: speech lies {properties.snr_db:.0f} dB above the noise floor, while the instrument was "
            f"validated from {validated.min_snr_db:.0f} dB."
        )
    return found


def _conflicts(
    llr: float,
    thresholds: Thresholds,
    timeline: Sequence[Window],
    segments: Sequence[Segment],
    lowest: Window | None,
) -> list[str]:
    """Whether one verdict cannot hold for the whole recording."""
    if segments:
        named = "; ".join(f"{s.start:.1f}-{s.end:.1f} s leans to {s.label}" for s in segments[:4])
        more = f"; and {len(segments) - 4} more" if len(segments) > 4 else ""
        return [f"Conflicting windows: {named}{more}, unlike the rest. See the timeline."]
    scores = [window.llr for window in timeline if window.llr is not None]
    if llr >= 0:
        other, contrary = "spoof", sum(score <= thresholds.spoof_below for score in scores)
    else:
        other, contrary = "bona fide", sum(score >= thresholds.bona_fide_above for score in scores)
    if scores and contrary / len(scores) >= _CONFLICT:
        return [f"Conflicting windows: {contrary} of {len(scores)} speak clearly for {other}."]
    least = thresholds.least_window
    if least is None or lowest is None or lowest.llr is None or llr < thresholds.bona_fide_above:
        return []
    if lowest.llr < least:
        return [
            f"Conflicting windows: the whole speaks for bona fide, but {lowest.start:.1f}-{lowest.end:.1f} s "
            f"only reaches {lowest.llr:+.2f}, while this verdict needs {least:+.2f} everywhere."
        ]
    return []
