"""Write ledger/origin.json, what was asked of the shipped detector beside what it reached, from its card.

python tools/ledger_origin.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CARD = ROOT / "src/earwitness/assets/instruments/detection/card.json"
LEDGER = ROOT / "ledger/origin.json"


def entry(card: dict[str, Any]) -> dict[str, Any]:
    """The ledger's entry: every claim with its figure, and whether it held."""
    figures, verdicts = card["figures"], card["figures"]["verdicts"]
    rate, cost = figures["mean_leave_one_out_eer"], figures["cllr"]["pooled"]
    claims: list[dict[str, Any]] = [
        {
            "claim": "mean leave-one-out EER of at most 0.30",
            "measured": rate,
            "held": rate["value"] <= 0.30,
            "with_the_settings_chosen_inside_each_round": card["search"]["nested_choice"],
            "without_any_copy_synthesis_in_training": figures["without_copies"],
        }
    ]
    for name, rival in figures["rivals"].items():
        better = rival["rival_minus_ours"]
        claims.append(
            {
                "claim": f"better than {name} by a paired interval",
                "measured": better,
                "clips": rival["clips"],
                "held": better["low"] > 0,
            }
        )
    claims += [
        {"claim": "Cllr below 1", "measured": cost, "held": cost["value"] < 1}
        | {"per_family": figures["cllr"]["per_family"]},
        {
            "claim": "at most 0.10 of the verdicts given on held-back engines are wrong",
            "measured": {
                "value": verdicts["wrong_share"],
                "at_even_prior": verdicts["wrong_share_at_even_prior"],
                "inconclusive_share": verdicts["inconclusive_share"],
            },
            "held": verdicts["wrong_share"] <= 0.10,
            "note": "the aim of the thresholds was chosen from the table of aims in the card",
        },
    ]
    return {
        "system": card["name"],
        "what": "asked of the shipped detector; measured on held-back engine families crossed with sources",
        "instrument": card["version"],
        "corpus_sha256": card["data"]["corpus_sha256"],
        "seeds": card["seeds"],
        "claims": claims,
    }


if __name__ == "__main__":
    LEDGER.write_text(json.dumps(entry(json.loads(CARD.read_bytes())), indent=1) + "\n")
