"""A small SVG writer: axes, curves, bands, bars and words. No dependencies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike, NDArray

INK, SOFT, FAINT, PAPER = "#1c2430", "#5d6877", "#e6e9ee", "#ffffff"
TARGET, NONTARGET, THIRD, FOURTH = "#0b6e8f", "#c4513a", "#7a5ea8", "#8a8f2f"
"""Colours of the two classes and of further curves; told apart by the colour-blind and in grey."""
FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"

Scale = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Tick = tuple[float, str]


class Figure:
    """One pair of axes.

    Args:
        title: what is shown.
        subtitle: on which data, or how to read it.
        x: label of the horizontal axis.
        y: label of the vertical axis.
        x_range: lowest and highest value.
        y_range: lowest and highest value.
        x_ticks: values and their words.
        y_ticks: values and their words.
        x_scale: map of values before they are placed, such as the probit.
        y_scale: likewise.
        size: width and height in pixels.
        left: room for the words of the vertical ticks, in pixels.

    Example:
        >>> figure = Figure("t", "s", "x", "y", (0, 1), (0, 1), [(0, "0")], [(1, "1")])
        >>> figure.curve([0, 1], [0, 1], TARGET, "line")
        >>> figure.svg().startswith("<svg")
        True
    """

    def __init__(
        self,
        title: str,
        subtitle: str,
        x: str,
        y: str,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
        x_ticks: Sequence[Tick],
        y_ticks: Sequence[Tick],
        *,
        x_scale: Scale = np.asarray,
        y_scale: Scale = np.asarray,
        size: tuple[int, int] = (640, 480),
        left: float = 72.0,
    ) -> None:
        self.size = size
        self.left, self.top = left, 74.0
        self.width, self.height = size[0] - self.left - 28, size[1] - self.top - 60
        self._scales = x_scale, y_scale
        self._ranges = [
            tuple(float(scale(np.float64(edge))) for edge in pair)  # type: ignore[arg-type]
            for scale, pair in zip(self._scales, (x_range, y_range), strict=True)
        ]
        self._words = title, subtitle, x, y
        self._marks: list[str] = []
        self._legend: list[tuple[str, str, str]] = []
        self._grid(x_ticks, y_ticks)

    def place(self, x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels of values."""
        placed = []
        for at, values in enumerate((x, y)):
            low, high = self._ranges[at]
            with np.errstate(divide="ignore", invalid="ignore"):
                share = (self._scales[at](np.asarray(values, dtype=np.float64)) - low) / (high - low)
            placed.append(np.clip(np.nan_to_num(share, nan=0.0, posinf=9.0, neginf=-9.0), -0.02, 1.02))
        return self.left + placed[0] * self.width, self.top + (1 - placed[1]) * self.height

    def curve(
        self, x: ArrayLike, y: ArrayLike, colour: str, name: str = "", *, dash: str = "", wide: float = 2
    ) -> None:
        """A line through points; with a name it is in the legend."""
        path = _path(*self.place(x, y))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self._marks.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{wide}" '
            f'stroke-linejoin="round"{dashed}/>'
        )
        if name:
            self._legend.append((name, colour, dash or "line"))

    def band(self, x: ArrayLike, low: ArrayLike, x_back: ArrayLike, high: ArrayLike, colour: str) -> None:
        """The area between two curves."""
        forth, back = self.place(x, low), self.place(x_back, high)
        path = _path(np.concatenate([forth[0], back[0][::-1]]), np.concatenate([forth[1], back[1][::-1]]))
        self._marks.append(f'<path d="{path}Z" fill="{colour}" fill-opacity="0.14"/>')

    def bars(self, edges: ArrayLike, heights: ArrayLike, colour: str, name: str) -> None:
        """A histogram drawn as one filled outline."""
        sides, tops = np.asarray(edges, dtype=np.float64), np.asarray(heights, dtype=np.float64)
        x = np.repeat(sides, 2)
        y = np.concatenate([[0], np.repeat(tops, 2), [0]])
        path = _path(*self.place(x, y))
        self._marks.append(
            f'<path d="{path}Z" fill="{colour}" fill-opacity="0.28" stroke="{colour}" stroke-width="1.4" '
            'stroke-linejoin="round"/>'
        )
        self._legend.append((name, colour, "box"))

    def stripe(self, y: float, length: float, colour: str, words: str = "") -> None:
        """A horizontal bar from zero, with words behind it."""
        (start, end), (top, bottom) = self.place([0, length], [y + 0.32, y - 0.32])
        self._marks.append(
            f'<rect x="{start:.1f}" y="{top:.1f}" width="{end - start:.1f}" height="{bottom - top:.1f}" '
            f'rx="2" fill="{colour}" fill-opacity="0.75"/>'
        )
        self._marks.append(_text(words, end + 7, (top + bottom) / 2 + 4, INK, 11.5, "start"))

    def point(self, x: float, y: float, colour: str, words: str = "") -> None:
        """A dot, with words beside it."""
        (px,), (py,) = self.place([x], [y])
        self._marks.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4.5" fill="{colour}" stroke="{PAPER}" '
            'stroke-width="1.5"/>'
        )
        if words:
            right = px < self.left + self.width * 0.7
            self._marks.append(
                _text(words, px + (9 if right else -9), py - 8, INK, 12, "start" if right else "end")
            )

    def whisker(self, x: float, low: float, high: float, colour: str) -> None:
        """A vertical interval."""
        (px, _), (bottom, top) = self.place([x, x], [low, high])
        self._marks.append(
            f'<path d="M{px:.1f} {bottom:.1f}V{top:.1f}" stroke="{colour}" stroke-width="1.6" '
            'stroke-opacity="0.55"/>'
        )

    def cell(self, x: tuple[float, float], y: tuple[float, float], strength: float, words: str) -> None:
        """A filled rectangle with words, for a matrix; strength in [0, 1]."""
        (x0, x1), (y0, y1) = self.place(x, y)
        self._marks.append(
            f'<rect x="{x0 + 1:.1f}" y="{y1 + 1:.1f}" width="{x1 - x0 - 2:.1f}" '
            f'height="{y0 - y1 - 2:.1f}" rx="3" '
            f'fill="{TARGET}" fill-opacity="{0.05 + 0.95 * strength:.3f}"/>'
        )
        small = max(8, min(13, (x1 - x0) / 4))
        colour = PAPER if strength > 0.5 else INK
        self._marks.append(_text(words, (x0 + x1) / 2, (y0 + y1) / 2 + small / 3, colour, small, "middle"))

    def svg(self) -> str:
        """The picture, self-contained."""
        title, subtitle, x, y = self._words
        wide, high = self.size
        middle = self.left + self.width / 2
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
            f'height="{high}" '
            f'font-family="{FONT}" role="img" aria-label="{escape(title)}">',
            f'<rect width="{wide}" height="{high}" fill="{PAPER}"/>',
            _text(title, self.left, 30, INK, 17, "start", 600),
            _text(subtitle, self.left, 50, SOFT, 12, "start"),
            f'<clipPath id="inside"><rect x="{self.left}" y="{self.top - 5}" width="{self.width}" '
            f'height="{self.height + 10}"/></clipPath>',
            *self._axes,
            '<g clip-path="url(#inside)">',
            *self._marks,
            "</g>",
            _text(x, middle, high - 14, SOFT, 12.5, "middle"),
            f'<g transform="translate(20 {self.top + self.height / 2:.1f}) rotate(-90)">',
            _text(y, 0, 0, SOFT, 12.5, "middle"),
            "</g>",
            *self._key(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _grid(self, x_ticks: Sequence[Tick], y_ticks: Sequence[Tick]) -> None:
        bottom, right = self.top + self.height, self.left + self.width
        self._axes = []
        for value, words in x_ticks:
            at = float(self.place([value], [0.5])[0][0])
            self._axes.append(
                f'<path d="M{at:.1f} {self.top:.1f}V{bottom:.1f}" stroke="{FAINT}" stroke-width="1"/>'
            )
            self._axes.append(_text(words, at, bottom + 18, SOFT, 11.5, "middle"))
        for value, words in y_ticks:
            at = float(self.place([0.5], [value])[1][0])
            self._axes.append(
                f'<path d="M{self.left:.1f} {at:.1f}H{right:.1f}" stroke="{FAINT}" stroke-width="1"/>'
            )
            self._axes.append(_text(words, self.left - 9, at + 4, SOFT, 11.5, "end"))

    def _key(self) -> list[str]:
        """The legend, right-aligned in the line of the subtitle and below it."""
        parts = []
        at = self.left + self.width
        for name, colour, kind in reversed(self._legend):
            at -= 6.6 * len(name)
            parts.append(_text(name, at, self.top - 8, INK, 11.5, "start"))
            dashed = f' stroke-dasharray="{kind}"' if kind not in ("line", "box") else ""
            thick = 9 if kind == "box" else 2.4
            parts.append(
                f'<path d="M{at - 24:.1f} {self.top - 12:.1f}h18" stroke="{colour}" '
                f'stroke-width="{thick}"{dashed}/>'
            )
            at -= 42
        return parts


def even_ticks(low: float, high: float, about: int = 6) -> list[Tick]:
    """Round values between two bounds.

    Example:
        >>> even_ticks(0, 1, 3)
        [(0.0, '0'), (0.5, '0.5'), (1.0, '1')]
    """
    span = max(high - low, 1e-12)
    step = 10 ** math.floor(math.log10(span / about))
    step *= next(factor for factor in (1, 2, 5, 10, 20) if span / (step * factor) <= about)
    first = math.ceil(low / step - 1e-9)
    values = [at * step for at in range(first, math.floor(high / step + 1e-9) + 1)]
    return [(float(value), f"{value:.10g}") for value in values]


def thinned(x: NDArray[np.float64], y: NDArray[np.float64], *, pixels: float = 0.5) -> NDArray[np.int64]:
    """Indices of the points of a path that are at least so many pixels apart; the last one stays.

    Example:
        >>> thinned(np.array([0.0, 0.1, 1.0, 1.1]), np.zeros(4)).tolist()
        [0, 2, 3]
    """
    grid = np.floor(np.stack([x, y]) / pixels)
    keep = np.concatenate([[True], (grid[:, 1:] != grid[:, :-1]).any(axis=0)])
    keep[-1] = True
    return np.flatnonzero(keep)


def _path(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    keep = thinned(x, y)
    return "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in zip(x[keep], y[keep], strict=True))


def _text(words: str, x: float, y: float, colour: str, size: float, anchor: str, weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size:g}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(words)}</text>'
    )
