"""Rivals timed in turns, in one process, so that what slows the machine slows all of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any


def race(rounds: int, **rivals: Callable[[], Any]) -> dict[str, float]:
    """Median seconds of each, in turns, after one turn to warm up."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        for name, run in rivals.items():
            began = time.perf_counter()
            run()
            if turn:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}
