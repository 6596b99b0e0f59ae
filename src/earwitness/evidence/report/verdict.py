"""The verdict in plain sentences: what it is, what it means and what it does not mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

from earwitness.evidence.finding import Decision, Detection, Voice
from earwitness.evidence.report.density import Standing
from earwitness.evidence.report.wording import clock, counted, odds, percent, ratio

GLOSS: dict[Decision, str] = {
    "bona fide": "a real human voice",
    "spoof": "a synthetic or altered voice",
    "inconclusive": "not settled either way",
}
"""What each decision says, for a reader who has never met the word."""

_HEADLINES: dict[Decision, str] = {
    "bona fide": "The evidence points to a real human voice.",
    "spoof": "The evidence points to a synthetic or altered voice.",
    "inconclusive": "The evidence does not settle whether this voice is real.",
}
_PART = "Part of this recording points to a synthetic or altered voice."
_MIXED = "The parts of this recording disagree: most of it leans to a {} voice, a part to a {} one."
_SILENT = "There is too little speech here to say anything about a voice."

_MIXED_MEANS = "No single verdict fits the whole; look at, and listen to, the stretches one by one."
_MIXED_NOT = (
    "Not proof of a splice: a change of microphone, noise or speaker can look alike.",
    "Not where a splice is: stretches show where to listen; how often they are right stands below them.",
    "Not that the rest is genuine beyond doubt: each stretch holds less speech than the whole.",
    "Not the end of the matter: ask for the original, and compare the stretches.",
)
_MEANS: dict[Decision, str] = {
    "bona fide": "The voice sounds to the instrument as the real voices of its validation did.",
    "spoof": "The voice sounds to the instrument as the machine-made voices of its validation did.",
    "inconclusive": "The evidence is too weak, or the conditions too far from the validated ones; "
    "the instrument declines to choose.",
}
_NOT: dict[Decision, tuple[str, ...]] = {
    "bona fide": (
        "Not that what is said is true, nor who says it.",
        "Not that the recording is whole: real speech can be cut and rearranged.",
        "Not that no machine could have made it: a generator unlike those it was validated on may pass.",
    ),
    "spoof": (
        "Not that anyone meant to deceive: assistants, dubbing and voice repair are synthetic as well.",
        "Not who made it, with what, or why.",
        "Not certainty: a real voice can score like this one.",
    ),
    "inconclusive": (
        "Not that the voice is half real or half fake.",
        "Not a hint of either: do not read it as a weak “spoof” or a weak “bona fide”.",
        "Not the end of the matter: a longer or cleaner copy may well be decided.",
    ),
}


@dataclass(frozen=True)
class Verdict:
    """What a reader is told first.

    Args:
        decision: `bona fide`, `spoof` or `inconclusive`.
        headline: one plain sentence.
        lead: how strong the evidence is, one to three sentences.
        means: what the verdict means, a sentence each.
        means_not: what it does not mean, a sentence each.
    """

    decision: Decision
    headline: str
    lead: str
    means: tuple[str, ...]
    means_not: tuple[str, ...]


def verdict(detection: Detection, place: Standing | None) -> Verdict:
    """Put a detection into words for a reader without any training.

    Args:
        detection: what was found.
        place: how the score compares with those of the validation, where that is known.

    Returns:
        The sentences.

    Example:
        >>> nothing = Detection(llr=None, probability_bona_fide=None, prior=0.5, decision="inconclusive",
        ...                     reasons=(), verbal="", timeline=(), segments=())
        >>> verdict(nothing, None).headline
        'There is too little speech here to say anything about a voice.'
    """
    decision, llr = detection.decision, detection.llr
    if llr is None:
        means: tuple[str, ...] = ("A verdict about a voice needs a voice; none is given without it.",)
        return Verdict(decision, _SILENT, "", means, _NOT["inconclusive"][1:])
    lead = " ".join(filter(None, (_strength(llr, decision), _stretches(detection))))
    headline, means_first, means_not = _HEADLINES[decision], _MEANS[decision], _NOT[decision]
    if decision == "inconclusive" and detection.segments:
        sides = ("real", "synthetic") if detection.segments[0].label == "spoof" else ("synthetic", "real")
        headline, means_first, means_not = _MIXED.format(*sides), _MIXED_MEANS, _MIXED_NOT
    elif decision == "spoof" and _only_part(detection):
        headline = _PART
    means = (means_first, *_standing(place, decision), *_probability(detection))
    return Verdict(decision, headline, lead, means, means_not)


def _only_part(detection: Detection) -> bool:
    """Whether the spoof lies in some stretches while most of the other windows lean to a real voice."""
    stretches = [s for s in detection.segments if s.label == "spoof"]
    outside = [
        window.llr
        for window in detection.timeline
        if window.llr is not None
        and not any(s.start < (window.start + window.end) / 2 < s.end for s in stretches)
    ]
    return bool(stretches and outside) and sum(llr > 0 for llr in outside) > len(outside) / 2


def _strength(llr: float, decision: Decision) -> str:
    amount = ratio(llr)
    if amount in {"1", "1.1"}:
        return "What was heard is about equally probable from a real and from a synthetic voice."
    if decision == "inconclusive":
        lean = "a real" if llr > 0 else "a synthetic"
        return f"The score by itself, {odds(llr).split()[0]} for {lean} voice, does not carry a verdict here."
    one, other = ("real", "synthetic") if llr > 0 else ("synthetic", "real")
    about = "" if amount.startswith("more") else "about "
    return (
        f"What was heard is {about}{amount} times more probable if the voice is {one} than if it is {other}."
    )


def _stretches(detection: Detection) -> str:
    """The stretches that differ from the rest, and to which side."""
    said = []
    sides: tuple[tuple[Decision, str], ...] = (("spoof", "a synthetic voice"), ("bona fide", "a real voice"))
    for label, voice in sides:
        chosen = [s for s in detection.segments if s.label == label]
        if not chosen:
            continue
        where = ", ".join(f"{clock(s.start)}–{clock(s.end)}" for s in chosen[:3])
        more = f" and {len(chosen) - 3} more" if len(chosen) > 3 else ""
        stretch = "One stretch leans" if len(chosen) == 1 else f"{len(chosen)} stretches lean"
        said.append(f"{stretch} to {voice}, unlike the rest: {where}{more}.")
    return " ".join(said)


def _standing(place: Standing | None, decision: Decision) -> tuple[str, ...]:
    if place is None or not (place.bona_fide and place.spoof):
        return ()
    fakes = (
        f"Of {counted(place.spoof, 'synthetic recording')} kept apart for the validation, "
        f"{_some(place.spoof_above, place.spoof)} scored as high as this or higher."
    )
    reals = (
        f"Of {counted(place.bona_fide, 'real recording')} kept apart for the validation, "
        f"{_some(place.bona_fide_below, place.bona_fide)} scored as low as this or lower."
    )
    return {"bona fide": (fakes,), "spoof": (reals,), "inconclusive": (reals, fakes)}[decision]


def _some(number: int, of: int) -> str:
    return f"{number} ({percent(number / of)})" if number else "none"


def _probability(detection: Detection) -> tuple[str, ...]:
    if detection.probability_bona_fide is None:
        return ()
    real = detection.probability_bona_fide
    side, share = ("it", real) if real >= 0.5 else ("a synthetic one", 1 - real)
    return (
        f"Whoever gave a real voice {percent(detection.prior)} before listening "
        f"should now give {side} {percent(share)}.",
    )


def updated(llr: float, priors: tuple[float, ...] = (0.01, 0.1, 0.5, 0.9, 0.99)) -> list[tuple[str, str]]:
    r"""Say what the evidence makes of different beliefs held beforehand.

    Args:
        llr: natural-log likelihood ratio, bona fide over spoof.
        priors: probabilities of bona fide before the recording was heard, inside 0 to 1.

    Returns:
        Probability before and after, in words.

    Reference:
        Bayes' theorem in its odds form.

    Example:
        >>> updated(0.0, (0.5,)), updated(-4.6, (0.5,))
        ([('50\u202f%', '50\u202f%')], [('50\u202f%', '1.0\u202f%')])
    """
    held = max(-700.0, min(700.0, llr))
    after = [1 / (1 + (1 - p) / p * math.exp(-held)) for p in priors]
    return [(percent(p), percent(q)) for p, q in zip(priors, after, strict=True)]


def voice_sentence(voice: Voice) -> str:
    """Put a voice comparison into one sentence.

    Args:
        voice: what was found.

    Returns:
        The sentence.
    """
    what = {
        "same": "The evidence points to the same voice as in the reference.",
        "different": "The evidence points to another voice than in the reference.",
        "inconclusive": "The evidence does not settle whether it is the voice of the reference.",
    }[voice.decision]
    if voice.llr is None or ratio(voice.llr) in {"1", "1.1"}:
        return what
    one, other = ("the same", "different") if voice.llr > 0 else ("different", "the same")
    amount = ratio(voice.llr)
    about = "" if amount.startswith("more") else "about "
    return (
        f"{what} The likeness is {about}{amount} times more probable if the voices are {one} "
        f"than if they are {other}."
    )
