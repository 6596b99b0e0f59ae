"""Neural codecs (EnCodec, DAC, Mimi) from a folder of theirs, with any smaller number of quantizers."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput, require
from earwitness.making.maker import Made, Provenance

CLASSES = {"encodec": "EncodecModel", "dac": "DacModel", "mimi": "MimiModel"}
"""Kind of model, as its config.json has it -> class of transformers."""


class NeuralCodec:
    """A neural codec as a way of making a recording.

    SNAC codes at several frame rates at once and is of another class: it has no single number of
    quantizers a frame, and is not read.

    Args:
        folder: `config.json` and `model.safetensors`, as the hub has them; nothing is fetched.
        quantizers: codebooks that are kept, the coarsest first; all when `None`.

    Raises:
        BadInput: when the folder is no such codec, or has fewer codebooks.
        MissingExtra: without transformers and torch.
    """

    def __init__(self, folder: str | Path, quantizers: int | None = None) -> None:
        self.folder = Path(folder)
        self.kind, self._model = _load(self.folder)
        self.most = _most(self._model)
        self.quantizers = self.most if quantizers is None else quantizers
        if not 1 <= self.quantizers <= self.most:
            raise BadInput(f"has 1 to {self.most} quantizers, not {self.quantizers}", where=str(folder))

    @property
    def engine(self) -> str:
        """Kind of model."""
        return self.kind

    @property
    def family(self) -> str:
        """Codecs of its nature: each kind is one of its own."""
        return f"codec-{self.kind}"

    @property
    def sample_rate(self) -> int:
        """That the codec works at, in Hz."""
        return int(self._model.config.sampling_rate)

    @property
    def frame_rate(self) -> float:
        """Frames of codes in a second."""
        config = self._model.config
        return config.sampling_rate / config.hop_length if self.kind == "dac" else float(config.frame_rate)

    @property
    def bit_rate(self) -> int:
        """In bit/s: quantizers x log2(entries of a codebook) x frames a second."""
        return round(self.quantizers * math.log2(self._model.config.codebook_size) * self.frame_rate)

    def make(self, source: str | Recording, rng: np.random.Generator | None = None) -> Made:  # noqa: ARG002
        """Code and decode a recording.

        Args:
            source: a recording of any rate.
            rng: nothing is left to chance.

        Returns:
            The recording as decoded, at the codec's rate, as long as what came in, with its settings.

        Raises:
            BadInput: when the source is a text or empty.
        """
        import torch

        if isinstance(source, str) or not len(source.samples):
            raise BadInput("needs a recording that is not empty", where=self.kind)
        samples = resample(source.samples, source.sample_rate, self.sample_rate)
        wave = torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None, None]
        with torch.no_grad():
            heard = self._round_trip(wave)[0, 0].numpy()
        heard = np.pad(heard[: len(samples)], (0, max(0, len(samples) - len(heard))))
        return Made(
            samples=(heard / max(1.0, float(np.abs(heard).max()))).astype(np.float32),
            sample_rate=self.sample_rate,
            provenance=Provenance(
                engine=self.engine,
                family=self.family,
                source=source.sha256,
                settings={"quantizers": self.quantizers, "bit_rate": self.bit_rate},
            ),
        )

    def _round_trip(self, wave: Any) -> Any:
        """Codes of all codebooks, the first kept: what each adds does not change the ones before."""
        model, kept = self._model, slice(self.quantizers)
        if self.kind == "encodec":
            found = model.encode(wave, bandwidth=max(model.config.target_bandwidths))
            return model.decode(found.audio_codes[:, :, kept], found.audio_scales).audio_values
        codes = model.encode(wave).audio_codes[:, kept]
        values = model.decode(audio_codes=codes).audio_values
        return values if values.ndim == 3 else values[:, None]


def _most(model: Any) -> int:
    config = model.config
    if config.model_type == "encodec":
        bits = math.log2(config.codebook_size) * config.frame_rate
        return int(max(config.target_bandwidths) * 1000 // bits)
    return int(config.n_codebooks if config.model_type == "dac" else config.num_quantizers)


@functools.lru_cache(maxsize=2)
def _load(folder: Path) -> tuple[str, Any]:
    try:
        kind = json.loads((folder / "config.json").read_text("utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput("holds no config.json of a codec", where=str(folder)) from error
    if kind not in CLASSES:
        raise BadInput(f"is a model of kind {kind!r}; there are: {', '.join(CLASSES)}", where=str(folder))
    transformers = require("transformers", "train")
    try:
        model = getattr(transformers, CLASSES[kind]).from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise BadInput(f"cannot be loaded: {told[0]}", where=str(folder)) from error
    return kind, model.eval()
