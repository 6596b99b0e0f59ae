"""Quality classes for a corpus: measured, then cut at thresholds that only training rows decide."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.audio.decode import decode
from earwitness.audio.quality_predictor import QualityPredictor
from earwitness.audio.resample import resample
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput

QUALITY = "quality"
"""Column of the class: "0" is the lowest."""
_KEY = ("id", "path", "start", "end")
_BLOCK = 100  # rows between two savings
_RATE = 16_000


class QualityLabels(msgspec.Struct, frozen=True, kw_only=True):
    """How classes came about.

    Args:
        predictor: that measured.
        thresholds: the lowest value of class 1, 2 ..., ascending.
        fitted_on: rows from which quantiles were taken; 0 where thresholds were given.
        fitted_on_sha256: of their ids and values (hexadecimal); `None` where thresholds were given.
        counts: label -> class -> rows.
        means: label -> mean of what was measured.
    """

    predictor: str
    thresholds: tuple[float, ...]
    fitted_on: int
    fitted_on_sha256: str | None
    counts: dict[str, dict[str, int]]
    means: dict[str, float]


def quantile_thresholds(values: Sequence[float] | np.ndarray, classes: int) -> tuple[float, ...]:
    """Thresholds that put as many training values into each class.

    Args:
        values: of training rows.
        classes: 2 or more.

    Raises:
        BadInput: when there are too few different values.

    Example:
        >>> quantile_thresholds([1.0, 2.0, 3.0, 4.0, 5.0], 2)
        (3.0,)
    """
    if classes < 2:
        raise BadInput("must be 2 or more", where="classes")
    if not len(values):
        raise BadInput(
            "no bona fide training row to take quantiles from; give thresholds instead", where="quality"
        )
    found = np.quantile(values, np.arange(1, classes) / classes)
    thresholds = tuple(float(value) for value in found)
    if any(low >= high for low, high in itertools.pairwise(thresholds)) or thresholds[0] <= np.min(values):
        raise BadInput(f"too few different values for {classes} classes", where="quality")
    return thresholds


def quality_classes(values: Sequence[float | None], thresholds: Sequence[float]) -> list[str | None]:
    """Class of each value: how many thresholds it reaches; `None` for `None`.

    Args:
        values: measured.
        thresholds: ascending.

    Raises:
        BadInput: when thresholds do not ascend, or there are none.

    Example:
        >>> quality_classes([1.9, 2.5, None], [2.5])
        ['0', '1', None]
    """
    if not thresholds or any(not low < high for low, high in itertools.pairwise(thresholds)):
        raise BadInput("thresholds must be one or more, ascending", where="quality")
    return [
        None if value is None else str(int(np.searchsorted(thresholds, value, side="right")))
        for value in values
    ]


def with_quality(
    corpus: Corpus,
    column: str,
    *,
    classes: int = 2,
    thresholds: Sequence[float] | None = None,
    training: Sequence[bool] | np.ndarray | None = None,
) -> tuple[Corpus, QualityLabels]:
    """A corpus with quality classes.

    Args:
        corpus: with a column of what was measured.
        column: its name, `mos_` and that of the predictor.
        classes: of about as many bona fide training rows each, where no thresholds are given. Quantiles are
            of bona fide rows, as only their class is ever looked at.
        thresholds: in place of quantiles; the paper has 2.5 (of SCOREQ).
        training: which rows are trained on; those of the split "train" when `None`. A protocol of several
            rounds has others in each.

    Returns:
        The corpus with the column `quality`, and how it came about.

    Raises:
        BadInput: when there are no training rows to take quantiles from, or thresholds do not ascend.
    """
    table = corpus.table
    label = table["label"] if "label" in table.columns else pl.Series("label", ["bona fide"] * len(table))
    mask = table["split"] == "train" if training is None else pl.Series(np.asarray(training, bool))
    fitted = table.filter(mask & (label == "bona fide")).drop_nulls(column)
    digest = None
    if thresholds is None:
        thresholds = quantile_thresholds(fitted[column].to_numpy(), classes)
        said = "".join(f"{row[0]}|{row[1]!r}\n" for row in fitted.select("id", column).sort("id").rows())
        digest = hashlib.sha256(said.encode()).hexdigest()
    made = table.with_columns(
        pl.Series(QUALITY, quality_classes(table[column].to_list(), thresholds), pl.String)
    )
    counted = made.select(label.fill_null("").alias("label"), QUALITY, column)
    return Corpus(made, corpus.name, corpus.report), QualityLabels(
        predictor=column.removeprefix("mos_"),
        thresholds=tuple(thresholds),
        fitted_on=0 if digest is None else len(fitted),
        fitted_on_sha256=digest,
        counts={
            str(name): {
                str(number): part.filter(pl.col(QUALITY) == str(number)).height
                for number in range(len(thresholds) + 1)
            }
            for (name,), part in counted.group_by("label", maintain_order=True)
        },
        means={
            str(name): float(np.mean(part[column].drop_nulls().to_numpy()))
            for (name,), part in counted.drop_nulls(column).group_by("label", maintain_order=True)
        },
    )


def label_quality(
    source: str | Path,
    out: str | Path,
    predictor: QualityPredictor,
    *,
    classes: int = 2,
    thresholds: Sequence[float] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> QualityLabels:
    """Measure a corpus and write it with its quality classes; what a stopped run measured is kept.

    Args:
        source: folder of a corpus, or its Parquet file.
        out: Parquet file of the new table, whose audio stays where it is. What is measured there, or in the
            source, by the same predictor is not measured again.
        predictor: that measures.
        classes: see `with_quality`.
        thresholds: see `with_quality`.
        workers: recordings measured at once.
        progress: called with (rows done, of how many).

    Returns:
        How the classes came about.

    Raises:
        BadInput: when the corpus or a recording cannot be read, or the classes cannot be made.
    """
    if workers < 1:
        raise BadInput("must be 1 or more", where="workers")
    if thresholds is not None:
        quality_classes([], thresholds)  # refused before anything is measured
    elif classes < 2:
        raise BadInput("must be 2 or more", where="classes")
    out = Path(out)
    if out.suffix != ".parquet":
        raise BadInput("is not the name of a .parquet file", where=str(out))
    corpus = Corpus.read(source)
    assert corpus.root is not None
    column = f"mos_{predictor.name}"
    part = out.with_name(f"{out.name}.{predictor.name}.measured")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be made: {error.strerror}", where=str(out.parent)) from error
    known = _known(corpus.table, column, (out, part))
    rows = corpus.table.select(_KEY).rows()
    missing = [row for row in rows if row not in known]
    tell = progress or (lambda *_: None)
    tell(len(rows) - len(missing), len(rows))
    root = corpus.root
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(missing), _BLOCK):
            block = missing[first : first + _BLOCK]
            values = pool.map(lambda row: _measured(predictor, root, *row[1:]), block)
            try:
                for done, (row, value) in enumerate(zip(block, values, strict=True), start=first + 1):
                    known[row] = value
                    tell(len(rows) - len(missing) + done, len(rows))
            finally:
                _save(known, column, part)
    table = corpus.table.with_columns(pl.Series(column, [known[row] for row in rows], pl.Float64))
    made, labels = with_quality(
        Corpus(table, corpus.name, corpus.report), column, classes=classes, thresholds=thresholds
    )
    made.write(out, corpus.root)
    part.unlink(missing_ok=True)
    return labels


_Row = tuple[object, ...]


def _known(table: pl.DataFrame, column: str, files: Iterable[Path]) -> dict[_Row, float | None]:
    tables = [table]
    for file in files:
        with contextlib.suppress(OSError, pl.exceptions.PolarsError):
            tables.append(pl.read_parquet(file, memory_map=False))
    return {
        row[:-1]: row[-1]
        for one in tables
        if {column, *_KEY} <= set(one.columns)
        for row in one.select(*_KEY, column).rows()
        if row[-1] is not None
    }


def _save(known: dict[_Row, float | None], column: str, file: Path) -> None:
    if not known:
        return
    kinds = {"id": pl.String, "path": pl.String, "start": pl.Float64, "end": pl.Float64, column: pl.Float64}
    rows = [(*row, value) for row, value in known.items()]
    new = file.with_name(f"{file.name}.part")
    try:
        pl.DataFrame(rows, kinds, orient="row").write_parquet(new)
        new.replace(file)
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(file)) from error


def _measured(
    predictor: QualityPredictor, root: Path, path: str, start: float, end: float | None
) -> float | None:
    """Quality of a row; `None` where the predictor gives no number."""
    recording = decode(root / path)
    rate = recording.sample_rate
    heard = recording.samples[round(start * rate) : None if end is None else round(end * rate)]
    if not len(heard):
        raise BadInput("holds no samples", where=str(root / path))
    value = float(predictor.predict(resample(heard, rate, _RATE)))
    return value if np.isfinite(value) else None
