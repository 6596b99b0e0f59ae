"""The style sheet: enough contrast in both schemes and on paper, computed, not judged by eye."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("earwitness.evidence.report") / "templates" / "report.css").read_text("utf-8")
BLOCKS = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
INKS = ("ink", "soft", "real", "fake", "open", "focus")


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,8});", block))


SCHEMES = {
    "light": colours(BLOCKS[0]),
    "dark": colours(BLOCKS[0]) | colours(BLOCKS[1]),
    "paper": colours(BLOCKS[0]) | colours(BLOCKS[2]),
}


def channels(colour: str) -> list[float]:
    digits = colour.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) < 6 else digits
    return [int(digits[i : i + 2], 16) / 255 for i in range(0, len(digits), 2)]


def luminance(channels: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[float], other: list[float]) -> float:
    """WCAG 2.2, 1.4.3."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def over(colour: list[float], ground: list[float]) -> list[float]:
    return [colour[3] * c + (1 - colour[3]) * g for c, g in zip(colour[:3], ground, strict=True)]


def test_there_are_three_schemes() -> None:
    assert len(BLOCKS) == 3


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize("ink", INKS)
def test_text_stands_out(scheme: str, ground: str, ink: str) -> None:
    palette = SCHEMES[scheme]
    assert contrast(channels(palette[ink]), channels(palette[ground])) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out_on_the_filled_areas(scheme: str) -> None:
    palette = SCHEMES[scheme]
    ground = channels(palette["panel"])
    for fill in ("real-fill", "fake-fill", "open-fill"):
        filled = over(channels(palette[fill]), ground)
        assert contrast(channels(palette["ink"]), filled) >= 4.5, "the curve"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_decisions_have_equal_weight(scheme: str) -> None:
    palette = SCHEMES[scheme]
    strengths = [contrast(channels(palette[c]), channels(palette["paper"])) for c in ("real", "fake", "open")]
    assert max(strengths) / min(strengths) < 1.35


def test_no_colour_stands_outside_of_the_palette() -> None:
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", rules)


def test_motion_is_asked_for_only_where_it_is_wanted() -> None:
    assert "prefers-reduced-motion: reduce" in CSS
    assert "animation" not in CSS
    assert "transition" not in CSS
