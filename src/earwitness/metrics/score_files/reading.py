"""Score files and keys in the field's layouts, recognised by what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics.score_files.headers import BONA_FIDE_WORDS, TARGET_WORDS, named_columns
from earwitness.metrics.score_files.text_table import numbers, read_text


class ScoreTable(NamedTuple):
    """What a score file or key holds.

    Args:
        rows: columns `id` and, of a score file, `score` (for ASVspoof 5 track 2 also `cm_score` and
            `asv_score`); of a key, `label` and whatever the trials can be broken down by.
        layout: name of the layout it was read as.
    """

    rows: pl.DataFrame
    layout: str


def read_scores(path: str | Path, *, answers: bool = False) -> ScoreTable:
    r"""Read a score file: two columns, ASVspoof 2019/2021/5, VoxCeleb trials, or Parquet.

    Args:
        path: the file; the layout is recognised and named in the result.
        answers: without a score, a column `prediction` or one column a class will do (files with a
            header).

    Returns:
        One row a trial. The id of a pair is "enrolment test".

    Raises:
        BadInput: when the file is no score file, or a score is NaN, or a trial is there twice.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "scores.txt"
        >>> _ = file.write_text("LA_E_1 2.5\nLA_E_2 -1\n")
        >>> read_scores(file).rows["score"].to_list()
        [2.5, -1.0]
    """
    where = str(path)
    if Path(path).suffix == ".parquet":
        rows, layout, first = _parquet(path), "Parquet", 1
    else:
        text, first = read_text(path)
        rows, layout = _score_layout(text, where)
        first += layout.endswith("header")
    for column in ("score", "cm_score", "asv_score"):
        if column in rows.columns and rows[column].dtype in (pl.String, pl.Categorical):
            original = rows
            values = numbers(
                original, column, first, where, dash=column != "score" or "cm_score" in rows.columns
            )
            rows = rows.with_columns(values.alias(column))
    if answers and "id" in rows.columns and "score" not in rows.columns and len(rows.columns) > 1:
        refuse_duplicates(rows, where)
        return ScoreTable(rows.with_columns(pl.col("id").cast(pl.String)), layout)
    if "score" not in rows.columns or "id" not in rows.columns:
        raise BadInput(f"has no columns id and score; it has {', '.join(rows.columns)}", where=where)
    if not rows["score"].dtype.is_numeric():
        raise BadInput("scores are no numbers", where=where)
    rows = rows.with_columns(pl.col("score").cast(pl.Float64))
    missing = rows["score"].is_null() | rows["score"].is_nan().fill_null(False)
    if missing.any():
        raise BadInput(f"the score of {rows['id'][missing.arg_max() or 0]} is NaN or missing", where=where)
    refuse_duplicates(rows, where)
    return ScoreTable(rows.with_columns(pl.col("id").cast(pl.String)), layout)


def read_key(path: str | Path, *, phase: str | None = "eval") -> ScoreTable:
    r"""Read a key: what each trial is, and by what it can be broken down.

    Args:
        path: a two-column key, an ASVspoof 2019/2021/5 protocol, a VoxCeleb trial list, a CtrSVDD list, a
            CSV with a header (In-the-Wild), or Parquet (a corpus table).
        phase: of ASVspoof 2021 keys only these trials count ("eval", "progress" ...); all when `None`.

    Returns:
        Columns `id`, `label` ("bona fide" or "spoof"; "target", "nontarget" or "spoof"; else as
        written) and breakdown columns.

    Raises:
        BadInput: when the file is no key or names a trial twice.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "key.txt"
        >>> _ = file.write_text("LA_0039 LA_E_1 - A07 spoof\nLA_0014 LA_E_2 - - bonafide\n")
        >>> read_key(file).rows["attack"].to_list()
        ['A07', '-']
    """
    where = str(path)
    if Path(path).suffix == ".parquet":
        rows, layout = _parquet(path), "Parquet"
    else:
        rows, layout = _key_layout(read_text(path)[0], where)
    if "id" not in rows.columns or "label" not in rows.columns:
        raise BadInput(f"has no columns id and label; it has {', '.join(rows.columns)}", where=where)
    if layout.startswith("ASVspoof 2021"):
        phases = sorted(rows["phase"].unique().to_list())
        if phase is not None and phase not in phases:
            raise BadInput(f"has no trials of phase {phase!r}; it has {', '.join(phases)}", where=where)
        if phase is not None and len(phases) > 1:
            rows = rows.filter(pl.col("phase") == phase)
        rows = rows.drop("phase", "trim")
    if rows["label"].null_count():
        unknown = rows.filter(pl.col("label").is_null())["id"].cast(pl.String)
        raise BadInput(f"has no label for {len(unknown)} trials: {few(unknown)}", where=where)
    if rows["label"].dtype in (pl.String, pl.Categorical):
        rows = rows.with_columns(_plain_labels(rows["label"]))
    refuse_duplicates(rows, where)
    return ScoreTable(rows, layout)


def refuse_duplicates(rows: pl.DataFrame, where: str) -> None:
    """Refuse a table that names a trial twice, or not at all; the first few are named.

    Raises:
        BadInput: when an id occurs more than once or is missing.
    """
    if rows["id"].null_count():
        raise BadInput(f"row {(rows['id'].is_null().arg_max() or 0) + 1} has no id", where=where)
    if rows["id"].n_unique() == len(rows):
        return
    twice = rows.filter(pl.col("id").is_duplicated())["id"].unique(maintain_order=True)
    raise BadInput(
        f"names {len(twice)} trials more than once: {few(twice)}; was it appended to?", where=where
    )


def few(ids: pl.Series) -> str:
    """The first three of a list of trials."""
    return ", ".join(map(str, ids.head(3).to_list())) + (" ..." if len(ids) > 3 else "")


def _parquet(path: str | Path) -> pl.DataFrame:
    try:
        rows = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadInput(f"cannot be read: {str(error).splitlines()[0]}", where=str(path)) from error
    if not len(rows):
        raise BadInput("is empty", where=str(path))
    return rows.with_columns(pl.col("id").cast(pl.String)) if "id" in rows.columns else rows


def _score_layout(text: pl.DataFrame, where: str) -> tuple[pl.DataFrame, str]:
    if (header := named_columns(text)) is not None:
        rows = text.slice(1).rename(header)
        layout = "ASVspoof 5 track 2" if "asv_score" in rows.columns else "columns with a header"
        if "id" in rows.columns and "enrolment" in rows.columns:
            rows = rows.with_columns(
                pl.concat_str(pl.col("enrolment", "id").cast(pl.String), separator=" ").alias("id")
            )
        return rows, layout if layout.endswith("header") else f"{layout}, header"
    wide, first = len(text.columns), text.row(0)
    if wide == 2:
        return _named(text, id=1, score=2), "two columns"
    if wide == 3:
        pair, score = ((2, 3), 1) if _number(first[0]) and not _number(first[2]) else ((1, 2), 3)
        return _paired(text, pair).rename({f"column_{score}": "score"}), "VoxCeleb trials"
    if wide == 4 and first[2].lower() in BONA_FIDE_WORDS:
        return _named(text, id=1, attack=2, label=3, score=4), "ASVspoof 2019"
    if wide == 4 and first[3].lower() in TARGET_WORDS:
        return _paired(text, (1, 2)).rename({"column_3": "score"}), "VoxCeleb trials"
    raise BadInput(f"has {wide} columns and no header; no score layout is known with these", where=where)


def _key_layout(text: pl.DataFrame, where: str) -> tuple[pl.DataFrame, str]:
    if (header := named_columns(text)) is not None:
        rows = text.slice(1).rename(header)
        if "asv_label" in rows.columns:
            spoofs = [word for word, meaning in BONA_FIDE_WORDS.items() if meaning == "spoof"]
            label, speaker = (pl.col(name).cast(pl.String) for name in ("label", "asv_label"))
            rows = rows.with_columns(
                pl.concat_str(pl.col("enrolment", "id").cast(pl.String), separator=" ").alias("id"),
                pl.when(label.str.to_lowercase().is_in(spoofs))
                .then(pl.lit("spoof"))
                .otherwise(speaker)
                .alias("label"),
            ).drop("asv_label")
            return rows, "ASVspoof 5 track 2"
        return rows, "columns with a header"
    wide, first = len(text.columns), [field.lower() for field in text.row(0)]
    if wide == 2:
        return _named(text, id=1, label=2), "two columns"
    if wide == 3 and first[0] in TARGET_WORDS:
        return _paired(text, (2, 3)).rename({"column_1": "label"}), "VoxCeleb trials"
    if wide == 3 and first[2] in TARGET_WORDS:
        return _paired(text, (1, 2)).rename({"column_3": "label"}), "VoxCeleb trials"
    if wide == 5 and first[4] in BONA_FIDE_WORDS:
        return _named(text, speaker=1, id=2, environment=3, attack=4, label=5), "ASVspoof 2019"
    if wide == 6 and first[5] in BONA_FIDE_WORDS:
        return _named(text, source=1, speaker=2, id=3, attack=5, label=6), "CtrSVDD"
    if wide == 8 and first[5] in BONA_FIDE_WORDS:
        return (
            _named(text, speaker=1, id=2, codec=3, transmission=4, attack=5, label=6, trim=7, phase=8),
            "ASVspoof 2021 LA",
        )
    if wide == 12 and first[9] in BONA_FIDE_WORDS:
        return _named(text, speaker=1, id=2, label=10, trim=11, phase=12), "ASVspoof 2021 PA"
    if wide == 13 and first[5] in BONA_FIDE_WORDS:
        columns = {"speaker": 1, "id": 2, "codec": 3, "source": 4, "attack": 5, "label": 6, "trim": 7}
        return _named(text, **columns, phase=8, vocoder=9, language=13), "ASVspoof 2021 DF"
    if wide == 10 and first[8] in BONA_FIDE_WORDS:
        return _named(text, speaker=1, id=2, gender=3, codec=4, attack=8, label=9), "ASVspoof 5 track 1"
    raise BadInput(f"has {wide} columns and no header; no key layout is known with these", where=where)


def _named(text: pl.DataFrame, **columns: int) -> pl.DataFrame:
    return text.select(_as_text(name, at) for name, at in columns.items())


def _as_text(name: str, at: int) -> pl.Expr:
    column = pl.col(f"column_{at}").alias(name)
    return column.cast(pl.String) if name == "id" else column


def _paired(text: pl.DataFrame, columns: tuple[int, int]) -> pl.DataFrame:
    first, second = (f"column_{at}" for at in columns)
    return text.with_columns(pl.concat_str(pl.col(first, second).cast(pl.String), separator=" ").alias("id"))


def _plain_labels(labels: pl.Series) -> pl.Series:
    written = [str(label) for label in labels.unique().to_list()]
    plain = {label: label.strip().lower() for label in written}
    for words in (TARGET_WORDS, BONA_FIDE_WORDS):
        if set(plain.values()) <= set(words):
            kinds = {label: words[low] for label, low in plain.items()}
            return labels.cast(pl.String).replace_strict(kinds, return_dtype=pl.Categorical).alias("label")
    return labels.alias("label")


def _number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
