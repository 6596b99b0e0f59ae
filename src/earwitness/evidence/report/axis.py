"""Axes of the figures: what lies where, and which ticks a reader gets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.evidence.report.wording import clock

_TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis.

    Args:
        at: place along the axis, in percent of its length.
        label: what stands beside the mark.
        minor: whether it may be left out where there is little room.
    """

    at: float
    label: str
    minor: bool = False


@dataclass(frozen=True)
class Axis:
    """A linear axis.

    Args:
        low: value at its start.
        high: value at its end, above `low`.
    """

    low: float
    high: float

    def share(self, values: ArrayLike) -> NDArray[np.float64]:
        """Place values along the axis.

        Args:
            values: any shape, in the unit of the axis.

        Returns:
            0 at the start to 1 at the end; what lies beyond is held at the end.

        Example:
            >>> Axis(-2, 2).share([-2, 0, 5]).tolist()
            [0.0, 0.5, 1.0]
        """
        place = (np.asarray(values, np.float64) - self.low) / (self.high - self.low)
        return np.clip(place, 0.0, 1.0)

    def percent(self, value: float) -> float:
        """Place one value, in percent of the length, as style sheets want it.

        Example:
            >>> Axis(0, 8).percent(2)
            25.0
        """
        return round(100 * float(self.share(value)), 3)


def time_ticks(seconds: float, *, most: int = 11) -> list[Tick]:
    """Choose round times for an axis from 0 to the end of a recording.

    Args:
        seconds: duration, above 0.
        most: how many ticks there may be at most.

    Returns:
        Ticks in order; every second one is minor.

    Example:
        >>> [tick.label for tick in time_ticks(12.4, most=8)]
        ['0:00', '0:02', '0:04', '0:06', '0:08', '0:10', '0:12']
    """
    step = next((s for s in _TIME_STEPS if seconds / s <= most - 1), seconds / (most - 1))
    digits = 1 if step < 1 else 0
    axis = Axis(0.0, seconds)
    places = [index * step for index in range(int(seconds / step + 1e-9) + 1)]
    return [
        Tick(axis.percent(at), clock(at, digits=digits), index % 2 == 1) for index, at in enumerate(places)
    ]


def odds_ticks(axis: Axis) -> list[Tick]:
    """Choose powers of ten of the likelihood ratio for an axis of its natural logarithm.

    Args:
        axis: of natural-log likelihood ratios.

    Returns:
        Ticks in order, "10:1" on both sides of "1:1"; those next to the middle are minor
        where the axis is long.

    Example:
        >>> [tick.label for tick in odds_ticks(Axis(-3, 5))]
        ['10:1', '1:1', '10:1', '100:1']
    """
    names = {0: "1:1", 1: "10:1", 2: "100:1", 3: "1000:1", 4: "10\u202f000:1"}
    unit = math.log(10)
    powers = range(math.ceil(axis.low / unit - 1e-9), math.floor(axis.high / unit + 1e-9) + 1)
    step = 1 if len(powers) <= 9 else 2
    return [
        Tick(axis.percent(p * unit), names.get(abs(p), f"10^{abs(p)}:1"), abs(p) % 2 == 1)
        for p in powers
        if p % step == 0
    ]
