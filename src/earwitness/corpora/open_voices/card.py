"""The card of a built corpus: what its parts hold, under which licences, and whether the channel tells."""

from __future__ import annotations

import msgspec
import polars as pl

from earwitness.corpora.channel_probe import LEAST
from earwitness.corpora.check import Checked
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import Hashes
from earwitness.corpora.durations import seconds_of
from earwitness.corpora.parts import only
from earwitness.metrics import Interval


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and hours of one value of a column."""

    rows: int
    hours: float


class PartCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a corpus holds.

    Args:
        rows: utterances or sounds.
        hours: of audio.
        speakers: of what no engine said; roles of a game are not counted as speakers.
        roles: of games.
        voices: of text-to-speech.
        counted: column -> value -> how much of it there is, for the columns that the part has.
        checked: leaks, and where there are two classes the channel probe.
    """

    rows: int
    hours: float
    speakers: int
    roles: int
    voices: int
    counted: dict[str, dict[str, Counted]]
    checked: Checked


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a corpus holds.

    Args:
        name: of the corpus and subset.
        seed: that it was made with.
        version: of earwitness.
        rows: of all parts.
        hours: of all parts.
        refused: rows that could not be made.
        programs: program -> version that it was made with.
        parts: part -> what it holds.
        hashes: of its table and of its audio.
    """

    name: str
    seed: int
    version: str
    rows: int
    hours: float
    refused: int
    programs: dict[str, str]
    parts: dict[str, PartCard]
    hashes: Hashes


TITLES = {
    "split": "Splits", "label": "Classes", "source": "Sources", "family": "Spoof families",
    "engine": "Engines", "attack": "Kinds of splice", "sound": "Sounds", "vocalisation": "Vocalisations",
    "emotion": "Emotions", "codec": "Codecs", "codec_family": "Codec families",
    "codec_rate": "Sample rates of codecs (Hz)", "language": "Languages", "channel": "Channels",
    "licence": "Licences",
}  # fmt: skip
"""Column -> what it is called on the card."""


def card(
    corpus: Corpus,
    checks: dict[str, Checked],
    *,
    name: str,
    seed: int,
    version: str,
    refused: int,
    programs: dict[str, str],
    hashes: Hashes,
) -> Card:
    """The card of a corpus.

    Args:
        corpus: as built.
        checks: part -> what the check found in it.
        name: of the corpus and subset.
        seed: that it was made with.
        version: of earwitness.
        refused: rows that could not be made.
        programs: program -> version that it was made with.
        hashes: of its table and of its audio.
    """
    table = corpus.table
    return Card(
        name=name,
        seed=seed,
        version=version,
        rows=len(table),
        hours=_hours(table),
        refused=refused,
        programs=programs,
        parts={part: _part(only(table, part), part, checked) for part, checked in checks.items()},
        hashes=hashes,
    )


def _part(table: pl.DataFrame, part: str, checked: Checked) -> PartCard:
    spoken = pl.col("voice").fill_null("") != ""
    # A splice keeps its host's speaker; text-to-speech has none.
    human = table if part == "partial" else table.filter(~pl.col("synthetic") | ~spoken)
    counted = {column: _counted(table, column) for column in TITLES if column in table.columns}
    if part != "partial":
        counted.pop("attack", None)  # it says what `engine` says
    return PartCard(
        rows=len(table),
        hours=_hours(table),
        speakers=_distinct(human, "speaker"),
        roles=_distinct(human, "role"),
        voices=table.filter(spoken).select("engine", "voice").n_unique(),
        counted={column: found for column, found in counted.items() if set(found) - {""}},
        checked=checked,
    )


def written(card: Card) -> str:
    """The card as Markdown."""
    made = ", ".join(f"{program} {version}" for program, version in card.programs.items())
    lines = [
        f"# {card.name}",
        "",
        f"{card.rows:,} rows, {card.hours:.2f} hours in {len(card.parts)} parts. Built by earwitness "
        f"{card.version} with seed {card.seed}{' and ' + made if made else ''}; {card.refused} rows could "
        "not be made.",
        "",
        f"SHA-256 of the audio (of ids and decoded samples): `{card.hashes.audio_sha256}`; of the table: "
        f"`{card.hashes.table_sha256}`.",
    ]
    for part, found in card.parts.items():
        engines = sorted(set(found.counted.get("engine", {})) - {""})
        told = [
            f"{found.rows:,} rows, {found.hours:.2f} hours",
            *([f"{found.speakers} speakers"] if found.speakers else []),
            *([f"{found.roles} roles of games (which are not speakers)"] if found.roles else []),
            *([f"{found.voices} synthetic voices"] if found.voices else []),
            *([f"{len(engines)} engines"] if engines else []),
            *([_many(len(languages), "language")] if (languages := found.counted.get("language")) else []),
        ]
        lines += ["", f"## {part}", "", ", ".join(told) + ".", "", *channel_lines(found.checked)]
        for column, counted in found.counted.items():
            lines += ["", f"### {TITLES[column]}", "", "| | rows | hours |", "|---|---|---|"]
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
    both = f" Sentences said by a person and by text-to-speech: {checked.both_classes}."
    lines.append(f"Leaks, repeats and what tells too much: {told}.{both if checked.both_classes else ''}")
    return lines


COUNTED = (
    "split", "label", "attack", "family", "engine", "source", "language", "sound", "vocalisation", "emotion",
    "codec", "codec_family", "codec_rate", "channel", "licence", "speaker",
)  # fmt: skip


def counted_columns(table: pl.DataFrame) -> dict[str, dict[str, Counted]]:
    """Column of `COUNTED` -> value -> how much of it there is, where there is any."""
    found = {column: _counted(table, column) for column in COUNTED if column in table.columns}
    return {column: counts for column, counts in found.items() if set(counts) - {""}}


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _figure(found: Interval) -> str:
    sure = f"{found.confidence:.0%} interval"
    return f"{found.value:.1%} ({sure} {found.low:.1%} to {found.high:.1%}, n = {found.n:,})"


def _hours(table: pl.DataFrame) -> float:
    return round(float(seconds_of(table).sum()) / 3600, 3)


def _counted(table: pl.DataFrame, column: str) -> dict[str, Counted]:
    """Value -> rows and hours, the most frequent first; nulls are no value."""
    grouped = (
        table.with_columns(seconds_of(table))
        .drop_nulls(column)
        .group_by(column)
        .agg(pl.len().alias("rows"), pl.col("seconds").sum())
    )
    return {
        str(name): Counted(rows=rows, hours=round(seconds / 3600, 3))
        for name, rows, seconds in grouped.sort("rows", column, descending=[True, False]).iter_rows()
    }


def _distinct(table: pl.DataFrame, column: str) -> int:
    return table.filter(pl.col(column) != "")[column].n_unique() if column in table.columns else 0
