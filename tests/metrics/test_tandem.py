"""t-DCF, a-DCF, t-EER and the ASVspoof 5 tracks against values of the official packages."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.metrics import (
    Staircase,
    TandemCosts,
    VerifierErrors,
    a_dcf,
    asvspoof5_track1,
    asvspoof5_track2,
    min_dcf,
    min_tdcf,
    t_eer,
    tandem_point,
    verifier_errors,
)
from earwitness.metrics.tandem_cost import min_tdcf_at

# What the ASVspoof 5 evaluation package (which holds both t-DCF models of the 2019 and 2021
# packages) gives for scores drawn with these seeds; made once by running it.
GOLDEN = json.loads((Path(__file__).parent / "golden" / "asvspoof_packages.json").read_text())
few = settings(max_examples=60, deadline=None)
tied = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=15)


def drawn(row: dict) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(row["seed"])
    bona_fide, spoofs, targets, nontargets, spoofed = row["sizes"]
    cm, asv = row["shift"]
    return (
        rng.normal(cm, 1, bona_fide),
        rng.normal(0, 1.3, spoofs),
        rng.normal(asv, 1, targets),
        rng.normal(0, 1, nontargets),
        rng.normal(asv - 0.8, 1.2, spoofed),
    )


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"seed{row['seed']}")
def test_official_values(row: dict) -> None:
    bona_fide, spoof, target, nontarget, spoofed = scores = drawn(row)
    track1 = asvspoof5_track1(bona_fide, spoof)
    errors = verifier_errors(target, nontarget, spoofed)
    ours = {
        "min_dcf": track1.min_dcf,
        "act_dcf": track1.act_dcf,
        "cllr": track1.cllr,
        "tdcf_2021": min_tdcf(*scores),
        "tdcf_legacy": min_tdcf(*scores, variant="2019-legacy"),
        "a_dcf_paper": a_dcf(target, nontarget, spoofed),
        "a_dcf_asvspoof5": asvspoof5_track2((target, nontarget, spoofed)).a_dcf,
        "t_eer": t_eer(*scores),
    }
    for name, value in ours.items():
        assert value == pytest.approx(row[name], abs=1e-9), name
    assert [errors.miss, errors.false_alarm, errors.false_alarm_spoof] == pytest.approx(
        row["verifier"], abs=1e-12
    )
    # The package takes the mean of the two rates at the nearest threshold, which is off the staircase by
    # up to half a step; ours is on it.
    assert abs(track1.eer - row["eer"]) <= 0.5 / min(len(bona_fide), len(spoof))


def test_track_2_in_one_call() -> None:
    row = GOLDEN[0]
    _, _, target, nontarget, spoofed = drawn(row)
    parts = (target, nontarget, spoofed)
    found = asvspoof5_track2(parts, cm=parts, asv=parts, verifier=verifier_errors(*parts))
    both = np.concatenate([target, nontarget])
    assert found.t_eer == t_eer(both, spoofed, *parts)
    assert found.min_tdcf == min_tdcf(both, spoofed, *parts)
    with pytest.raises(BadInput, match="both parts or of neither"):
        asvspoof5_track2(parts, cm=parts)


@given(tied, tied, tied)
@few
def test_a_dcf_by_trying_every_threshold(
    target: list[float], nontarget: list[float], spoof: list[float]
) -> None:
    costs = []
    for threshold in [*{*target, *nontarget, *spoof}, math.inf]:
        miss = sum(x < threshold for x in target) / len(target)
        rates = [sum(x >= threshold for x in side) / len(side) for side in (nontarget, spoof)]
        costs.append(0.9 * miss + 0.05 * 10 * rates[0] + 0.05 * 20 * rates[1])
    assert a_dcf(target, nontarget, spoof) == pytest.approx(min(costs) / 0.9, abs=1e-12)


@given(tied, tied, st.floats(0.1, 10))
@few
def test_a_dcf_with_one_kind_of_impostor_is_min_dcf(
    target: list[float], other: list[float], cost: float
) -> None:
    joint = a_dcf(
        target, other, other, p_target=0.6, p_nontarget=0.15, p_spoof=0.25, c_fa=cost, c_fa_spoof=cost
    )
    assert joint == pytest.approx(min_dcf(target, other, p_target=0.6, c_fa=cost), abs=1e-12)


@given(tied, tied)
@few
def test_t_dcf_is_between_its_bounds(bona_fide: list[float], spoof: list[float]) -> None:
    asv = [3.0, 4, 5], [0.0, 1, 2], [2.5, 4.5]
    for variant in ("2019-legacy", "2021"):
        assert 0 <= min_tdcf(bona_fide, spoof, *asv, variant=variant) <= 1
    # A perfect countermeasure leaves what the verifier does wrong by itself; legacy leaves nothing.
    assert min_tdcf([1, 2], [0, -1], *asv, variant="2019-legacy") == 0


def test_thresholds_of_the_tandem_give_its_rate() -> None:
    bona_fide, spoof, target, nontarget, spoofed = drawn(GOLDEN[1])
    point = tandem_point(bona_fide, spoof, target, nontarget, spoofed)
    rate = (spoof > point.cm_threshold).mean() * (spoofed > point.asv_threshold).mean()
    assert point.rate == pytest.approx(rate, abs=1e-12)


def test_refusals() -> None:
    with pytest.raises(BadInput, match="add up to 1"):
        TandemCosts(p_spoof=0.5)
    with pytest.raises(BadInput, match="add up to 1"):
        a_dcf([1], [0], [0], p_target=0.5)
    with pytest.raises(BadInput, match="2019-legacy or 2021"):
        min_tdcf([1], [0], [2, 3], [0, 1], [1], variant="2020")
    with pytest.raises(BadInput, match="no countermeasure matters"):
        min_tdcf_at(Staircase.of([1], [0]), VerifierErrors(miss=1.0, false_alarm=1.0, false_alarm_spoof=1.0))
    with pytest.raises(BadInput, match="asv spoof scores: are empty"):
        t_eer([1], [0], [1], [0], [])
