"""Random selection as pictures: errors and costs against the share of the vector that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from earwitness.metrics.plots.figure import FOURTH, NONTARGET, TARGET, THIRD, Figure, even_ticks


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One setting.

    Args:
        share: of the numbers that are kept.
        seeds: figure of each seed.
    """

    share: float
    seeds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.seeds))


def errors_picture(
    random: Sequence[Spread],
    whole: Spread,
    rivals: Mapping[str, Spread],
    *,
    title: str,
    subtitle: str,
    y: str,
) -> str:
    """A figure against the kept share: mean and range over seeds of random draws, and the rivals' means.

    Args:
        random: at several shares.
        whole: with all numbers.
        rivals: name -> at one share.
        title: of the picture.
        subtitle: on which data.
        y: the figure.

    Returns:
        An SVG picture.
    """
    drawn = sorted([*random, whole], key=lambda one: one.share)
    shares = [one.share for one in drawn]
    every = [value for one in (*drawn, *rivals.values()) for value in one.seeds]
    low, high = min(every), max(every)
    margin = max(0.1 * (high - low), 1e-3)
    low, high = max(low - margin, 0.0), high + margin
    figure = Figure(
        title, subtitle, "share of the vector that is kept", y, (0, 1.6), (low, high),
        even_ticks(0, 1, 5), even_ticks(low, high), size=(860, 520),
    )  # fmt: skip
    bottom, top = [min(one.seeds) for one in drawn], [max(one.seeds) for one in drawn]
    figure.band(shares, bottom, shares, top, TARGET)
    figure.curve(shares, [one.mean for one in drawn], TARGET, "random draws, mean and range over seeds")
    figure.curve([0, 1], [whole.mean, whole.mean], NONTARGET, "all numbers", dash="5 4")
    for one in drawn:
        figure.point(one.share, one.mean, TARGET)
    # words at the right, apart from each other
    order = sorted(rivals.items(), key=lambda pair: pair[1].mean)
    places = _apart([one.mean for _, one in order], (high - low) / 24, low, high)
    for (name, one), place in zip(order, places, strict=True):
        figure.whisker(one.share, min(one.seeds), max(one.seeds), THIRD)
        figure.point(one.share, one.mean, THIRD)
        figure.curve([one.share, 1.02], [one.mean, place], FOURTH, wide=0.6)
        figure.point(1.03, place, THIRD, f"{name} {one.mean:.3f}")
    return figure.svg()


def costs_picture(shares: Sequence[float], relative: Mapping[str, Sequence[float]], *, subtitle: str) -> str:
    """Costs against the kept share, as a share of those of the whole vector.

    Args:
        shares: kept.
        relative: what -> cost at each share over that at 1.
        subtitle: of which head.

    Returns:
        An SVG picture.
    """
    figure = Figure(
        "What a head costs", subtitle, "share of the vector that is kept", "share of the whole cost",
        (0, 1.05), (0, 1.15), even_ticks(0, 1, 5), even_ticks(0, 1, 5), size=(860, 480),
    )  # fmt: skip
    for (name, values), colour in zip(relative.items(), (TARGET, NONTARGET, THIRD, FOURTH), strict=False):
        figure.curve(shares, list(values), colour, name)
        for share, value in zip(shares, values, strict=True):
            figure.point(share, value, colour)
    return figure.svg()


def _apart(values: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Ascending places at least so far from each other, near to ascending values, inside the bounds."""
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + least) if places else max(value, low))
    for at in range(len(places) - 1, -1, -1):
        ceiling = high if at == len(places) - 1 else places[at + 1] - least
        places[at] = min(places[at], ceiling)
    return places
