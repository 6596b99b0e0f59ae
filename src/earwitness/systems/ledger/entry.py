"""One line of account: what a paper claims, what was measured here, and what is left of the claim."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import corpus_hashes
from earwitness.errors import BadInput

Word = Literal["reproduced", "direction only", "not reproduced", "not tested"]
Kind = Literal["real", "simulated", "miniature"]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the paper.

    Args:
        what: was measured: a system or a setting of it.
        metric: of the figure, with its unit.
        value: as printed.
        on: its data.
        source: table or section of the paper.
    """

    what: str
    metric: str
    value: float
    on: str
    source: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of ours: the mean over rounds and seeds, and that of the best seed, as papers report it.

    Args:
        what: was trained: a system or a setting of it.
        on: the protocol, in a few words.
        metric: of the figure.
        lower: whether lower is better.
        value: mean over seeds.
        low: lower end of its 95 % interval, speakers or sources resampled whole.
        high: upper end.
        n: trials.
        best: of the seed that was best on the test trials.
        seeds: seed -> figure.
        parameters: of the network.
        seconds: of all its trainings.
        notes: what a reader must know of the interval.
    """

    what: str
    on: str
    metric: str
    lower: bool
    value: float
    low: float
    high: float
    n: int
    best: float
    seeds: dict[str, float]
    parameters: int
    seconds: float
    notes: tuple[str, ...] = ()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How much one figure exceeds another on the same trials.

    Args:
        first: what was measured.
        other: what is subtracted.
        on: the protocol, in a few words.
        metric: of both.
        lower: whether lower is better.
        value: first minus other, means over seeds.
        low: lower end of the paired 95 % interval.
        high: upper end.
        n: trials.
        notes: what a reader must know of the interval.
    """

    first: str
    other: str
    on: str
    metric: str
    lower: bool
    value: float
    low: float
    high: float
    n: int
    notes: tuple[str, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of one claim.

    Args:
        claim: a sentence of the paper, in our words.
        word: the verdict.
        because: the figures that it rests on.
    """

    claim: str
    word: Word
    because: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that have no row of their own among the measured ones, such as costs or a matrix of recalls.

    Args:
        title: what it shows.
        columns: their names.
        rows: cells as they are to be read.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured on.

    Args:
        name: of the corpus.
        kind: `miniature` checks the machinery and says nothing about a claim.
        rows: of it that were used.
        sha256: of its table.
        what: it is, in a sentence.
        audio_sha256: of what is heard in it (`earwitness.corpora.corpus_hashes`); "" where that was not
            taken, or the audio was not there.
    """

    name: str
    kind: Kind
    rows: int
    sha256: str
    what: str
    audio_sha256: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ledger file.

    Args:
        name: of the reproduction.
        paper: where the claim was published.
        claim: the claim.
        published: figures of the paper.
        measured: figures of ours.
        differences: between ours, paired.
        verdicts: one for each part of the claim.
        tables: further figures.
        data: what was measured on.
        seeds: of the trainings.
        size: settings of the experiment.
        seconds: that all took, encodings included; of what was found done, its trainings alone (`spent`).
        threads: of torch.
        version: of earwitness.
        notes: what a reader must know before believing it.
    """

    name: str
    paper: str
    claim: str
    published: tuple[Published, ...]
    measured: tuple[Measured, ...]
    differences: tuple[Difference, ...]
    verdicts: tuple[Verdict, ...]
    data: Data
    seeds: tuple[int, ...]
    size: dict[str, Any]
    seconds: float
    threads: int
    version: str
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def data_of(
    table: Corpus, what: str, *, kind: Kind = "real", name: str = "", rows: int | None = None
) -> Data:
    """What was measured on, with the hash of its table and that of what is heard in it.

    Args:
        table: the corpus.
        what: it is, in a sentence.
        kind: of the data.
        name: of the corpus, where it is not that of the table; of one that is called as its file, no folders
            are told.
        rows: that were used; all of them when `None`.

    Raises:
        BadInput: when a file of the corpus cannot be read.

    Example:
        >>> import polars as pl
        >>> row = dict(id="a", path="a.wav", start=0.0, end=1.0, split="train", speaker="s", group="g")
        >>> data_of(Corpus(pl.DataFrame([row | {"sha256": "0" * 64}]), "mine"), "a clip").rows
        1
    """
    hashes = corpus_hashes(table)
    return Data(
        name=name or Path(table.name).name, kind=kind, rows=len(table) if rows is None else rows,
        sha256=hashes.table_sha256, audio_sha256=hashes.audio_sha256, what=what,
    )  # fmt: skip


def spent(began: float, rows: Iterable[Measured]) -> float:
    """Seconds since `began` (monotonic), or of all trainings, where some of them were found done.

    Example:
        >>> spent(time.monotonic() - 5.0, [])
        5
    """
    return max(round(time.monotonic() - began), round(sum(row.seconds for row in rows)))


def read_entry(path: str | Path) -> Entry:
    """A ledger file, read.

    Raises:
        BadInput: when it cannot be read or is no entry.
    """
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=Entry)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput(f"is not an entry of the ledger: {error}", where=str(path)) from error


def judged(claim: str, difference: Difference, *, least: float = 0.0) -> Verdict:
    """The verdict on a claim that `first` is better than `other`.

    Reproduced: the paired interval lies on the claimed side of zero, and the difference is at least as
    large as `least`. Direction only: the mean lies on the claimed side. The rule stands before the
    experiment is run.

    Args:
        claim: what is claimed.
        difference: ours.
        least: how large the difference must be, in the metric's unit.

    Example:
        >>> better = Difference(first="a", other="b", on="folds", metric="eer", lower=True,
        ...                     value=-0.04, low=-0.06, high=-0.01, n=100)
        >>> judged("a errs less than b", better).word
        'reproduced'
        >>> judged("a errs less than b by half", better, least=0.1).word
        'direction only'
    """
    gain, low = (
        (-difference.value, -difference.high) if difference.lower else (difference.value, difference.low)
    )
    word: Word = "not reproduced" if gain <= 0 else "direction only"
    if low > 0 and gain >= least:
        word = "reproduced"
    because = (
        f"{difference.first} minus {difference.other}, {difference.metric}, {difference.on}: "
        f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}], n = {difference.n:,}"
    )
    return Verdict(claim=claim, word=word, because=because)
