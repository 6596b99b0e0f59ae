"""From files and keys to a corpus: what every scanner of a public corpus is made of."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec
import polars as pl

from earwitness.corpora.corpus import COLUMNS, Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.expected_counts import differences
from earwitness.corpora.lfs_pointers import without_pointers
from earwitness.corpora.scan_report import ScanReport, noted
from earwitness.errors import BadInput


def parse_names(files: pl.DataFrame, pattern: str, column: str = "stem") -> tuple[pl.DataFrame, pl.Series]:
    """Columns out of file names, by one pattern with named groups.

    Args:
        files: as `file_tree` gives them.
        pattern: regular expression (Rust's, as polars has it) for the whole of the column, with a
            named group for each column to be made.
        column: `stem` or `path`.

    Returns:
        The files that match, with the columns, and the paths of the others.

    Example:
        >>> files = pl.DataFrame({"path": ["a1.wav", "x.wav"], "stem": ["a1", "x"], "bytes": [9, 9]})
        >>> found, unknown = parse_names(files, r"(?P<letter>[a-z])(?P<digit>[0-9])")
        >>> found["letter"].to_list(), unknown.to_list()
        (['a'], ['x.wav'])
    """
    whole = f"^(?:{pattern})$"
    # file_tree escapes the bytes of a name that is not UTF-8: no such file can be opened by that name
    matches = files[column].str.contains(whole) & ~files["path"].str.contains(r"\\x[0-9a-f]{2}")
    found = files.filter(matches).with_columns(pl.col(column).str.extract_groups(whole).alias("_groups"))
    return found.unnest("_groups"), files.filter(~matches)["path"]


def join_key(
    key: pl.DataFrame, files: pl.DataFrame, *, on: str = "stem", where: str = "key"
) -> tuple[pl.DataFrame, ScanReport]:
    """The rows of a key that have a file.

    Args:
        key: with a column `id`, and one named as `on` when that is not the id.
        files: as `file_tree` gives them.
        on: column of both by which a row finds its file: `stem` (then the key's `id` is the stem
            unless it has a column `stem`) or `path`.
        where: name of the key, for messages.

    Returns:
        The key's columns with `path` and `bytes`, and what was missing, extra or empty.

    Raises:
        BadInput: when the key names a row twice, a path leaves the corpus folder, or two files fit
            one row.
    """
    if on not in key.columns:
        key = key.with_columns(pl.col("id").alias(on))
    twice = key["id"].filter(key["id"].is_duplicated())
    if len(twice):
        raise BadInput(f"names {twice[0]!r} more than once", where=where)
    if on == "path":
        refuse_outside(key["path"], where)
    wanted = files.join(key.select(on), on=on, how="semi")
    doubled = wanted.filter(pl.col(on).is_duplicated())
    if len(doubled):
        two = ", ".join(doubled.filter(pl.col(on) == doubled[on][0])["path"].head(2).to_list())
        raise BadInput(f"fits two files: {two}; remove one", where=f"{where}: {doubled[on][0]}")
    rows = key.join(wanted.select({on, "path", "bytes"}), on=on, how="inner", maintain_order="left")
    report = ScanReport(
        missing=noted(key.join(wanted, on=on, how="anti")["id"]),
        extra=noted(files.join(key.select(on), on=on, how="anti")["path"]),
    )
    return rows, report


def refuse_outside(paths: pl.Series, where: str) -> None:
    """Refuse paths that are absolute or go up.

    Raises:
        BadInput: naming the first.
    """
    outside = paths.filter(paths.str.contains(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)"))
    if len(outside):
        raise BadInput(f"has a path outside of the corpus folder: {outside[0]!r}", where=where)


def refuse_doubled(rows: pl.DataFrame, column: str, root: str | os.PathLike[str]) -> None:
    """Refuse two files that would be the same row.

    Raises:
        BadInput: naming both.
    """
    doubled = rows.filter(pl.col(column).is_duplicated())
    if len(doubled):
        name = doubled[column][0]
        two = ", ".join(doubled.filter(pl.col(column) == name)["path"].sort().head(2).to_list())
        raise BadInput(
            f"holds {name!r} twice: {two}; remove one, or give the folder of one copy", where=str(root)
        )


def choice(option: str, value: str, allowed: Sequence[str]) -> str:
    """A named choice of a scan, checked.

    Raises:
        BadInput: when it is none of those that are allowed.

    Example:
        >>> choice("split", "none", ("none", "nkululeko"))
        'none'
    """
    if value not in allowed:
        raise BadInput(f"is no {option}; there are: {', '.join(allowed)}", where=value)
    return value


def scanned(
    card: CorpusCard,
    rows: pl.DataFrame,
    root: str | os.PathLike[str],
    report: ScanReport = ScanReport(),  # noqa: B008 - frozen
    labels: Sequence[str] = (),
) -> Corpus:
    """The corpus of what a scanner found, with its report.

    Files of no bytes are left out and told; columns that the rows do not have get their neutral
    value: `start` 0, `end` null (to the end of the file), `split` "", `speaker` "" (unknown),
    `group` the id, `source` the corpus, `synthetic` false, `licence` that of the card, `signal` audio.
    A group that lies in several splits gets a name in each, and the report says that the splits leak.

    Args:
        card: of the corpus.
        rows: with `id`, `path` and, where known, `bytes`; and the label columns.
        root: that was scanned, for messages.
        report: of the scan so far.
        labels: columns to keep beside those of every corpus.

    Raises:
        BadInput: when no row is left, two files have the same id, or the table is not sound.
    """
    refuse_doubled(rows, "id", root)
    if "bytes" in rows.columns:
        report = msgspec.structs.replace(report, empty=noted(rows.filter(pl.col("bytes") == 0)["path"]))
        rows, report = without_pointers(rows.filter(pl.col("bytes") > 0), root, report)
    if not len(rows):
        told = "; ".join(report.lines()) or "no audio file has a name of this corpus"
        raise BadInput(f"holds nothing of {card.title}: {told}", where=str(root))
    neutral = {
        "start": pl.lit(0.0), "end": pl.lit(None, pl.Float64), "split": pl.lit(""), "speaker": pl.lit(""),
        "group": pl.col("id"), "source": pl.lit(card.name), "synthetic": pl.lit(False),
        "licence": pl.lit(card.licence), "signal": pl.lit("audio"),
    }  # fmt: skip
    rows = rows.with_columns(value.alias(name) for name, value in neutral.items() if name not in rows.columns)
    extra = ("source", "synthetic", "licence", "signal")
    columns = list(dict.fromkeys((*COLUMNS, *extra, *labels)))
    table, leaks = _untorn(rows.select(columns))
    report = msgspec.structs.replace(
        report, notes=(*report.notes, *leaks), differences=differences(card, table)
    )
    return Corpus(table, card.name, report)


def _untorn(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Groups that an official split tears, kept apart by split, and a line that tells of it.

    The alternative is to refuse the corpus: then nobody could score on the split that was published.
    """
    torn = rows.group_by("group").agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)["group"]
    if not len(torn):
        return rows, ()
    apart = pl.when(pl.col("group").is_in(torn.implode())).then(pl.format("{} ({})", "group", "split"))
    told = (
        f"{len(torn):,} source utterances are in several of the official splits, which leak thereby: "
        f"{torn.sort()[0]}{', ...' if len(torn) > 1 else ''}; their groups are kept apart by split"
    )
    return rows.with_columns(apart.otherwise("group").alias("group")), (told,)
