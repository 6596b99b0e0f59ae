"""Plots: well-formed SVG without scripts or outside references, for plain and for odd scores."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import brute_force
import numpy as np
import pytest

from earwitness.metrics import Staircase
from earwitness.metrics.plots.confusion import confusion_plot
from earwitness.metrics.plots.detection import (
    calibration_plot,
    det_plot,
    ece_plot,
    histogram_plot,
    tippett_plot,
)
from earwitness.metrics.plots.figure import even_ticks

NAMES = ("bona fide", "spoof")
CASES = {
    "plain": brute_force.scores(np.random.default_rng(0), 300, 900, 2.0),
    "separated": ([5.0, 6], [-5.0, -6]),
    "constant": ([1.0, 1], [1.0, 1]),
    "one trial": ([1.0], [0.0]),
    "infinite": ([np.inf, 1.0], [-np.inf, 0.0]),
    "only infinite": ([np.inf], [-np.inf]),
    "turned round": ([-3.0, -2], [1.0, 2.0]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("plot", ["det", "scores", "tippett", "ece", "calibration"])
def test_plots(case: str, plot: str) -> None:
    stairs = Staircase.of(*CASES[case])
    picture = {
        "det": lambda: det_plot([("a", stairs), ("b", stairs)]),
        "scores": lambda: histogram_plot(stairs, NAMES),
        "tippett": lambda: tippett_plot(stairs, NAMES),
        "ece": lambda: ece_plot(stairs),
        "calibration": lambda: calibration_plot(stairs),
    }[plot]()
    ElementTree.fromstring(picture)
    assert "nan" not in re.sub(r"[a-z-]*nan[a-z]+", "", picture)
    assert not re.search(r"<script|href=|<image|url\((?!#)", picture)
    assert len(picture) < 120_000


def test_names_are_escaped() -> None:
    picture = confusion_plot([[1, 0], [0, 1]], ["<b>", "a&b"])
    ElementTree.fromstring(picture)
    assert "&lt;b&gt;" in picture


def test_ticks() -> None:
    assert even_ticks(-1, 1, 4) == [(-1.0, "-1"), (-0.5, "-0.5"), (0.0, "0"), (0.5, "0.5"), (1.0, "1")]
    for low, high in ((0, 1e-6), (-3e5, 2e5), (0.1, 0.11)):
        ticks = even_ticks(low, high)
        assert 2 <= len(ticks) <= 8
        assert all(low - 1e-12 <= value <= high + 1e-12 for value, _ in ticks)
