"""The matrices of corpora as one page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from earwitness.metrics.plots.matrix import matrix_plot
from earwitness.systems.ser_matrix import METRICS, Matrices, Matrix

STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;color:#1c2430;max-width:1060px;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;border-bottom:1px solid #e6e9ee;"
    "text-align:right}td:first-child,th:first-child{text-align:left}pre{background:#f5f6f8;padding:.8rem;"
    "overflow:auto}svg{max-width:100%;height:auto}.note{background:#fdf3e3;padding:.6rem .9rem}"
)
COLUMNS = (
    "encoder",
    "head",
    "same corpus",
    "across",
    "degradation",
    "macro-F1 across",
    "mean rank",
    "best in",
)


def summary(found: Matrices) -> list[tuple[str, ...]]:
    """Rows of the table of encoders, the lowest mean rank of each head first; accuracies in percent."""
    order = sorted(found.matrices, key=lambda one: (one.head, one.rank))
    return [
        (
            one.encoder, "FCN" if one.head == "default" else one.head, f"{100 * one.same['accuracy']:.1f}",
            f"{100 * one.cross['accuracy']:.1f}", f"{100 * one.degradation['accuracy']:+.1f}",
            f"{100 * one.cross['macro_f1']:.1f}", f"{one.rank:.2f}", str(one.wins),
        )
        for one in order
    ]  # fmt: skip


def page(found: Matrices, *, title: str = "Emotion across corpora", notes: Sequence[str] = ()) -> str:
    """A self-contained page: table of encoders, a picture of each matrix, how labels were brought together.

    Args:
        found: all matrices.
        title: of the page.
        notes: what a reader must know first.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in COLUMNS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in summary(found)
    )
    pictures = "".join(
        f"<h3>{escape(one.encoder)}, {'FCN' if one.head == 'default' else escape(one.head)}</h3>"
        + "".join(picture(found, one, metric) for metric in METRICS)
        for one in found.matrices
    )
    labels = escape("\n".join(line for table in found.labels for line in table.lines()))
    told = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    chance = 100 / len(found.classes)
    return (
        f"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{escape(title)}</title>"
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{told}"
        f"<p>Classes: {escape(', '.join(found.classes))} (a guess is right in {chance:.0f} %). Rows are "
        f"trained on, columns tested; the diagonal is {found.folds} speaker-disjoint folds inside a corpus. "
        f"Means over {len(found.seeds)} seed{'s' * (len(found.seeds) != 1)}, in percent. "
        "Vectors are scaled, and epochs chosen, by rows of the trained corpus alone.</p>"
        f"<table><tr>{head}</tr>{body}</table>{pictures}<h2>Labels</h2><pre>{labels}</pre></html>\n"
    )  # fmt: skip


def picture(found: Matrices, one: Matrix, metric: str) -> str:
    """One matrix as an SVG picture."""
    values = np.array([[cell.value for cell in row] for row in one.cells[metric]])
    name = {"accuracy": "Accuracy", "macro_f1": "Macro-F1"}[metric]
    return matrix_plot(
        values, found.corpora, found.corpora, title=f"{name}, %", x="tested on", y="trained on",
        subtitle=f"{one.encoder}, {'FCN' if one.head == 'default' else one.head}",
    )  # fmt: skip
