"""The card of a built corpus: what is in it, under which licences, and whether its channel tells."""

from __future__ import annotations

import msgspec
import polars as pl

from earwitness.corpora.channel_probe import LEAST
from earwitness.corpora.check import Checked
from earwitness.corpora.corpus import Corpus
from earwitness.metrics import Interval


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and hours of one value of a column."""

    rows: int
    hours: float


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a corpus holds.

    Args:
        name: of the corpus and subset.
        seed: that it was made with.
        version: of earwitness.
        rows: utterances.
        hours: of audio.
        speakers: of bona fide speech; roles of a game are not counted as speakers.
        roles: of games.
        voices: of text-to-speech.
        labels: bona fide and spoof.
        families: of spoofs.
        engines: of spoofs.
        sources: of bona fide speech.
        languages: of all rows.
        channels: that rows went through.
        licences: of the rows.
        refused: rows that could not be made.
        checked: leaks and the channel probe.
    """

    name: str
    seed: int
    version: str
    rows: int
    hours: float
    speakers: int
    roles: int
    voices: int
    labels: dict[str, Counted]
    families: dict[str, Counted]
    engines: dict[str, Counted]
    sources: dict[str, Counted]
    languages: dict[str, Counted]
    channels: dict[str, Counted]
    licences: dict[str, Counted]
    refused: int
    checked: Checked


def card(corpus: Corpus, checked: Checked, *, name: str, seed: int, version: str, refused: int) -> Card:
    """The card of a corpus.

    Args:
        corpus: as built.
        checked: what the check found.
        name: of the corpus and subset.
        seed: that it was made with.
        version: of earwitness.
        refused: rows that could not be made.
    """
    table = corpus.table
    real = table.filter(pl.col("label") == "bona fide")
    spoof = table.filter(pl.col("label") == "spoof")
    return Card(
        name=name,
        seed=seed,
        version=version,
        rows=len(table),
        hours=round(float((table["end"] - table["start"]).sum()) / 3600, 3),
        speakers=_distinct(real, "speaker"),
        roles=_distinct(real, "role"),
        voices=spoof.filter(pl.col("voice") != "").select("engine", "voice").n_unique(),
        labels=_counted(table, "label"),
        families=_counted(spoof, "family"),
        engines=_counted(spoof, "engine"),
        sources=_counted(real, "source"),
        languages=_counted(table, "language"),
        channels=_counted(table, "channel"),
        licences=_counted(table, "licence"),
        refused=refused,
        checked=checked,
    )


def written(card: Card) -> str:
    """The card as Markdown."""
    lines = [
        f"# {card.name}",
        "",
        f"{card.rows:,} utterances, {card.hours:.2f} hours, {card.speakers} speakers and {card.roles} roles "
        f"of games (which are not speakers), {card.voices} synthetic voices, {len(card.languages)} languages."
        f" Built by earwitness {card.version} with seed {card.seed}; {card.refused} rows could not be made.",
        "",
        *channel_lines(card.checked),
    ]
    for title, counted in (
        ("Classes", card.labels), ("Sources of bona fide speech", card.sources),
        ("Spoof families", card.families), ("Engines", card.engines), ("Languages", card.languages),
        ("Channels", card.channels), ("Licences", card.licences),
    ):  # fmt: skip
        lines += ["", f"## {title}", "", "| | utterances | hours |", "|---|---|---|"]
        lines += [
            f"| {name or '-'} | {count.rows:,} | {count.hours:.2f} |" for name, count in counted.items()
        ]
    return "\n".join(lines) + "\n"


def channel_lines(checked: Checked) -> list[str]:
    """What the check says, as lines of Markdown."""
    lines = []
    if checked.channel is not None:
        verdict = "near chance, as it should be" if checked.channel.eer.value >= LEAST else "too telling"
        lines += [
            f"Channel probe (no speech, only bandwidth, level, noise floor, DC and silence): EER "
            f"{_figure(checked.channel.eer)}: {verdict}. By family: "
            + "; ".join(f"{name} {_figure(found)}" for name, found in checked.channel.families.items())
            + ". Most telling alone (area under the ROC): "
            + ", ".join(f"{name} {area:.2f}" for name, area in checked.telling[:3])
            + ".",
            "",
        ]
    told = "; ".join(checked.problems) or "none found"
    lines.append(
        f"Leaks and repeats: {told}. "
        f"Sentences said by a person and by text-to-speech: {checked.both_classes}."
    )
    return lines


def counted_columns(table: pl.DataFrame) -> dict[str, dict[str, Counted]]:
    """Column -> value -> how much of it there is, for the columns that a corpus of voices has."""
    columns = ("split", "label", "family", "engine", "source", "language", "channel", "licence", "speaker")
    return {column: _counted(table, column) for column in columns if column in table.columns}


def _figure(found: Interval) -> str:
    sure = f"{found.confidence:.0%} interval"
    return f"{found.value:.1%} ({sure} {found.low:.1%} to {found.high:.1%}, n = {found.n:,})"


def _counted(table: pl.DataFrame, column: str) -> dict[str, Counted]:
    grouped = table.group_by(column).agg(
        pl.len().alias("rows"), (pl.col("end") - pl.col("start")).sum().alias("seconds")
    )
    return {
        str(name): Counted(rows=rows, hours=round(seconds / 3600, 3))
        for name, rows, seconds in grouped.sort("rows", column, descending=[True, False]).iter_rows()
    }


def _distinct(table: pl.DataFrame, column: str) -> int:
    return table.filter(pl.col(column) != "")[column].n_unique() if column in table.columns else 0
