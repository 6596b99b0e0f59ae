"""How the paths of a training got on with each other: conflicts, losses and norms by epoch, as pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from earwitness.metrics.plots.figure import FOURTH, INK, NONTARGET, SOFT, TARGET, THIRD, Figure, even_ticks
from earwitness.systems.running import Run, read_run
from earwitness.whole_file import write_whole

COLOURS = (TARGET, NONTARGET, THIRD, FOURTH, SOFT)
SHARES = [(at / 4, f"{at * 25} %") for at in range(5)]
Curves = Mapping[str, np.ndarray]


def path_pictures(folder: str | Path) -> list[str]:
    """Draw `conflicts.svg`, `losses.svg` and `norms.svg` into the folder of a run with several paths.

    Curves are means over the trainings (rounds and seeds) that reached an epoch.

    Args:
        folder: of a run, finished or not.

    Returns:
        Lines that say what was drawn; none where no training told of conflicts.
    """
    run = read_run(folder)
    points = by_epoch(run)
    if "conflict" not in points:
        return []
    trainings = f"mean over {len(run.trainings)} trainings"
    groups = [name.removeprefix("conflict ") for name in points if name.startswith("conflict ")]
    drawn = {"all parameters": points["conflict"]} | {name: points[f"conflict {name}"] for name in groups}
    method = getattr(run.recipe.step, "method", "")
    write_whole(
        run.path / "conflicts.svg",
        curves(
            "Steps in which gradients of two paths conflict",
            f"{method}; {trainings}",
            "share of steps",
            drawn,
        ).encode(),
    )
    for name, title in (("loss", "Loss of each path"), ("norm", "Norm of each path's gradient")):
        paths = {key.removeprefix(f"{name} "): points[key] for key in points if key.startswith(f"{name} ")}
        picture = curves(title, f"{method}; {trainings}", name, paths, share=False)
        write_whole(run.path / f"{'losses' if name == 'loss' else 'norms'}.svg", picture.encode())
    said = ", ".join(f"{name} {100 * float(np.nanmean(values)):.1f} %" for name, values in drawn.items())
    return [
        f"gradients conflict in so many steps: {said}",
        f"pictures: {run.path / 'conflicts.svg'}, losses.svg and norms.svg beside it",
    ]


def by_epoch(run: Run) -> dict[str, np.ndarray]:
    """What the trainings told, (epochs,) each: the mean over those that reached the epoch.

    Args:
        run: from `read_run`.
    """
    told: dict[str, list[list[float]]] = {}
    for training in run.trainings:
        points = msgspec.json.decode((Path(training["folder"]) / "curves.json").read_bytes())
        for name in (key for key, value in points[0].items() if isinstance(value, int | float)):
            told.setdefault(name, []).append([point[name] for point in points])
    return {name: _means(rows) for name, rows in told.items() if name != "epoch"}


def curves(title: str, subtitle: str, y: str, drawn: Curves, *, share: bool = True) -> str:
    """Curves over the epochs as one SVG.

    Args:
        title: of the picture.
        subtitle: of the picture.
        y: label of the vertical axis.
        drawn: name -> (epochs,); the first is drawn boldest.
        share: the values are from 0 to 1.

    Example:
        >>> curves("t", "s", "y", {"all": np.array([0.1, 0.3])}).count("<path") > 1
        True
    """
    epochs = max(map(len, drawn.values()))
    top = 1.0 if share else 1.05 * max(float(np.nanmax(values)) for values in drawn.values()) or 1.0
    figure = Figure(
        title, subtitle, "epoch", y, (1, max(epochs, 2)), (0, top), _whole(even_ticks(1, max(epochs, 2))),
        SHARES if share else even_ticks(0, top), size=(760, 440),
    )  # fmt: skip
    for at, (name, values) in enumerate(drawn.items()):
        colour = (INK, *COLOURS)[at % 6] if share else COLOURS[at % 5]
        x = np.arange(1, len(values) + 1)
        figure.curve(x, values, colour, name, wide=3 if share and not at else 2, dash="" if at < 5 else "6 4")
        if len(values) < 2:
            figure.point(1, float(values[0]), colour)
    return figure.svg()


def _means(rows: Sequence[Sequence[float]]) -> np.ndarray:
    longest = max(map(len, rows))
    table = np.full((len(rows), longest), np.nan)
    for at, row in enumerate(rows):
        table[at, : len(row)] = row
    return np.asarray(np.nanmean(table, axis=0))


def _whole(ticks: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    return [tick for tick in ticks if tick[0] == round(tick[0])]
