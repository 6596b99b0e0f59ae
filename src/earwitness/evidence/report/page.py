"""Everything one recording's part of the report shows, worked out before the template sees it."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from earwitness.evidence.finding import Detection, Localisation, RecordingFinding, Window
from earwitness.evidence.manifest import Manifest
from earwitness.evidence.picture import Picture
from earwitness.evidence.report.axis import Axis, Tick, odds_ticks, time_ticks
from earwitness.evidence.report.balance import Balance, balance
from earwitness.evidence.report.density import Standing, hills, standing
from earwitness.evidence.report.listening import Sound
from earwitness.evidence.report.measures import Measure, measures
from earwitness.evidence.report.png import ink
from earwitness.evidence.report.spectrum import coarser_image, contrasted
from earwitness.evidence.report.trace import Trace, outline, trace
from earwitness.evidence.report.verdict import Verdict, updated, verdict

LANE = 200
"""Height of a drawing, in its own units."""


@dataclass(frozen=True)
class Scale:
    """How finely the pictures are drawn, so that a page of many recordings stays small.

    Args:
        columns: of waveform and spectrogram at most.
        rows: of the spectrogram at most.
        lines: of the table of the evidence over time at most.
    """

    columns: int
    rows: int
    lines: int = 30

    @classmethod
    def of(cls, recordings: int) -> Scale:
        """The scale for a page with so many recordings.

        Example:
            >>> Scale.of(3)
            Scale(columns=1000, rows=128, lines=30)
        """
        for most, columns, rows in ((12, 1000, 128), (100, 640, 80), (1000, 360, 56)):
            if recordings <= most:
                return cls(columns, rows)
        return cls(240, 40, 12)


@dataclass(frozen=True)
class Background:
    """The validation's scores as a drawing, and a recording's place on it.

    Args:
        real: SVG path of the bona fide scores, above the base line.
        fake: SVG path of the spoof scores, below it.
        axis: of natural-log likelihood ratios.
        ticks: of the axis, as odds.
        zone: where no verdict is given, from and to in percent.
        numbers: how many bona fide and spoof recordings.
    """

    real: str
    fake: str
    axis: Axis
    ticks: list[Tick]
    zone: tuple[float, float]
    numbers: tuple[int, int]


def background(manifest: Manifest) -> Background | None:
    """Draw the validation of an instrument.

    Args:
        manifest: of the instrument.

    Returns:
        The drawing; `None` when the manifest holds no scores.
    """
    real, fake = manifest.distributions.bona_fide, manifest.distributions.spoof
    if not (real or fake):
        return None
    held = np.array([*real, *fake], np.float64)
    low, high = np.percentile(held, [0.2, 99.8])
    limits = manifest.thresholds
    low = min(low, limits.spoof_below, -math.log(10)) - 0.6
    high = max(high, limits.bona_fide_above, math.log(10)) + 0.6
    axis = Axis(float(low), float(high))
    up, down = hills(real, fake, axis, height=LANE / 2)
    zone = (axis.percent(limits.spoof_below), axis.percent(limits.bona_fide_above))
    return Background(up, down, axis, odds_ticks(axis), zone, (len(real), len(fake)))


@dataclass(frozen=True)
class Row:
    """A line of the table that stands for the evidence over time.

    Args:
        start: in seconds.
        end: in seconds.
        lowest: score of the windows that begin in this stretch; `None` without a score.
        mean: of the same.
        highest: of the same.
    """

    start: float
    end: float
    lowest: float | None
    mean: float | None
    highest: float | None


def rows(timeline: Sequence[Window], *, most: int = 30) -> list[Row]:
    """Sum up a timeline in a table of bearable length.

    Args:
        timeline: scores of the windows, in order.
        most: how many lines there may be.

    Returns:
        Lines of equally many windows each; one window a line where there are few.
    """
    step = max(1, math.ceil(len(timeline) / most))
    lines = []
    for at in range(0, len(timeline), step):
        group = timeline[at : at + step]
        scores = [w.llr for w in group if w.llr is not None]
        figures = (min(scores), sum(scores) / len(scores), max(scores)) if scores else (None, None, None)
        lines.append(Row(group[0].start, group[-1].end, *figures))
    return lines


def readings(timeline: Sequence[Window], *, most: int = 1200) -> list[list[float]]:
    """Middle and score of the windows for the page's read-out, thinned evenly where there are many."""
    scored = [[round((w.start + w.end) / 2, 2), round(w.llr, 2)] for w in timeline if w.llr is not None]
    return scored[:: max(1, math.ceil(len(scored) / most))]


