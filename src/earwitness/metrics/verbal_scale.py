"""Likelihood ratios in words."""

from __future__ import annotations

import math

from earwitness.errors import BadInput

STEPS = (
    (1.0, ""),
    (2.0, "weak"),
    (10.0, "moderate"),
    (100.0, "moderately strong"),
    (1e3, "strong"),
    (1e4, "very strong"),
    (1e6, "extremely strong"),
)
"""From which likelihood ratio on which word is used."""


def verbal(llr: float, *, proposition: str = "bona fide", alternative: str = "spoof") -> str:
    """The words of the ENFSI scale for a likelihood ratio.

    Ratios below 1 support the alternative as strongly as their inverse supports the proposition.
    Ratios between 1/2 and 2 support neither: the scale has no word for them. The words are about the
    weight of the evidence, not about how likely a proposition is.

    Args:
        llr: natural-log likelihood ratio; positive speaks for the proposition.
        proposition: what a positive ratio supports.
        alternative: what a negative ratio supports.

    Returns:
        A phrase such as "moderate support for bona fide over spoof".

    Raises:
        BadInput: when the ratio is NaN.

    Reference:
        ENFSI, "Guideline for evaluative reporting in forensic science", 2015, table in section 4.

    Example:
        >>> verbal(math.log(50))
        'moderate support for bona fide over spoof'
        >>> verbal(-math.log(50_000))
        'very strong support for spoof over bona fide'
        >>> verbal(0.1)
        'no support for either bona fide or spoof'
    """
    if math.isnan(llr):
        raise BadInput("is NaN; there is nothing to put into words", where="llr")
    # Compared as logarithms: exp() of a large ratio overflows, and log(2) must be "weak".
    strength = [word for ratio, word in STEPS if abs(llr) >= math.log(ratio)][-1]
    if not strength:
        return f"no support for either {proposition} or {alternative}"
    better, worse = (proposition, alternative) if llr > 0 else (alternative, proposition)
    return f"{strength} support for {better} over {worse}"
