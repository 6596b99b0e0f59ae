"""Wrong verdicts of those given, counted by hand, and what the card says where the promise is broken."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from earwitness.systems.verdict_card import promise, verdicts_section
from earwitness.systems.verdict_figures import verdict_figures


def trials(spoofs_called_real: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Two families of 40 real and 40 spoofed trials each; half of the real called so in both."""
    rng = np.random.default_rng(seed)
    real = np.tile(np.repeat([True, False], 40), 2)
    family = np.repeat(["a", "b"], 80)
    said = np.where(real & (np.arange(160) % 2 == 0), 1, 0)
    bad = np.flatnonzero(~real & (family == "b"))[:spoofs_called_real]
    said[bad] = 1
    return (
        said,
        real,
        family,
        np.where(real, "", np.char.add(family, "1")),
        rng.integers(0, 12, 160).astype(str),
    )


def test_shares_are_counted_as_told() -> None:
    found = verdict_figures(*trials(5))
    assert (found["given"], found["wrong"]) == (45, 5)
    assert found["wrong_share"] == 5 / 45
    assert found["per_family"]["a"]["wrong_share_at_even_prior"] == 0
    assert found["per_family"]["b"]["wrong_share_at_even_prior"] == 5 / 25
    assert found["per_engine"]["b1"]["wrong_share_at_even_prior_interval"]["value"] == 5 / 25
    assert found["wrong_share_at_even_prior"] == 5 / 45
    assert found["inconclusive_share"] == 1 - 45 / 160


@given(seed=st.integers(0, 50), bad=st.integers(0, 40))
def test_intervals_hold_their_value(seed: int, bad: int) -> None:
    found = verdict_figures(*trials(bad, seed))
    for one in (
        found["wrong_share_interval"],
        found["per_family"]["b"]["wrong_share_at_even_prior_interval"],
    ):
        assert 0 <= one["low"] <= one["high"] <= 1
        assert one["low"] - 0.02 <= one["value"] <= one["high"] + 0.02


def test_without_verdicts_there_is_no_share() -> None:
    said, *rest = trials(0)
    found = verdict_figures(np.zeros_like(said), *rest)
    assert found["wrong_share"] == 0
    assert found["wrong_share_interval"] is None
    assert "no verdict" in "\n".join(verdicts_section(found))


def test_the_card_names_the_family_for_which_the_promise_is_broken() -> None:
    broken, kept = verdict_figures(*trials(5)), verdict_figures(*trials(1))
    assert "not kept for the family b (20.0 [" in promise(broken)
    assert "not kept" not in promise(kept)
    assert promise(broken) in "\n".join(verdicts_section(broken))
