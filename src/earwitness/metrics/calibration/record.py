"""Calibrators as JSON."""

from __future__ import annotations

from pathlib import Path

import msgspec

from earwitness.errors import BadInput
from earwitness.metrics.calibration.isotonic_llr import Isotonic
from earwitness.metrics.calibration.linear import Fusion, Logistic
from earwitness.metrics.calibration.temperature_scaling import Temperature
from earwitness.whole_file import write_whole

Calibrator = Logistic | Fusion | Isotonic | Temperature


def to_json(calibrator: Calibrator) -> bytes:
    """A calibrator as JSON; floats survive to the last bit.

    Example:
        >>> from earwitness.metrics.calibration import logistic
        >>> fitted = logistic([1, 3], [-1, 2])
        >>> from_json(to_json(fitted)) == fitted
        True
    """
    return msgspec.json.encode(calibrator)


def from_json(text: bytes | str) -> Calibrator:
    """A calibrator from its JSON.

    Raises:
        BadInput: when the JSON is not that of a calibrator; the message names the field.
    """
    try:
        calibrator: Calibrator = msgspec.json.decode(text, type=Calibrator)
    except msgspec.DecodeError as error:
        raise BadInput(f"is no calibrator: {error}") from error
    return calibrator


def write(calibrator: Calibrator, path: str | Path) -> None:
    """Write a calibrator to a JSON file, whole or not at all."""
    write_whole(Path(path), msgspec.json.format(to_json(calibrator), indent=2) + b"\n")


def read(path: str | Path) -> Calibrator:
    """Read a calibrator from a JSON file.

    Raises:
        BadInput: when the file cannot be read or is no calibrator.
    """
    try:
        return from_json(Path(path).read_bytes())
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    except BadInput as error:
        raise BadInput(error.reason, where=str(path)) from error
