"""What a sequence of corpora kept and lost, in words and pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from earwitness.metrics.plots.matrix import matrix_plot
from earwitness.systems.sequence_figures import (
    FILE,
    Ranged,
    SequenceFigures,
    sequence_figures,
    settings_of,
)
from earwitness.training.following import read_followed
from earwitness.training.run import RunFolder
from earwitness.whole_file import write_whole

SHOWN = 24
"""Steps that the picture of recalls has at most."""


def supplement(folder: str | Path) -> list[str]:
    """Write `continual.json`, `accuracy.svg` and `recall.svg` into a run folder.

    Args:
        folder: of a finished run.

    Returns:
        Lines for the console.
    """
    run = RunFolder(folder)
    recipe, task = settings_of(run.path)
    found = sequence_figures(read_followed(run.path), task, recipe)
    run.write_json(FILE, found)
    table = np.array(found.accuracy, dtype=np.float64)
    names = [f"after {name}" for name in found.domains[: len(table)]]
    if len(table) == 1:
        names = ["at the end"]
    picture = matrix_plot(
        table, names, found.domains, title=f"Accuracy by {recipe.domain}, %", x=f"tested on, {recipe.domain}",
        subtitle=f"{recipe.method}, {found.n} held-back clips", y="",
    )  # fmt: skip
    write_whole(run.path / "accuracy.svg", picture.encode())
    chosen = np.unique(np.linspace(0, len(found.steps) - 1, min(SHOWN, len(found.steps))).round().astype(int))
    picture = matrix_plot(
        np.array([found.recall[at] for at in chosen], dtype=np.float64), [found.steps[at] for at in chosen],
        found.classes, title="Recall after each step, %", x="class",
        subtitle=f"{recipe.method}, {found.n} held-back clips",
    )  # fmt: skip
    write_whole(run.path / "recall.svg", picture.encode())
    return lines_of(found)


def lines_of(found: SequenceFigures) -> list[str]:
    """The figures in words."""
    lines = [f"average at the end {_words(found.average)}"]
    for name, one in (
        ("when learnt", found.learning),
        ("backward transfer", found.backward_transfer),
        ("forgetting", found.forgetting),
    ):
        if one is not None:
            lines.append(f"{name} {_words(one)}")
    if found.collapse is not None:
        lines.append(f"largest share of one class among the answers after a step: {found.collapse:.2f}")
    width = max(map(len, found.steps))
    lines.append(f"{'recall after':<{width}}  {'  '.join(f'{name:>9.9}' for name in found.classes)}")
    for name, row in list(zip(found.steps, found.recall, strict=True))[-SHOWN:]:
        cells = ("" if one is None else f"{one:.2f}" for one in row)
        lines.append(f"{name:<{width}}  {'  '.join(f'{cell:>9}' for cell in cells)}")
    return lines


def _words(one: Ranged) -> str:
    return f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}], deviation over seeds {one.spread:.3f}"
