"""Run an exported encoder through onnxruntime: no torch, the same frames however they are asked for."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal

import msgspec
import numpy as np
import onnxruntime

from earwitness.audio.resample import resample
from earwitness.encoders.chunking import SAMPLE_RATE, chunks
from earwitness.encoders.fronts import WhisperFront
from earwitness.encoders.log_mel import Normalise
from earwitness.errors import BadInput


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an exported encoder is, as written into its ONNX file.

    Args:
        name: of the encoder ("whisper-base").
        revision: changes whenever its frames may change.
        layers: hidden states that it gives, in order.
        policy: `cropped` (a clip at its true length) or `padded-30`.
        bands: mel bands of its input.
        dimension: channels of a frame.
        frame_rate: frames in a second.
    """

    name: str
    revision: str
    layers: tuple[int, ...]
    policy: str
    bands: int
    dimension: int
    frame_rate: float


def processors() -> int:
    """Number of processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


METADATA_KEY = "earwitness.encoder"


class OnnxEncoder:
    """A frozen encoder that gives hidden states, chunk by chunk.

    Every chunk is one run of one thread, whatever else is asked for; several threads take
    several chunks. So a recording's frames are bit for bit the same alone, in a batch or in a
    stream, with one thread or many.

    Args:
        path: ONNX file written by `encoders.export`, or its bytes.
        layers: which of the file's layers to give, in order; all when `None`; one number gives
            frames without the axis of layers.
        threads: chunks encoded at once; one for each processor that is free to us when `None`.
        normalise: `rms` brings every chunk to one level first, `none` leaves it. It changes the
            frames, so it is part of `revision`.
        policy: `padded-30` lets silence follow up to 30 s, as Whisper was trained; the file must
            take 30 s.

    Raises:
        BadInput: when the file is not an exported encoder or holds no such layer.
    """

    sample_rate = SAMPLE_RATE
    precision = "fp32"

    def __init__(
        self,
        path: str | os.PathLike[str] | bytes,
        *,
        layers: int | Sequence[int] | None = None,
        threads: int | None = None,
        normalise: Normalise = "none",
        policy: Literal["cropped", "padded-30"] = "cropped",
    ) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        where = "weights in memory" if isinstance(path, bytes) else str(path)
        try:
            self._session = onnxruntime.InferenceSession(
                path if isinstance(path, bytes) else os.fspath(path),
                options,
                providers=["CPUExecutionProvider"],
            )
            written = self._session.get_modelmeta().custom_metadata_map[METADATA_KEY]
            self.description = msgspec.json.decode(written, type=Description)
        except Exception as error:  # onnxruntime raises types of its own that are not public
            raise BadInput("not an encoder that earwitness exported", where=where) from error
        self.normalise: Normalise = normalise
        self.front = WhisperFront(bands=self.description.bands, level=normalise, policy=policy)
        self.threads = threads or processors()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="encoder")
        self._choose(layers, where)

    def _choose(self, layers: int | Sequence[int] | None, where: str) -> None:
        held = self.description.layers
        self.layers = (layers,) if isinstance(layers, int) else tuple(held if layers is None else layers)
        if not self.layers or set(self.layers) - set(held):
            raise BadInput(f"gives the layers {list(held)}, not {list(self.layers)}", where=where)
        self._single = isinstance(layers, int)
        self._places = [held.index(layer) for layer in self.layers]

    def giving(self, layers: int | Sequence[int] | None) -> OnnxEncoder:
        """The same loaded encoder (and threads), giving other layers.

        Args:
            layers: as when it is made.

        Raises:
            BadInput: when the file does not hold them.
        """
        other = copy.copy(self)
        other._choose(layers, self.name)
        return other

    @property
    def name(self) -> str:
        """Name in the catalogue."""
        return self.description.name

    @property
    def revision(self) -> str:
        """Changes whenever the frames may change."""
        suffix = "" if self.normalise == "none" else f"+{self.normalise}"
        return self.description.revision + suffix

    @property
    def dimension(self) -> int:
        """Channels of a frame."""
        return self.description.dimension

    @property
    def frame_rate(self) -> float:
        """Frames in a second."""
        return self.description.frame_rate

    @property
    def policy(self) -> str:
        """How a clip's length is treated."""
        return self.front.policy

    def encode_chunk(self, samples: np.ndarray) -> np.ndarray:
        """Frames of one chunk, heard by itself.

        Args:
            samples: shape `(samples,)`, float32, 16 kHz, at most 30 s.

        Returns:
            Shape `(layers, samples // 320, dimension)`, float32.
        """
        frames = self.front.frames(len(samples))
        if frames == 0:
            return np.zeros((len(self.layers), 0, self.dimension), np.float32)
        (given,) = self._session.run(["frames"], {"mel": self.front(samples)[None]})
        kept = given[0, :, :frames]
        return kept if self.layers == self.description.layers else kept[self._places]

    def submit(self, samples: np.ndarray) -> Future[np.ndarray]:
        """Begin `encode_chunk` in the encoder's own threads."""
        return self._pool.submit(self.encode_chunk, samples)

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int = SAMPLE_RATE) -> list[np.ndarray]:
        """Frames of whole recordings.

        Args:
            waveforms: each of shape `(samples,)`, float, full scale 1, any length.
            sample_rate: of all of them, in Hz.

        Returns:
            One array for each recording, float32, shape `(layers, frames, dimension)`, or
            `(frames, dimension)` where one layer was asked for by its number.
        """
        waiting = []
        for waveform in waveforms:
            samples = np.asarray(waveform, np.float32)
            if sample_rate != SAMPLE_RATE:
                samples = resample(samples, sample_rate, SAMPLE_RATE)
            places = chunks(len(samples), self.front.chunking)
            waiting.append([(place, self.submit(samples[place.start : place.end])) for place in places])
        empty = np.zeros((len(self.layers), 0, self.dimension), np.float32)
        whole = [
            np.concatenate([empty, *(frames.result()[:, place.kept] for place, frames in parts)], axis=1)
            for parts in waiting
        ]
        return [frames[0] for frames in whole] if self._single else whole
