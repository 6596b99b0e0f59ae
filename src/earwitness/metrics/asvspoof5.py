"""The figures of ASVspoof 5, each track in one call."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from earwitness.errors import BadInput
from earwitness.metrics.agnostic_cost import a_dcf
from earwitness.metrics.detection_cost import act_dcf, min_dcf_of
from earwitness.metrics.equal_error import eer_of
from earwitness.metrics.llr_cost import cllr
from earwitness.metrics.staircase import Staircase
from earwitness.metrics.tandem_cost import ASVSPOOF5_VERIFIER, TandemCosts, VerifierErrors, min_tdcf_at
from earwitness.metrics.tandem_eer import t_eer

P_BONA_FIDE, C_MISS, C_FA = 0.95, 1.0, 10.0
"""Prior and costs of track 1."""


class Track1(msgspec.Struct, frozen=True, kw_only=True):
    """Countermeasure figures; minDCF ranks.

    Args:
        min_dcf: normalised minimum detection cost (prior of bona fide 0.95, cost of a false alarm 10).
        act_dcf: the same at the Bayes threshold, scores taken as natural-log likelihood ratios.
        cllr: cost of the log-likelihood ratios in bits.
        eer: equal error rate, a fraction.
    """

    min_dcf: float
    act_dcf: float
    cllr: float
    eer: float


class Track2(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of spoofing-robust speaker verification; a-DCF ranks.

    Args:
        a_dcf: architecture-agnostic detection cost of the joint score.
        min_tdcf: tandem detection cost beside the organisers' verifier; `None` without part scores.
        t_eer: concurrent tandem equal error rate, a fraction; `None` without part scores.
    """

    a_dcf: float
    min_tdcf: float | None
    t_eer: float | None


def asvspoof5_track1(bona_fide: ArrayLike, spoof: ArrayLike) -> Track1:
    """All figures of ASVspoof 5 track 1.

    Args:
        bona_fide: `(trials,)` scores, natural-log likelihood ratios; higher = more bona fide.
        spoof: `(trials,)` scores of spoofs.

    Raises:
        BadInput: when a class is empty or holds NaN.

    Reference:
        X. Wang et al., "ASVspoof 5: crowdsourced speech data, deepfakes, and adversarial attacks at
        scale", 2024, section 4.

    Example:
        >>> asvspoof5_track1([2, 1, 0.5, -0.5], [-2, -1, 0, 0.8]).eer
        0.25
    """
    stairs = Staircase.of(bona_fide, spoof)
    return Track1(
        min_dcf=min_dcf_of(stairs, P_BONA_FIDE, C_MISS, C_FA),
        act_dcf=act_dcf(bona_fide, spoof, p_target=P_BONA_FIDE, c_miss=C_MISS, c_fa=C_FA),
        cllr=cllr(bona_fide, spoof),
        eer=eer_of(stairs),
    )


def asvspoof5_track2(
    sasv: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    cm: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    asv: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    verifier: VerifierErrors = ASVSPOOF5_VERIFIER,
) -> Track2:
    """All figures of ASVspoof 5 track 2.

    Args:
        sasv: joint scores of targets, nontargets and spoofs, each `(trials,)`; higher = accept.
        cm: countermeasure scores of the same three, when the system has a part that gives them.
        asv: verifier scores of the same three, likewise.
        verifier: error rates of the verifier for t-DCF; those the organisers published.

    Raises:
        BadInput: when a class is empty or holds NaN, or only one of `cm` and `asv` is given.

    Reference:
        X. Wang et al., "ASVspoof 5", 2024, section 4; costs as in the organisers' package (for a-DCF
        those of t-DCF, not the defaults of the a-DCF paper).

    Example:
        >>> asvspoof5_track2(([3, 2, 1], [0, -1, 1.5], [2.5, -2, -3])).t_eer is None
        True
    """
    if (cm is None) != (asv is None):
        raise BadInput("give the scores of both parts or of neither", where="cm, asv")
    costs = TandemCosts()
    joint = a_dcf(
        *sasv,
        p_target=costs.p_target,
        p_nontarget=costs.p_nontarget,
        p_spoof=costs.p_spoof,
        c_miss=costs.c_miss,
        c_fa=costs.c_fa,
        c_fa_spoof=costs.c_fa_spoof,
    )
    if cm is None or asv is None:
        return Track2(a_dcf=joint, min_tdcf=None, t_eer=None)
    bona_fide = np.concatenate([np.asarray(cm[0]), np.asarray(cm[1])])
    return Track2(
        a_dcf=joint,
        min_tdcf=min_tdcf_at(Staircase.of(bona_fide, cm[2]), verifier),
        t_eer=t_eer(bona_fide, cm[2], *asv),
    )
