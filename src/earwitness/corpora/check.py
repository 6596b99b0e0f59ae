"""What may be wrong with a corpus: leaks across its splits, repeats, and a telling channel."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.corpora.audio_verification import Verified
from earwitness.corpora.channel_probe import LEAST, NAMES, Probe, Real, measure, probe, telling
from earwitness.corpora.class_probe import MOST_GAIN, ClassProbe, class_probe
from earwitness.corpora.container_probe import container_properties
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.leak_lines import leaks_and_repeats
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
        container: the same of what the headers of the files say; `None` when it was not asked for.
        classes: both probes for a label of other classes than bona fide and spoof ("channel",
            "container").
        label: column that was probed.
        measured: rows that were probed, of `rows` in all.
        rows: of the corpus.
        verified: what became of the audio since its hashes were taken; `None` when that was not asked.
    """

    leaks: dict[str, int]
    repeats: int
    both_classes: int
    channel: Probe | None
    telling: tuple[tuple[str, float], ...]
    problems: tuple[str, ...]
    container: Probe | None = None
    classes: dict[str, ClassProbe] = {}
    label: str = "label"
    measured: int = 0
    rows: int = 0
    verified: Verified | None = None


def check(
    corpus: Corpus,
    root: str | os.PathLike[str] | None,
    tick: Callable[[], object] = lambda: None,
    *,
    label: str = "label",
    most: int | None = None,
    seed: int = 0,
    container: bool = False,
    verified: Verified | None = None,
) -> Checked:
    """Look for leaks and repeats, and run the probes.

    In a corpus of several parts (column `part`) a leak is one within a part, and speech is what is probed.

    Args:
        corpus: with the column of the label, and `family` for a breakdown; where the audio is probed.
        root: folder that the paths start from; `None` leaves the audio alone.
        tick: called after each measured row, and each header that is read.
        label: column of the classes that the probes are to tell.
        most: rows to be measured, of each class as many in proportion; all of them when `None`.
        seed: of the choice.
        container: probe the headers of the files, too.
        verified: what became of the audio, where it was held against its hashes.

    Raises:
        BadInput: when the audio is to be measured and there are no labels, or a file is missing.
    """
    table = corpus.table
    leaks, repeats, problems = leaks_and_repeats(table, label)
    if verified is not None:
        problems += verified.problems()
    found: dict[str, Probe | ClassProbe] = {}
    order: tuple[tuple[str, float], ...] = ()
    both = _said_by_both(table)
    if root is not None:
        table = only(table)
        if label not in table.columns:
            raise BadInput(f"has no column {label!r}, so there is nothing to probe", where=corpus.name)
        both = _said_by_both(table)
        table = sampled(table, label, most, seed)
        absent = next((path for path in table["path"] if not (Path(root) / path).is_file()), None)
        if absent is not None:
            raise BadInput("is missing", where=str(Path(root) / absent))
        measures: dict[str, tuple[Real, tuple[str, ...]]] = {
            "channel": (measure(table, os.fspath(root), tick), NAMES)
        }
        if container:
            measures["container"] = container_properties(table, root, tick)
        for what, (properties, names) in measures.items():
            found[what], telling_most = _probed(table, properties, names, label)
            order = telling_most if what == "channel" else order
            problems += _telling_too_much(what, found[what], telling_most)
    binary = {what: one for what, one in found.items() if isinstance(one, Probe)}
    return Checked(
        leaks=leaks,
        repeats=repeats,
        both_classes=both,
        channel=binary.get("channel"),
        telling=order,
        problems=tuple(problems),
        container=binary.get("container"),
        classes={what: one for what, one in found.items() if isinstance(one, ClassProbe)},
        label=label,
        measured=0 if root is None else len(table),
        rows=len(corpus),
        verified=verified,
    )


def sampled(table: pl.DataFrame, label: str, most: int | None, seed: int) -> pl.DataFrame:
    """At most so many rows, of each class in proportion, whatever the order of the rows."""
    if most is None or len(table) <= most:
        return table
    drawn = np.random.default_rng(seed).permutation(len(table))
    rank = np.empty(len(table), np.int64)
    rank[table["id"].arg_sort().to_numpy()] = drawn
    keyed = table.select(pl.col(label).cast(pl.String), pl.Series("rank", rank)).with_row_index("row")
    share = most / len(table)
    place, size = pl.col("rank").rank("ordinal").over(label), pl.len().over(label)
    kept = keyed.filter(place <= (size * share).round().clip(1))["row"]
    return table[kept.to_numpy()]


def _probed(
    table: pl.DataFrame, properties: Real, names: Sequence[str], label: str
) -> tuple[Probe | ClassProbe, tuple[tuple[str, float], ...]]:
    labels = table[label].cast(pl.String).fill_null("").to_list()
    if set(labels) <= {"bona fide", "spoof"}:
        families = table["family"].to_list() if "family" in table.columns else None
        return probe(properties, labels, table["group"], families), tuple(telling(properties, labels, names))
    return class_probe(properties, labels, table["group"].to_list()), ()


def _telling_too_much(what: str, found: Probe | ClassProbe, order: Sequence[tuple[str, float]]) -> list[str]:
    if isinstance(found, Probe) and found.eer.value < LEAST:
        return [
            f"the {what} alone tells the classes apart with an EER of {found.eer.value:.1%} "
            f"(at least {LEAST:.0%} is wanted); {order[0][0]} tells most"
        ]
    if isinstance(found, ClassProbe) and found.gain > MOST_GAIN:
        return [
            f"the {what} alone tells {len(found.recall)} classes apart with a mean recall of "
            f"{found.accuracy.value:.1%} (chance is {found.chance:.1%})"
        ]
    return []


def _said_by_both(table: pl.DataFrame) -> int:
    if not {"transcript", "label", "voice"} <= set(table.columns):
        return 0
    said = table.filter(pl.col("transcript") != "")
    real = set(said.filter(pl.col("label") == "bona fide")["transcript"])
    made = set(said.filter((pl.col("label") == "spoof") & (pl.col("voice") != ""))["transcript"])
    return len(real & made)
