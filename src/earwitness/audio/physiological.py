"""ECG, EMG, EDA and PPG as waveforms, so that encoders of speech can read them.

Two ways to 16 kHz, which answer different questions: `resample` keeps the seconds, and the energy stays
where it is, far below speech; `relabel` takes the samples as they are for samples at 16 kHz, so that a
signal of 700 Hz passes 22.9 times faster and fills the band of speech, but needs longer windows.
"""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from earwitness.audio.recording import Samples
from earwitness.audio.resample import resample
from earwitness.errors import BadInput

SAMPLE_RATE = 16_000
Mapping = Literal["resample", "relabel"]
Kind = Literal["ecg", "emg", "eda", "ppg"]
BANDS: dict[str, tuple[float | None, float]] = {
    "ecg": (0.5, 40.0), "emg": (10.0, 250.0), "eda": (None, 5.0), "ppg": (0.5, 8.0),
}  # fmt: skip
"""Kind of signal -> lowest and highest frequency that its filter leaves, in Hz."""
ORDER = 4
"""Of the Butterworth filter, which runs forwards and backwards, so that nothing is delayed."""


class SignalReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which signal of a person a system reads, and how it becomes a waveform.

    Args:
        kind: of the signal.
        mapping: `resample` or `relabel`. The paper does not say; both are to be reported.
        filtered: whether each window is filtered to the band of its kind.

    Example:
        >>> SignalReading(kind="ecg").mapping
        'relabel'
    """

    kind: Kind
    mapping: Mapping = "relabel"
    filtered: bool = False


def band_pass(signal: np.ndarray, sample_rate: float, kind: str) -> np.ndarray:
    """A physiological signal without what is not of its kind.

    Filters are optional; which ones the paper used, if any, is not established. An edge that the
    signal's rate cannot reach is left out.

    Args:
        signal: shape `(samples,)`.
        sample_rate: in Hz.
        kind: `ecg` (0.5 to 40 Hz), `emg` (10 to 250 Hz), `eda` (up to 5 Hz) or `ppg` (0.5 to 8 Hz).

    Returns:
        Shape `(samples,)` float64, in the unit of the signal.

    Raises:
        BadInput: when the kind is unknown or its band lies beyond half the rate.

    Example:
        >>> drift = np.linspace(0, 1000, 7000)
        >>> bool(np.abs(band_pass(drift, 700, "emg")[1000:-1000]).max() < 1)
        True
    """
    if kind not in BANDS:
        raise BadInput(f"a signal is one of {', '.join(BANDS)}, not {kind!r}")
    lowest, highest = BANDS[kind]
    edges: float | tuple[float, float]
    values = np.asarray(signal, np.float64)
    if lowest is not None and lowest >= sample_rate / 2:
        raise BadInput(f"{sample_rate:g} Hz are too few for {kind} from {lowest:g} Hz")
    reached = highest < sample_rate / 2
    if lowest is None and not reached:
        return values
    if lowest is None:
        edges, how = highest, "lowpass"
    elif reached:
        edges, how = (lowest, highest), "bandpass"
    else:
        edges, how = lowest, "highpass"
    import scipy.signal  # takes half a second, which everything that encodes would wait for

    sections = scipy.signal.butter(ORDER, edges, how, fs=sample_rate, output="sos")
    mirrored = min(3 * (2 * len(sections) + 1), len(values) - 1)
    return np.asarray(scipy.signal.sosfiltfilt(sections, values, padlen=mirrored))


def to_waveform(
    signal: np.ndarray, sample_rate: int, mapping: Mapping, *, limit: float | None = 5.0
) -> Samples:
    """One window of a physiological signal as a waveform at 16 kHz.

    The window gets mean 0 and deviation 1, is clipped, and is brought to a peak of 1. The paper
    does not say how signals were scaled; these are our choices.

    Args:
        signal: shape `(samples,)`, in any unit.
        sample_rate: of the signal, in Hz.
        mapping: `resample` or `relabel`.
        limit: deviations from the mean beyond which values are clipped; `None` leaves them.

    Returns:
        Shape `(samples,)` float32, peak 1; zeros for a signal that does not change.

    Raises:
        BadInput: when there are no samples or they are not numbers.

    Example:
        >>> ecg = np.sin(np.arange(7000) / 40)
        >>> len(to_waveform(ecg, 700, "resample")), len(to_waveform(ecg, 700, "relabel"))
        (160000, 7000)
    """
    values = np.asarray(signal, np.float64)
    if values.ndim != 1 or not len(values):
        raise BadInput(f"a signal must have the shape (samples,), not {values.shape}")
    if not np.isfinite(values).all():
        raise BadInput("the signal holds values that are not numbers")
    values = values - values.mean()
    deviation = values.std()
    # A constant signal keeps rounding errors of its mean; they are no heartbeat.
    if deviation <= 1e-12 * max(1.0, float(np.abs(signal).max())):
        values = np.zeros_like(values)
    else:
        values = values / deviation
    if limit is not None:
        values = values.clip(-limit, limit)
    waveform = values.astype(np.float32)
    if mapping == "resample":
        waveform = resample(waveform, sample_rate, SAMPLE_RATE)
    elif mapping != "relabel":
        raise BadInput(f"mapping is resample or relabel, not {mapping!r}")
    peak = float(np.abs(waveform).max(initial=0.0))
    return waveform / np.float32(peak) if peak else waveform
