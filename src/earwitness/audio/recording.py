"""A recording: decoded audio, its rate, and the hash that names its content."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]


class ContentHash:
    r"""SHA-256 of decoded audio, fed block by block.

    The hash is over the sample rate in decimal and one line end, then the samples as
    little-endian float32. The rate is in it because the same samples played at another
    rate are another recording. To check a 16 kHz mono file by hand:
    `(echo 16000; sox FILE -t f32 -) | sha256sum`.

    Args:
        sample_rate: in Hz.

    Example:
        >>> content = ContentHash(16000)
        >>> content.update(np.zeros(3, np.float32))
        >>> content.hexdigest()[:12]
        '497cdcd9a4ec'
    """

    def __init__(self, sample_rate: int) -> None:
        self._hash = hashlib.sha256(f"{sample_rate}\n".encode("ascii"))

    def update(self, samples: Samples) -> None:
        """Take in the next samples.

        Args:
            samples: `(samples,)`, mono.
        """
        self._hash.update(np.ascontiguousarray(samples, dtype="<f4").data)

    def hexdigest(self) -> str:
        """The hash of all samples so far, in hexadecimal."""
        return self._hash.hexdigest()


@dataclasses.dataclass(frozen=True, eq=False)
class Recording:
    r"""Decoded audio.

    Args:
        samples: `(samples,)` float32, mono, full scale is -1 to 1; read-only.
        sample_rate: in Hz.
        sha256: content hash of the samples (see `ContentHash`), hexadecimal.
        path: where it came from, or `None`; bytes that are not UTF-8 are written as `\xNN`.

    Example:
        >>> recording = Recording.of(np.zeros(8000, np.float32), 16000)
        >>> recording.duration
        0.5
    """

    samples: Samples
    sample_rate: int
    sha256: str
    path: str | None = None

    @classmethod
    def of(cls, samples: npt.ArrayLike, sample_rate: int, path: str | None = None) -> Recording:
        """A recording of samples that are already in memory.

        Args:
            samples: `(samples,)`, mono; a copy is made if they are not float32.
            sample_rate: in Hz.
            path: where they came from, if anywhere.

        Raises:
            ValueError: when the samples are not one-dimensional.
        """
        values = np.ascontiguousarray(samples, dtype=np.float32).view()
        if values.ndim != 1:
            raise ValueError(f"samples must be (samples,), not {values.shape}")
        values.flags.writeable = False
        content = ContentHash(sample_rate)
        content.update(values)
        return cls(values, sample_rate, content.hexdigest(), path)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate
