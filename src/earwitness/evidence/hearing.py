"""Hear one recording: a single pass, in constant memory, whatever its length."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt

from earwitness.audio.activity import SpeechActivity
from earwitness.audio.decode import stream
from earwitness.audio.path_names import FileName, written
from earwitness.audio.properties import PropertyMeter
from earwitness.audio.quality import collector, window_quality
from earwitness.encoders.frame_stream import FrameStream
from earwitness.evidence.decision import NO_SPEECH, decide, probability
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.finding import (
    CodecHistory,
    Detection,
    Localisation,
    Properties,
    Quality,
    RecordingFinding,
    Segment,
    Source,
    Voice,
)
from earwitness.evidence.limits import limits
from earwitness.evidence.localiser import LocaliserStream
from earwitness.evidence.picture import Picture, PictureMaker
from earwitness.evidence.speech_mask import SpeechMask
from earwitness.evidence.speech_statistics import SpeechStatistics
from earwitness.evidence.timeline import CELL_SECONDS, CHANGE_WINDOW_SECONDS, lowest, segments, timeline
from earwitness.evidence.windows import WindowScorer, grid, pooled
from earwitness.metrics.verbal_scale import verbal

_BLOCK = 1 << 16  # samples at 16 kHz handed round at once


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The analysis was told to stop before it was done."""


def analyze_one(
    path: FileName,
    equipment: Equipment,
    *,
    prior: float = 0.5,
    hop: float = 0.5,
    stop: threading.Event | None = None,
    advance: Callable[[float], object] | None = None,
) -> tuple[RecordingFinding, Picture]:
    """Analyse one recording.

    Args:
        path: of the file.
        equipment: loaded instruments; its reference voice is compared with, if it has one.
        prior: probability of bona fide before anything is heard, above 0 and below 1.
        hop: from window to window in the timeline, in seconds.
        stop: when set from another thread, the analysis ends soon.
        advance: told the share of the recording that has been heard, 0 to 1.

    Returns:
        The finding, and what a report draws.

    Raises:
        BadInput: when the recording cannot be read.
        Stopped: when it was told to stop.
    """
    manifest = equipment.detection.manifest
    use = manifest.encoder
    least = max(1, round(manifest.min_window_speech * use.frame_rate))
    meters: list[PropertyMeter] = []  # known only once the file is open
    with stream(path, block=_BLOCK, native=lambda samples: meters[0].update(samples)) as blocks:
        meters.append(PropertyMeter(blocks.info))
        scorer = WindowScorer(
            equipment.detection.score,
            manifest.window_frames,
            least,
            [grid(step, use.frame_rate) for step in (manifest.scoring_hop_seconds, CELL_SECONDS, hop)],
        )
        changes = WindowScorer(
            equipment.detection.score,
            round(min(CHANGE_WINDOW_SECONDS, manifest.window_seconds) * use.frame_rate),
            least // 2,
            [grid(CELL_SECONDS, use.frame_rate)],
            manifest.window_frames,
        )
        expected = blocks.info.duration * blocks.info.sample_rate
        hearing = _Hearing(equipment, scorer, changes)
        for block in blocks:
            if stop is not None and stop.is_set():
                raise Stopped
            hearing.update(block)
            if advance is not None:
                advance(min(1.0, blocks.native_samples / max(1.0, expected)))
        hearing.finish()
        rate = blocks.info.sample_rate
        duration = blocks.native_samples / rate
        sha256, file_sha256 = blocks.sha256, blocks.file_sha256
    speech = round(hearing.mask.seconds(duration), 3)
    measured = meters[0].result(hearing.mask.values)
    properties = Properties(
        **{name: getattr(measured, name) for name in measured.__struct_fields__},
        quality=hearing.quality(),
    )
    detection = _detection(
        equipment, scorer, changes, hearing.cells(), properties, speech, duration, prior, hop
    )
    finding = RecordingFinding(
        path=written(path),
        sha256=sha256,
        file_sha256=file_sha256,
        duration=round(duration, 6),
        speech=speech,
        detection=detection,
        voice=hearing.voice(),
        properties=properties,
        limits=limits(manifest, detection, duration=duration, compared=equipment.compares)
        + tuple(note for side in equipment.sides.values() for note in side.manifest.notes),
        source=hearing.source(speech),
        codec=hearing.codec(speech),
        localisation=hearing.localisation(speech, duration),
    )
    return finding, hearing.picture.result()


