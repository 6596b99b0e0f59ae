"""Run a torch module as a frozen encoder: chunk by chunk, clips of equal length together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch

from earwitness.audio.resample import resample
from earwitness.encoders.chunking import Chunk, Chunking, chunks, join
from earwitness.encoders.fine_tuning import Tuning, tunable
from earwitness.encoders.finite import finite
from earwitness.encoders.fronts import Front
from earwitness.encoders.hidden_states import HiddenStates
from earwitness.encoders.onnx_encoder import processors
from earwitness.encoders.packed_products import Precision, pack, twin
from earwitness.errors import BadInput

TOGETHER = 1 << 19
"""Most samples that are encoded at once (33 s): beyond it a processor gains nothing."""


class TorchEncoder:
    """A frozen encoder on torch.

    No clip is ever padded to another's length: chunks are encoded together only where they are
    of equal length, each other one by itself. So a clip's frames are the same alone, in any batch
    and in any order, also behind a group norm. Recordings longer than a chunk of the front are
    encoded in fixed chunks with context on either side.

    Of several chunks each processor takes one at a time, which needs no agreement among
    processors; a chunk that comes alone is shared by them, product by product.

    Args:
        build: makes the module with its weights, float32, on the processor.
        name: in the catalogue.
        revision: changes whenever the frames may change.
        single: whether to leave out the axis of layers.
        precision: of the arithmetic.
        device: of torch (`cpu`, `cuda`).
        threads: processors to compute on; all that are free to us when `None`.

    Raises:
        BadInput: when the device is not there.
    """

    def __init__(
        self,
        build: Callable[[], HiddenStates],
        *,
        name: str,
        revision: str,
        single: bool = False,
        precision: Precision = "fp32",
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        self.builder, self.name, self.revision = build, name, revision
        self.precision, self.device = precision, device
        self.threads = threads or processors()
        try:
            torch.empty(0, device=device)
        except (RuntimeError, AssertionError) as error:  # the latter where torch has no CUDA at all
            raise BadInput(f"device {device} is not there; use cpu", where=name) from error
        states = build().eval().requires_grad_(False)
        self.front: Front = states.front
        self.vector = states.family.gives == "vector"
        self.layers = () if self.vector else states.layers
        self._single = single or self.vector
        self._states = pack(states, precision, device)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._crew: ThreadPoolExecutor | None = None
        self._twins, self._begun = threading.local(), threading.Lock()
        shortest = np.zeros(self.front.sample_rate, np.float32)
        self.dimension = self._run([shortest])[0].shape[-1]

    @property
    def sample_rate(self) -> int:
        """That it hears, in Hz."""
        return self.front.sample_rate

    @property
    def chunking(self) -> Chunking:
        """How long recordings are cut."""
        return self.front.chunking

    @property
    def frame_rate(self) -> float | None:
        """Frames in a second; `None` for one vector a recording."""
        return None if self.vector else self.front.sample_rate / self.front.hop

    @property
    def policy(self) -> str:
        """How a clip's length is treated."""
        return self.front.policy

    def module(self, tuning: Tuning | None = None) -> torch.nn.Module:
        """A module of its own for fine-tuning, float32, with the same weights.

        Args:
            tuning: what is trained and how; frozen when `None`.

        Returns:
            Takes `(batch, samples), lengths` and gives `(batch, layers, frames, dimension)` and
            the true frames of each clip.
        """
        return tunable(self.builder(), tuning or Tuning()).to(self.device)

    def encode_chunk(self, samples: np.ndarray) -> np.ndarray:
        """Frames of one chunk, heard by itself.

        Args:
            samples: shape `(samples,)`, float32, at the encoder's rate, at most one chunk.

        Returns:
            Shape `(layers, frames, dimension)`, float32.
        """
        return self._run([samples])[0]

    def submit(self, samples: np.ndarray) -> Future[np.ndarray]:
        """Begin `encode_chunk` in a thread of the encoder's own."""
        return self._pool.submit(self.encode_chunk, samples)

    def encode(self, waveforms: Sequence[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        """Frames of whole recordings.

        Args:
            waveforms: each of shape `(samples,)`, float, full scale 1, any length.
            sample_rate: of all of them, in Hz.

        Returns:
            One array for each recording, float32: `(layers, frames, dimension)`, without the axis
            of layers where one was asked for by its number, or `(dimension,)`.

        Raises:
            BadInput: when a value is NaN or infinite.
        """
        heard = [
            resample(np.asarray(waveform, np.float32), sample_rate, self.sample_rate)
            for waveform in waveforms
        ]
        parts: list[list[tuple[Chunk, np.ndarray]]] = [[] for _ in heard]
        places = [(k, c) for k, s in enumerate(heard) for c in chunks(len(s), self.chunking)]
        # the longest first, so that no processor waits long for another at the end
        batches = sorted(
            _equal_lengths(places), key=lambda batch: -len(batch) * (batch[0][1].end - batch[0][1].start)
        )
        work = [[heard[k][place.start : place.end] for k, place in batch] for batch in batches]
        for batch, given in zip(batches, self._run_all(work), strict=True):
            for (k, place), frames in zip(batch, given, strict=True):
                parts[k].append((place, frames))
        empty = (max(1, len(self.layers)), 0, self.dimension)
        return [
            finite(join(sorted(found, key=lambda part: part[0]), empty, self._single, self.vector), self.name)
            for found in parts
        ]

    def _run_all(self, batches: list[list[np.ndarray]]) -> list[list[np.ndarray]]:
        """`_run` of each batch, on as many processors at once as there are."""
        if min(self.threads, len(batches)) < 2 or self.device.partition(":")[0] != "cpu":
            return [self._run(clips) for clips in batches]
        with self._begun:
            if self._crew is None:
                self._crew = ThreadPoolExecutor(self.threads, thread_name_prefix="encoder-crew")
        with _threads(1):  # of torch's settings some are a thread's own and some are not
            return list(self._crew.map(self._run_alone, batches))

    def _run_alone(self, clips: list[np.ndarray]) -> list[np.ndarray]:
        """`_run` on this thread's processor, in a module of its own: some note what passes through."""
        if not hasattr(self._twins, "states"):
            torch.set_num_threads(1)
            self._twins.states = twin(self._states)
        return self._heard(self._twins.states, clips)

    def _run(self, clips: list[np.ndarray]) -> list[np.ndarray]:
        """Chunks of equal length -> `(layers, frames, dimension)` each."""
        with _threads(self.threads):
            return self._heard(self._states, clips)

    def _heard(self, states: HiddenStates, clips: list[np.ndarray]) -> list[np.ndarray]:
        frames = self.front.frames(len(clips[0]))
        if frames == 0:
            return [np.zeros((max(1, len(self.layers)), 0, self.dimension), np.float32)] * len(clips)
        inputs = torch.from_numpy(np.stack([self.front(clip) for clip in clips]))
        with torch.inference_mode():
            given = states.states(inputs.to(self.device))
            return list(given[:, :, :frames].float().cpu().numpy())


def _equal_lengths(places: list[tuple[int, Chunk]]) -> Iterator[list[tuple[int, Chunk]]]:
    """Batches of chunks of one length each, in the order of first appearance."""
    waiting: dict[int, list[tuple[int, Chunk]]] = {}
    for k, place in places:
        length = place.end - place.start
        same = waiting.setdefault(length, [])
        same.append((k, place))
        if (len(same) + 1) * length > TOGETHER:
            yield waiting.pop(length)
    yield from waiting.values()


def _samples(batch: list[tuple[int, Chunk]]) -> int:
    return sum(place.end - place.start for _, place in batch)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if before == count:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
