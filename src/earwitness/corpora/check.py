"""What may be wrong with a corpus: leaks across its splits, repeats, and a telling channel."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.channel_probe import LEAST, Probe, measure, probe, telling
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.parts import only
from earwitness.errors import BadInput


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found.

    Args:
        leaks: column -> values that occur in more than one split (only those that do).
        repeats: rows whose content hash another row has too.
        both_classes: transcripts said by a bona fide and by a text-to-speech row.
        channel: the channel probe; `None` when the audio was not measured.
        telling: how far each property alone tells the classes apart, 0.5 = not at all, the most
            telling first.
        problems: what speaks against using the corpus, one line each.
    """

    leaks: dict[str, int]
    repeats: int
    both_classes: int
    channel: Probe | None
    telling: tuple[tuple[str, float], ...]
    problems: tuple[str, ...]


def check(
    corpus: Corpus, root: str | os.PathLike[str] | None, tick: Callable[[], object] = lambda: None
) -> Checked:
    """Look for leaks and repeats, and run the channel probe.

    In a corpus of several parts (column `part`) a leak is one within a part, and speech is what is probed.

    Args:
        corpus: with the columns `label` and `family` for the channel probe.
        root: folder that the paths start from; `None` leaves the audio alone.
        tick: called after each measured row.

    Raises:
        BadInput: when the audio is to be measured and there are no labels, or a file is missing.
    """
    table = corpus.table
    leaks: dict[str, int] = {
        key: shared
        for key in ("speaker", "group", "sha256", "transcript")
        if key in table.columns and (shared := _shared(table, key))
    }
    repeats = int(table["sha256"].is_duplicated().sum()) if "sha256" in table.columns else 0
    problems = [f"{count} values of {key!r} are in several splits" for key, count in leaks.items()]
    if repeats:
        problems.append(f"{repeats} rows have the same content as another")
    found: Probe | None = None
    order: tuple[tuple[str, float], ...] = ()
    if root is not None:
        table = only(table)
        if "label" not in table.columns:
            raise BadInput("has no column 'label', so there is nothing to probe", where=corpus.name)
        absent = next((path for path in table["path"] if not (Path(root) / path).is_file()), None)
        if absent is not None:
            raise BadInput("is missing", where=str(Path(root) / absent))
        properties = measure(table, os.fspath(root), tick)
        labels = table["label"].to_list()
        families = table["family"].to_list() if "family" in table.columns else None
        found = probe(properties, labels, table["group"], families)
        order = tuple(telling(properties, labels))
        if found.eer.value < LEAST:
            problems.append(
                f"the channel alone tells the classes apart with an EER of {found.eer.value:.1%} "
                f"(at least {LEAST:.0%} is wanted); {order[0][0]} tells most"
            )
    return Checked(
        leaks=leaks,
        repeats=repeats,
        both_classes=_said_by_both(table),
        channel=found,
        telling=order,
        problems=tuple(problems),
    )


def _shared(table: pl.DataFrame, key: str) -> int:
    """How many values of a column occur in more than one split (of a part, where there are parts)."""
    named = table.filter(pl.col(key).is_not_null() & (pl.col(key).cast(pl.String) != ""))
    within = [key, *({"part"} & set(table.columns))]
    return len(named.group_by(within).agg(pl.col("split").n_unique()).filter(pl.col("split") > 1))


def _said_by_both(table: pl.DataFrame) -> int:
    if not {"transcript", "label", "voice"} <= set(table.columns):
        return 0
    said = table.filter(pl.col("transcript") != "")
    real = set(said.filter(pl.col("label") == "bona fide")["transcript"])
    made = set(said.filter((pl.col("label") == "spoof") & (pl.col("voice") != ""))["transcript"])
    return len(real & made)
