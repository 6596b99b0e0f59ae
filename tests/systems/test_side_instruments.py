"""How side instruments are fitted: distances, numbers, nested rounds that never see what they judge."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.systems import number_rounds, open_set_rounds
from earwitness.systems.nearest_class import Nearest, Numbers, Space
from earwitness.systems.number_rounds import families_left_out, interval, nested_numbers, weighted_quantiles
from earwitness.systems.open_set_rounds import auroc, figures_of, left_out, limit_of, nested, open_set_f1
from earwitness.systems.side_card import card_of
from earwitness.systems.side_instruments import by_class, drawn_alike, typical_distances

NAMES = ("real", "a", "b", "c", "d")


def clouds(
    seed: int = 0, count: int = 30, apart: float = 8.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Values, labels, clusters and folds of classes that lie apart along an axis each."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(NAMES, count)
    values = rng.standard_normal((len(labels), 12))
    for at, name in enumerate(NAMES):
        values[labels == name, at] += apart
    clusters = np.array([f"s{at % 9}" for at in range(len(labels))])
    return values, labels, clusters, np.arange(len(labels)) % 9 % 3


def test_the_nearest_class_is_found_and_strangers_are_far() -> None:
    values, labels, _, _ = clouds()
    model = Nearest.fit(values, labels, directions=12)
    fresh, truth, _, _ = clouds(1)
    distances = model.distances(fresh)
    assert (np.array(model.classes)[distances.argmin(1)] == truth).mean() > 0.95
    odd = fresh.copy()
    odd[:, 10] += 30
    assert np.median(model.distances(odd).min(1)) > distances.min(1).max()
    with pytest.raises(BadInput, match="two classes"):
        Nearest.fit(values[:30], labels[:30])
    with pytest.raises(BadInput, match="two rows"):
        Space.fit(values[:1], 3)


@given(scale=st.floats(0.01, 100), shift=st.floats(-100, 100))
@settings(max_examples=15, deadline=None)
def test_distances_do_not_depend_on_units(scale: float, shift: float) -> None:
    values, labels, _, _ = clouds()
    plain = Nearest.fit(values, labels).distances(values)
    other = Nearest.fit(values * scale + shift, labels).distances(values * scale + shift)
    assert np.allclose(plain, other, atol=1e-4 * np.abs(plain).max())


def test_numbers_are_found_in_octaves() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((200, 6))
    truth = 2.0 ** (10 + values @ np.array([1.0, -0.5, 0, 0, 0, 0.2]))
    model = Numbers.fit(Space.fit(values, 6), values, truth, np.ones(200), ridge=1e-6)
    assert np.allclose(model.logs(values), np.log2(truth), atol=1e-4)
    pulled = Numbers.fit(Space.fit(values, 6), values, truth, np.ones(200), ridge=1e9)
    assert np.allclose(pulled.logs(values), np.log2(truth).mean(), atol=1e-3)


def test_no_round_saw_what_it_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    values, labels, _, folds = clouds()
    seen: list[np.ndarray] = []
    real_fit = Nearest.fit

    def fit(given: np.ndarray, names: np.ndarray, **changes: float) -> Nearest:
        seen.append(given)
        return real_fit(given, names)

    monkeypatch.setattr(open_set_rounds.Nearest, "fit", fit)
    rows = np.arange(len(labels))
    found = left_out(values, labels, folds, rows, "real")
    assert len(seen) == 4
    assert set(labels[found.row[~found.known]].tolist()) == {"a", "b", "c", "d"}
    assert np.isfinite(found.own[found.known]).all()
    assert np.isnan(found.own[~found.known]).all()
    seen.clear()
    rounds, _ = nested(values, labels, folds, "real")
    assert [name for name, _, _ in rounds] == ["a", "b", "c", "d"]
    outer = 0
    for name, one, _ in rounds:
        tested = {values[row].tobytes() for row in one.row.tolist()}
        # three inner fits of what is left, then the outer one
        for trained in seen[outer : outer + 4]:
            assert not tested & {row.tobytes() for row in trained}, name
        outer += 4
    assert outer == len(seen)


def test_far_apart_is_told_apart_and_noise_is_not() -> None:
    for apart, low, high in ((8.0, 0.9, 1.0), (0.0, 0.3, 0.7)):
        values, labels, clusters, folds = clouds(apart=apart)
        rounds, limit = nested(values, labels, folds, "real")
        figures = figures_of(rounds, labels, clusters, "real", replicates=20)
        area = figures["auroc_known_unknown"]
        assert low <= area["value"] <= high
        assert area["low"] <= area["value"] <= area["high"]
        named = np.concatenate([one.distance[~one.known] for _, one, _ in rounds]) <= limit
        assert named.mean() <= 0.07
        quantiles = typical_distances(rounds, labels, tuple(np.unique(labels).tolist()))
        assert all(list(one) == sorted(one) for one in quantiles.values())
        assert set(by_class(rounds, "real")) == {"a", "b", "c", "d"}


def test_limits_and_figures_of_a_few_trials() -> None:
    labels = np.array(["a", "a", "b", "c"])
    found = open_set_rounds.HeldBack(
        row=np.arange(4), known=np.array([True, True, True, False]), said=np.array(["a", "b", "b", "a"]),
        distance=np.array([1.0, 9.0, 2.0, 8.0]), own=np.array([1.0, 10.0, 2.0, np.nan]),
    )  # fmt: skip
    assert limit_of(found) == 8.0
    # a: one of two found, none wrong; b: all; unknown: found, and one more
    assert open_set_f1(found, labels, 5.0) == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert auroc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5
    assert np.isnan(auroc(np.zeros(0), np.ones(1)))


def coded(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    families = np.repeat(["p", "q", "r", "s"], 40)
    logs = rng.uniform(8, 16, len(families))
    values = np.stack([logs + 0.3 * rng.standard_normal(len(logs)), *rng.standard_normal((5, len(logs)))], 1)
    return values, 2.0**logs, families, np.arange(len(logs)) % 2


def test_intervals_hold_on_families_never_heard() -> None:
    values, truth, families, folds = coded()
    figures, (below, above) = nested_numbers(values, truth, families, folds)
    assert figures.shown
    assert 0.8 <= figures.coverage <= 0.97
    assert figures.low <= figures.coverage <= figures.high
    assert below < 0 < above
    assert figures.error < 0.5 < figures.error_of_mean
    blind, _ = nested_numbers(np.random.default_rng(1).standard_normal(values.shape), truth, families, folds)
    assert not blind.shown  # it covers, but says nothing
    assert blind.coverage > 0.8


def test_no_family_is_judged_by_a_model_that_heard_it(monkeypatch: pytest.MonkeyPatch) -> None:
    values, truth, families, folds = coded()
    heard: list[set[str]] = []
    real = number_rounds.fitted

    def fit(given: np.ndarray, wanted: np.ndarray, names: np.ndarray) -> Numbers:
        heard.append(set(names.tolist()))
        return real(given, wanted, names)

    monkeypatch.setattr(number_rounds, "fitted", fit)
    found = families_left_out(values, truth, families, folds)
    assert len(heard) == 8
    assert all(len(one) == 3 for one in heard)
    assert len(found.truth) == len(truth)
    below, above = interval(msgspec.structs.replace(found, said=found.truth))
    assert (below, above) == (0.0, 0.0)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20))
def test_weighted_quantiles_are_among_the_values(values: list[float]) -> None:
    given = np.array(values)
    found = weighted_quantiles(given, np.ones(len(given)), (0.05, 0.5, 1.0))
    assert list(found) == sorted(found)
    assert found[-1] == given.max()
    assert set(found) <= set(values)


def test_the_card_tells_the_figures() -> None:
    figure = {"value": 0.123, "low": 0.1, "high": 0.2}
    names = (
        "closed_set_accuracy", "auroc_known_unknown", "open_set_f1", "unknown_named", "known_named",
        "right_of_known_named", "nothing_named", "nothing_found", "unknown_taken_for_nothing",
    )  # fmt: skip
    number = {
        "coverage": 0.9, "low": 0.8, "high": 0.95, "by_family": {"x": 0.7}, "error": 0.5,
        "error_of_mean": 1.0, "width": 2.0, "width_of_mean": 4.0, "shown": True,
    }  # fmt: skip
    card = card_of(
        "codec", dict.fromkeys(names, figure), {"bit_rate": number, "quantizers": number | {"shown": False}},
        shown=False, named=True, by_class={"x": 0.4, "y": 0.1}, rows=[("x", 3)], sha256="0" * 64,
        accepted=0.05, rule=(0.2, 0.8),
    )  # fmt: skip
    text = "\n".join(card["said"])
    assert "is silent" in text
    assert "12.3 [10.0, 20.0]" in text
    assert any("most often x (40 %)" in one for one in card["limits"])
    assert any("bit rate held the truth for 90 %" in one for one in card["limits"])
    assert any("quantizers is not told" in one for one in card["limits"])


def test_classes_are_drawn_alike() -> None:
    table = pl.DataFrame({"id": [f"r{at}" for at in range(9)], "class": ["x"] * 5 + ["y"] * 4})
    found = drawn_alike(table, 2, {"y": 3})
    assert dict(found["class"].value_counts().iter_rows()) == {"x": 2, "y": 3}
    assert found.sort("id").equals(drawn_alike(table.reverse(), 2, {"y": 3}).sort("id"))
