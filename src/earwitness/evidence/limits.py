"""What a finding does not say."""

from __future__ import annotations

from earwitness.evidence.finding import Detection
from earwitness.evidence.manifest import Manifest

GENERAL = (
    "The likelihood ratio compares how well real and synthetic speech explain what was measured; it is not "
    "the probability that the recording is real, which also depends on everything else that is known.",
    "It says nothing about who speaks, what is said, whether it is true, or why the recording was made.",
    "Ways of making speech that did not exist, or were not at hand, when the instrument was validated may "
    "go unnoticed.",
    "A decision is a screening result, not proof; an important one belongs before an examiner.",
)
"""Hold for every recording."""


def limits(
    manifest: Manifest, detection: Detection, *, duration: float, compared: bool = False
) -> tuple[str, ...]:
    """Limits of one finding, one sentence each.

    Args:
        manifest: of the instrument.
        detection: what it said.
        duration: of the recording, in seconds.
        compared: whether its voice was compared with a reference.

    Returns:
        The general limits, those of the instrument, and those of this recording.
    """
    own: list[str] = []
    if detection.llr is None:
        own.append("Without enough speech nothing is said about the voice, in either direction.")
    elif duration < 2 * manifest.window_seconds:
        own.append(
            "The recording is too short for a search for spliced stretches to find more than coarse changes."
        )
    else:
        own.append("Spliced stretches shorter than about two seconds are not looked for.")
    if compared:
        from earwitness.evidence.voice import voice_limits

        own.extend(voice_limits())
    return (*GENERAL, *manifest.notes, *own)
