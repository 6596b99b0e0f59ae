"""The rule for the lowest window: mild where it may be, and judged only on families it was not chosen on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.systems.splice_rule import CANDIDATES, Heard, least_window, splice_figures


def heard(seed: int, count: int = 400) -> Heard:
    rng = np.random.default_rng(seed)
    truth = rng.choice(["splice", "host", "real", "spoof"], count)
    llr = rng.normal(np.where(truth == "spoof", -1.0, 1.0), 1.5)
    return Heard(
        family=rng.choice(["a", "b", "c"], count), truth=truth, llr=llr,
        lowest=llr - np.abs(rng.normal(np.where(truth == "splice", 1.5, 0.5), 0.5, count)),
        above=np.full(count, 1.0), below=np.full(count, -2.0),
    )  # fmt: skip


@given(seed=st.integers(0, 999), aim=st.floats(0.0, 0.5))
def test_it_is_the_mildest_that_keeps_the_aim(seed: int, aim: float) -> None:
    found = heard(seed)
    every = np.ones(len(found.llr), bool)
    chosen = least_window(found, every, aim)
    splices = found.truth == "splice"
    if chosen != CANDIDATES[-1]:
        assert found.bona_fide(chosen)[splices].mean() <= aim
    if chosen != CANDIDATES[0]:
        milder = CANDIDATES[CANDIDATES.index(chosen) - 1]
        assert found.bona_fide(milder)[splices].mean() > aim


def test_a_family_has_no_say_in_its_own_rule() -> None:
    found = heard(1)
    before = splice_figures(found, 0.05)["chosen_on_the_other_families"]["a"]
    lowest = np.where(found.family == "a", -100.0, found.lowest)
    changed = Heard(**{f: getattr(found, f) for f in found.__struct_fields__} | {"lowest": lowest})
    assert splice_figures(changed, 0.05)["chosen_on_the_other_families"]["a"] == before


def test_the_rule_only_takes_bona_fide_verdicts_away() -> None:
    figures = splice_figures(heard(2), 0.05)
    for truth in ("splice", "host", "real", "spoof"):
        name = f"{truth}_called_bona_fide"
        assert figures["with_the_rule"][name]["value"] <= figures["without"][name]["value"]
    assert figures["with_the_rule"]["splice_called_spoof"] == figures["without"]["splice_called_spoof"]
    whole = figures["with_the_rule"]["splice_called_bona_fide"]
    assert whole["n"] == sum(f["splice_called_bona_fide"]["n"] for f in figures["by_family"].values())
    assert whole["low"] <= whole["value"] <= whole["high"]


def test_without_splices_there_is_nothing_to_choose_on() -> None:
    found = heard(3)
    with pytest.raises(BadInput, match="needs splices"):
        least_window(found, found.truth == "host", 0.1)
