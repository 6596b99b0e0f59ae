"""Localisers: a score for every frame, from frames that are there anyway, in constant memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import onnxruntime

from earwitness.errors import BadInput
from earwitness.evidence.finding import Localisation, Segment
from earwitness.evidence.localiser_manifest import Resolution, read_localiser_manifest
from earwitness.evidence.two_states import differing, spoofed_frames

CAUTION = (
    "A localiser was asked for: what it says of single stretches changes neither the score nor the decision."
)


class Localiser:
    """A head that scores frames, loaded and checked.

    Args:
        folder: holds `manifest.json` and the head's ONNX file; `earwitness export` writes it.
        resolution: length of a frame that is shown, in seconds; the manifest's when `None`.

    Raises:
        BadInput: when something in the folder is missing, altered or contradictory, or has no frames so long.
    """

    def __init__(self, folder: str | Path, *, resolution: float | None = None) -> None:
        self.folder = Path(folder)
        self.manifest, self.sha256 = read_localiser_manifest(self.folder)
        self.resolution = self.manifest.resolution(self.manifest.shown if resolution is None else resolution)
        options = onnxruntime.SessionOptions()
        # One thread a run, so that a score cannot depend on how many there are.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = self.folder / self.manifest.head.file
        use = self.manifest.encoder
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            frames = np.zeros((max(1, len(use.layers)), self.length, use.dimension), np.float32)
            found = self.run(frames, np.zeros(self.length, np.float32), self.manifest.resolutions)
        except Exception as error:  # onnxruntime raises types of its own that are not public
            raise BadInput("the localiser's head is not a usable ONNX file", where=str(path)) from error
        for one, scores in zip(self.manifest.resolutions, found, strict=True):
            if scores.shape != (self.length // one.frames,):
                raise BadInput("the head gives other frames than the manifest says", where=str(path))

    @property
    def length(self) -> int:
        """Frames that one run of the head is given."""
        return self.manifest.core + 2 * self.manifest.context

    def run(
        self, frames: npt.NDArray[np.float32], mask: npt.NDArray[np.float32], wanted: Sequence[Resolution]
    ) -> list[npt.NDArray[np.float32]]:
        """Raw scores of one stretch of frames, higher = more bona fide.

        Args:
            frames: shape `(layers, length, dimension)`, zero where the mask is.
            mask: shape `(length,)`, 1 inside of the recording.
            wanted: lengths of a frame.

        Returns:
            For each length of a frame `(length / frames in one,)`.
        """
        found = self._session.run(
            [one.output for one in wanted], {"frames": frames[None], "mask": mask[None]}
        )
        return [np.asarray(scores[0], np.float32) for scores in found]

    def places(self, encoder: Any) -> list[int]:
        """Which of an encoder's layers it reads, in its order.

        Args:
            encoder: whose frames `analyze` has.

        Raises:
            BadInput: when it was trained on frames of another encoder, revision, precision or layer.
        """
        use = self.manifest.encoder
        told = (use.name, use.revision, use.precision, use.policy)
        there = (encoder.name, encoder.revision, encoder.precision, encoder.policy)
        if told != there or (use.dimension, use.frame_rate) != (encoder.dimension, encoder.frame_rate):
            raise BadInput(
                f"the localiser reads frames of {' '.join(told)}; analyze has those of {' '.join(there)}",
                where=str(self.folder),
            )
        lacking = [layer for layer in use.layers if layer not in encoder.layers]
        if lacking or not use.layers:
            raise BadInput(
                f"the localiser reads layers {list(use.layers)}; analyze has {list(encoder.layers)}",
                where=str(self.folder),
            )
        return [encoder.layers.index(layer) for layer in use.layers]

    def scores(self, frames: npt.NDArray[np.float32]) -> dict[float, npt.NDArray[np.float32]]:
        """Raw scores of a whole recording, for each length of a frame.

        Args:
            frames: shape `(layers, frames, dimension)`, of the layers that it reads.

        Returns:
            Seconds -> `(ceil(frames / frames in one),)`, higher = more bona fide.
        """
        stream = LocaliserStream(self, self.manifest.resolutions)
        stream.push(frames)
        return dict(zip([one.seconds for one in self.manifest.resolutions], stream.finish(), strict=True))

    def say(
        self, scores: npt.NDArray[np.float32], speech: npt.NDArray[np.bool_], duration: float
    ) -> Localisation:
        """What is said of a recording.

        Args:
            scores: raw, of the frames of the length that is shown.
            speech: which of the encoder's frames are speech; stretches without any are not named.
            duration: of the recording, in seconds.
        """
        shown = self.resolution
        calibrator = shown.calibrator
        llrs = np.round(calibrator.scale * scores.astype(np.float64) + calibrator.offset, 3)
        segments = []
        stretches, spoof = differing(spoofed_frames(llrs, shown.change))
        for first, last in stretches:
            if speech[first * shown.frames : last * shown.frames].any():
                end = min(round(last * shown.seconds, 3), duration)
                start = min(round(first * shown.seconds, 3), end)
                level = round(float(llrs[first:last].mean()), 3)
                label: Literal["spoof", "bona fide"] = "spoof" if spoof else "bona fide"
                segments.append(Segment(start=start, end=end, llr=level, label=label))
        return Localisation(
            name=self.manifest.name,
            version=self.manifest.version,
            sha256=self.sha256,
            resolution=shown.seconds,
            llrs=tuple(llrs.tolist()),
            segments=tuple(segments),
            measured=(shown.said, *self.manifest.notes, CAUTION),
        )


class LocaliserStream:
    """Frames in, scores of all frames out, in memory for one run of the head.

    A frame's score depends on its neighbours alone, so that what is cut into runs is what is scored whole:
    every run sees enough of both sides.

    Args:
        localiser: scores.
        wanted: lengths of a frame.
    """

    def __init__(self, localiser: Localiser, wanted: Sequence[Resolution]) -> None:
        self._localiser, self._wanted = localiser, list(wanted)
        self._kept: npt.NDArray[np.float32] | None = None
        self._first = 0  # place of the first kept frame
        self._next = 0  # first frame of the next run's core
        self._frames = 0
        self._found: list[list[npt.NDArray[np.float32]]] = [[] for _ in self._wanted]

    def push(self, frames: npt.NDArray[np.float32]) -> None:
        """Take the next frames and score those that have enough after them.

        Args:
            frames: shape `(layers, frames, dimension)`, float32.
        """
        self._kept = frames if self._kept is None else np.concatenate([self._kept, frames], axis=1)
        self._frames += frames.shape[1]
        manifest = self._localiser.manifest
        while self._next + manifest.core + manifest.context <= self._frames:
            self._run()

    def finish(self) -> list[npt.NDArray[np.float32]]:
        """The recording has ended: scores of all its frames, for each length that was wanted."""
        while self._next < self._frames:
            self._run()
        empty = np.zeros(0, np.float32)
        return [
            np.concatenate([empty, *parts])[: -(-self._frames // one.frames)]
            for one, parts in zip(self._wanted, self._found, strict=True)
        ]

    def _run(self) -> None:
        assert self._kept is not None
        manifest = self._localiser.manifest
        begin, end = self._next - manifest.context, self._next + manifest.core + manifest.context
        here = self._kept[:, max(0, begin) - self._first : min(end, self._frames) - self._first]
        frames = np.zeros((here.shape[0], self._localiser.length, here.shape[2]), np.float32)
        mask = np.zeros(self._localiser.length, np.float32)
        inside = slice(max(0, -begin), max(0, -begin) + here.shape[1])
        frames[:, inside], mask[inside] = here, 1.0
        for one, parts, scores in zip(
            self._wanted, self._found, self._localiser.run(frames, mask, self._wanted), strict=True
        ):
            parts.append(
                scores[manifest.context // one.frames : (manifest.context + manifest.core) // one.frames]
            )
        self._next += manifest.core
        keep = max(0, self._next - manifest.context)
        self._kept = self._kept[:, max(0, keep - self._first) :]
        self._first = max(self._first, keep)
