"""What a card says of the verdicts given, and for which kind of synthesis the promise is not kept."""

from __future__ import annotations

from typing import Any

from earwitness.systems.card_table import figure, percent, table
from earwitness.systems.verdict_figures import MOST


def verdicts_section(verdicts: dict[str, Any]) -> list[str]:
    """Lines of the card: wrong verdicts of those given, in all, by held-back family and by engine.

    Args:
        verdicts: from `verdict_figures`, made plain.
    """
    rows = [
        ["all, every trial alike", *_counts(verdicts), _share(verdicts["wrong_share_interval"])],
        ["all, at even prior", *_counts(verdicts), _share(verdicts["wrong_share_at_even_prior_interval"])],
    ]
    for title, key in (("family", "per_family"), ("engine", "per_engine")):
        rows += [
            [f"{title} {name}", *_counts(one), _share(one["wrong_share_at_even_prior_interval"])]
            for name, one in verdicts[key].items()
        ]
    return [
        "### Verdicts",
        "",
        f"Promised: at most {percent(MOST)} % of the verdicts given on an engine never heard are wrong. By "
        "family and engine at even prior: both classes weigh the same. Intervals are 95 %, by whole speakers "
        f"and voices; few verdicts give wide ones. {promise(verdicts)}",
        "",
        *table(["held back", "verdicts given", "wrong", "wrong of those given, %"], rows),
    ]


def promise(verdicts: dict[str, Any]) -> str:
    """Whether the promise holds, and for which held-back families and engines it does not."""
    whole = verdicts["wrong_share_at_even_prior"]
    kept = (
        f"In all it is {'kept' if whole <= MOST else 'not kept'}: {percent(whole)} % at even prior, "
        f"{percent(verdicts['wrong_share'])} % counted singly."
    )
    failed = [
        f"{name} ({figure(one['wrong_share_at_even_prior_interval'])} %)"
        for name, one in verdicts["per_family"].items()
        if one["wrong_share_at_even_prior"] > MOST
    ]
    engines = [
        f"{name} ({figure(one['wrong_share_at_even_prior_interval'])} %)"
        for name, one in verdicts["per_engine"].items()
        if one["wrong_share_at_even_prior"] > MOST
    ]
    silent = [name for name, one in verdicts["per_family"].items() if not one["given"]]
    if failed:
        kept += f" It is not kept for the family {' and '.join(failed)}."
    if engines:
        kept += f" By engine it is not kept for {', '.join(engines)}."
    if silent:
        kept += f" For {' and '.join(silent)} no verdict was given at all."
    return kept


def _counts(one: dict[str, Any]) -> list[str]:
    return [str(one["given"]), str(one["wrong"])]


def _share(share: dict[str, Any] | None) -> str:
    return "no verdict" if share is None else figure(share)
