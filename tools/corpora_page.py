"""Write docs/corpora.md from the cards of the public corpora.

python tools/corpora_page.py
"""

from __future__ import annotations

from pathlib import Path

from earwitness.corpora.catalogue import CORPORA, card
from earwitness.corpora.corpus_card import CorpusCard, Expected

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "corpora.md"


def page() -> str:
    """The whole page."""
    cards = sorted((card(name) for name in CORPORA), key=lambda found: (found.tasks[:1], found.name))
    lines = [
        "# Corpora",
        "",
        "Written by `python tools/corpora_page.py` from the cards in `src/earwitness/corpora/public`. Every",
        "corpus becomes one table by one command, from a copy that you have got yourself:",
        "",
        "```sh",
        "earwitness corpora list",
        "earwitness corpora scan ravdess RAVDESS --out ravdess.parquet",
        "earwitness corpora check ravdess.parquet",
        "```",
        "",
        "What has no rule is counted and named, never guessed; counts are held against those of a complete",
        "copy. *(recalled)*: a figure from memory, to be taken with care. None of these copies can be had",
        "where this is developed, so the scanners are tested on miniatures in the exact public layout.",
        "",
        "| name | title | used for | licence | access | hours |",
        "|---|---|---|---|---|---|",
    ]
    for one in cards:
        hours = "" if one.hours is None else f"{one.hours:,.2f}".rstrip("0").rstrip(".")
        cells = (
            f"[{one.name}](#{one.name})",
            one.title,
            ", ".join(one.tasks),
            one.licence,
            one.access,
            hours,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    for one in cards:
        lines += ["", f"## {one.name}", "", *_described(one)]
    return "\n".join(lines) + "\n"


def _described(one: CorpusCard) -> list[str]:
    told = [f"{one.citation}.", "", f"Get it: {one.get}."]
    if one.languages:
        told.append(f"Languages: {', '.join(one.languages)}.")
    if one.expected:
        told += ["", "A complete copy: " + "; ".join(map(_count, one.expected)) + "."]
    if one.notes:
        told += ["", *(f"- {note}" for note in one.notes)]
    return told


def _count(expected: Expected) -> str:
    what = " ".join(f"{column} {value}" for column, value in expected.where.items()) or "in all"
    return f"{what} {expected.rows:,}" + ("" if expected.known == "established" else " (recalled)")


if __name__ == "__main__":
    PAGE.write_text(page())
