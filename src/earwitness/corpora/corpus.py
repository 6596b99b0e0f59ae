"""A corpus as an immutable table: one row an utterance, refused when it is not sound."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.scan_report import ScanReport
from earwitness.errors import BadInput

COLUMNS: dict[str, type[pl.DataType]] = {
    "id": pl.String, "path": pl.String, "start": pl.Float64, "end": pl.Float64, "split": pl.String,
    "speaker": pl.String, "group": pl.String,
}  # fmt: skip
"""What every corpus has; start and end are in seconds, an end of null is that of the file. Labels are
columns of their own."""

NAME, REPORT, ROOT = "earwitness.corpus", "earwitness.report", "earwitness.root"
"""Under which the name of a corpus, the report of its scan and, where it is not the folder of the table,
the folder of its audio stand in the Parquet file."""


class Corpus:
    """An immutable table of utterances.

    Args:
        table: with at least the columns of `COLUMNS`.
        name: of the corpus, for messages.
        report: what a scan left out; nothing to tell when it was not scanned.

    Raises:
        BadInput: when a column is missing or of the wrong type, there is no row, an id occurs
            twice, a row ends before it starts, a path leaves the corpus folder, or rows of one
            group have different splits.

    Example:
        >>> row = dict(id="a", path="a.wav", start=0.0, end=1.0, split="train", speaker="s", group="g")
        >>> len(Corpus(pl.DataFrame([row])))
        1
    """

    __slots__ = ("_file", "_name", "_report", "_root", "_table")

    def __init__(
        self,
        table: pl.DataFrame,
        name: str = "corpus",
        report: ScanReport = ScanReport(),  # noqa: B008 - frozen
    ) -> None:
        self._name = name
        self._report = report
        self._root: Path | None = None
        self._file: Path | None = None
        self._table = _checked(table, name)

    @property
    def table(self) -> pl.DataFrame:
        """The rows; polars tables are not changed in place."""
        return self._table

    @property
    def name(self) -> str:
        """Name of the corpus."""
        return self._name

    @property
    def report(self) -> ScanReport:
        """What the scan left out."""
        return self._report

    @property
    def root(self) -> Path | None:
        """Folder that the paths start from; `None` when the corpus was not read from a file."""
        return self._root

    @property
    def file(self) -> Path | None:
        """Parquet file that it was read from; `None` when it was not."""
        return self._file

    def __len__(self) -> int:
        return len(self._table)

    def where(self, condition: pl.Expr) -> Corpus:
        """The rows for which a condition holds, as a new corpus.

        Args:
            condition: a polars expression, such as `pl.col("language") == "cs"`.

        Raises:
            BadInput: when no row is left.
        """
        part = Corpus(self._table.filter(condition), self._name, self._report)
        part._root, part._file = self._root, self._file
        return part

    def join(self, other: Corpus) -> Corpus:
        """The rows of both; columns that one of them lacks are null there.

        Raises:
            BadInput: when an id occurs in both.
        """
        both = pl.concat([self._table, other.table], how="diagonal_relaxed")
        return Corpus(both, f"{self._name} and {other.name}")

    @staticmethod
    def read(path: str | os.PathLike[str]) -> Corpus:
        """A corpus from its Parquet file, or from a folder that holds `corpus.parquet`.

        Its name and the report of its scan come with it; without a name it is called as the file.

        Raises:
            BadInput: when it cannot be read or is not sound.
        """
        file = Path(path)
        file = file / "corpus.parquet" if file.is_dir() else file
        try:
            table = pl.read_parquet(file)
            kept = pl.read_parquet_metadata(file)
        except FileNotFoundError:
            raise BadInput("there is no such corpus; build or scan one first", where=str(file)) from None
        except (pl.exceptions.PolarsError, OSError) as error:
            raise BadInput(f"cannot be read as Parquet: {error}", where=str(file)) from error
        corpus = Corpus(table, str(file))
        corpus._root, corpus._file = Path(kept.get(ROOT) or file.parent), file
        if NAME in kept:
            corpus._name = kept[NAME]
        if REPORT in kept:
            try:
                corpus._report = msgspec.json.decode(kept[REPORT], type=ScanReport)
            except msgspec.MsgspecError as error:
                raise BadInput(f"holds a report that cannot be read: {error}", where=str(file)) from error
        return corpus

    def write(self, path: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> Path:
        """Write the table as Parquet, whole or not at all, with its name and the report of its scan.

        Args:
            path: of the file, or a folder that gets `corpus.parquet`.
            root: folder that the paths start from, where it is another than that of the file; it is
                kept in the file, which then belongs to this machine.

        Raises:
            BadInput: when it cannot be written.
        """
        file = Path(path)
        file = file / "corpus.parquet" if file.is_dir() else file
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        try:
            told = {NAME: self._name, REPORT: msgspec.json.encode(self._report).decode()}
            if root is not None and Path(root).resolve() != file.parent.resolve():
                told[ROOT] = str(Path(root).resolve())
            self._table.write_parquet(part, metadata=told)
            part.replace(file)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise BadInput(f"cannot be written: {error.strerror}", where=str(file)) from error
        return file


def _checked(table: pl.DataFrame, name: str) -> pl.DataFrame:
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise BadInput(f"has no column {missing[0]!r}", where=name)
    if not len(table):
        raise BadInput("has no rows", where=name)
    try:
        table = table.with_columns(pl.col(column).cast(kind) for column, kind in COLUMNS.items())
    except pl.exceptions.InvalidOperationError as error:
        raise BadInput(f"has a column of the wrong type: {str(error).splitlines()[0]}", where=name) from error
    for column in ("id", "path", "start", "group"):
        if table[column].null_count():
            raise BadInput(f"has rows without {column!r}", where=name)
    twice = _repeated(table["id"])
    if twice is not None:
        raise BadInput(f"holds the id {twice!r} more than once", where=name)
    backward = table.filter(
        ~(pl.col("end").fill_null(float("inf")) > pl.col("start"))
        | (pl.col("start") < 0)
        | ~pl.col("end").fill_null(0.0).is_finite()
    )
    if len(backward):
        raise BadInput(f"row {backward['id'][0]!r} ends before it starts", where=name)
    # Two dots are looked for first: most corpora have none, and a plain search is fast.
    suspect = table.filter(
        pl.col("path").str.starts_with("/") | pl.col("path").str.contains("..", literal=True)
    )
    outside = suspect.filter(pl.col("path").str.contains(r"^/|(^|/)\.\.(/|$)"))
    if len(outside):
        raise BadInput(f"row {outside['id'][0]!r} has a path outside of the corpus folder", where=name)
    torn = _torn(table)
    if torn is not None:
        raise BadInput(f"rows of group {torn!r} are in several splits", where=name)
    return table


def _repeated(ids: pl.Series) -> str | None:
    """An id that occurs twice; ids whose hashes differ need not be compared."""
    hashes = ids.hash()
    if hashes.n_unique() == len(ids):
        return None
    suspect = ids.filter(hashes.is_duplicated())
    twice = suspect.filter(suspect.is_duplicated())
    return str(twice[0]) if len(twice) else None


def _torn(table: pl.DataFrame) -> str | None:
    """A group that is in several splits; only groups that share a hash with one are looked at closely."""
    names = table["split"].unique()
    if len(names) < 2:
        return None
    place = pl.DataFrame({"split": names}).with_row_index("place")
    coded = table.select(pl.col("group").hash(), "split").join(place, on="split", nulls_equal=True)
    ends = coded.group_by("group").agg(
        pl.col("place").min().alias("low"), pl.col("place").max().alias("high")
    )
    suspect = ends.filter(pl.col("low") != pl.col("high"))["group"]
    if not len(suspect):
        return None
    closely = table.filter(pl.col("group").hash().is_in(suspect.implode()))
    torn = closely.group_by("group").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
    return str(torn["group"].min()) if len(torn) else None


def require_columns(corpus: Corpus, columns: Iterable[str]) -> None:
    """Refuse a corpus that lacks a column.

    Raises:
        BadInput: naming the first that is missing.
    """
    for column in columns:
        if column not in corpus.table.columns:
            raise BadInput(f"has no column {column!r}", where=corpus.name)
