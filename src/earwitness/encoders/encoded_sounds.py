"""Encode what was read: short stretches together, long ones piece by piece, refused ones noted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from earwitness.encoders.encoder import Encoder
from earwitness.encoders.frame_stream import ChunkedEncoder, frames_of_blocks
from earwitness.encoders.stretches import LongStretch
from earwitness.errors import BadInput

Progress = Callable[[int, float], None]
"""Called with the number of segments that are done and the seconds of sound that were encoded."""


def encoded(
    encoder: Encoder, sounds: Sequence[np.ndarray | LongStretch], stored: str, progress: Progress
) -> Iterator[np.ndarray | str]:
    """Encodings in the stored type; where a sound is refused or its encoding does not fit, the reason.

    Args:
        encoder: makes them; it hears long stretches if it is a `ChunkedEncoder`.
        sounds: samples at its rate, or long stretches.
        stored: element type.
        progress: told while a long stretch is heard.
    """
    held = [sound for sound in sounds if not isinstance(sound, LongStretch)]
    given: Iterator[np.ndarray | str]
    try:
        given = iter(encoder.encode(held, encoder.sample_rate)) if held else iter(())
    except BadInput:
        given = (_alone(encoder, sound) for sound in held)  # whose fault was it?
    for sound in sounds:
        with np.errstate(over="ignore"):
            if isinstance(sound, LongStretch):
                found = _streamed(encoder, sound, stored, progress)
            else:
                found = next(given)
            kept = found if isinstance(found, str) else found.astype(stored, copy=False)
        if isinstance(kept, str) or np.isfinite(kept).all():
            yield kept
        else:
            yield f"its encoding is not finite as {stored}" + "; float32 holds more" * (stored == "float16")


def _streamed(encoder: Encoder, stretch: LongStretch, stored: str, progress: Progress) -> np.ndarray | str:
    assert isinstance(encoder, ChunkedEncoder)

    def told() -> Iterator[np.ndarray]:
        for block in stretch.blocks():
            yield block
            progress(0, len(block) / encoder.sample_rate)

    try:
        found = frames_of_blocks(encoder, told(), len(stretch), stored)
    except BadInput as refusal:
        return refusal.reason
    except OSError as error:
        return error.strerror or str(error)
    return found[0, 0] if encoder.frame_rate is None else found if encoder.layers else found[0]


def _alone(encoder: Encoder, samples: np.ndarray) -> np.ndarray | str:
    try:
        return encoder.encode([samples], encoder.sample_rate)[0]
    except BadInput as refusal:
        return refusal.reason
