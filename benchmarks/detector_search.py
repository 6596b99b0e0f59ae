"""Which experts hold for engines and sources never heard: all variants, and a choice inside each round.

    python benchmarks/detector_search.py CORPUS STORE --out ledger/detector-search.json

Every variant is scored in the outer leave-out rounds. The honest figure of the *choosing* is the nested
one: in each outer round the variant is taken that did best in the inner rounds of its training side.
To be quick, statistics are standardised once over all rows; the shipped detector does so on training
rows only.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import scipy.linalg

from earwitness.assets import asset
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.metrics import eer
from earwitness.systems.clip_windows import WindowRule
from earwitness.systems.detection_table import corpus_hash, pool_corpus, read_rows
from earwitness.systems.detector import ENCODER
from earwitness.systems.head_training import clip_means
from earwitness.systems.origin import RECIPE
from earwitness.training.rounds import balanced_weights, crossed_rounds, even_folds

# name -> (statistics, spoofs it learns from, ridge, classes)
EXPERTS = {
    "all-engine-30": ("mean", "all", 30, "engine"),
    "all-engine-100": ("mean", "all", 100, "engine"),
    "all-binary-10": ("mean", "all", 10, "binary"),
    "copied-binary-3": ("mean", "copied", 3, "binary"),
    "copied-all-statistics-3": ("every", "copied", 3, "binary"),
}
TEXT = ("all-engine-30", "all-engine-100")
COPIED = tuple(name for name in EXPERTS if name.startswith("copied"))
VARIANTS = [
    *[(name,) for name in EXPERTS if name.startswith("all")],
    *[(text, copied, sharpness) for text in TEXT for copied in COPIED for sharpness in (1, 3)],
]


class Search:
    """Kernel ridge regression over precomputed inner products, so that a fit costs a second."""

    def __init__(self, corpus: Path, store: Path) -> None:
        self.table, self.rows = read_rows(corpus)
        encoder = OnnxEncoder(asset(ENCODER), layers=RECIPE.views[0].layers, normalise=RECIPE.normalise)
        with Store(store) as opened:
            pooled = pool_corpus(self.table, corpus, encoder, WindowRule(), RECIPE, opened)
        self.clips, means = clip_means(pooled.clip, pooled.values, pooled.speech)
        means = (means - means.mean(0)) / (means.std(0) + 1e-6)
        wide = means.shape[1] // len(RECIPE.statistics)
        self.kernels = {
            "mean": means[:, :wide] @ means[:, :wide].T / wide,
            "every": means @ means.T / means.shape[1],
        }
        self.means = means
        self.place = np.full(len(self.table), -1)
        self.place[self.clips] = np.arange(len(self.clips))
        self.real = self.rows.bona_fide
        self.engine = self.table["engine"].to_numpy().astype(str)
        self.copied = ~self.real & np.isin(self.rows.group, np.unique(self.rows.group[self.real]))

    def layer_kernel(self, statistics: str, place: int) -> np.ndarray:
        """Inner products of one layer's statistics: of the mean, or of `every`."""
        parts = self.means.reshape(len(self.means), len(RECIPE.statistics), len(RECIPE.views[0].layers), -1)
        kept = parts[:, : 1 if statistics == "mean" else None, place].reshape(len(self.means), -1)
        return kept @ kept.T / kept.shape[1]

    def fitted(self, expert: tuple, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        """Score of test rows by an expert (statistics, spoofs it learns from, ridge, classes)."""
        statistics, against, ridge, classes = expert
        kernel = self.kernels[statistics]
        if against == "copied" and self.copied[train].any():
            train = train[self.real[train] | self.copied[train]]
        if against == "spoken" and not self.copied[train][~self.real[train]].all():
            train = train[~self.copied[train]]
        weight = balanced_weights(self.rows, train)
        label = np.where(self.real[train], "", self.engine[train] if classes == "engine" else "spoof")
        names, number = np.unique(label, return_inverse=True)
        target = np.eye(len(names))[number]
        mean = (weight[:, None] * target).sum(0) / weight.sum()
        root = np.sqrt(weight)[:, None]
        inner = self.place[train]
        gram = root * (kernel[np.ix_(inner, inner)] + 1) * root.T
        gram[np.diag_indices(len(gram))] += ridge
        dual = root * scipy.linalg.solve(gram, root * (target - mean), assume_a="pos")
        both = np.concatenate([train, test])
        fit = (kernel[np.ix_(self.place[both], inner)] + 1) @ dual + mean
        score = fit[:, 0] - fit[:, 1:].max(1)
        seen, real = score[: len(train)], self.real[train]
        top, bottom = seen[real].mean(), seen[~real].mean()
        return (score[len(train) :] - (top + bottom) / 2) / ((top - bottom) / 2)

    def variants(self, train: np.ndarray, test: np.ndarray) -> dict[tuple, float]:
        scores = {name: self.fitted(expert, train, test) for name, expert in EXPERTS.items()}
        real = self.real[test]
        found = {}
        for variant in VARIANTS:
            score = scores[variant[0]]
            if len(variant) == 3:
                pair = np.stack([score, scores[variant[1]]])
                score = -np.log(np.exp(-variant[2] * pair).mean(0)) / variant[2]
            found[variant] = eer(score[real], score[~real])
        return found

    def run(self, nested: bool) -> dict:
        rounds = crossed_rounds(self.rows, self.clips, even_folds(self.rows, self.clips, 3))
        outer: dict[tuple, dict[str, list[float]]] = {variant: {} for variant in VARIANTS}
        among = {"all": VARIANTS, "two experts": [variant for variant in VARIANTS if len(variant) == 3]}
        chosen: dict[str, dict[str, list[float]]] = {name: {} for name in among}
        choices = []
        for one in rounds:
            found = self.variants(one.train, one.test)
            for variant, value in found.items():
                outer[variant].setdefault(one.family, []).append(value)
            if not nested:
                continue
            inner: dict[tuple, dict[str, list[float]]] = {variant: {} for variant in VARIANTS}
            for part in crossed_rounds(self.rows, one.train, even_folds(self.rows, one.train, 2)):
                for variant, value in self.variants(part.train, part.test).items():
                    inner[variant].setdefault(part.family, []).append(value)
            for name, variants in among.items():
                best = min(variants, key=lambda variant: family_mean(inner[variant]))
                chosen[name].setdefault(one.family, []).append(found[best])
                choices.append(
                    {"among": name, "family": one.family, "sources": one.sources, "chosen": best,
                     "eer": found[best]}
                )  # fmt: skip
                print(name, one.family, one.sources, best, round(found[best], 3), flush=True)
        picked = {
            name: {"mean_eer": family_mean(each), "per_family": means(each)} for name, each in chosen.items()
        }
        return {
            "variants": [
                {"variant": variant, "mean_eer": family_mean(each), "per_family": means(each)}
                for variant, each in sorted(outer.items(), key=lambda item: family_mean(item[1]))
            ],
            "nested_choice": {"among": picked, "rounds": choices} if nested else None,
        }


def means(families: dict[str, list[float]]) -> dict[str, float]:
    return {family: float(np.mean(values)) for family, values in families.items()}


def family_mean(families: dict[str, list[float]]) -> float:
    return float(np.mean([np.mean(values) for values in families.values()])) if families else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--no-nested", action="store_true")
    arguments = parser.parse_args()
    began = time.time()
    search = Search(arguments.corpus, arguments.store)
    record = {"corpus_sha256": corpus_hash(search.table), **search.run(not arguments.no_nested)}
    old = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
    record["tried_on_the_way"] = old.get("tried_on_the_way", [])
    record["seconds"] = round(time.time() - began)
    arguments.out.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
