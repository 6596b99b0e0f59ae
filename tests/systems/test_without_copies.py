"""All copies held back together."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness.systems.without_copies import without_copies
from earwitness.training.rounds import Rows


def rows() -> Rows:
    column = np.array
    return Rows(
        bona_fide=column([True] * 4 + [False] * 6),
        family=column([""] * 4 + ["tts", "tts", "a", "a", "b", "b"]),
        source=column(["x", "x", "y", "y", "tts", "tts", "x", "y", "x", "y"]),
        group=column([0, 1, 2, 3, 4, 5, 0, 2, 1, 3]),
        voice=column(list("abcdefabcd")),
    )


COPIED = np.array([False] * 6 + [True] * 4)


def test_no_copy_is_ever_trained_on() -> None:
    table, seen = rows(), []

    def fit_and_score(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        seen.append((train, test))
        return table.bona_fide[test].astype(float)

    found = without_copies(table, np.arange(10), COPIED, [["x"], ["y"]], fit_and_score)
    assert found == {"folds": [0.0, 0.0], "mean_eer": 0.0, "trials": 8}
    for train, test in seen:
        assert not COPIED[train].any()
        assert set(table.source[test]) <= {"x"} or set(table.source[test]) <= {"y"}
        assert not set(table.group[train]) & set(table.group[test])


@pytest.mark.parametrize("kept", [np.arange(6), np.array([0, 1, 2, 3, 6, 7, 8, 9])])
def test_nothing_to_say_without_copies_or_with_nothing_else(kept: np.ndarray) -> None:
    assert without_copies(rows(), kept, COPIED, [["x"], ["y"]], lambda _, test: np.zeros(len(test))) is None
