"""The score over time: windows as findings, and the stretches that differ from the rest."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from earwitness.evidence.change_points import Segmentation, Stretch, segment
from earwitness.evidence.finding import Segment, Window
from earwitness.evidence.manifest import ChangeSearch, Distributions, Manifest
from earwitness.evidence.windows import Scored, pooled

CELL_SECONDS = 0.5
"""Step at which changes are looked for, whatever `--hop` is."""
CHANGE_WINDOW_SECONDS = 2.0
"""Windows in which changes are looked for: shorter than those of the score, so that a phrase fills them."""
_WINDOW = round(CHANGE_WINDOW_SECONDS / CELL_SECONDS)  # in cells
_PLACES = 4
_LEAST_SCATTER = 0.5


def timeline(windows: Sequence[Scored], manifest: Manifest) -> tuple[Window, ...]:
    """Scored windows as findings.

    Args:
        windows: of one grid, in order.
        manifest: of the instrument that scored them.

    Returns:
        Calibrated windows; `llr` is `None` where there was too little speech.
    """
    rate = manifest.encoder.frame_rate
    return tuple(
        Window(
            start=round(window.start / rate, 3),
            end=round(window.end / rate, 3),
            llr=None if window.score is None else round(manifest.calibrated(window.score), _PLACES),
        )
        for window in windows
    )


def lowest(windows: Sequence[Scored], manifest: Manifest) -> Window | None:
    """The window that speaks least for a real voice; `None` where none held enough speech.

    Args:
        windows: of one grid, in order.
        manifest: of the instrument that scored them.
    """
    scored = [window for window in windows if window.score is not None]
    if not scored:
        return None
    return timeline([min(scored, key=lambda window: window.score or 0.0)], manifest)[0]


def scatter(distributions: Distributions) -> float:
    """How far scores of one class lie apart: pooled standard deviation, in nats.

    Args:
        distributions: held-back log likelihood ratios of both classes.

    Example:
        >>> scatter(Distributions(bona_fide=(1.0, 3.0), spoof=(-1.0, -3.0)))
        1.0
    """
    groups = [np.asarray(x) for x in (distributions.bona_fide, distributions.spoof) if len(x) > 1]
    if not groups:
        return 1.0
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    return max(_LEAST_SCATTER, math.sqrt(squares / sum(map(len, groups))))


def segments(
    windows: Sequence[Scored], speech: npt.NDArray[np.float64], manifest: Manifest, duration: float
) -> tuple[Segment, ...]:
    """Stretches that differ from the rest: the splice of real and synthetic speech.

    The rest is the class that holds most of the speech; the stretches of the other are returned.

    Args:
        windows: of `CHANGE_WINDOW_SECONDS` on the grid of `CELL_SECONDS`, in order.
        speech: shape `(cells,)`, frames of speech in each cell of that grid.
        manifest: of the instrument that scored them.
        duration: of the recording, in seconds.

    Returns:
        In order; none when the recording is of one piece.
    """
    llrs = [math.nan if w.score is None else manifest.calibrated(w.score) for w in windows]
    found = cut(llrs, speech, manifest.changes, scatter(manifest.distributions), manifest.validated.llr_range)
    if found is None:
        return ()
    level = functools.partial(_level, windows, _WINDOW, found, manifest)
    return tuple(
        Segment(
            start=round(stretch.first * CELL_SECONDS, 3),
            end=round(min(stretch.last * CELL_SECONDS, duration), 3),
            llr=round(level(stretch), _PLACES),
            label="bona fide" if stretch.real else "spoof",
        )
        for stretch in differing(found, speech)
    )


def cut(
    llrs: Sequence[float] | npt.NDArray[np.float64],
    speech: npt.NDArray[np.float64],
    search: ChangeSearch,
    spread: float,
    heard: tuple[float, float],
) -> Segmentation | None:
    """Cut a recording into real and synthetic stretches, as an instrument's manifest says.

    Args:
        llrs: `(windows,)` of `CHANGE_WINDOW_SECONDS` on the grid of `CELL_SECONDS`; NaN = not scored.
        speech: `(cells,)` speech in each cell of that grid.
        search: constants.
        spread: see `scatter`.
        heard: lowest and highest log likelihood ratio of the validation.

    Returns:
        The stretches and levels; `None` when the recording is of one piece.
    """
    return segment(
        llrs,
        speech,
        window=_WINDOW,
        sigma=search.within * spread,
        bounds=(min(heard[0], -1.0), max(heard[1], 1.0)),
        penalty=search.penalty,
        margin=search.margin,
    )


def differing(found: Segmentation, speech: npt.NDArray[np.float64]) -> tuple[Stretch, ...]:
    """Stretches of the class that holds less of the speech; those without speech are left out.

    Args:
        found: a cut recording.
        speech: `(cells,)` speech in each cell.
    """
    real = sum(speech[s.first : s.last].sum() for s in found.stretches if s.real)
    mostly_real = bool(2 * real >= speech.sum())
    return tuple(
        stretch
        for stretch in found.stretches
        if stretch.real != mostly_real and speech[stretch.first : stretch.last].sum() > 0
    )


def _level(
    windows: Sequence[Scored], cells: int, found: Segmentation, manifest: Manifest, stretch: Stretch
) -> float:
    """Of the windows that lie in the stretch alone; without any, the level of its class."""
    score = pooled(windows[stretch.first : max(stretch.first, stretch.last - cells + 1)])
    if score is None or (manifest.calibrated(score) > 0) != stretch.real:
        return found.levels[int(stretch.real)]
    return manifest.calibrated(score)
