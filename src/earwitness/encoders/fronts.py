"""What an encoder hears of a chunk, in numpy: a waveform or a spectrogram, and how it is cut.

A front is a record, so that an exported encoder carries its own and needs no torch.
"""

from __future__ import annotations

import functools
from typing import Literal

import msgspec
import numpy as np
import scipy.fft

from earwitness.encoders.chunking import Chunking
from earwitness.encoders.filterbank import filterbank
from earwitness.encoders.log_mel import log_mel, mel_bands
from earwitness.encoders.waveform_level import Level, level

Policy = Literal["cropped", "padded-30", "padded"]


class WaveformFront(msgspec.Struct, frozen=True, kw_only=True, tag="waveform"):
    """The samples themselves, for encoders that begin with convolutions (the wav2vec 2.0 family).

    Args:
        kernels: widths of the convolutions, in samples of their input.
        strides: of the convolutions.
        level: to which each chunk is brought first.
    """

    kernels: tuple[int, ...]
    strides: tuple[int, ...]
    level: Level = "none"
    sample_rate: int = 16_000
    policy: Policy = "cropped"

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return int(np.prod(self.strides))

    @property
    def chunking(self) -> Chunking:
        """28 s and a second on either side: clips up to 29 s are heard whole."""
        second = self.sample_rate // self.hop * self.hop
        return Chunking(28 * second, second, self.hop)

    def frames(self, samples: int) -> int:
        """Frames that a chunk of so many samples gives.

        Example:
            >>> front = WaveformFront(kernels=(10, 3, 3, 3, 3, 2, 2), strides=(5, 2, 2, 2, 2, 2, 2))
            >>> front.frames(64_600), front.frames(66_800), front.frames(399)
            (201, 208, 0)
        """
        for kernel, stride in zip(self.kernels, self.strides, strict=True):
            samples = (samples - kernel) // stride + 1 if samples >= kernel else 0
        return samples

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Samples of one chunk -> `(samples,)`."""
        return level(samples, self.level)


class WhisperFront(msgspec.Struct, frozen=True, kw_only=True, tag="whisper"):
    """Whisper's log-mel spectrogram.

    Args:
        bands: mel bands.
        level: to which each chunk is brought first.
        policy: `cropped`, at the clip's true length; `padded-30`, followed by silence up to 30 s
            as Whisper was trained, of which the frames of the clip are kept.
    """

    bands: int = 80
    level: Level = "none"
    policy: Policy = "cropped"
    sample_rate: int = 16_000
    hop: int = 320

    @property
    def chunking(self) -> Chunking:
        """14 s and half a second on either side; padded: 30 s each for itself, as Whisper does."""
        return Chunking() if self.policy == "cropped" else Chunking(480_000, 0, self.hop)

    def frames(self, samples: int) -> int:
        """Frames to keep: whole ones; padded, to the nearest, as the published pipelines count."""
        if self.policy == "cropped":
            return samples // self.hop
        return min(1500, round(samples / self.hop))

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Samples of one chunk -> `(bands, 2 * frames)`; `(bands, 3000)` when padded."""
        samples = level(samples, self.level)
        if self.policy != "cropped":
            samples = np.pad(samples, (0, 480_000 - len(samples)))
        mel = log_mel(samples, bands=self.bands)
        return mel[:, : mel.shape[1] // 2 * 2]


class FilterbankFront(msgspec.Struct, frozen=True, kw_only=True, tag="filterbank"):
    """Kaldi's filter bank, each band at mean 0 and variance 1, neighbours joined (w2v-BERT 2.0).

    Args:
        bands: mel bands.
        stride: neighbouring frames that are joined into one.
        level: to which each chunk is brought first.
    """

    bands: int = 80
    stride: int = 2
    level: Level = "none"
    sample_rate: int = 16_000
    policy: Policy = "cropped"

    @property
    def hop(self) -> int:
        """Samples from one frame to the next."""
        return 160 * self.stride

    @property
    def chunking(self) -> Chunking:
        """28 s and a second on either side."""
        second = self.sample_rate // self.hop * self.hop
        return Chunking(28 * second, second, self.hop)

    def frames(self, samples: int) -> int:
        """Frames that a chunk of so many samples gives."""
        return (samples - 400 + 160) // 160 // self.stride if samples >= 400 else 0

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Samples of one chunk -> `(frames, stride * bands)`."""
        given = filterbank(level(samples, self.level), bands=self.bands, window="povey", scale=32768)
        frames = len(given) // self.stride
        if frames == 0:
            return np.zeros((0, self.stride * self.bands), np.float32)
        spread = given.var(axis=0, ddof=1, dtype=np.float64)
        given = (given - given.mean(axis=0, dtype=np.float64)) / np.sqrt(spread + 1e-7)
        return given[: frames * self.stride].reshape(frames, -1).astype(np.float32)


class PatchFront(msgspec.Struct, frozen=True, kw_only=True, tag="patches"):
    """Kaldi's filter bank of 10.24 s, padded, for a transformer over patches (AST).

    Args:
        bands: mel bands.
        length: frames that the transformer takes.
        patch: height and width of a patch.
        stride: frames from one patch to the next.
        mean: of the features in training.
        spread: standard deviation of the features in training.
        level: to which each chunk is brought first.
    """

    bands: int = 128
    length: int = 1024
    patch: int = 16
    stride: int = 10
    mean: float = -4.2677393
    spread: float = 4.5689974
    level: Level = "none"
    sample_rate: int = 16_000
    policy: Policy = "padded"

    @property
    def hop(self) -> int:
        """Samples from one column of patches to the next."""
        return 160 * self.stride

    @property
    def chunking(self) -> Chunking:
        """As much as the transformer takes, three columns of it context on either side."""
        columns = (self.length * 160 + 240) // self.hop
        context = 3 if columns > 12 else 0
        return Chunking((columns - 2 * context) * self.hop, context * self.hop, self.hop)

    def frames(self, samples: int) -> int:
        """Columns of patches that begin within so many samples and hold a whole window."""
        heard = min(self.length, (samples - 400) // 160 + 1) if samples >= 400 else 0
        most = (self.length - self.patch) // self.stride + 1
        return min(most, max(1, (heard - self.patch) // self.stride + 1)) if heard else 0

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Samples of one chunk -> `(length, bands)`."""
        given = filterbank(level(samples, self.level), bands=self.bands, window="hann")[: self.length]
        padded = np.pad(given, ((0, self.length - len(given)), (0, 0)))
        return ((padded - self.mean) / (2 * self.spread)).astype(np.float32)


class ClapFront(msgspec.Struct, frozen=True, kw_only=True, tag="clap"):
    """CLAP's log-mel spectrogram of 10 s at 48 kHz; a shorter clip is repeated.

    Args:
        fusion: whether the tower expects four views (all the same for a window that fits).
        bands: mel bands.
        highest: Hz at which the last filter ends.
        level: to which each window is brought first.
    """

    fusion: bool = False
    bands: int = 64
    highest: float = 14_000.0
    level: Level = "none"
    sample_rate: int = 48_000
    hop: int = 480_000
    policy: Policy = "padded"

    @property
    def chunking(self) -> Chunking:
        """Windows of 10 s, each for itself."""
        return Chunking(self.hop, 0, self.hop)

    def frames(self, samples: int) -> int:
        """One vector for a window that holds anything."""
        return int(samples > 0)

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Samples of one window -> `(1 or 4, 1001, bands)` in dB."""
        samples = level(samples, self.level)
        samples = np.tile(samples, self.hop // len(samples))
        padded = np.pad(np.pad(samples, (0, self.hop - len(samples))), 512, mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(padded.astype(np.float64), 1024)[::480]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
        spectrum = scipy.fft.rfft(windows * hann, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2) @ _clap_mel(self.bands, self.highest, self.fusion).T
        decibel = (10 * np.log10(np.maximum(power, 1e-10))).astype(np.float32)[None]
        return np.repeat(decibel, 4, axis=0) if self.fusion else decibel


@functools.cache
def _clap_mel(bands: int, highest: float, fusion: bool) -> np.ndarray:
    """Slaney's filters; with fusion HTK's with peaks of one, as the towers were trained."""
    if not fusion:
        return mel_bands(bands, window=1024, sample_rate=48_000, highest=highest)
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + highest / 700), bands + 2) / 2595) - 1)
    places = np.fft.rfftfreq(1024, 1 / 48_000)
    rising = (places - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - places) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rising, falling))


Front = WaveformFront | WhisperFront | FilterbankFront | PatchFront | ClapFront
