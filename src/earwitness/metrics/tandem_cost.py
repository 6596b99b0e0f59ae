"""t-DCF: what a countermeasure in front of a given speaker verifier costs."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput
from earwitness.metrics.detection_cost import lowest_cost
from earwitness.metrics.equal_error import around_crossing
from earwitness.metrics.staircase import Staircase, checked

Variant = Literal["2019-legacy", "2021"]


class TandemCosts(msgspec.Struct, frozen=True, kw_only=True):
    """Priors and costs of a tandem of countermeasure and speaker verifier.

    The defaults are those of ASVspoof 2019 to 5.

    Args:
        p_spoof: prior probability of a spoof.
        p_target: prior probability of a bona fide target speaker.
        p_nontarget: prior probability of a bona fide nontarget speaker; the three add up to 1.
        c_miss: cost of rejecting a target.
        c_fa: cost of accepting a nontarget.
        c_fa_spoof: cost of accepting a spoof.
    """

    p_spoof: float = 0.05
    p_target: float = 0.95 * 0.99
    p_nontarget: float = 0.95 * 0.01
    c_miss: float = 1.0
    c_fa: float = 10.0
    c_fa_spoof: float = 10.0

    def __post_init__(self) -> None:
        priors = (self.p_spoof, self.p_target, self.p_nontarget)
        if min(priors) < 0 or abs(sum(priors) - 1) > 1e-9:
            raise BadInput(f"must be at least 0 and add up to 1, got {priors}", where="priors")
        if min(self.c_miss, self.c_fa, self.c_fa_spoof) <= 0:
            raise BadInput("must be positive", where="costs")


class VerifierErrors(msgspec.Struct, frozen=True, kw_only=True):
    """Error rates of the speaker verifier at its operating point, fractions.

    Args:
        miss: targets rejected.
        false_alarm: nontargets accepted.
        false_alarm_spoof: spoofs accepted.
    """

    miss: float
    false_alarm: float
    false_alarm_spoof: float


ASVSPOOF5_VERIFIER = VerifierErrors(
    miss=0.01880141010575793, false_alarm=0.01881016557566423, false_alarm_spoof=0.4607082907604729
)
"""The organisers' verifier of ASVspoof 5, pooled over all conditions, as their package states it."""


def min_tdcf(
    bona_fide: ArrayLike,
    spoof: ArrayLike,
    asv_target: ArrayLike,
    asv_nontarget: ArrayLike,
    asv_spoof: ArrayLike,
    *,
    variant: Variant = "2021",
    costs: TandemCosts | None = None,
) -> float:
    """Minimum normalised tandem detection cost of a countermeasure.

    The verifier works at its EER threshold. "2021" is the revised cost model (one set of costs for the
    tandem); "2019-legacy" is that of the ASVspoof 2019 ranking, in which the costs of both parts are
    added: there the verifier's misses and false alarms are not part of the cost itself.

    Args:
        bona_fide: `(trials,)` countermeasure scores; higher = more bona fide.
        spoof: `(trials,)` countermeasure scores of spoofs.
        asv_target: `(trials,)` verifier scores; higher = more the same speaker.
        asv_nontarget: `(trials,)` verifier scores of bona fide nontargets.
        asv_spoof: `(trials,)` verifier scores of spoofs.
        variant: which cost model.
        costs: priors and costs; those of ASVspoof when `None`.

    Returns:
        Cost, at most 1; 1 = as good as the better of "pass all" and "block all".

    Raises:
        BadInput: when a class is empty or holds NaN, or the verifier is worse than useless.

    Reference:
        T. Kinnunen et al., "Tandem assessment of spoofing countermeasures and automatic speaker
        verification: fundamentals", 2020, eqs. 10-11; ASVspoof 2019 evaluation plan, eqs. 7-9.

    Example:
        >>> bona_fide, spoof = [2, 1, 0.5, -0.5], [-2, -1, 0, 0.8]
        >>> round(min_tdcf(bona_fide, spoof, [2, 3, 4], [-1, 0, 1], [1, 3, 5]), 4)
        0.5298
    """
    errors = verifier_errors(asv_target, asv_nontarget, asv_spoof)
    return min_tdcf_at(Staircase.of(bona_fide, spoof), errors, variant=variant, costs=costs)


def min_tdcf_at(
    stairs: Staircase,
    verifier: VerifierErrors,
    *,
    variant: Variant = "2021",
    costs: TandemCosts | None = None,
) -> float:
    """Minimum normalised t-DCF beside a verifier whose error rates are known; see `min_tdcf`."""
    fixed, miss_weight, fa_weight = tandem_weights(verifier, costs or TandemCosts())
    if variant == "2019-legacy":
        fixed = 0.0
    elif variant != "2021":
        raise BadInput(f"must be 2019-legacy or 2021, got {variant!r}", where="variant")
    default = fixed + min(miss_weight, fa_weight)
    if miss_weight < 0 or default <= 0:
        raise BadInput("makes so many errors that no countermeasure matters", where="speaker verifier")
    return (fixed + lowest_cost(stairs, miss_weight, fa_weight)) / default


def tandem_weights(verifier: VerifierErrors, costs: TandemCosts) -> tuple[float, float, float]:
    """The coefficients C0, C1, C2 of the t-DCF, `C0 + C1 * miss + C2 * false alarm`.

    Example:
        >>> perfect = VerifierErrors(miss=0.0, false_alarm=0.0, false_alarm_spoof=1.0)
        >>> tandem_weights(perfect, TandemCosts())
        (0.0, 0.9405, 0.5)
    """
    fixed = (
        costs.p_target * costs.c_miss * verifier.miss + costs.p_nontarget * costs.c_fa * verifier.false_alarm
    )
    return (
        fixed,
        costs.p_target * costs.c_miss - fixed,
        costs.p_spoof * costs.c_fa_spoof * verifier.false_alarm_spoof,
    )


def verifier_errors(target: ArrayLike, nontarget: ArrayLike, spoof: ArrayLike) -> VerifierErrors:
    """Error rates of a speaker verifier at its EER threshold, as the ASVspoof packages take it.

    The packages pick the score for which the rates just *above* it are nearest to each other, but
    then accept *at* it. That moves the operating point by one trial; we follow, so that published
    figures agree.

    Args:
        target: `(trials,)` verifier scores of targets.
        nontarget: `(trials,)` of bona fide nontargets.
        spoof: `(trials,)` of spoofs.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Example:
        >>> verifier_errors([2, 3, 4], [-1, 0, 1], [1, 3, 5]).false_alarm
        0.3333333333333333
    """
    stairs = Staircase.of(target, nontarget)
    threshold = _package_threshold(stairs)
    return VerifierErrors(
        miss=float(np.mean(stairs.target < threshold)),
        false_alarm=float(np.mean(stairs.nontarget >= threshold)),
        false_alarm_spoof=float(np.mean(checked(spoof, "spoof scores") >= threshold)),
    )


def _package_threshold(stairs: Staircase) -> float:
    score, at, above = around_crossing(stairs)
    if above < at:
        return float(score)
    lower = [
        scores[index - 1]
        for scores in (stairs.target, stairs.nontarget)
        if (index := int(np.searchsorted(scores, score, side="left"))) > 0
    ]
    return float(max(lower)) if lower else -np.inf
