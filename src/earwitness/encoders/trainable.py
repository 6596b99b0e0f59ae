"""An encoder as a module that takes part in training, whatever its weights come from."""

from __future__ import annotations

import os
from collections.abc import Sequence

from earwitness.encoders.catalogue import entry
from earwitness.encoders.ctranslate2_file import read
from earwitness.encoders.families import FAMILIES
from earwitness.encoders.fine_tuning import Tuning, tunable
from earwitness.encoders.fronts import WhisperFront
from earwitness.encoders.hidden_states import HiddenStates
from earwitness.encoders.loading import load
from earwitness.encoders.torch_encoder import TorchEncoder
from earwitness.encoders.weights import weight_bytes
from earwitness.encoders.whisper_names import PREFIX
from earwitness.encoders.whisper_torch import WhisperEncoder
from earwitness.errors import BadInput

PACKAGED = "earwitness.encoders.whisper_packaged:load_whisper"


def trainable(
    name: str,
    layers: Sequence[int],
    tuning: Tuning,
    *,
    weights: str | os.PathLike[str] | None = None,
    device: str = "cpu",
) -> HiddenStates:
    """The module of an encoder for training, float32, with its weights.

    Args:
        name: in the catalogue, or a model id on the hub.
        layers: hidden states that it gives; what lies above the highest is cut off.
        tuning: what is trained and how.
        weights: as `loading.load` has it. A packaged Whisper needs the packages themselves: the file
            that is shipped can only be run.
        device: that it is put on.

    Returns:
        Takes `(batch, samples)` at 16 kHz and lengths `(batch,)`; gives `(batch, layers, frames,
        dimension)` and the true frames of each clip.

    Raises:
        BadInput: when the encoder cannot be trained, a layer does not exist or there are no weights.
    """
    known = entry(name)
    if known.loader == PACKAGED:
        if not layers or not all(0 <= layer < known.layers for layer in layers):
            raise BadInput(f"has the layers 0 to {known.layers - 1}, not {list(layers)}", where=name)
        model = WhisperEncoder.from_ctranslate2(read(weight_bytes(known, weights), prefix=PREFIX))
        front = WhisperFront(bands=model.conv1.in_channels)
        states = HiddenStates(model, FAMILIES["whisper"], front, layers)
        return tunable(states, tuning).to(device)
    encoder = load(name, weights=weights, layers=list(layers), device=device)
    if not isinstance(encoder, TorchEncoder):
        raise BadInput("cannot be trained further; take an encoder that runs on torch", where=name)
    module = encoder.module(tuning)
    assert isinstance(module, HiddenStates)
    return module
