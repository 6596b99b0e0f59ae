"""What can be measured on a recording, in one pass and constant memory.

All is measured at the file's own rate, on the mean of its channels, in frames of 32 ms that
lie exactly on those of the speech activity. (Four bytes a frame are kept: 0.5 MB an hour.)
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt

from earwitness.audio.clipping import ClippingMeter
from earwitness.audio.codec_hints import codec_hints
from earwitness.audio.long_term_spectrum import LongTermSpectrum, bandwidth, cliff
from earwitness.audio.opened_file import FileInfo
from earwitness.audio.recording import Samples
from earwitness.audio.sample_values import ValueMeter

_FRAMES = 128  # measured at once: the sums are then the same however the samples arrive
_QUIET_SHARE = 0.1
_SPEECH = 0.5
_ACTIVE_MARGIN = 15.9  # dB, ITU-T P.56
_SILENT_RUN_SECONDS = 0.01
_LOWEST_RATE = 2000  # below it a spectrum says nothing about speech


class MeasuredProperties(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was measured on the recording.

    Args:
        container: name of the file format.
        encoding: sample format or codec.
        sample_rate: of the file, in Hz.
        channels: of the file.
        level_dbfs: RMS level of the speech, in dB full scale (of all, without speech); `None`
            for digital silence.
        peak_dbfs: highest sample, in dB full scale; `None` for digital silence.
        clipped: share of samples in flat runs at the recording's own ceiling, 0 to 1.
        bandwidth_hz: highest frequency that holds speech energy, in Hz; `None` where nothing
            stands above the noise.
        noise_floor_dbfs: mean level of the quietest tenth of the frames that are not digital
            silence, in dB full scale.
        snr_db: speech level over noise floor, in dB.
        dc: mean sample value, -1 to 1.
        digital_silence: share of samples in runs of 10 ms or more of exact zeros, 0 to 1.
        codec_hints: traces of earlier coding, one sentence each.
    """

    container: str
    encoding: str
    sample_rate: int
    channels: int
    level_dbfs: float | None
    peak_dbfs: float | None
    clipped: float
    bandwidth_hz: float | None
    noise_floor_dbfs: float | None
    snr_db: float | None
    dc: float
    digital_silence: float
    codec_hints: tuple[str, ...]


