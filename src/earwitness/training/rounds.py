"""Leave-out rounds: engine families crossed with sources, and the same again inside each round."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np

from earwitness.errors import BadInput


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The columns by which rounds are made; one entry a row of the corpus.

    Args:
        bona_fide: (n,) True = real speech.
        family: (n,) engine family of a spoof, "" for real speech.
        source: (n,) where the speech came from; text-to-speech has a source of its own.
        group: (n,) rows made from one utterance share it.
        voice: (n,) speaker or synthetic voice; a voice never lies in two folds of its source.
    """

    bona_fide: np.ndarray
    family: np.ndarray
    source: np.ndarray
    group: np.ndarray
    voice: np.ndarray

    def families(self, rows: np.ndarray) -> list[str]:
        """Engine families among some rows, sorted."""
        return sorted(set(self.family[rows][~self.bona_fide[rows]].tolist()))

    def sources(self, rows: np.ndarray) -> list[str]:
        """Sources of real speech among some rows, sorted."""
        return sorted(set(self.source[rows][self.bona_fide[rows]].tolist()))


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One leave-out round.

    Args:
        family: engine family that is held back.
        sources: sources of real speech that are held back with it.
        train: rows of the other families and sources.
        test: rows of the held-back family and real speech of the held-back sources.
    """

    family: str
    sources: tuple[str, ...]
    train: np.ndarray
    test: np.ndarray


def crossed_rounds(table: Rows, rows: np.ndarray, folds: Sequence[Sequence[str]]) -> list[Round]:
    """One round for each pair of a family and a fold of sources.

    Copies made from real speech (vocoders) are tested only where their source is held back too, so no
    word, voice or channel of a test row was trained on. Text-to-speech has no such source: its rows
    are dealt to the folds by voice, so that over all rounds every row is tested once.

    Args:
        table: of the whole corpus.
        rows: which rows take part; a round trains and tests on no others.
        folds: sources of real speech, held back together; together all of them, each once.

    Raises:
        BadInput: when the folds miss or repeat a source, or there are fewer than two families or folds.

    Example:
        >>> column = np.array
        >>> table = Rows(bona_fide=column([True, True, False, False]), family=column(["", "", "a", "b"]),
        ...     source=column(["x", "y", "a", "b"]), group=np.arange(4), voice=column(["1", "2", "3", "4"]))
        >>> rounds = crossed_rounds(table, np.arange(4), [["x"], ["y"]])
        >>> [(r.family, r.sources) for r in rounds]
        [('a', ('x',)), ('a', ('y',)), ('b', ('x',)), ('b', ('y',))]
    """
    named = [source for fold in folds for source in fold]
    present = table.sources(rows)
    if sorted(named) != present:
        raise BadInput(f"folds must name each source of real speech once: {', '.join(present)}")
    families = table.families(rows)
    if len(families) < 2 or len(folds) < 2:
        raise BadInput("leaving out needs at least two engine families and two folds of sources")
    real = table.bona_fide[rows]
    copied = np.isin(table.source[rows], present)  # spoofs made from real speech of the corpus
    rounds = []
    for family in families:
        mine = table.family[rows] == family
        dealt = _deal(table.voice[rows], mine & ~copied, len(folds))
        for number, fold in enumerate(folds):
            held = np.isin(table.source[rows], list(fold))
            test = (real & held) | (mine & np.where(copied, held, dealt == number))
            train = ~mine & ~held
            train &= ~np.isin(table.group[rows], np.unique(table.group[rows][test]))
            rounds.append(Round(family=family, sources=tuple(fold), train=rows[train], test=rows[test]))
    return rounds


def _deal(voice: np.ndarray, mine: np.ndarray, folds: int) -> np.ndarray:
    """Fold of each row: voices in the order of their hash, each to the fold with the fewest rows so far."""
    names, member = np.unique(voice[mine].astype(str), return_inverse=True)
    order = sorted(range(len(names)), key=lambda place: hashlib.sha256(str(names[place]).encode()).digest())
    if len(names) < folds:  # too few voices to keep apart: none of them was ever trained on
        dealt = np.arange(int(mine.sum())) % folds
    else:
        size, home = [0] * folds, np.zeros(len(names), int)
        for place in order:
            home[place] = size.index(min(size))
            size[home[place]] += int((member == place).sum())
        dealt = home[member]
    every = np.full(len(voice), -1)
    every[mine] = dealt
    return every


def even_folds(table: Rows, rows: np.ndarray, count: int) -> list[tuple[str, ...]]:
    """Sources of real speech dealt into folds of about equal size, largest source first.

    Args:
        table: of the whole corpus.
        rows: which rows take part.
        count: how many folds; fewer when there are fewer sources.

    Example:
        >>> table = Rows(bona_fide=np.ones(4, bool), family=np.array([""] * 4),
        ...     source=np.array(["x", "x", "y", "z"]), group=np.arange(4), voice=np.array(list("abcd")))
        >>> even_folds(table, np.arange(4), 2)
        [('x',), ('y', 'z')]
    """
    names, sizes = np.unique(table.source[rows][table.bona_fide[rows]], return_counts=True)
    folds: list[list[str]] = [[] for _ in range(min(count, len(names)))]
    weight = [0] * len(folds)
    for place in np.lexsort((names, -sizes)):
        lightest = weight.index(min(weight))
        folds[lightest].append(str(names[place]))
        weight[lightest] += int(sizes[place])
    return [tuple(sorted(fold)) for fold in folds]


def balanced_weights(table: Rows, rows: np.ndarray, *, by_source: bool = False) -> np.ndarray:
    """Weights under which both classes count half, and in each every family or source the same.

    Args:
        table: of the whole corpus.
        rows: (n,) which rows.
        by_source: balance the classes inside every source, too, so that a source says nothing about
            the class; within a source and class the families count alike.

    Returns:
        (n,) weights with mean 1.

    Example:
        >>> table = Rows(bona_fide=np.array([True, False, False]), family=np.array(["", "a", "a"]),
        ...     source=np.array(["x", "a", "a"]), group=np.arange(3), voice=np.array(list("abc")))
        >>> balanced_weights(table, np.arange(3)).tolist()
        [1.5, 0.75, 0.75]
    """
    real = table.bona_fide[rows]
    source, family = table.source[rows].astype(str), table.family[rows].astype(str)
    weights = np.zeros(len(rows))
    if not by_source:
        stratum = np.where(real, source, family)
        for side in (real, ~real):
            weights[side] = _even(stratum[side])
        return weights * len(rows) / weights.sum()
    for name in np.unique(source):
        here = source == name
        sides = [side for side in (here & real, here & ~real) if side.any()]
        for side in sides:
            # a source with one class only teaches the source: it counts a tenth
            weights[side] = _even(family[side]) * (1.0 if len(sides) == 2 else 0.1)
    return weights * len(rows) / weights.sum()


def _even(stratum: np.ndarray) -> np.ndarray:
    """Weights that sum to 1, every stratum counting the same."""
    names, member, sizes = np.unique(stratum, return_inverse=True, return_counts=True)
    return 1 / (sizes[member] * len(names))
