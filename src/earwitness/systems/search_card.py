"""What a card says of the choosing: what else was tried on the same rounds, and what came of it."""

from __future__ import annotations

from typing import Any

from earwitness.systems.card_table import figure, percent, table
from earwitness.systems.verdict_figures import MOST

HEADS = {
    "shipped": "shipped: two linear experts on statistics",
    "linear": "linear, every engine a class, on statistics",
    "one-class": "OC-Softmax on statistics",
    "attentive": "attentive statistics, every engine a class",
    "attentive-one-class": "attentive statistics, OC-Softmax",
    "nes2net": "small Nes2Net, every engine a class",
    "nes2net-one-class": "small Nes2Net, OC-Softmax",
    "attentive-qamo": "attentive statistics, QAMO's centres by listening quality",
    "attentive-dpda": "attentive statistics, every engine a class, DPDA's two paths with PCGrad",
    "attentive-augmented": "attentive statistics, every engine a class, the two paths summed",
}


def search_summary(search: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a card keeps of `ledger/detector-search.json`.

    Args:
        search: the ledger's content.
    """
    if search is None:
        return None
    means = [variant["mean_eer"] for variant in search["variants"]]
    found: dict[str, Any] = {
        "variants": len(means),
        "tried_on_the_way": len(search["tried_on_the_way"]),
        "best": min(means),
        "worst": max(means),
        "nested_choice": (search["nested_choice"] or {}).get("among"),
    }
    if "heads" in search:
        nested = search["heads"]["nested_choice"]
        found["heads"] = {
            "each": {
                name: {
                    "seeds": one["seeds"],
                    "mean_over_seeds": one["mean_over_seeds"],
                    "best_seed": one["best_seed"],
                    **_first(one["by_seed"]),
                }
                for name, one in search["heads"]["heads"].items()
            },
            "nested": {key: nested[key] for key in ("mean_eer", "minus_shipped")} | _rules(nested),
            "nested_by_the_hardest_family": _rules(search["heads"]["nested_choice_by_the_hardest_family"]),
            "chosen": [one["chosen"] for one in nested["rounds"]],
        }
    if "verdicts" in search:
        found["verdicts"] = {
            name: {"mean_eer": one["mean_eer"], **_rules(one)}
            for name, one in search["verdicts"]["variants"].items()
        }
    return found


def _first(by_seed: dict[str, Any]) -> dict[str, Any]:
    one = by_seed[min(by_seed, key=int)]
    return {
        "mean_eer": one["mean_eer"],
        "minus_shipped": one["minus_shipped"],
        "per_family": {name: rate["value"] for name, rate in one["per_family"].items()},
        **_rules(one),
    }


def _rules(one: dict[str, Any]) -> dict[str, Any]:
    """Wrong verdicts under each rule for the thresholds: over all, and of the family that is worst."""
    return {
        "rules": {
            rule: {
                "given": verdicts["given"],
                "all": verdicts["wrong_share_at_even_prior_interval"],
                "worst": max(
                    (
                        (family, share)
                        for family, each in verdicts["per_family"].items()
                        if (share := each["wrong_share_at_even_prior_interval"]) is not None
                    ),
                    key=lambda pair: pair[1]["value"],
                    default=None,
                ),
            }
            for rule, verdicts in (one.get("verdicts") or {}).items()
        }
    }


def search_section(search: dict[str, Any] | None) -> list[str]:
    """Lines of the card on the choosing.

    Args:
        search: from `search_summary`.
    """
    if search is None:
        return []
    lines = [
        "## How its settings were chosen",
        "",
        f"On the same leave-out rounds, so the figures above lean to the bright side. {search['variants']} "
        f"variants of the last search lay between {percent(search['best'])} and "
        f"{percent(search['worst'])} % (mean of single rounds); {search['tried_on_the_way']} more were "
        "tried on the way (`ledger/detector-search.json`).",
        "",
    ]
    if search["nested_choice"]:
        rows = [[name, percent(found["mean_eer"])] for name, found in search["nested_choice"].items()]
        lines += [
            "Where every outer round chose anew by its own inner rounds alone:",
            "",
            *table(["chosen among", "mean EER %"], rows),
        ]
    return [*lines, *_heads(search.get("heads")), *_verdicts(search)]


def heads_sentence(heads: dict[str, Any]) -> str:
    """In one sentence: which other heads were tried, and whether one was better.

    Args:
        heads: `heads` of `search_summary`.
    """
    whole = len(heads["each"]["shipped"]["per_family"])
    each = [
        f"{HEADS.get(name, name)} {percent(one['mean_eer']['value'])} %"
        + ("" if len(one["per_family"]) == whole else f" (on {len(one['per_family'])} of {whole} families)")
        for name, one in heads["each"].items()
        if name != "shipped"
    ]
    nested = heads["nested"]
    better = nested["minus_shipped"]["high"] < 0
    ours = percent(heads["each"]["shipped"]["mean_eer"]["value"])
    return (
        f"Other heads tried on the same held-back engines (mean EER; the shipped one has {ours} % there): "
        f"{'; '.join(each)}. Chosen inside each round they {'are' if better else 'are not'} better "
        f"({figure(nested['mean_eer'])} %)."
    )


def _heads(heads: dict[str, Any] | None) -> list[str]:
    if not heads:
        return []
    families = sorted(heads["each"]["shipped"]["per_family"])
    rows = []
    for name, one in heads["each"].items():
        apart = "" if one["minus_shipped"] is None else figure(one["minus_shipped"])
        seeds = str(len(one["seeds"]))
        if len(one["seeds"]) > 1:
            seeds += f": mean {percent(one['mean_over_seeds'])}, best {percent(one['best_seed'])}"
        rates = [
            percent(one["per_family"][family]) if family in one["per_family"] else "not run"
            for family in families
        ]
        rows.append([HEADS.get(name, name), figure(one["mean_eer"]), apart, *rates, seeds])
    lone = [HEADS.get(name, name) for name, one in heads["each"].items() if not one["rules"]]
    nested, kept = heads["nested"], heads["chosen"].count("shipped")
    worse = nested["minus_shipped"]["value"] >= 0
    return [
        "Learned heads on ten frames a second, and one-class objectives, in the same rounds on the same "
        "clips (mean EER at one threshold for all folds; the difference is paired, by whole speakers and "
        "voices; calibrated on fewer inner rounds than the figures above, so the shipped head differs a "
        "little; where a family was not run, mean and difference are of the others):",
        "",
        *table(["head", "mean EER %", "minus the shipped", *families, "seeds"], rows),
        *(
            [
                f"Without inner rounds, so neither calibrated nor among those that were chosen from: "
                f"{'; '.join(lone)}.",
                "",
            ]
            if lone
            else []
        ),
        "Chosen anew in each outer round by its inner rounds, the heads reach "
        f"{figure(nested['mean_eer'])} %, against the shipped head alone {figure(nested['minus_shipped'])} "
        f"points; the shipped head was chosen in {kept} of {len(heads['chosen'])} rounds"
        + (", and stays." if worse else "."),
        "",
    ]


def _verdicts(search: dict[str, Any]) -> list[str]:
    heads = search.get("heads")
    if not heads:
        return []
    tried = [(HEADS.get(name, name), one) for name, one in heads["each"].items()]
    tried.append(("heads, chosen in each round by the inner mean", heads["nested"]))
    tried.append(
        ("heads, chosen in each round by the hardest inner family", heads["nested_by_the_hardest_family"])
    )
    tried += [(f"experts: {name}", one) for name, one in (search.get("verdicts") or {}).items()]
    rows = [
        [name, *(cell for rule in ("pooled", "hardest") for cell in _rule(one["rules"][rule]))]
        for name, one in tried
        if one["rules"]
    ]
    best = min(
        (one["rules"]["hardest"] for _, one in tried if one["rules"] and one["rules"]["hardest"]["worst"]),
        key=lambda rule: rule["worst"][1]["value"],
    )
    family, share = best["worst"]
    kept = share["value"] <= MOST
    return [
        "Ways to fewer wrong verdicts on the hardest family: other heads, thresholds that keep their aim in "
        "every inner family alone (hardest) and not over all of them (pooled, as shipped), and a choice "
        "by the hardest inner family. Wrong of the verdicts given, in percent at even prior, on families "
        "held back, calibrated on fewer inner rounds than the shipped figures above. "
        f"{'At least one keeps' if kept else 'None keeps'} at most {percent(MOST)} % for every family; the "
        f"best leaves {figure(share)} % for {family}.",
        "",
        *table(
            ["head", "pooled: all", "worst family", "given", "hardest: all", "worst family", "given"], rows
        ),
    ]


def _rule(rule: dict[str, Any]) -> list[str]:
    worst = "" if rule["worst"] is None else f"{rule['worst'][0]} {figure(rule['worst'][1])}"
    return ["no verdict" if rule["all"] is None else figure(rule["all"]), worst, str(rule["given"])]
