"""Ways to fewer wrong verdicts on the engine family that is hardest: thresholds, layers, experts.

    python benchmarks/verdict_search.py CORPUS --store STORE

Every outer round holds a family and a fold of sources back. Calibrator and thresholds come from its inner
rounds, under two rules: `pooled` (what is shipped: of all inner verdicts a share may be wrong) and
`hardest` (in every inner family by itself). The variant of the head is chosen by the inner rounds alone, by
their mean EER or by that of their hardest family. Writes `ledger/detector-search.json`, key `verdicts`.
Statistics are standardised once over all rows, as in `detector_search.py`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from detector_search import EXPERTS, Search

from earwitness.errors import BadInput
from earwitness.metrics import eer, interval
from earwitness.systems.detection_table import corpus_hash
from earwitness.systems.detector import Plan
from earwitness.systems.origin import RECIPE
from earwitness.systems.verdict_figures import verdict_figures
from earwitness.training.logistic import Affine, fit_affine
from earwitness.training.rounds import Round, balanced_weights, crossed_rounds, even_folds
from earwitness.training.run import plain, versions
from earwitness.training.verdicts import Verdicts, fit_hardest_verdicts, fit_verdicts, spoken_verdicts
from earwitness.whole_file import write_whole

LEDGER = Path(__file__).parents[1] / "ledger" / "detector-search.json"
LAYERS = RECIPE.views[0].layers
SHIPPED = "shipped"
VARIANTS: dict[str, tuple[float, tuple[str, ...]]] = {
    SHIPPED: (3.0, ("text", "copied")),
    "milder minimum": (1.0, ("text", "copied")),
    "no expert on copies": (3.0, ("text",)),
    "expert on text-to-speech too": (3.0, ("text", "copied", "spoken")),
    **{f"layer {n}": (3.0, (f"text {n}", f"copied {n}")) for n in LAYERS},
    "every layer by itself": (3.0, tuple(f"{kind} {n}" for kind in ("text", "copied") for n in LAYERS)),
}
"""Name -> sharpness of the minimum, experts."""


class LayerSearch(Search):
    """Experts on one layer, and on text-to-speech alone, beside those of the search."""

    def __init__(self, corpus: Path, store: Path) -> None:
        super().__init__(corpus, store)
        self.named = {"text": EXPERTS["all-engine-100"], "copied": EXPERTS["copied-all-statistics-3"]}
        for place, layer in enumerate(LAYERS):
            for kind, name in (("mean", "text"), ("every", "copied")):
                self.kernels[f"{kind} {layer}"] = self.layer_kernel(kind, place)
                self.named[f"{name} {layer}"] = (f"{kind} {layer}", *self.named[name][1:])
        self.named["spoken"] = ("mean", "spoken", 100, "engine")

    def scores(self, one: Round) -> dict[str, np.ndarray]:
        """Score of every variant on the test rows of a round."""
        each = {name: self.fitted(self.named[name], one.train, one.test) for name in self.named}
        return {
            name: -np.log(np.exp(-sharp * np.stack([each[k] for k in experts])).mean(0)) / sharp
            for name, (sharp, experts) in VARIANTS.items()
        }


def thresholds(
    llr: np.ndarray, real: np.ndarray, family: np.ndarray, weight: np.ndarray, aim: float
) -> dict[str, Verdicts]:
    """Under both rules, on the inner rounds of a training side."""
    return {
        "pooled": fit_verdicts(llr, real, weight, wrong=aim),
        "hardest": fit_hardest_verdicts(llr, real, family, wrong=aim),
    }


def calibrated(
    raw: np.ndarray, real: np.ndarray, family: np.ndarray, weight: np.ndarray, aim: float
) -> tuple[Affine, dict[str, Verdicts]]:
    """Calibrator and thresholds of a training side.

    Where a variant ranks real speech below spoofs there is nothing to calibrate: it keeps its raw scores
    and gives no verdict.
    """
    try:
        calibrator = fit_affine(raw, real, weight)
    except BadInput:
        silent = Verdicts(spoof_below=-np.inf, bona_fide_above=np.inf)
        return Affine(scale=1.0, offset=0.0), {"pooled": silent, "hardest": silent}
    return calibrator, thresholds(calibrator(raw), real, family, weight, aim)


def run(search: LayerSearch, aim: float) -> dict[str, Any]:
    """All outer rounds: scores, verdicts under both rules, and what the inner rounds chose."""
    rows, plan = search.rows, Plan()
    rounds = crossed_rounds(rows, search.clips, even_folds(rows, search.clips, plan.folds))
    outer: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for number, one in enumerate(rounds):
        count = plan.inner_folds  # every family once, the folds of sources taking turns
        inner = crossed_rounds(rows, one.train, even_folds(rows, one.train, count))
        inner = [part for place, part in enumerate(inner) if place % count == place // count % count]
        found = [search.scores(part) for part in inner]
        row = np.concatenate([part.test for part in inner])
        family = np.concatenate([np.full(len(part.test), part.family) for part in inner])
        real, weight = rows.bona_fide[row], balanced_weights(rows, row)
        scores = search.scores(one)
        for name in VARIANTS:
            raw = np.concatenate([part[name] for part in found])
            calibrator, limits = calibrated(raw, real, family, weight, aim)
            rates = [
                eer(raw[mine & real], raw[mine & ~real]) for mine in (family == f for f in np.unique(family))
            ]
            llr = calibrator(scores[name])
            outer[name].append(
                {
                    "round": one,
                    "llr": llr,
                    "said": {rule: spoken_verdicts(llr, limit) for rule, limit in limits.items()},
                    "inner_mean": float(np.mean(rates)),
                    "inner_hardest": float(np.max(rates)),
                }
            )
        print(f"\rround {number + 1}/{len(rounds)}", end="", file=sys.stderr)
    record = {name: figures(search, parts) for name, parts in outer.items()}
    rules: dict[str, Callable[[dict[str, Any]], float]] = {
        "chosen by the inner mean": lambda part: part["inner_mean"],
        "chosen by the hardest inner family": lambda part: part["inner_hardest"],
    }
    for rule, value in rules.items():
        picked = [min(VARIANTS, key=lambda name: value(outer[name][n])) for n in range(len(rounds))]
        record[rule] = figures(search, [outer[name][n] for n, name in enumerate(picked)])
        record[rule]["chosen"] = picked
    return record


def figures(search: LayerSearch, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """EER by family at one threshold for its folds, and verdicts under both rules."""
    rows = search.rows
    row = np.concatenate([part["round"].test for part in parts])
    family = np.concatenate([np.full(len(part["round"].test), part["round"].family) for part in parts])
    llr, real = np.concatenate([part["llr"] for part in parts]), rows.bona_fide[row]
    speaker = np.where(rows.bona_fide, search.table["speaker"].to_numpy().astype(str), rows.voice)[row]
    engine = search.table["engine"].to_numpy().astype(str)[row]
    rates = {}
    for name in sorted(set(family.tolist())):
        top, bottom = (family == name) & real, (family == name) & ~real
        rates[name] = interval(
            "eer", llr[top], llr[bottom], replicates=300, clusters=(speaker[top], speaker[bottom])
        )
    return {
        "mean_eer": float(np.mean([rate.value for rate in rates.values()])),
        "per_family": rates,
        "verdicts": {
            rule: verdict_figures(
                np.concatenate([part["said"][rule] for part in parts]), real, family, engine, speaker
            )
            for rule in parts[0]["said"]
        },
    }


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--aim", type=float, default=Plan().wrong)
    given = parser.parse_args()
    torch.set_num_threads(1)
    search = LayerSearch(given.corpus, given.store)
    found = {
        "aim": given.aim,
        "variants": run(search, given.aim),
        "corpus_sha256": corpus_hash(search.table),
        "packages": versions(),
    }
    record = json.loads(LEDGER.read_bytes())
    record["verdicts"] = json.loads(msgspec.json.encode(plain(found)))
    write_whole(LEDGER, (json.dumps(record, indent=1) + "\n").encode())
    print(LEDGER)


if __name__ == "__main__":
    main()