class PropertyMeter:
    """Measure a recording block by block.

    Args:
        info: of the file; its sample rate is that of the blocks.

    Example:
        >>> meter = PropertyMeter(FileInfo("WAV", "PCM_16", 16000, 1, 1.0))
        >>> meter.update(0.5 * np.sin(np.arange(16000) / 9).astype(np.float32))
        >>> round(meter.result().level_dbfs, 1)
        -9.0
    """

    def __init__(self, info: FileInfo) -> None:
        self._info = info
        rate = info.sample_rate
        frame = rate * 4 // 125
        self._spectrum = None
        if rate >= _LOWEST_RATE:
            self._spectrum = LongTermSpectrum(rate, 1 << (frame.bit_length() - 1))
        self._held: list[Samples] = []
        self._waiting = 0
        self._frame = 0  # number of the next frame to be measured
        self._powers: list[npt.NDArray[np.float32]] = []
        self._clipping = ClippingMeter()
        self._values = ValueMeter()
        self._samples = 0
        self._sum = 0.0
        self._peak = 0.0
        self._zeros = _ZeroRuns(max(1, round(rate * _SILENT_RUN_SECONDS)))

    def update(self, samples: Samples) -> None:
        """Take in the next samples.

        Args:
            samples: `(samples,)` mono float32 at the file's own rate, cut anyhow.
        """
        self._held.append(samples)
        self._waiting += len(samples)
        while self._waiting >= (wanted := self._start(self._frame + _FRAMES) - self._start(self._frame)):
            joined = np.concatenate(self._held) if len(self._held) > 1 else self._held[0]
            self._measure(joined[:wanted])
            self._held, self._waiting = [joined[wanted:]], len(joined) - wanted

    def result(self, speech: npt.ArrayLike | None = None) -> MeasuredProperties:
        """The properties of all that was taken in; call once, at the end.

        Args:
            speech: `(frames,)` speech probability, 0 to 1, one for each 32 ms; without it, frames
                within 15.9 dB of the active level (ITU-T P.56) are taken as speech.
        """
        if self._waiting:
            self._measure(np.concatenate(self._held))
            self._held, self._waiting = [], 0
        power = np.concatenate([*self._powers, np.zeros(0, np.float32)]).astype(np.float64)
        level = _decibel(_speech_power(power, speech))
        heard = np.sort(power[power > 0])
        quietest = heard[: max(1, math.ceil(len(heard) * _QUIET_SHARE))]
        floor = _decibel(float(quietest.mean())) if len(heard) else None
        width = edge = None
        if self._spectrum is not None:
            groups = self._spectrum.groups()
            width = bandwidth(groups, self._spectrum.frequencies)
            edge = cliff(groups, self._spectrum.frequencies)
        info, total = self._info, max(1, self._samples)
        return MeasuredProperties(
            container=info.container,
            encoding=info.encoding,
            sample_rate=info.sample_rate,
            channels=info.channels,
            level_dbfs=level,
            peak_dbfs=_decibel(self._peak**2),
            clipped=self._clipping.share(coarse=self._values.coarse),
            bandwidth_hz=width,
            noise_floor_dbfs=floor,
            snr_db=None if level is None or floor is None else level - floor,
            dc=self._sum / total,
            digital_silence=self._zeros.count() / total,
            codec_hints=codec_hints(
                sample_rate=info.sample_rate,
                encoding=info.encoding,
                bandwidth_hz=width,
                cliff_hz=edge,
                values=self._values.words(),
            ),
        )

    def _start(self, frame: int) -> int:
        # The first sample of a 32 ms frame; no rounding adds up, so it stays beside frame * 512 at 16 kHz.
        return frame * self._info.sample_rate * 4 // 125

    def _measure(self, samples: Samples) -> None:
        first = self._start(self._frame)
        frames = np.arange(self._frame, self._frame + _FRAMES + 1) * self._info.sample_rate * 4 // 125 - first
        starts = frames[:-1][frames[:-1] < len(samples)]
        starts = np.unique(starts)  # below 32 Hz a frame may be empty
        ends = np.append(starts[1:], len(samples))
        wide = samples.astype(np.float64)
        power = np.add.reduceat(wide * wide, starts) / (ends - starts)
        self._powers.append(power.astype(np.float32))
        self._samples += len(samples)
        self._sum += float(wide.sum())
        self._peak = max(self._peak, float(np.abs(samples).max()))
        self._clipping.update(samples)
        self._values.update(samples)
        self._zeros.update(samples)
        if self._spectrum is not None:
            size = 2 * (len(self._spectrum.frequencies) - 1)
            whole = starts[starts + size <= len(samples)]
            windows = np.lib.stride_tricks.sliding_window_view(samples, size)[whole] if len(whole) else None
            if windows is not None:
                with np.errstate(divide="ignore"):
                    self._spectrum.update(windows, 10 * np.log10(power[: len(whole)]))
        self._frame += _FRAMES


def measure(samples: Samples, sample_rate: int, speech: npt.ArrayLike | None = None) -> MeasuredProperties:
    """The properties of samples that are in memory.

    Args:
        samples: `(samples,)` mono float32.
        sample_rate: in Hz.
        speech: see `PropertyMeter.result`.

    Example:
        >>> measure(np.zeros(16000, np.float32), 16000).digital_silence
        1.0
    """
    meter = PropertyMeter(FileInfo("memory", "FLOAT", sample_rate, 1, len(samples) / sample_rate))
    meter.update(np.asarray(samples, dtype=np.float32))
    return meter.result(speech)


class _ZeroRuns:
    """Samples in long runs of exact zeros, over block borders."""

    def __init__(self, shortest: int) -> None:
        self._shortest = shortest
        self._open = 0  # zeros up to the end of what was seen
        self._closed = 0

    def update(self, samples: Samples) -> None:
        others = np.flatnonzero(samples)
        if not len(others):
            self._open += len(samples)
            return
        runs = np.diff(others) - 1
        self._closed += self._long(self._open + int(others[0])) + int(runs[runs >= self._shortest].sum())
        self._open = len(samples) - 1 - int(others[-1])

    def _long(self, run: int) -> int:
        return run if run >= self._shortest else 0

    def count(self) -> int:
        return self._closed + self._long(self._open)


def _speech_power(power: npt.NDArray[np.float64], speech: npt.ArrayLike | None) -> float:
    if not len(power):
        return 0.0
    if speech is not None:
        probability = np.asarray(speech)[: len(power)]
        chosen = power[: len(probability)][probability >= _SPEECH]
        return float(chosen.mean()) if len(chosen) else float(power.mean())
    mean = float(power.mean())
    # P.56's active level, found by iteration: frames more than 15.9 dB below it are pauses.
    for _ in range(20):
        active = power[power >= mean * 10 ** (-_ACTIVE_MARGIN / 10)]
        found = float(active.mean()) if len(active) else mean
        if found == mean:
            break
        mean = found
    return mean


def _decibel(power: float) -> float | None:
    return 10 * math.log10(power) if power > 0 else None
