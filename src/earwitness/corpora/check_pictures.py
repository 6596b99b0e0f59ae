"""What a check found, as pictures."""

from __future__ import annotations

from earwitness.corpora.check import Checked
from earwitness.metrics.plots.figure import NONTARGET, TARGET, Figure


def pictures(checked: Checked) -> dict[str, str]:
    """File name -> SVG: how far each property tells the classes, and the recall of each class.

    Example:
        >>> none = Checked(leaks={}, repeats=0, both_classes=0, channel=None, telling=(), problems=())
        >>> pictures(none)
        {}
    """
    found = {}
    if checked.telling:
        found["channel.svg"] = _bars(
            "What the channel tells", "area under the ROC of each property alone; 0.5 = nothing",
            dict(checked.telling), 0.5,
        )  # fmt: skip
    for what, one in checked.classes.items():
        found[f"{what}-{checked.label}.svg"] = _bars(
            f"What the {what} tells of {checked.label}", f"share told right; chance is {one.chance:.2f}",
            one.recall, one.chance,
        )  # fmt: skip
    return found


def _bars(title: str, subtitle: str, values: dict[str, float], chance: float) -> str:
    count = len(values)
    low = 0.0 if min(values.values()) < 0.5 else 0.5
    names = [(count - at - 0.5, name) for at, name in enumerate(values)]
    ticks = [(low + step * (1 - low) / 5, f"{low + step * (1 - low) / 5:.1f}") for step in range(6)]
    figure = Figure(
        title, subtitle, "", "", (low, 1), (0, count), ticks, names,
        size=(640, 150 + 26 * count), left=60 + 6.5 * max(map(len, values)),
    )  # fmt: skip
    for (place, _), value in zip(names, values.values(), strict=True):
        figure.curve([low, value], [place, place], TARGET, wide=12)
    figure.curve([chance, chance], [0, count], NONTARGET, "chance", dash="5 4")
    return figure.svg()
