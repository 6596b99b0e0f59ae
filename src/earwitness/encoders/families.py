"""Which of transformers' classes can be encoders, and what each one hears."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from earwitness.encoders.fronts import (
    ClapFront,
    FilterbankFront,
    Front,
    PatchFront,
    Policy,
    WaveformFront,
    WhisperFront,
)
from earwitness.encoders.hub_folder import HubFolder
from earwitness.encoders.waveform_level import Level
from earwitness.errors import BadInput

Settings = dict[str, Any]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One architecture.

    Args:
        model: class in transformers that holds the weights.
        blocks: path from the model to its list of transformer blocks; empty where there is none.
        front: from (config, processor, level, policy) to what it hears.
        masks: how padding is told to it: by an attention mask over its input or not at all.
        gives: `frames`, or one `vector` a window.
        adapted: names of the linear maps that low-rank adapters take by default.
    """

    model: str
    blocks: str = "encoder.layers"
    front: Callable[[Settings, Settings, Level, Policy], Front]
    masks: Literal["samples", "frames", "none"]
    gives: Literal["frames", "vector"] = "frames"
    adapted: tuple[str, ...] = ("q_proj", "v_proj")

    def architecture(self) -> Any:
        """The class itself."""
        return getattr(importlib.import_module("transformers"), self.model)


def _waveform(config: Settings, _processor: Settings, level: Level, _policy: Policy) -> Front:
    return WaveformFront(
        kernels=tuple(config.get("conv_kernel", (10, 3, 3, 3, 3, 2, 2))),
        strides=tuple(config.get("conv_stride", (5, 2, 2, 2, 2, 2, 2))),
        level=level,
    )


def _filterbank(config: Settings, processor: Settings, level: Level, _policy: Policy) -> Front:
    bands, stride = int(processor.get("num_mel_bins", 80)), int(processor.get("stride", 2))
    if bands * stride != config.get("feature_projection_input_dim", 160):
        raise BadInput("config.json and preprocessor_config.json do not fit together")
    return FilterbankFront(bands=bands, stride=stride, level=level)


def _patches(config: Settings, processor: Settings, level: Level, _policy: Policy) -> Front:
    if config.get("time_stride", 10) != config.get("frequency_stride", 10):
        raise BadInput("its patches have different strides in time and frequency")
    return PatchFront(
        bands=config.get("num_mel_bins", 128),
        length=config.get("max_length", 1024),
        patch=config.get("patch_size", 16),
        stride=config.get("time_stride", 10),
        mean=processor.get("mean", -4.2677393),
        spread=processor.get("std", 4.5689974),
        level=level,
    )


def _clap(config: Settings, processor: Settings, level: Level, _policy: Policy) -> Front:
    audio = config.get("audio_config", config)
    return ClapFront(
        fusion=bool(audio.get("enable_fusion", False)),
        bands=processor.get("feature_size", 64),
        highest=processor.get("frequency_max", 14_000),
        level=level,
    )


def _whisper(config: Settings, _processor: Settings, level: Level, policy: Policy) -> Front:
    return WhisperFront(bands=config.get("num_mel_bins", 80), level=level, policy=policy)


FAMILIES = {
    "wav2vec2": Family(model="Wav2Vec2Model", front=_waveform, masks="samples"),
    "hubert": Family(model="HubertModel", front=_waveform, masks="samples"),
    "wavlm": Family(model="WavLMModel", front=_waveform, masks="samples"),
    "unispeech": Family(model="UniSpeechModel", front=_waveform, masks="samples"),
    "unispeech-sat": Family(model="UniSpeechSatModel", front=_waveform, masks="samples"),
    "wav2vec2-bert": Family(
        model="Wav2Vec2BertModel", front=_filterbank, masks="frames", adapted=("linear_q", "linear_v")
    ),
    "audio-spectrogram-transformer": Family(model="ASTModel", blocks="layers", front=_patches, masks="none"),
    "clap": Family(
        model="ClapAudioModelWithProjection", blocks="", front=_clap, masks="none", gives="vector",
        adapted=("query", "value"),
    ),
    "whisper": Family(
        model="WhisperModel", blocks="blocks", front=_whisper, masks="frames", adapted=("attention_in",)
    ),
}  # fmt: skip
"""`model_type` in config.json -> family. Whisper's weights run in our own module, at true length."""
FAMILIES["clap_audio_model"] = FAMILIES["clap"]


def family_of(folder: HubFolder) -> Family:
    """The family of a model.

    Args:
        folder: checked (`hub_folder.check`).

    Raises:
        BadInput: when no family is of its type.
    """
    if folder.model_type not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise BadInput(
            f"is a model of the type {folder.model_type or 'none'!r}; encoders are: {known}",
            where=str(folder.path),
        )
    return FAMILIES[folder.model_type]


def front_of(folder: HubFolder, level: Level | Literal["processor"], policy: Policy) -> Front:
    """What a model hears.

    Args:
        folder: checked.
        level: to which each chunk is brought; `processor` does what `preprocessor_config.json`
            says (`do_normalize`: mean 0 and variance 1).
        policy: of Whisper: `cropped` or `padded-30`.

    Raises:
        BadInput: when the settings contradict each other, or the policy is not of this family.
    """
    if level == "processor":
        # AST and Whisper use the same word for their spectrogram, where it is done anyway
        raw = folder.model_type in ("wav2vec2", "hubert", "wavlm", "unispeech", "unispeech-sat")
        level = "unit" if raw and folder.processor.get("do_normalize", True) else "none"
    if policy != "cropped" and folder.model_type != "whisper":
        raise BadInput(f"the policy {policy} is Whisper's; use cropped", where=str(folder.path))
    return family_of(folder).front(folder.config, folder.processor, level, policy)
