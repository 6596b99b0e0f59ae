"""Stretches of ECG, EMG and EDA as waveforms that an encoder can hear."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import numpy as np

from earwitness.audio.decode import decode
from earwitness.audio.physiological import SAMPLE_RATE, Mapping, band_pass, to_waveform
from earwitness.audio.resample import resample
from earwitness.corpora.stored_signal import ARRAYS, PICKLES, TABLES, SignalReader
from earwitness.errors import BadInput


class SignalView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a signal lies in its file, and how it becomes a waveform.

    Args:
        kind: `ecg`, `emg` or `eda`.
        rate: of the signal, in Hz.
        mapping: `resample` or `relabel`; see `audio.physiological`.
        member: part of the file, as in the corpus.
        filtered: whether what is not of its kind is filtered out of each window.

    Example:
        >>> SignalView(kind="ecg", rate=700, mapping="relabel", member="signal/chest/ECG").name
        'ecg signal/chest/ECG 700 Hz relabel'
    """

    kind: str
    rate: float
    mapping: Mapping
    member: str = ""
    filtered: bool = False

    @property
    def name(self) -> str:
        """The view in the store's key: all that the waveform depends on beside content and stretch."""
        parts = (self.kind, self.member, f"{self.rate:g} Hz", self.mapping, "filtered" * self.filtered)
        return " ".join(part for part in parts if part)


class SignalSource:
    """Reads stretches of signals; the last file and the last signal stay in memory."""

    def __init__(self) -> None:
        self._reader = SignalReader("")
        self._content: tuple[str, str] = ("", "")
        self._last: tuple[str, SignalView | None, np.ndarray] = ("", None, np.zeros(0, np.float32))

    def content(self, path: str) -> str:
        """SHA-256 that stands for a file: of its samples where it is a sound file, else of its bytes.

        Args:
            path: of the file.

        Raises:
            BadInput: when it is a sound file that cannot be read.
        """
        if self._content[0] != path:
            if Path(path).suffix.lower() in (*PICKLES, *ARRAYS, *TABLES):
                with Path(path).open("rb") as stream:
                    found = hashlib.file_digest(stream, "sha256").hexdigest()
            else:
                found = decode(Path(path)).sha256
            self._content = (path, found)
        return self._content[1]

    def read(
        self, path: str, view: SignalView, start: float | None, end: float | None, sample_rate: int
    ) -> np.ndarray:
        """A stretch as a waveform.

        Args:
            path: of the file.
            view: of the signal.
            start: in seconds of the signal; `None` for its beginning.
            end: in seconds of the signal; `None` for its end.
            sample_rate: that the encoder hears, in Hz.

        Returns:
            Shape `(samples,)` float32, peak 1.

        Raises:
            BadInput: when the file has no such signal, or it ends before the stretch does.
        """
        if self._last[:2] != (path, view):
            row = {"path": path, "member": view.member, "rate": view.rate, "start": 0.0, "end": None}
            self._last = (path, view, self._reader.read(row))
        values = self._last[2]
        first = 0 if start is None else round(start * view.rate)
        last = len(values) if end is None else round(end * view.rate)
        if not 0 <= first < last <= len(values):
            raise BadInput(f"has no stretch from {start} to {end} s", where=path)
        window: np.ndarray = values[first:last]
        if view.filtered:
            window = band_pass(window, view.rate, view.kind)
        if view.mapping == "resample" and view.rate != int(view.rate):
            raise BadInput(f"a signal of {view.rate} Hz cannot be resampled; use relabel", where=path)
        return resample(to_waveform(window, int(view.rate), view.mapping), SAMPLE_RATE, sample_rate)
