"""An instrument: a small trained head that reads the frames of the shared encoder, without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from earwitness.errors import BadInput
from earwitness.evidence.manifest import Manifest, read_manifest

SHIPPED = Path(__file__).parents[1] / "assets" / "instruments"
"""Instruments inside the package, one folder each."""


def shipped(task: str = "detection") -> Path:
    """Folder of the instrument that ships for a task."""
    return SHIPPED / task


class Instrument:
    """A head, loaded and checked.

    Args:
        folder: holds `manifest.json` and the head's ONNX file.

    Raises:
        BadInput: when something in the folder is missing, altered or contradictory.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.manifest: Manifest
        self.manifest, self.sha256 = read_manifest(self.folder)
        head = self.folder / self.manifest.head.file
        options = onnxruntime.SessionOptions()
        # One thread a run, so that a score cannot depend on how many there are.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(head), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises types of its own that are not public
            raise BadInput("the instrument's head is not a usable ONNX file", where=str(head)) from error
        inputs = {given.name for given in self._session.get_inputs()}
        outputs = {given.name for given in self._session.get_outputs()}
        if inputs != {"frames", "mask"} or not set(self.manifest.head.outputs) <= outputs:
            raise BadInput(
                f"has inputs {sorted(inputs)} and outputs {sorted(outputs)}; "
                "needs frames, mask and what the manifest names",
                where=str(head),
            )

    def score(self, frames: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Raw score of each window.

        Every window is run by itself: a score cannot depend on the windows beside it.

        Args:
            frames: shape `(windows, layers, frames, dimension)`, float32.
            mask: shape `(windows, frames)`, 1 = speech, 0 = not (or beyond the end).

        Returns:
            Shape `(windows,)`, float64; higher = more bona fide, not calibrated.
        """
        scores = [
            float(
                self._session.run(
                    ["score"],
                    {"frames": window[None].astype(np.float32), "mask": speech[None].astype(np.float32)},
                )[0][0]
            )
            for window, speech in zip(frames, mask, strict=True)
        ]
        return np.array(scores, np.float64)
