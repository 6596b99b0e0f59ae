"""What of an encoder is trained, and how: all of it, low-rank adapters, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from torch import nn

from earwitness.encoders.hidden_states import HiddenStates
from earwitness.encoders.whisper_torch import WhisperEncoder
from earwitness.errors import BadInput, require


class LowRank(msgspec.Struct, frozen=True, kw_only=True):
    """Low-rank adapters on linear maps (LoRA).

    Args:
        rank: of the two matrices that are trained in the place of one.
        alpha: the update is scaled by `alpha / rank`.
        dropout: before the adapter, 0 to 1.
        targets: names of the linear maps; the family's own (queries and values) when empty.

    References:
        Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2022.
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    targets: tuple[str, ...] = ()


class Tuning(msgspec.Struct, frozen=True, kw_only=True):
    """How an encoder takes part in training.

    Args:
        trains: `nothing` (frozen), `all`, `blocks` (all but the convolutions at the front, as
            papers do that "freeze the feature encoder") or `adapters`.
        adapters: of `trains="adapters"`.
        checkpointing: compute the states inside blocks again while gradients flow back, for less
            memory.
        dropout: keep the dropout of the published configuration while training.
        layer_drop: probability of skipping a block while training. 0 in the detection systems
            that fine-tune (features only); pretraining used 0.05 to 0.1.
        masking: hide spans of the input while training (SpecAugment), as the published
            configuration does for recognition. Off in the detection systems.
    """

    trains: Literal["nothing", "all", "blocks", "adapters"] = "nothing"
    adapters: LowRank = LowRank()
    checkpointing: bool = False
    dropout: bool = True
    layer_drop: float = 0.0
    masking: bool = False


def tunable(states: HiddenStates, tuning: Tuning) -> HiddenStates:
    """Make an encoder trainable as said.

    Args:
        states: changed in place.
        tuning: what is trained and how.

    Returns:
        The same module: in evaluation mode when nothing is trained, else in training mode.

    Raises:
        MissingExtra: when adapters are asked for and `peft` is not installed.
        BadInput: when no linear map has the name of a target, or blocks cannot be checkpointed.
    """
    model = states.model
    if not isinstance(model, WhisperEncoder):
        model.config.layerdrop = tuning.layer_drop  # type: ignore[union-attr]
        model.config.apply_spec_augment = tuning.masking  # type: ignore[union-attr]
    if not tuning.dropout:
        _without_dropout(states)
    states.requires_grad_(tuning.trains in ("all", "blocks"))
    if isinstance(model, WhisperEncoder):
        model.positions.requires_grad_(False)  # sinusoids, as published
    if tuning.trains == "blocks":
        for name in ("feature_extractor", "conv1", "conv2"):
            for part in (part for own, part in model.named_children() if own == name):
                part.requires_grad_(False)
    if tuning.trains == "adapters":
        _adapt(model, tuning.adapters, states.family.adapted)
    if tuning.checkpointing:
        if isinstance(model, WhisperEncoder):
            model.checkpointing = True
        elif not model.supports_gradient_checkpointing:
            raise BadInput(f"{type(model).__name__} cannot be checkpointed in transformers")
        else:
            model.gradient_checkpointing_enable({"use_reentrant": False})  # type: ignore[operator]
    return states.train(tuning.trains != "nothing")


def _without_dropout(states: HiddenStates) -> None:
    module: Any  # whose attributes are not only tensors and modules
    for module in states.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0


def _adapt(model: nn.Module, adapters: LowRank, own: Sequence[str]) -> None:
    peft = require("peft", "tune")
    targets = list(adapters.targets or own)
    named = {name.rpartition(".")[2] for name, part in model.named_modules() if isinstance(part, nn.Linear)}
    if not set(targets) & named:
        raise BadInput(f"has no linear map named {', '.join(targets)}; there are: {', '.join(sorted(named))}")
    peft.inject_adapter_in_model(
        peft.LoraConfig(
            r=adapters.rank,
            lora_alpha=adapters.alpha,
            lora_dropout=adapters.dropout,
            target_modules=targets,
        ),
        model,
    )
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name)
