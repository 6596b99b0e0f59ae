"""Run an exported encoder through onnxruntime: no torch, the same frames however they are asked for."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal

import msgspec
import numpy as np
import onnxruntime

from earwitness.audio.resample import resample
from earwitness.encoders.chunking import SAMPLE_RATE, Chunking, chunks, join
from earwitness.encoders.finite import finite
from earwitness.encoders.fronts import Front, Policy, WhisperFront
from earwitness.encoders.waveform_level import Level
from earwitness.errors import BadInput


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an exported encoder is, as written into its ONNX file.

    Args:
        name: of the encoder ("whisper-base").
        revision: changes whenever its frames may change.
        layers: hidden states that it gives, in order; empty where it gives one vector.
        policy: `cropped` (a clip at its true length), `padded-30` or `padded`.
        dimension: channels of a frame or of the vector.
        frame_rate: frames in a second; `None` for a vector.
        bands: mel bands of its input, where `front` is `None`.
        front: what it hears; `None` in files of the packaged Whisper, which choose on loading.
    """

    name: str
    revision: str
    layers: tuple[int, ...]
    policy: str
    dimension: int
    frame_rate: float | None
    bands: int = 80
    front: Front | None = None


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
        normalise: of the packaged Whisper: `rms` brings every chunk to one level first, `none`
            leaves it. It changes the frames, so it is part of `revision`. All others have it in
            the file, and another one is refused.
        policy: of the packaged Whisper: `padded-30` lets silence follow up to 30 s, as Whisper
            was trained; the file must take 30 s. All others have it in the file.

    Raises:
        BadInput: when the file is not an exported encoder, holds no such layer, or hears
            something else.
    """

    precision = "fp32"

    def __init__(
        self,
        path: str | os.PathLike[str] | bytes,
        *,
        layers: int | Sequence[int] | None = None,
        threads: int | None = None,
        normalise: Level | Literal["processor"] = "none",
        policy: Policy = "cropped",
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
        self.front = self._hearing(normalise, policy, where)
        self._suffix = "" if self.description.front or normalise == "none" else f"+{normalise}"
        self._heard = self._session.get_inputs()[0].name
        self.threads = threads or processors()
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="encoder")
        self.layers: tuple[int, ...] = ()
        self._choose(layers, where)

    def _hearing(self, level: str, policy: str, where: str) -> Front:
        written = self.description.front
        if written is None:
            hears = {"type": "whisper", "bands": self.description.bands, "level": level, "policy": policy}
            try:
                return msgspec.convert(hears, WhisperFront)
            except msgspec.ValidationError as error:
                raise BadInput(f"takes no normalise {level} and policy {policy}", where=where) from error
        for option, asked, settled, held in (
            ("normalise", level, "none", written.level),
            ("policy", policy, "cropped", written.policy),
        ):
            if asked not in (settled, held):
                raise BadInput(f"was exported with {option} {held}, not {asked}", where=where)
        return written

    def _choose(self, layers: int | Sequence[int] | None, where: str) -> None:
        held = self.description.layers
        if not held:  # one vector has no layers to choose from
            if layers not in (None, 0):
                raise BadInput("gives one vector, without layers", where=where)
            self.layers, self._single, self._places = held, True, [0]
            return
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
        return self.description.revision + self._suffix

    @property
    def sample_rate(self) -> int:
        """That it hears, in Hz."""
        return self.front.sample_rate

    @property
    def dimension(self) -> int:
        """Channels of a frame or of the vector."""
        return self.description.dimension

    @property
    def frame_rate(self) -> Any:  # a float wherever there are frames, which is what callers know
        """Frames in a second; `None` for one vector a recording."""
        return self.description.frame_rate

    @property
    def chunking(self) -> Chunking:
        """How long recordings are cut."""
        return self.front.chunking

    @property
    def policy(self) -> str:
        """How a clip's length is treated."""
        return self.front.policy

    def encode_chunk(self, samples: np.ndarray) -> np.ndarray:
        """Frames of one chunk, heard by itself.

        Args:
            samples: shape `(samples,)`, float32, at the encoder's rate, at most one chunk (30 s).

        Returns:
            Shape `(layers, frames, dimension)`, float32; one frame for a vector.
        """
        frames = self.front.frames(len(samples))
        if frames == 0:
            return np.zeros((len(self._places), 0, self.dimension), np.float32)
        (given,) = self._session.run(["frames"], {self._heard: self.front(samples)[None]})
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
            One array for each recording, float32, shape `(layers, frames, dimension)`,
            `(frames, dimension)` where one layer was asked for by its number, or `(dimension,)`.

        Raises:
            BadInput: when a value is NaN or infinite.
        """
        waiting = []
        for waveform in waveforms:
            samples = np.asarray(waveform, np.float32)
            if sample_rate != self.sample_rate:
                samples = resample(samples, sample_rate, self.sample_rate)
            places = chunks(len(samples), self.front.chunking)
            waiting.append([(place, self.submit(samples[place.start : place.end])) for place in places])
        vector = not self.description.layers
        given = []
        for parts in waiting:
            heard = [(place, frames.result()) for place, frames in parts]
            given.append(finite(join(heard, self._shape, self._single, vector), self.name))
        return given

    @property
    def _shape(self) -> tuple[int, int, int]:
        return len(self._places), 0, self.dimension
