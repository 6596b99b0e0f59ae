r"""Decode recordings of any kind: as a whole, or as a stream in constant memory.

What libsndfile reads (WAV, FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU, CAF, W64, RF64, GSM ...) needs
nothing more; m4a, webm, amr, video and the like need the `av` extra.

- Several channels become one by their mean.
- A file that holds fewer samples than it declares is refused: half a recording is not evidence.
  Ogg, GSM and MP3 without a length header declare nothing; there, what is there is read.
- Samples that are not numbers, or beyond 2**32 times full scale, are refused.
- Rates from 100 Hz to 1 MHz.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType

import numpy as np

from earwitness.audio import container
from earwitness.audio.opened_file import FileInfo, OpenedFile
from earwitness.audio.path_names import FileName, written
from earwitness.audio.read_av import AvReader
from earwitness.audio.read_sndfile import SndfileReader
from earwitness.audio.recording import ContentHash, Recording, Samples
from earwitness.audio.resample import Resampler
from earwitness.errors import BadInput

__all__ = ["FileInfo", "Stream", "decode", "probe", "stream"]

_LOWEST_RATE, _HIGHEST_RATE = 100, 1_000_000
_LARGEST = np.float32(2.0**32)


class Stream:
    """A recording as blocks of samples, in constant memory, with its hashes at the end.

    Iterate over it once, to the end; close it, or use it in a `with` statement.

    Args:
        path: of the file.
        sample_rate: of the blocks, in Hz, or `None` for the file's own.
        block: samples in a block; the last one may be shorter.
        native: called with each block at the file's own rate, before it is resampled, so that
            one pass serves both.

    Raises:
        BadInput: when the file cannot be read; while iterating, when its data turn out to be bad.
    """

    def __init__(
        self,
        path: FileName,
        *,
        sample_rate: int | None = 16000,
        block: int = 1 << 16,
        native: Callable[[Samples], object] | None = None,
    ) -> None:
        if block < 1:
            raise ValueError(f"block must be at least 1 sample, not {block}")
        self._file = OpenedFile(path)
        try:
            self._reader = _reader(self._file)
        except BaseException:
            self._file.close()
            raise
        self.info: FileInfo = self._reader.info
        self.sample_rate: int = sample_rate or self.info.sample_rate
        self.native_samples = 0
        self._content = ContentHash(self.info.sample_rate)
        self._native = native
        self._hashes: tuple[str, str] | None = None
        self._size = block
        self._begun = False

    def __iter__(self) -> Iterator[Samples]:
        # Not kept: the blocks refer to this stream, and an abandoned one shall give its file back at once.
        if self._begun:
            raise ValueError("a stream can be read only once; open another")
        self._begun = True
        return self._run(self._size)

    def _run(self, size: int) -> Iterator[Samples]:
        with self:
            resampler = Resampler(self.info.sample_rate, self.sample_rate)
            held: list[Samples] = []
            count = given = 0
            for piece in self._resampled(resampler):
                held.append(piece)
                count += len(piece)
                if count >= size:
                    joined = np.concatenate(held)
                    whole = count - count % size
                    for start in range(0, whole, size):
                        yield joined[start : start + size]
                    given += whole
                    held, count = [joined[whole:]], count - whole
            if count or not given:
                yield np.concatenate(held)

    def _resampled(self, resampler: Resampler) -> Iterator[Samples]:
        expected = max(1, round(self.info.duration * self.info.sample_rate))
        for samples in self._reader.blocks():
            self._refuse(samples)
            self.native_samples += len(samples)
            self._content.update(samples)
            self._file.hash_until(self._file.size * self.native_samples // expected)
            if self._native is not None:
                self._native(samples)
            yield resampler.update(samples)
        if not self.native_samples:
            raise BadInput("holds no samples", where=self._file.name)
        self._hashes = (self._content.hexdigest(), self._file.finish_hash())
        yield resampler.finish()

    def _refuse(self, samples: Samples) -> None:
        if len(samples) and not (samples.max() <= _LARGEST and samples.min() >= -_LARGEST):
            at = int(np.argmin(np.abs(samples) <= _LARGEST))
            seconds = (self.native_samples + at) / self.info.sample_rate
            if not np.isfinite(samples[at]):
                reason = f"holds samples that are not numbers (NaN or infinite), first at {seconds:.3f} s"
            else:
                reason = f"holds values far beyond any audio ({samples[at]:.3g}), first at {seconds:.3f} s"
            raise BadInput(reason, where=self._file.name)

    @property
    def sha256(self) -> str:
        """Hash of the decoded samples at the file's own rate, mono; the same as `decode`'s."""
        return self._finished()[0]

    @property
    def file_sha256(self) -> str:
        """Hash of the file's bytes."""
        return self._finished()[1]

    def _finished(self) -> tuple[str, str]:
        if self._hashes is None:
            raise ValueError("the hashes are known only when the stream has been read to its end")
        return self._hashes

    def close(self) -> None:
        """Give the file back; harmless when done twice."""
        if self._file.descriptor >= 0:
            self._reader.close()
            self._file.close()

    def __del__(self) -> None:
        if hasattr(self, "_reader"):
            self.close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def stream(
    path: FileName,
    *,
    sample_rate: int | None = 16000,
    block: int = 1 << 16,
    native: Callable[[Samples], object] | None = None,
) -> Stream:
    """Open a recording as a stream of blocks.

    Args:
        path: of the file; any bytes.
        sample_rate: of the blocks, in Hz, or `None` for the file's own.
        block: samples in a block; the last one may be shorter.
        native: called with each block at the file's own rate as it passes.

    Returns:
        Iterable of `(samples,)` float32 mono blocks; joined, they are bit for bit what
        `resample(decode(path).samples, ...)` gives. At least one block, which is empty where the
        recording is shorter than one sample at the rate asked for.

    Raises:
        BadInput: when the file cannot be read; while iterating, when its data turn out to be bad.
    """
    return Stream(path, sample_rate=sample_rate, block=block, native=native)


def decode(path: FileName) -> Recording:
    """Decode a whole recording at its own rate.

    Args:
        path: of the file; any bytes.

    Returns:
        The recording, mono.

    Raises:
        BadInput: when the file cannot be read: missing, not a file, empty, not audio, damaged,
            cut off, without samples, or with samples that are not numbers.
    """
    with stream(path, sample_rate=None) as blocks:
        samples = np.concatenate(list(blocks))
        samples.flags.writeable = False
        return Recording(samples, blocks.sample_rate, blocks.sha256, written(path))


def probe(path: FileName) -> FileInfo:
    """What a file says of itself, from its header.

    Args:
        path: of the file; any bytes.

    Raises:
        BadInput: when the file cannot be opened as audio.
    """
    with stream(path) as opened:
        return opened.info


def _reader(file: OpenedFile) -> SndfileReader | AvReader:
    kind = container.foreign(file.head)
    reader: SndfileReader | AvReader = AvReader(file, *kind) if kind else SndfileReader(file)
    rate = reader.info.sample_rate
    if not _LOWEST_RATE <= rate <= _HIGHEST_RATE:
        reader.close()
        raise BadInput(
            f"has a sample rate of {rate} Hz; {_LOWEST_RATE} Hz to {_HIGHEST_RATE} Hz can be read",
            where=file.name,
        )
    return reader
