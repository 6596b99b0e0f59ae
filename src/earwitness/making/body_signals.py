"""SIMULATED heart, skin and muscle signals of people at rest and under stress, through neurokit2.

No person is behind them. The sizes below are ours: round figures of the order that textbooks give, with
people who differ more from each other than most of them change. What a method reaches on such signals
says that it works from end to end, and nothing about people.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import msgspec
import numpy as np

from earwitness.errors import BadInput, require

STATES = ("baseline", "stress")
KINDS = ("ecg", "eda", "emg")
RATE = 700
"""Hz, as the chest unit of WESAD."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn once for a simulated person.

    Args:
        heart_rate: at rest, beats in a minute.
        heart_gain: by which stress changes it.
        responses: of the skin at rest, in a minute.
        responses_gain: by which stress changes them.
        bursts: of the muscle at rest, in a minute.
        bursts_gain: by which stress changes them.
        noise: of all three signals, as a share of them.
    """

    heart_rate: float
    heart_gain: float
    responses: float
    responses_gain: float
    bursts: float
    bursts_gain: float
    noise: float


def person(rng: np.random.Generator) -> Person:
    """Draw a person.

    Example:
        >>> 45 <= person(np.random.default_rng(0)).heart_rate <= 110
        True
    """
    return Person(
        heart_rate=float(np.clip(rng.normal(70, 9), 45, 110)),
        heart_gain=float(rng.normal(11, 7)),
        responses=float(rng.uniform(2, 8)),
        responses_gain=float(rng.normal(3, 2)),
        bursts=float(rng.uniform(3, 9)),
        bursts_gain=float(rng.normal(3, 2.5)),
        noise=float(rng.uniform(0.02, 0.15)),
    )


def simulate(
    who: Person, state: str, seconds: float, rng: np.random.Generator, *, rate: int = RATE
) -> dict[str, np.ndarray]:
    """The signals of a simulated person in one state.

    Args:
        who: from `person`.
        state: of `STATES`.
        seconds: of each signal.
        rng: of all that differs from one recording of a person to the next.
        rate: in Hz.

    Returns:
        `ecg`, `eda` and `emg`, each (samples,) float32, in neurokit2's own units.

    Raises:
        BadInput: when there is no such state.
        MissingExtra: when neurokit2 is not installed.
    """
    if state not in STATES:
        raise BadInput(f"is no state; there are {', '.join(STATES)}", where=state)
    neurokit = require("neurokit2", "physio")
    stressed = float(state == "stress")
    minutes = seconds / 60

    def often(a_minute: float) -> int:
        return max(1, int(rng.poisson(max(0.5, a_minute) * minutes)))

    def made(simulator: Callable[..., np.ndarray], **settings: object) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # neurokit2 tells of every default that it takes
            given = simulator(
                duration=int(np.ceil(seconds)), sampling_rate=rate, noise=who.noise,
                random_state=int(rng.integers(1 << 31)), **settings,
            )  # fmt: skip
        return np.asarray(given, np.float32)[: round(seconds * rate)]

    return {
        "ecg": made(
            neurokit.ecg_simulate,
            heart_rate=round(float(np.clip(who.heart_rate + stressed * who.heart_gain, 40, 170))),
            heart_rate_std=3 - stressed,
        ),
        "eda": made(
            neurokit.eda_simulate,
            scr_number=often(who.responses + stressed * who.responses_gain),
            drift=float(rng.normal(-0.01, 0.02)),
        ),
        "emg": made(
            neurokit.emg_simulate,
            burst_number=often(who.bursts + stressed * who.bursts_gain),
            burst_duration=0.5,
        ),
    }