@dataclass(frozen=True)
class Lanes:
    """The time figure.

    Args:
        ticks: of the time axis.
        trace: evidence over time; `None` without any scored window.
        odds: ticks of the evidence axis.
        frames: what a localiser says frame by frame; `None` where none was asked for.
        frame_odds: ticks of its axis.
        wave: SVG path of the waveform; empty without a picture.
        image: spectrogram as a PNG in base64; empty without a picture.
    """

    ticks: list[Tick]
    trace: Trace | None
    odds: list[Tick]
    frames: Trace | None
    frame_odds: list[Tick]
    wave: str
    image: str


def lanes(finding: RecordingFinding, picture: Picture | None, scale: Scale) -> Lanes:
    """Draw what happens over time.

    Args:
        finding: of the recording.
        picture: its envelope and spectrogram, where they were kept.
        scale: how finely to draw.

    Returns:
        The drawings.
    """
    seconds = max(finding.duration, 1e-3)
    timeline = finding.detection.timeline
    curve = None
    if any(window.llr is not None for window in timeline):
        curve = trace(timeline, seconds, height=LANE, columns=scale.columns // 2)
    wave = image = ""
    if picture is not None and picture.spectrogram.size:
        wave = outline(picture.envelope, height=LANE, columns=scale.columns)
        levels = contrasted(coarser_image(picture.spectrogram, scale.columns, scale.rows))
        image = base64.b64encode(ink(levels[::-1])).decode()  # row 0 of a picture is 0 Hz
    odds = odds_ticks(curve.axis) if curve else []
    frames = None
    if finding.localisation is not None and finding.localisation.llrs:
        frames = trace(frame_windows(finding.localisation), seconds, height=LANE, columns=scale.columns // 2)
    frame_odds = odds_ticks(frames.axis) if frames else []
    return Lanes(time_ticks(seconds), curve, odds, frames, frame_odds, wave, image)


def frame_windows(found: Localisation) -> list[Window]:
    """The frames of a localiser as windows that can be drawn, whose ends are true to the frame."""
    ends = np.round(np.arange(len(found.llrs) + 1) * found.resolution, 3).tolist()
    return [
        Window(start=start, end=end, llr=llr)
        for start, end, llr in zip(ends[:-1], ends[1:], found.llrs, strict=True)
    ]


@dataclass(frozen=True)
class RecordingPage:
    """One recording's part of the report.

    Args:
        number: of the recording in the report, from 1.
        finding: what was found.
        verdict: in plain sentences.
        place: how the score compares with the validation's, where known.
        balance: what speaks for and against.
        measured: the measured properties.
        lanes: the time figure.
        sound: for the player.
        marker: the score's place on the validation's axis, in percent; `None` without.
        beliefs: probability of bona fide before and after, for several beliefs.
        rows: the evidence over time as a table.
        readings: middle (s) and score of the windows.
    """

    number: int
    finding: RecordingFinding
    verdict: Verdict
    place: Standing | None
    balance: Balance
    measured: list[Measure]
    lanes: Lanes
    sound: Sound
    marker: float | None
    beliefs: list[tuple[str, str]]
    rows: list[Row]
    readings: list[list[float]]


def recording_page(
    number: int,
    finding: RecordingFinding,
    picture: Picture | None,
    sound: Sound,
    *,
    manifest: Manifest | None,
    drawn: Background | None,
    scale: Scale,
) -> RecordingPage:
    """Work out one recording's part of the report.

    Args:
        number: of the recording in the report, from 1.
        finding: what was found.
        picture: envelope and spectrogram, where they were kept.
        sound: for the player.
        manifest: of the detection instrument, where known.
        drawn: the validation's scores, where known.
        scale: how finely to draw.

    Returns:
        All that the template shows.
    """
    found: Detection = finding.detection
    place = None
    if manifest is not None and drawn is not None and found.llr is not None:
        place = standing(found.llr, manifest.distributions.bona_fide, manifest.distributions.spoof)
    measured = measures(finding, manifest.validated if manifest else None)
    return RecordingPage(
        number=number,
        finding=finding,
        verdict=verdict(found, place),
        place=place,
        balance=balance(finding, place, measured),
        measured=measured,
        lanes=lanes(finding, picture, scale),
        sound=sound,
        marker=drawn.axis.percent(found.llr) if drawn and found.llr is not None else None,
        beliefs=updated(found.llr) if found.llr is not None else [],
        rows=rows(found.timeline, most=scale.lines),
        readings=readings(found.timeline),
    )
