"""Trials of speaker verification: pairs to be told apart as the same or another speaker."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput
from earwitness.whole_file import write_whole

LABELS = ("target", "nontarget", "spoof")
"""What a trial is: the same speaker, another bona fide speaker, or a spoof that claims to be the speaker."""


class Trials:
    """An immutable table of trials, and who was enrolled with what.

    Args:
        table: `left` (enrolled side), `right` (test side) and `label`; more columns are kept. Sides
            are ids of a corpus; a left side that stands in `enrolment` is an enrolled voice.
        name: of the list, for messages.
        enrolment: enrolled voice -> ids of the utterances it was enrolled with.

    Raises:
        BadInput: when a column is missing, there is no row, a side is empty, a label is none of
            `LABELS`, or a pair has two labels.

    Example:
        >>> pairs = pl.DataFrame({"left": ["a", "a"], "right": ["b", "c"], "label": ["target", "nontarget"]})
        >>> Trials(pairs).counts
        {'target': 1, 'nontarget': 1, 'spoof': 0}
    """

    __slots__ = ("_enrolment", "_name", "_table")

    def __init__(
        self, table: pl.DataFrame, name: str = "trials", enrolment: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._name = name
        self._table = _checked(table, name)
        self._enrolment = {voice: tuple(ids) for voice, ids in (enrolment or {}).items()}
        empty = next((voice for voice, ids in self._enrolment.items() if not ids), None)
        if empty is not None:
            raise BadInput(f"enrols {empty!r} with nothing", where=name)

    @property
    def table(self) -> pl.DataFrame:
        """The trials; polars tables are not changed in place."""
        return self._table

    @property
    def name(self) -> str:
        """Name of the list."""
        return self._name

    @property
    def enrolment(self) -> dict[str, tuple[str, ...]]:
        """Enrolled voice -> ids of the utterances it was enrolled with; empty where sides are ids."""
        return dict(self._enrolment)

    @property
    def counts(self) -> dict[str, int]:
        """Trials of each label."""
        return {label: int((self._table["label"] == label).sum()) for label in LABELS}

    def __len__(self) -> int:
        return len(self._table)

    def enrolled(self, left: str) -> tuple[str, ...]:
        """Ids of the utterances that a left side stands for: its enrolment, or itself."""
        return self._enrolment.get(left, (left,))

    def within(self, corpus: Corpus) -> tuple[Trials, int]:
        """The trials whose utterances a corpus has, and how many are left out.

        Args:
            corpus: whose ids the sides are.

        Returns:
            The trials, with enrolments cut to what is there, and the number of trials left out.

        Raises:
            BadInput: when none is left.
        """
        there = set(corpus.table["id"].to_list())
        enrolment = {
            voice: left
            for voice, ids in self._enrolment.items()
            if (left := tuple(name for name in ids if name in there))
        }
        lefts = pl.Series(sorted((there - set(self._enrolment)) | set(enrolment)), dtype=pl.String)
        rights = pl.Series(sorted(there), dtype=pl.String)
        kept = self._table.filter(
            pl.col("left").is_in(lefts.implode()) & pl.col("right").is_in(rights.implode())
        )
        if not len(kept):
            raise BadInput(f"no trial has both of its sides in {corpus.name}", where=self._name)
        return Trials(kept, self._name, enrolment), len(self) - len(kept)

    @staticmethod
    def read(path: str | os.PathLike[str]) -> Trials:
        """Trials from the Parquet file that `write` wrote.

        Raises:
            BadInput: when it cannot be read or is not sound.
        """
        try:
            table = pl.read_parquet(Path(path))
        except FileNotFoundError:
            raise BadInput("there are no such trials", where=str(path)) from None
        except (pl.exceptions.PolarsError, OSError) as error:
            raise BadInput(f"cannot be read as Parquet: {error}", where=str(path)) from error
        enrolment: dict[str, list[str]] = {}
        if "enrolled" in table.columns:
            voices = table.filter(pl.col("enrolled").is_not_null()).unique("left", maintain_order=True)
            enrolment = dict(voices.select("left", "enrolled").iter_rows())
            table = table.drop("enrolled")
        return Trials(table, str(path), enrolment)

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write trials and enrolment as one Parquet file, whole or not at all.

        Args:
            path: of the file; the enrolment stands in its column `enrolled`.

        Raises:
            BadInput: when it cannot be written.
        """
        table = self._table
        if self._enrolment:
            voices = pl.DataFrame(
                {"left": list(self._enrolment), "enrolled": [list(ids) for ids in self._enrolment.values()]},
                schema={"left": pl.String, "enrolled": pl.List(pl.String)},
            )
            table = table.join(voices, on="left", how="left", maintain_order="left")

        content = io.BytesIO()
        table.write_parquet(content)
        write_whole(Path(path), content.getvalue())
        return Path(path)


def _checked(table: pl.DataFrame, name: str) -> pl.DataFrame:
    for column in ("left", "right", "label"):
        if column not in table.columns:
            raise BadInput(f"has no column {column!r}", where=name)
    if not len(table):
        raise BadInput("has no rows", where=name)
    table = table.with_columns(pl.col("left", "right", "label").cast(pl.String))
    for column in ("left", "right"):
        if (table[column].fill_null("") == "").any():
            raise BadInput(f"has a trial without a {column} side", where=name)
    other = table.filter(~pl.col("label").fill_null("").is_in(LABELS))
    if len(other):
        raise BadInput(f"has the label {other['label'][0]!r}; known are {', '.join(LABELS)}", where=name)
    torn = table.group_by("left", "right", maintain_order=True).agg(pl.col("label").n_unique())
    torn = torn.filter(pl.col("label") > 1)
    if len(torn):
        raise BadInput(f"gives the pair {torn['left'][0]} and {torn['right'][0]} two labels", where=name)
    return table
