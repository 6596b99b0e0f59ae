"""Reducers: what is chosen, what is projected, held to scikit-learn; what is fitted saw no other row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA, KernelPCA, TruncatedSVD
from sklearn.feature_selection import f_classif

from earwitness.errors import BadInput
from earwitness.layers.reduction import FITTED, Reduce, between

ROWS, DIMENSION, KEPT = 60, 12, 5
VALUES = np.random.default_rng(0).standard_normal((ROWS, DIMENSION)) * np.arange(1, DIMENSION + 1)
TRUTH = np.arange(ROWS) % 3


def fitted(reducer: Any, kept: int = KEPT, rows: int = 100, seed: int = 0, **changes: Any) -> Reduce:
    torch.manual_seed(seed)
    found = Reduce(DIMENSION, kept, reducer, rows)
    given = {"vectors": VALUES, "truth": TRUTH, "raw": VALUES} | changes
    found.fit(given["vectors"], given["truth"], given["raw"], seed)
    return found


def applied(found: Reduce, values: np.ndarray = VALUES) -> np.ndarray:
    return found(torch.from_numpy(values).float()).double().numpy()


def same_up_to_sign(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), rtol=1e-3, atol=2e-3)


def test_principal_axes_are_scikit_learns() -> None:
    same_up_to_sign(applied(fitted("pca")), PCA(KEPT, svd_solver="full").fit_transform(VALUES))
    theirs = TruncatedSVD(KEPT, algorithm="arpack").fit_transform(VALUES)
    same_up_to_sign(applied(fitted("svd")), theirs)


def test_kernel_axes_are_scikit_learns_on_new_rows() -> None:
    values = VALUES / VALUES.std(0)
    new = np.random.default_rng(1).standard_normal((7, DIMENSION))
    theirs = KernelPCA(KEPT, kernel="rbf", gamma=1 / DIMENSION).fit(values)
    found = fitted("kernel-pca", vectors=values)
    same_up_to_sign(applied(found, values), theirs.transform(values))
    same_up_to_sign(applied(found, new), theirs.transform(new))


def test_the_analysis_of_variance_is_scikit_learns() -> None:
    np.testing.assert_allclose(between(VALUES, TRUTH), f_classif(VALUES, TRUTH)[0])
    best = np.sort(np.argsort(-f_classif(VALUES, TRUTH)[0])[:KEPT])
    assert fitted("anova").get_buffer("index").tolist() == best.tolist()
    unknown = np.where(np.arange(ROWS) % 4 == 0, -1, TRUTH)
    known = unknown >= 0
    np.testing.assert_allclose(between(VALUES, unknown), f_classif(VALUES[known], TRUTH[known])[0])


def test_variance_looks_at_the_vectors_before_they_were_scaled() -> None:
    found = fitted("variance", vectors=VALUES / VALUES.std(0))
    assert found.get_buffer("index").tolist() == np.sort(np.argsort(-VALUES.var(0))[:KEPT]).tolist()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, DIMENSION), st.integers(0, 50), st.sampled_from(["random", "block"]))
def test_what_is_drawn(kept: int, seed: int, reducer: str) -> None:
    torch.manual_seed(seed)
    first = Reduce(DIMENSION, kept, reducer).get_buffer("index")  # type: ignore[arg-type]
    torch.manual_seed(seed)
    again = Reduce(DIMENSION, kept, reducer).get_buffer("index")  # type: ignore[arg-type]
    assert torch.equal(first, again)
    index = first.tolist()
    assert index == sorted(set(index))
    assert len(index) == kept
    assert index[0] >= 0
    assert index[-1] < DIMENSION
    if reducer == "block":
        assert index == list(range(index[0], index[0] + kept))


def test_another_seed_draws_another_set() -> None:
    sets = {tuple(fitted("random", seed=seed).get_buffer("index").tolist()) for seed in range(10)}
    assert len(sets) > 7


def test_a_gaussian_projection_keeps_lengths_in_the_mean() -> None:
    lengths = [
        (applied(fitted("gaussian", seed=seed)) ** 2).sum(1) / (VALUES**2).sum(1) for seed in range(60)
    ]
    assert np.mean(lengths) == pytest.approx(1.0, abs=0.05)


def test_means_of_neighbours() -> None:
    torch.manual_seed(0)
    found = Reduce(DIMENSION, 4, "mean-pool")
    np.testing.assert_allclose(applied(found), VALUES.reshape(ROWS, 4, 3).mean(2), atol=1e-5)
    assert applied(Reduce(DIMENSION, 4, "none")).shape == VALUES.shape


@pytest.mark.parametrize("reducer", FITTED)
def test_more_axes_than_rows_are_zero_and_nothing_breaks(reducer: str) -> None:
    found = fitted(reducer, kept=10, vectors=VALUES[:4], truth=TRUTH[:4], raw=VALUES[:4])
    left = applied(found)
    assert left.shape == (ROWS, 10)
    assert np.isfinite(left).all()
    if reducer in ("pca", "svd", "kernel-pca"):
        assert (left[:, 4:] == 0).all()


def test_kernel_axes_of_more_rows_than_are_taken() -> None:
    found = fitted("kernel-pca", rows=20, vectors=VALUES / VALUES.std(0))
    assert found.get_buffer("support").shape == (20, DIMENSION)
    assert np.isfinite(applied(found)).all()


@pytest.mark.parametrize("kept", [0, DIMENSION + 1])
def test_how_many_are_kept(kept: int) -> None:
    with pytest.raises(BadInput, match="keeps 1 to 12"):
        Reduce(DIMENSION, kept, "random")
