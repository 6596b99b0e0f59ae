"""One piece of bona fide speech, or another sound, as its package brings it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import soundfile

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput


class Clip(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A clip, or several short ones of the same speaker said one after the other.

    Args:
        id: unique, `source/...`.
        source: name of the source ("tuxpaint", "queen").
        parts: files, as paths below the folder of unpacked packages.
        seconds: duration.
        transcript: what is said.
        language: BCP 47 tag.
        speaker: identity; clips that may share a speaker have the same one.
        role: part in a game, where one actor may play several; else empty.
        licence: SPDX name.
        emotion: where the source labels it; else empty.
        label: of a sound that is no speech: what is heard; else empty.
        split: the source's own; else `train`.
    """

    id: str
    source: str
    parts: tuple[str, ...]
    seconds: float
    transcript: str
    language: str
    speaker: str
    role: str = ""
    licence: str
    emotion: str = ""
    label: str = ""
    split: str = "train"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a source.

    Args:
        clips: sorted by id.
        unmatched: files that look like speech but have no transcript or an unknown name.
    """

    clips: tuple[Clip, ...]
    unmatched: tuple[str, ...] = ()


def duration(path: Path) -> float:
    """Duration of a sound file in seconds, 0 when it cannot be read."""
    try:
        return float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError):
        return 0.0


def read(clip: Clip, root: Path) -> Recording:
    """The samples of a clip; parts are brought to one rate and joined with cross-fades of 20 ms.

    Args:
        clip: what to read.
        root: folder of unpacked packages.

    Returns:
        Mono, at the rate of the first part.

    Raises:
        BadInput: when a part is missing or cannot be decoded.
    """
    joined: np.ndarray | None = None
    rate = 0
    for part in clip.parts:
        try:
            values, found = soundfile.read(root / part, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as error:
            raise BadInput(f"cannot be decoded: {error}", where=str(root / part)) from None
        samples = values.mean(axis=1)
        if joined is None:
            joined, rate = samples, found
        else:
            joined = _cross_fade(joined, resample(samples, found, rate), int(0.02 * rate))
    if joined is None or not len(joined):
        raise BadInput("holds no samples", where=clip.id)
    return Recording.of(joined, rate)


def join(clips: list[Clip]) -> Clip:
    """Several short clips of one speaker as one, named after all of them.

    Raises:
        BadInput: when they are not of one speaker, language and licence.
    """
    first = clips[0]
    if len({(c.speaker, c.language, c.licence, c.source) for c in clips}) != 1:
        raise BadInput("only clips of one speaker, language and licence can be joined", where=first.id)
    return Clip(
        id="&".join([first.id, *(c.id.removeprefix(f"{c.source}/") for c in clips[1:])]),
        source=first.source,
        parts=tuple(part for c in clips for part in c.parts),
        seconds=round(sum(c.seconds for c in clips) - 0.02 * (len(clips) - 1), 4),
        transcript=" ".join(c.transcript for c in clips),
        language=first.language,
        speaker=first.speaker,
        role=first.role,
        licence=first.licence,
        emotion=first.emotion if len({c.emotion for c in clips}) == 1 else "",
    )


def _cross_fade(left: np.ndarray, right: np.ndarray, overlap: int) -> np.ndarray:
    overlap = min(overlap, len(left), len(right))
    fade = np.linspace(0, 1, overlap, dtype=np.float32)
    middle = left[len(left) - overlap :] * (1 - fade) + right[:overlap] * fade
    return np.concatenate([left[: len(left) - overlap], middle, right[overlap:]])
