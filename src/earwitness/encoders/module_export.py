"""Write a torch encoder as an ONNX file: any length, batch 1, what it hears in the file's metadata."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn

from earwitness.encoders.fronts import FilterbankFront, Front, WaveformFront, WhisperFront
from earwitness.encoders.hidden_states import HiddenStates
from earwitness.errors import BadInput, require

OPSET = 20
"""Of the files; the first that has GELU as one operator."""


def torch_states(states: HiddenStates, samples: np.ndarray) -> np.ndarray:
    """Hidden states of one chunk, as torch computes them.

    Args:
        states: the encoder.
        samples: shape `(samples,)`, float32, at the front's rate.

    Returns:
        Shape `(layers, frames, dimension)`, float32.
    """
    with torch.inference_mode():
        given = states.states(torch.from_numpy(states.front(samples)[None]))
    return given[0, :, : states.front.frames(len(samples))].numpy()


def write_module(states: HiddenStates, path: Path, metadata: Mapping[str, str]) -> None:
    """Write an encoder as an ONNX file with the input `heard` and the output `frames`.

    A clip is heard at its true length and by itself, so that the file knows no masks. Weights
    that are too many for one file (2 GB) lie beside it, in `<name>.data`.

    Args:
        states: the encoder, float32; its attention is changed to the plain form, which every
            version of the exporter can follow.
        path: the file.
        metadata: written into the file.

    Raises:
        BadInput: when torch cannot export the model.
        MissingExtra: when `onnx` or `onnxscript` is not installed.
    """
    require("onnxscript", "train")
    passes = require("onnx_ir.passes.common", "train")
    change = getattr(states.model, "set_attn_implementation", None)  # transformers' models have it
    if callable(change):
        change("eager")
    axis = _axis(states.front)
    heard = torch.from_numpy(states.front(np.zeros(states.front.sample_rate, np.float32))[None])
    with _quiet():
        try:
            program = torch.onnx.export(
                _Heard(states).eval(),
                (heard,),
                dynamo=True,
                dynamic_shapes=None if axis is None else {"heard": {axis: torch.export.Dim.DYNAMIC}},
                input_names=["heard"],
                output_names=["frames"],
                opset_version=OPSET,
                verbose=False,
            )
        except Exception as error:  # the exporter raises types of its own that are not public
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise BadInput(f"torch cannot export it to ONNX: {reason}", where=str(path)) from error
        assert program is not None  # only `f=` gives none
        passes.ClearMetadataAndDocStringPass()(program.model)  # stack traces name folders of this machine
        program.model.metadata_props.update(metadata)
        program.save(path)


class _Heard(nn.Module):
    def __init__(self, states: HiddenStates) -> None:
        super().__init__()
        self.encoder = states

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        """What the front gives -> `(1, layers, frames, dimension)`."""
        return self.encoder.states(heard)


def _axis(front: Front) -> int | None:
    """The axis of time, or `None` where every chunk is padded to one length."""
    if isinstance(front, WaveformFront | FilterbankFront):
        return 1
    return 2 if isinstance(front, WhisperFront) and front.policy == "cropped" else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's news of packages that it would also know."""
    theirs = logging.getLogger("torch.onnx")
    before = theirs.level
    theirs.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        theirs.setLevel(before)
