"""Windows of a clip as inference sees them: the same encoder, speech mask and grid as `analyze`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np
import torch

from earwitness.audio.activity import speech_probability
from earwitness.evidence.speech_mask import SpeechMask
from earwitness.evidence.windows import grid, starts

SAMPLE_RATE = 16_000


class WindowRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a recording is cut for its score; goes into the manifest.

    Args:
        window_seconds: length of a window.
        hop_seconds: from window to window.
        least_speech: in a window that is scored, in seconds.
    """

    window_seconds: float = 4.0
    hop_seconds: float = 2.0
    least_speech: float = 1.0


class FrameEncoder(Protocol):
    """What is needed of an encoder (`encoders.onnx_encoder.OnnxEncoder` has it)."""

    @property
    def frame_rate(self) -> float:
        """Frames in a second."""
        ...

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int = SAMPLE_RATE) -> list[np.ndarray]:
        """(layers, frames, dimension) float32 of each waveform."""
        ...


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """The scored windows of one clip.

    Args:
        frames: (windows, layers, window frames, dimension), zeros beyond the clip's end.
        mask: (windows, window frames), 1 = speech.
        speech: (windows,) speech frames, the weight of each window in the clip's score.
    """

    frames: np.ndarray
    mask: np.ndarray
    speech: np.ndarray


def clip_windows(samples: np.ndarray, encoder: FrameEncoder, rule: WindowRule) -> Windows:
    """Cut a clip into windows exactly as `analyze` does.

    Args:
        samples: (samples,) float32 at 16 kHz.
        encoder: gives the frames.
        rule: window, hop and least speech.

    Returns:
        The windows that hold enough speech; possibly none.
    """
    (frames,) = encoder.encode([samples], SAMPLE_RATE)
    speech = SpeechMask(encoder.frame_rate)
    speech.push(speech_probability(samples))
    speech.finish()
    count = frames.shape[1]
    mask = speech.take(count).astype(np.float32)
    length = round(rule.window_seconds * encoder.frame_rate)
    least = round(rule.least_speech * encoder.frame_rate)
    cut_frames, cut_mask = [], []
    for start in starts(grid(rule.hop_seconds, encoder.frame_rate), length, count):
        here = mask[start : start + length]
        if here.sum() < least:
            continue
        missing = length - len(here)
        cut_frames.append(np.pad(frames[:, start : start + length], ((0, 0), (0, missing), (0, 0))))
        cut_mask.append(np.pad(here, (0, missing)))
    if not cut_mask:
        return Windows(
            frames=np.zeros((0, frames.shape[0], length, frames.shape[2]), np.float32),
            mask=np.zeros((0, length), np.float32),
            speech=np.zeros(0),
        )
    masks = np.stack(cut_mask)
    return Windows(frames=np.stack(cut_frames), mask=masks, speech=masks.sum(1))


def grid_speech(samples: np.ndarray, frame_rate: float, rule: WindowRule) -> tuple[np.ndarray, np.ndarray]:
    """Speech frames in every window of a clip, scored or not, and in every step of the grid.

    Args:
        samples: (samples,) float32 at 16 kHz.
        frame_rate: of the encoder, in Hz; it gives whole frames only.
        rule: window and hop.

    Returns:
        (windows,) and (steps,) speech frames.
    """
    speech = SpeechMask(frame_rate)
    speech.push(speech_probability(samples))
    speech.finish()
    mask = speech.take(int(len(samples) * frame_rate) // SAMPLE_RATE).astype(np.float64)
    length, step = round(rule.window_seconds * frame_rate), round(rule.hop_seconds * frame_rate)
    windows = starts(grid(rule.hop_seconds, frame_rate), length, len(mask))
    steps = np.pad(mask, (0, -len(mask) % step)).reshape(-1, step).sum(1)
    return np.array([mask[start : start + length].sum() for start in windows]), steps


def clip_scores(scores: np.ndarray, speech: np.ndarray, clip: np.ndarray, clips: int) -> np.ndarray:
    """Raw score of each clip: mean over its windows, weighted by their speech.

    Args:
        scores: (windows,).
        speech: (windows,) speech frames.
        clip: (windows,) clip number of each window.
        clips: how many clips there are.

    Returns:
        (clips,), NaN where a clip has no scored window; higher = more bona fide.

    Example:
        >>> clip_scores(np.array([1.0, 4.0]), np.array([100, 50]), np.array([0, 0]), 2).tolist()
        [2.0, nan]
    """
    weight = np.bincount(clip, weights=speech, minlength=clips)
    total = np.bincount(clip, weights=scores * speech, minlength=clips)
    return np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)


def pooled_windows(windows: Windows, embed: Callable[..., torch.Tensor]) -> np.ndarray:
    """Statistics of each window, (windows, dimension) float32, by a network's own `embed`."""
    if not len(windows.speech):
        return np.zeros((0, 0), np.float32)
    with torch.no_grad():
        frames, mask = torch.from_numpy(windows.frames), torch.from_numpy(windows.mask)
        # window by window, so that a statistic cannot depend on the windows beside it
        return torch.cat([embed(f[None], m[None]) for f, m in zip(frames, mask, strict=True)]).numpy()
