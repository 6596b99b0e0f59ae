"""Any set of body signals or sounds: a table of signal, rate, subject and label."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import AUDIO, file_tree
from earwitness.corpora.headed_table import numbers, read_headed
from earwitness.corpora.scanning import join_key, scanned
from earwitness.corpora.stored_signal import ARRAYS, PICKLES, TABLES
from earwitness.errors import BadInput

KINDS = ("audio", "ecg", "eda", "emg", "ppg")
CARD = CorpusCard(
    name="signals",
    title="Signals with a table",
    tasks=("stress", "any"),
    licence="your own",
    access="open",
    get="your own files, and signals.csv: path, signal, rate, subject, label (member, start, end, split, id)",
    citation="",
    labels={"signal": KINDS},
    notes=(
        "Files are .npy, .npz (member: the array), .csv or .tsv (member: the column), pickles of plain "
        "values (member: keys with /), or sound files.",
        "signal is audio, ecg, eda, emg or ppg; rate is in Hz, start and end in seconds.",
        "Rows of one file are one group unless the table has a column group.",
    ),
)


def scan(root: str | os.PathLike[str], *, table: str = "signals.csv") -> Corpus:
    """The rows of the table.

    Args:
        root: the folder that the paths of the table start from.
        table: its name, in that folder; comma, semicolon or tab between cells.

    Returns:
        `signal`, `label`, `member`, `rate` in Hz; `speaker` and `session` are the subject.

    Raises:
        BadInput: when the table is not there or not sound: a column is missing, a signal is unknown, a rate
            is not above 0, or a path leaves the folder.
    """
    place = Path(root) / table
    key = read_headed(place, ("path", "signal", "rate", "subject", "label"))
    key = key.with_columns(pl.col("signal").str.to_lowercase())
    odd = key.filter(~pl.col("signal").is_in(KINDS))
    if len(odd):
        raise BadInput(f"has the signal {odd['signal'][0]!r}; known are {', '.join(KINDS)}", where=str(place))
    for column in ("rate", "start", "end"):
        if column in key.columns:
            key = key.with_columns(numbers(key, column, place))
    wrong = key.filter(~(pl.col("rate") > 0).fill_null(False))
    if len(wrong):
        raise BadInput(f"has no rate above 0 for {wrong['path'][0]!r}", where=str(place))
    if (key["subject"] == "").any():
        raise BadInput("has a row without a subject", where=str(place))
    key = key.with_columns(pl.col("path").str.replace_all(r"^(\./)+", ""))
    if "start" in key.columns:
        key = key.with_columns(pl.col("start").fill_null(0.0))
    if "member" not in key.columns:
        key = key.with_columns(pl.lit("").alias("member"))
    if "id" not in key.columns:
        key = key.with_row_index("row").with_columns(pl.format("{}-{}", "subject", "row").alias("id"))
    if "group" not in key.columns:
        key = key.with_columns(pl.format("{}/{}", "subject", "path").alias("group"))
    key = key.with_columns(pl.col("subject").alias("speaker"), pl.col("subject").alias("session"))
    files = file_tree(root, (*AUDIO, *ARRAYS, *PICKLES, *TABLES)).filter(pl.col("path") != table)
    rows, report = join_key(key, files, on="path", where=str(place))
    return scanned(CARD, rows, root, report, labels=("signal", "label", "member", "rate", "session"))
