"""Load an encoder of the transformers family from a folder in the hub's layout."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.families import family_of, front_of
from earwitness.encoders.fronts import Front, Policy
from earwitness.encoders.hub_folder import HubFolder, check, find
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.waveform_level import Level
from earwitness.errors import BadInput, require

if TYPE_CHECKING:
    from earwitness.encoders.hidden_states import HiddenStates
    from earwitness.encoders.torch_encoder import TorchEncoder

CODE = 1
"""Version of fronts, chunking and hidden states; part of the revision."""


def load_hub(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,
    normalise: Level | Literal["processor"] = "none",
    precision: Literal["fp32", "bf16", "int8"] = "fp32",
    device: str = "cpu",
    policy: Policy = "cropped",
    sha256: str | None = None,
) -> TorchEncoder | OnnxEncoder:
    """An encoder that transformers' classes (for Whisper, our own) run on torch.

    A file that `encoders.export` wrote runs in onnxruntime instead, without torch.

    Args:
        entry: of the catalogue, or of a model that it does not know.
        weights: see `loading.load`.
        layers: see `loading.load`.
        threads: see `loading.load`.
        normalise: see `loading.load`.
        precision: see `loading.load`.
        device: see `loading.load`.
        policy: see `loading.load`.
        sha256: that the weights must have; the catalogue's where it has one.

    Raises:
        BadInput: when a file is missing or refused, or an option does not fit.
        MissingExtra: when torch or transformers is not installed.
    """
    if weights is not None and os.fspath(weights).endswith(".onnx"):
        if precision != "fp32" or device != "cpu" or sha256 is not None:
            raise BadInput("an exported file runs in fp32 on cpu, without a hash", where=str(weights))
        exported = OnnxEncoder(weights, layers=layers, threads=threads, normalise=normalise, policy=policy)
        if exported.name != entry.name:
            raise BadInput(f"holds {exported.name}, not {entry.name}", where=str(weights))
        return exported
    require("torch", "train")
    require("transformers", "train")
    from earwitness.encoders.torch_encoder import TorchEncoder

    build = builder_of(entry, weights, layers=layers, normalise=normalise, policy=policy, sha256=sha256)
    return TorchEncoder(
        build,
        name=entry.name,
        revision=revision_of(build.folder, build.front),
        single=isinstance(layers, int),
        precision=precision,
        device=device,
        threads=threads,
    )


def builder_of(
    entry: Entry,
    weights: str | os.PathLike[str] | None,
    *,
    layers: int | Sequence[int] | None,
    normalise: Level | Literal["processor"],
    policy: Policy,
    sha256: str | None = None,
) -> Builder:
    """What makes the module of an encoder, its files checked.

    Args:
        entry: of the catalogue, or of a model that it does not know.
        weights: see `loading.load`.
        layers: see `loading.load`.
        normalise: see `loading.load`.
        policy: see `loading.load`.
        sha256: that the weights must have; the catalogue's where it has one.

    Raises:
        BadInput: when a file is missing or refused, or an option does not fit.
    """
    folder = check(find(entry, weights), sha256=sha256 or entry.sha256)
    return Builder(folder, front_of(folder, normalise, policy), layers_of(folder, layers))


def layers_of(folder: HubFolder, layers: int | Sequence[int] | None) -> tuple[int, ...]:
    """The layers that are asked for.

    Args:
        folder: checked.
        layers: as the user gives them.

    Raises:
        BadInput: when the model has no such layer.
    """
    depth = depth_of(folder)
    wanted = range(depth + 1) if layers is None else [layers] if isinstance(layers, int) else list(layers)
    if not wanted or not all(0 <= layer <= depth for layer in wanted) or len(set(wanted)) < len(wanted):
        raise BadInput(f"has the layers 0 to {depth}, not {list(wanted)}", where=str(folder.path))
    return tuple(wanted)


def depth_of(folder: HubFolder) -> int:
    """Transformer blocks of a model; 0 where only its output can be had."""
    if family_of(folder).gives == "vector":
        return 0
    names = ("encoder_layers",) if folder.model_type == "whisper" else ("num_hidden_layers",)
    found = next((folder.config[name] for name in names if name in folder.config), None)
    if not isinstance(found, int):
        raise BadInput(f"config.json does not say {names[0]}", where=str(folder.path))
    return found


def revision_of(folder: HubFolder, front: Front) -> str:
    """Of the weights, the settings, what the model hears, and our code."""
    settings = msgspec.json.encode(front) + msgspec.json.encode(folder.config, order="deterministic")
    return f"{folder.sha256[:12]}-{hashlib.sha256(settings).hexdigest()[:8]}-h{CODE}"


class Builder:
    """Makes the module of a checked folder, as often as it is called.

    Args:
        folder: checked.
        front: what the model hears.
        layers: hidden states that it gives.
    """

    def __init__(self, folder: HubFolder, front: Front, layers: Sequence[int]) -> None:
        self.folder, self.front, self.layers = folder, front, tuple(layers)

    def __call__(self) -> HiddenStates:
        """A new module with the weights, float32.

        Raises:
            BadInput: when weights are missing or damaged.
        """
        from earwitness.encoders.hidden_states import HiddenStates

        model = self._whisper() if self.folder.model_type == "whisper" else self._transformers()
        return HiddenStates(model, family_of(self.folder), self.front, self.layers)

    def _whisper(self) -> Any:
        from safetensors import SafetensorError, safe_open

        from earwitness.encoders.whisper_torch import WhisperEncoder

        found = {}
        try:
            for file in sorted(self.folder.path.glob("*.safetensors")):
                with safe_open(file, "pt") as opened:
                    for name in opened.keys():  # noqa: SIM118 - it is not a mapping
                        _, mark, below = f".{name}".partition(".encoder.")
                        if mark:
                            found[below] = opened.get_tensor(name)
        except (SafetensorError, OSError) as error:
            raise BadInput("the weights are damaged; get them again", where=str(self.folder.path)) from error
        return WhisperEncoder.from_hub(found, heads=self.folder.config.get("encoder_attention_heads", 0) or 1)

    def _transformers(self) -> Any:
        import torch

        where = str(self.folder.path)
        with _quiet():
            try:
                model, told = (
                    family_of(self.folder)
                    .architecture()
                    .from_pretrained(
                        where,
                        local_files_only=True,
                        use_safetensors=True,
                        dtype=torch.float32,
                        output_loading_info=True,
                    )
                )
            except Exception as error:  # transformers raises types of many libraries
                reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
                raise BadInput(f"transformers cannot load it: {reason}", where=where) from error
        # what training by masking needs is left out of many published files
        missing = sorted(name for name in told["missing_keys"] if "masked_spec_embed" not in name)
        if missing or told.get("mismatched_keys"):
            lacking = missing[0] if missing else str(sorted(told["mismatched_keys"])[0])
            raise BadInput(f"the weights do not fit config.json ({lacking})", where=where)
        return model.eval()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' table of unused weights: a head that we do not need is no news."""
    from transformers.utils import logging as theirs

    before, bars = theirs.get_verbosity(), theirs.is_progress_bar_enabled()
    theirs.set_verbosity(logging.ERROR)
    theirs.disable_progress_bar()
    try:
        yield
    finally:
        theirs.set_verbosity(before)
        if bars:
            theirs.enable_progress_bar()
