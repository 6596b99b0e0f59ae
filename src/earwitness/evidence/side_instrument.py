"""Side instruments: what generator, what coding; from the statistics of frames that are there anyway."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from earwitness.errors import BadInput
from earwitness.evidence.finding import CodecHistory, Estimate, Likeness, Source
from earwitness.evidence.instrument import SHIPPED
from earwitness.evidence.manifest import EncoderUse
from earwitness.evidence.side_manifest import SideManifest, read_side_manifest

TASKS = ("source", "codec")
UNKNOWN = "none of those known"
NOT_FOUND = "none found"
CODED = "found"
_NEAREST = 3


class SideInstrument:
    """A head over speech statistics, loaded and checked.

    Args:
        folder: holds `manifest.json` and the head's ONNX file.

    Raises:
        BadInput: when something in the folder is missing, altered or contradictory.
    """

    def __init__(self, folder: str | Path) -> None:
        self.manifest: SideManifest
        self.manifest, self.sha256 = read_side_manifest(Path(folder))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = Path(folder) / self.manifest.head.file
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            wide = 2 * len(self.manifest.encoder.layers) * self.manifest.encoder.dimension
            distances, logs = self._run(np.zeros(wide, np.float32))
        except Exception as error:  # onnxruntime raises types of its own that are not public
            raise BadInput("the head is not a usable ONNX file", where=str(path)) from error
        if (len(distances), len(logs)) != (len(self.manifest.classes), len(self.manifest.numbers)):
            raise BadInput("the head has not the manifest's classes and numbers", where=str(path))

    def source(self, statistics: npt.NDArray[np.float32], speech: float) -> Source | None:
        """Which generator a voice is like; `None` with too little speech.

        Args:
            statistics: from `SpeechStatistics`.
            speech: in the recording, in seconds.
        """
        if speech < self.manifest.min_speech_seconds:
            return None
        distances, _ = self._run(statistics)
        nearest, name, known = self._nearest(distances)
        generators = tuple(one for one in nearest if one.name != self.manifest.nothing)
        if not known:
            return Source(
                decision=UNKNOWN,
                nearest=generators,
                reasons=("It lies farther from every known generator than recordings of theirs do.",),
            )
        if name == self.manifest.nothing:
            return Source(
                decision=UNKNOWN,
                nearest=generators,
                reasons=("Real speech is nearer to it than any known generator.",),
            )
        return Source(
            decision=name,
            nearest=generators,
            reasons=(
                f"Of the {len(self.manifest.classes) - 1} generators known, it is most like {name}; "
                "a generator that was never heard may be like it, too.",
            ),
        )

    def codec(self, statistics: npt.NDArray[np.float32], speech: float) -> CodecHistory | None:
        """What coding a recording has been through; `None` with too little speech.

        Args:
            statistics: from `SpeechStatistics`.
            speech: in the recording, in seconds.
        """
        if speech < self.manifest.min_speech_seconds:
            return None
        distances, logs = self._run(statistics)
        nearest, name, known = self._nearest(distances)
        families = tuple(one for one in nearest if one.name != self.manifest.nothing)
        if name == self.manifest.nothing and (known or not self.manifest.named):
            return CodecHistory(
                decision=NOT_FOUND,
                nearest=families,
                estimates=(),
                reasons=("Speech that went through no codec is nearer to it than any codec family known.",),
            )
        if not self.manifest.named:
            name, known, families = CODED, True, ()
        reason = (
            "It is nearer to coded speech than to speech that went through no codec; which family of codecs "
            "it was is not told, as that did not validate."
            if not self.manifest.named
            else f"Of the codec families known, it is most like {name}."
            if known
            else "It lies farther from every known codec family than recordings of theirs do."
        )
        estimates = tuple(
            Estimate(
                name=use.name,
                value=_rounded(use.scale * 2.0**log),
                low=_rounded(use.scale * 2.0 ** (log + use.below)),
                high=_rounded(use.scale * 2.0 ** (log + use.above)),
                unit=use.unit,
            )
            for use, log in zip(self.manifest.numbers, logs.tolist(), strict=True)
        )
        return CodecHistory(
            decision=name if known else UNKNOWN, nearest=families, estimates=estimates, reasons=(reason,)
        )

    def _run(self, statistics: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float64], ...]:
        found = self._session.run(["distances", "logs"], {"statistics": statistics[None].astype(np.float32)})
        return tuple(np.asarray(one[0], np.float64) for one in found)

    def _nearest(self, distances: npt.NDArray[np.float64]) -> tuple[tuple[Likeness, ...], str, bool]:
        """The nearest classes, the very nearest's name, and whether it is near enough to be known."""
        manifest = self.manifest
        order = np.argsort(distances, kind="stable")
        nearest = tuple(
            Likeness(
                name=manifest.classes[at],
                typical=round(typical(float(distances[at]), manifest.typical[manifest.classes[at]]), 3),
            )
            for at in order[: _NEAREST + 1]
        )
        others = [one for one in nearest if one.name != manifest.nothing][:_NEAREST]
        kept = tuple(one for one in nearest if one in others or one.name == manifest.nothing)
        return kept, manifest.classes[order[0]], bool(distances[order[0]] <= manifest.limit)


def shipped_sides(use: EncoderUse, encoder: str) -> dict[str, SideInstrument]:
    """Task -> the side instrument that ships for it, of those that speak and read the same frames.

    Args:
        use: how the detection instrument has the encoder used.
        encoder: revision of the encoder that is there.
    """
    found = {}
    for task in TASKS:
        folder = SHIPPED / task
        if not (folder / "manifest.json").is_file():
            continue
        side = SideInstrument(folder)
        theirs = side.manifest.encoder
        same = (theirs.asset, theirs.layers, theirs.normalise) == (use.asset, use.layers, use.normalise)
        if side.manifest.shown and same and theirs.revision == encoder:
            found[task] = side
    return found


def typical(distance: float, quantiles: tuple[float, ...]) -> float:
    """Share of a class's held-back recordings that lie as far from it or farther.

    Args:
        distance: of a recording.
        quantiles: distances of held-back recordings at even shares, ascending.

    Example:
        >>> typical(2.5, (0.0, 1.0, 2.0, 3.0, 4.0))
        0.375
    """
    shares = np.linspace(0, 1, len(quantiles))
    return float(1 - np.interp(distance, quantiles, shares, left=0.0, right=1.0))


def _rounded(value: float) -> float:
    """To three figures."""
    return float(f"{value:.3g}")
