"""Nested leave-out: what is reported as held back was never seen by a calibrator or threshold either."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from earwitness.training.logistic import Affine, fit_affine
from earwitness.training.rounds import Round, Rows, balanced_weights, crossed_rounds, even_folds
from earwitness.training.verdicts import Verdicts, fit_verdicts, spoken_verdicts

FitAndScore = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(training rows, test rows) -> (test rows,) raw scores by a system trained on the training rows only."""


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of trials that nothing was fitted on; a row of the corpus comes once in every family's rounds.

    Args:
        row: (n,) row of the corpus.
        round: (n,) number of the outer round.
        family: (n,) engine family that its round held back.
        raw: (n,) raw score, higher = more bona fide.
        llr: (n,) calibrated inside the outer round.
        said: (n,) verdict by the round's own thresholds: 1 bona fide, -1 spoof, 0 inconclusive.
        said_at: share of wrong verdicts aimed at -> the same at other aims.
        calibrators: of each outer round.
        verdicts: thresholds of each outer round.
        rounds: the outer rounds.
    """

    row: np.ndarray
    round: np.ndarray
    family: np.ndarray
    raw: np.ndarray
    llr: np.ndarray
    said: np.ndarray
    said_at: dict[float, np.ndarray]
    calibrators: tuple[Affine, ...]
    verdicts: tuple[Verdicts, ...]
    rounds: tuple[Round, ...]


def out_of_fold(
    rounds: Sequence[Round], fit_and_score: FitAndScore
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Raw scores of the test rows of some rounds.

    Returns:
        Rows, raw scores, and the number of the round of each.
    """
    rows, scores, numbers = [], [], []
    for number, one in enumerate(rounds):
        raw = fit_and_score(one.train, one.test)
        kept = np.isfinite(raw)  # a clip without a scored window has no score
        rows.append(one.test[kept])
        scores.append(raw[kept])
        numbers.append(np.full(int(kept.sum()), number))
    return np.concatenate(rows), np.concatenate(scores), np.concatenate(numbers)


def fit_on_held_back(table: Rows, row: np.ndarray, raw: np.ndarray, wrong: float) -> tuple[Affine, Verdicts]:
    """Calibrator and thresholds from out-of-fold scores; families and sources count alike.

    Args:
        table: of the whole corpus.
        row: (n,) rows, each once for every family that was held back.
        raw: (n,) their raw scores.
        wrong: highest share of wrong verdicts, 0 to 1.
    """
    weight, real = balanced_weights(table, row), table.bona_fide[row]
    calibrator = fit_affine(raw, real, weight)
    return calibrator, fit_verdicts(calibrator(raw), real, weight, wrong=wrong)


def nested_held_back(
    table: Rows,
    rows: np.ndarray,
    folds: Sequence[Sequence[str]],
    fit_and_score: FitAndScore,
    *,
    inner_folds: int = 2,
    wrong: float = 0.05,
    also: Sequence[float] = (),
    progress: Callable[[int, int], None] | None = None,
) -> HeldBack:
    """Score every outer round with calibrator and thresholds from inner rounds of its training side.

    Args:
        table: of the whole corpus.
        rows: which rows take part.
        folds: sources of real speech that are held back together.
        fit_and_score: trains on rows, scores others.
        inner_folds: folds of sources inside each outer round.
        wrong: highest share of wrong verdicts that the thresholds aim at, 0 to 1.
        also: other aims, for comparison.
        progress: called with (rounds done, rounds).
    """
    rounds = crossed_rounds(table, rows, folds)
    parts: list[tuple[np.ndarray, ...]] = []
    calibrators, verdicts = [], []
    elsewhere: dict[float, list[np.ndarray]] = {aim: [] for aim in also}
    for number, outer in enumerate(rounds):
        inner = crossed_rounds(table, outer.train, even_folds(table, outer.train, inner_folds))
        inner_row, inner_raw, _ = out_of_fold(inner, fit_and_score)
        calibrator, threshold = fit_on_held_back(table, inner_row, inner_raw, wrong)
        row, raw, _ = out_of_fold([outer], fit_and_score)
        llr = calibrator(raw)
        said = spoken_verdicts(llr, threshold)
        for aim in also:
            _, other = fit_on_held_back(table, inner_row, inner_raw, aim)
            elsewhere[aim].append(spoken_verdicts(llr, other))
        parts.append((row, np.full(len(row), number), np.full(len(row), outer.family), raw, llr, said))
        calibrators.append(calibrator)
        verdicts.append(threshold)
        if progress is not None:
            progress(number + 1, len(rounds))
    row, which, family, raw, llr, said = (np.concatenate(column) for column in zip(*parts, strict=True))
    return HeldBack(
        row=row,
        round=which,
        family=family,
        raw=raw,
        llr=llr,
        said=said,
        said_at={aim: np.concatenate(values) for aim, values in elsewhere.items()},
        calibrators=tuple(calibrators),
        verdicts=tuple(verdicts),
        rounds=tuple(rounds),
    )
