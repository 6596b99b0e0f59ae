"""Whose voice: the voice of a recording against that of reference recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from earwitness.audio.activity import SpeechActivity
from earwitness.audio.decode import stream
from earwitness.encoders.ge2e import VoiceEmbedding, VoiceStream
from earwitness.evidence.decision import probability
from earwitness.evidence.finding import Voice
from earwitness.evidence.speech_mask import SpeechMask
from earwitness.evidence.voice_calibration import VoiceCalibration, voice_calibration
from earwitness.metrics import verbal

Decision = Literal["same", "different", "inconclusive"]

FRAME_RATE = 50.0
"""Places of the speech mask in a second."""
NO_SPEECH = "no statement: there is too little speech to compare"


def reference_voice(path: str) -> VoiceEmbedding | None:
    """The voice of a reference recording, read in constant memory.

    Args:
        path: of the file.

    Returns:
        Its embedding, or `None` when it holds less than 0.8 s of speech.

    Raises:
        BadInput: when the file cannot be read.
    """
    voice_stream, activity, mask = VoiceStream(), SpeechActivity(), SpeechMask(FRAME_RATE)
    taken = samples = 0

    def decide(end: int) -> None:
        nonlocal taken
        if end > taken:
            voice_stream.push_mask(mask.take(end - taken))
            taken = end

    with stream(path, sample_rate=16_000) as blocks:
        for block in blocks:
            samples += len(block)
            voice_stream.push(block)
            mask.push(activity.update(block))
            decide(min(mask.decided, samples // 320))
    mask.push(activity.finish())
    mask.finish()
    decide(samples // 320)
    return voice_stream.finish()


def voice(
    heard: VoiceEmbedding | None,
    references: Sequence[tuple[str, VoiceEmbedding | None]],
    *,
    prior: float = 0.5,
    calibration: VoiceCalibration | None = None,
) -> Voice:
    """Compare a voice with that of the references.

    The references are taken to be of one speaker: their embeddings are averaged.

    Args:
        heard: voice of the recording in question; `None` when it held too little speech.
        references: path and voice of each reference recording.
        prior: probability of the same voice before anything was heard, above 0 and below 1.
        calibration: the shipped one when `None`.

    Returns:
        The finding; its ratio is positive where the evidence speaks for the same voice.
    """
    known = voice_calibration() if calibration is None else calibration
    paths = tuple(path for path, _ in references)
    voices = [found for _, found in references if found is not None]
    if heard is None or not voices:
        missing = "The recording" if heard is None else "The reference"
        return Voice(
            references=paths,
            similarity=None,
            llr=None,
            probability_same=None,
            decision="inconclusive",
            reasons=(f"{missing} holds less than 0.8 s of speech: nothing can be said about the voice.",),
            verbal=NO_SPEECH,
        )
    mean = np.mean([found.vector for found in voices], axis=0, dtype=np.float64)
    similarity = float(np.clip(mean @ heard.vector / np.linalg.norm(mean), -1, 1))
    llr = known.llr(similarity)
    speech = sum(found.speech for found in voices)
    decision, reasons = _decide(llr, heard.speech, speech, known)
    return Voice(
        references=paths,
        similarity=similarity,
        llr=llr,
        probability_same=probability(llr, prior),
        decision=decision,
        reasons=reasons,
        verbal=verbal(llr, proposition="the same voice", alternative="a different voice"),
    )


def voice_limits(calibration: VoiceCalibration | None = None) -> tuple[str, ...]:
    """What a comparison of voices does not say, one sentence each.

    Args:
        calibration: the shipped one when `None`.
    """
    return (voice_calibration() if calibration is None else calibration).limits


def _decide(
    llr: float, heard: float, reference: float, known: VoiceCalibration
) -> tuple[Decision, tuple[str, ...]]:
    short = [
        f"Only {seconds:.1f} s of speech in {where}; the comparison was validated from "
        f"{known.shortest_speech:g} s on."
        for seconds, where in ((heard, "the recording"), (reference, "the references"))
        if seconds < known.shortest_speech
    ]
    if short:
        return "inconclusive", tuple(short)
    if llr >= known.same_above:
        return "same", (
            f"The voices are as alike as those of one speaker: log-likelihood ratio {llr:+.2f}, "
            f"verdict from {known.same_above:+.2f} on.",
        )
    if llr <= known.different_below:
        return "different", (
            f"The voices are as unlike as those of two speakers: log-likelihood ratio {llr:+.2f}, "
            f"verdict up to {known.different_below:+.2f}.",
        )
    return "inconclusive", (
        f"The log-likelihood ratio {llr:+.2f} lies between {known.different_below:+.2f} and "
        f"{known.same_above:+.2f}, where too many verdicts would be wrong.",
    )
