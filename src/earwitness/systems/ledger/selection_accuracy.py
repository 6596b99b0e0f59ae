"""How often a head decides rightly, beside its EER: at its own threshold, seed by seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earwitness.metrics.class_figures import class_figures
from earwitness.systems.ledger.entry import Table
from earwitness.task import DETECTION
from earwitness.training.primary import primary_of
from earwitness.training.trial_scores import read_run_scores


class Decided(NamedTuple):
    """Of one seed: share of trials decided rightly, mean F1 of both classes, share of the larger class."""

    accuracy: float
    macro_f1: float
    usual: float


def accuracies(run: str | Path) -> list[Decided]:
    """Figures of each seed of a finished run of detection, all rounds together, at a score of 0.

    Args:
        run: its folder.

    Raises:
        BadInput: when it holds no scores of a detection.
    """
    rounds = read_run_scores(run, primary_of(DETECTION)[1]).values()
    found = []
    for seed in sorted({seed for one in rounds for seed in one.scores}):
        counts = np.zeros((2, 2), np.int64)
        for one in rounds:
            if seed in one.scores:
                np.add.at(counts, (one.truth.astype(np.int64), (one.scores[seed] > 0).astype(np.int64)), 1)
        figures = class_figures(counts)
        usual = float(counts.sum(1).max() / counts.sum())
        found.append(Decided(figures.accuracy, figures.macro_f1, usual))
    return found


def accuracy_table(right: Mapping[str, Sequence[Decided]], on: str) -> Table:
    """Mean over seeds and range, as they are read.

    Args:
        right: setting -> figures of each seed.
        on: which folds.
    """

    def told(values: list[float]) -> str:
        return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"

    return Table(
        title=f"Decisions at the head's own threshold, {on}: mean and range over seeds",
        columns=("kept", "accuracy", "macro F1"),
        rows=(
            *(
                (name, told([one.accuracy for one in seeds]), told([one.macro_f1 for one in seeds]))
                for name, seeds in right.items()
            ),
            ("nothing: always the larger class", f"{next(iter(right.values()))[0].usual:.3f}", ""),
        ),
    )