class _Hearing:
    """All that listens to the one pass over a recording."""

    def __init__(self, equipment: Equipment, scorer: WindowScorer, changes: WindowScorer) -> None:
        rate = equipment.detection.manifest.encoder.frame_rate
        self._frames = FrameStream(equipment.encoder)
        self._activity = SpeechActivity()
        self._waiting: deque[np.ndarray] = deque()
        self._scorer = scorer
        self._changes = changes
        self._sums = SpeechStatistics(len(equipment.encoder.layers), equipment.encoder.dimension)
        self._speech: list[npt.NDArray[np.bool_]] = []
        self._cell = round(CELL_SECONDS * rate)
        self._equipment = equipment
        self._voice = None
        if equipment.compares:
            from earwitness.encoders.ge2e import VoiceStream

            self._voice = VoiceStream()
        self._localising: LocaliserStream | None = None
        if equipment.localiser is not None:
            self._places = equipment.localiser.places(equipment.encoder)
            self._localising = LocaliserStream(equipment.localiser, [equipment.localiser.resolution])
        self.mask = SpeechMask(rate)
        self.windows = collector()
        self._workers = equipment.workers
        self._qualities: list[Future[tuple[float, float, float]]] = []
        self.picture = PictureMaker()

    def update(self, block: npt.NDArray[np.float32]) -> None:
        self._waiting.extend(self._frames.push(block))
        self.mask.push(self._activity.update(block))
        self.picture.update(block)
        self.windows.update(block)
        if self._voice is not None:
            self._voice.push(block)
        self._score()

    def finish(self) -> None:
        # Quality is worked out while the last chunk is encoded.
        if self._equipment.quality:
            chosen = self.windows.windows()
            self._qualities = [self._workers.submit(window_quality, window) for window in chosen]
        self.mask.push(self._activity.finish())
        self.mask.finish()
        self._waiting.extend(self._frames.finish())
        self._score()
        self._scorer.finish()
        self._changes.finish()

    def _score(self) -> None:
        while self._waiting:
            ready = min(self._waiting[0].shape[1], self.mask.decided - self._scorer.frames)
            if ready <= 0 and self._waiting[0].shape[1]:
                return
            frames = self._waiting.popleft()
            mask = self.mask.take(ready)
            self._speech.append(mask)
            if self._equipment.sides:
                self._sums.push(frames[:, :ready], mask)
            if self._voice is not None:
                self._voice.push_mask(mask)
            if self._localising is not None:
                self._localising.push(frames[self._places, :ready])
            self._scorer.push(frames[:, :ready], mask)
            self._changes.push(frames[:, :ready], mask)
            if ready < frames.shape[1]:
                self._waiting.appendleft(frames[:, ready:])

    def cells(self) -> npt.NDArray[np.float64]:
        """Frames of speech in each cell of the change search."""
        mask = np.concatenate([*self._speech, np.zeros(0, bool)])
        padded = np.pad(mask, (0, -len(mask) % self._cell))
        return padded.reshape(-1, self._cell).sum(axis=1).astype(np.float64)

    def quality(self) -> Quality | None:
        """Mean over the windows; `None` without any, or where it was not asked for."""
        each = [future.result() for future in self._qualities]
        if not each:
            return None
        signal, background, overall = (
            round(sum(values) / len(each), 3) for values in zip(*each, strict=True)
        )
        return Quality(signal=signal, background=background, overall=overall, windows=len(each))

    def source(self, speech: float) -> Source | None:
        """What generator the voice is like, where an instrument says so."""
        side = self._equipment.sides.get("source")
        return None if side is None else side.source(self._sums.result(), speech)

    def codec(self, speech: float) -> CodecHistory | None:
        """What coding the recording went through, where an instrument says so."""
        side = self._equipment.sides.get("codec")
        return None if side is None else side.codec(self._sums.result(), speech)

    def localisation(self, speech: float, duration: float) -> Localisation | None:
        """Which stretches differ by a localiser; `None` without speech, or without one."""
        localiser = self._equipment.localiser
        if localiser is None or self._localising is None or not speech:
            return None
        (scores,) = self._localising.finish()
        return localiser.say(scores, np.concatenate([*self._speech, np.zeros(0, bool)]), duration)

    def voice(self) -> Voice | None:
        return None if self._voice is None else self._equipment.compare(self._voice.finish())


def _detection(
    equipment: Equipment,
    scorer: WindowScorer,
    changes: WindowScorer,
    cells: npt.NDArray[np.float64],
    properties: Properties,
    speech: float,
    duration: float,
    prior: float,
    hop: float,
) -> Detection:
    manifest = equipment.detection.manifest
    rate = manifest.encoder.frame_rate
    score = pooled(scorer.along(grid(manifest.scoring_hop_seconds, rate))) if speech else None
    llr = None if score is None else round(manifest.calibrated(score), 4)
    on_cells = scorer.along(grid(CELL_SECONDS, rate))
    searched = changes.along(grid(CELL_SECONDS, rate))
    differing: tuple[Segment, ...] = ()
    if llr is not None:
        differing = segments(searched, cells, manifest, duration)
    decision, reasons = decide(
        llr,
        speech=speech,
        properties=properties,
        thresholds=manifest.thresholds,
        validated=manifest.validated,
        timeline=timeline(on_cells, manifest),
        segments=differing,
        lowest=lowest(searched, manifest),
    )
    return Detection(
        llr=llr,
        probability_bona_fide=None if llr is None else probability(llr, prior),
        prior=prior,
        decision=decision,
        reasons=reasons,
        verbal=NO_SPEECH if llr is None else verbal(llr),
        timeline=timeline(scorer.along(grid(hop, rate)), manifest),
        segments=differing,
    )
