"""Learned heads and one-class objectives beside the shipped head, chosen by held-back engines.

    earwitness corpora build open-voices open-voices --subset small
    python benchmarks/head_search.py open-voices --store store --work heads --heads shipped attentive
    earwitness corpora quality open-voices quality.parquet
    python benchmarks/head_search.py open-voices --store store --work heads --quality quality.parquet \
        --heads attentive-qamo attentive-dpda attentive-augmented --no-inner
    python benchmarks/head_search.py open-voices --store store --work heads --report

Every head is trained in the same leave-out rounds on the same clips. The calibrator of an outer round
comes from inner rounds of its training side, and so does the choice among heads, whose figure is that of
the outer rounds. What is done lies in the working folder, so that it may be stopped and started again,
and several processes may share the heads. `--report` writes `ledger/detector-search.json`, key `heads`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch
from published_ways import DualPathHeads, QualityHeads, Roughened, listening_quality

from earwitness.assets import asset
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.metrics import eer, interval
from earwitness.systems.detection_table import corpus_hash, origin_classes, pool_corpus, read_rows
from earwitness.systems.detector import ENCODER, Plan
from earwitness.systems.frame_heads import FrameHeadTraining, frame_corpus
from earwitness.systems.head_training import HeadTraining
from earwitness.systems.origin import RECIPE, OriginRecipe
from earwitness.systems.verdict_figures import verdict_figures
from earwitness.training.aligning import AlignGradients
from earwitness.training.family_mean import FamilyTrials, mean_eer
from earwitness.training.logistic import Affine, fit_affine
from earwitness.training.nested import out_of_fold
from earwitness.training.recipe import Optimiser
from earwitness.training.rounds import Round, Rows, balanced_weights, crossed_rounds, even_folds
from earwitness.training.run import plain, versions
from earwitness.training.verdicts import fit_hardest_verdicts, fit_verdicts, spoken_verdicts
from earwitness.whole_file import write_whole

LEDGER = Path(__file__).parents[1] / "ledger" / "detector-search.json"
SHIPPED = "shipped"


def learned(**settings: Any) -> OriginRecipe:
    """A head trained by gradient steps; only what differs between heads is named."""
    common: dict[str, Any] = {
        "objective": "origin", "unit": "window", "batch": 64, "epochs": 8, "narrow": 64, "coarsen": 5,
        "optimiser": Optimiser(name="adamw", learning_rate=1e-3, weight_decay=1e-2),
    }  # fmt: skip
    return msgspec.structs.replace(RECIPE, **(common | settings))


HEADS = {
    SHIPPED: RECIPE,
    "linear": msgspec.structs.replace(RECIPE, objective="origin"),
    "one-class": learned(objective="one-class"),
    "attentive": learned(pooling="attentive"),
    "attentive-one-class": learned(pooling="attentive", objective="one-class"),
    "nes2net": learned(pooling="nes2net"),
    "nes2net-one-class": learned(pooling="nes2net", objective="one-class"),
    "attentive-qamo": learned(pooling="attentive", objective="one-class"),
    "attentive-dpda": learned(pooling="attentive", step=AlignGradients(method="pcgrad")),
    "attentive-augmented": learned(pooling="attentive"),
}
WAYS = {
    "attentive-qamo": "QAMO: two centres by listening quality, the quality loss beside them",
    "attentive-dpda": "DPDA: every window clean and through RawBoost (4), gradients aligned by PCGrad",
    "attentive-augmented": "the same two paths, their losses summed",
}
"""Heads that are trained in a published way, on frozen frames of the shipped encoder; the augmented path is
one fixed copy of every clip."""


class Bench:
    """The corpus, and a training for every head."""

    def __init__(self, corpus: Path, store: Path, quality: Path | None = None) -> None:
        self.corpus, self.store, self.plan, self.quality = corpus, store, Plan(), quality
        self.table, self.rows = read_rows(corpus)
        self.encoder = OnnxEncoder(asset(ENCODER), layers=RECIPE.views[0].layers, normalise=RECIPE.normalise)
        self._made: dict[str, HeadTraining] = {}

    def training(self, name: str, seed: int) -> HeadTraining:
        """What trains a head; windows are read from the store once for all heads of a kind."""
        if name in WAYS:
            return self._published(name, seed)
        recipe = HEADS[name]
        kind = HeadTraining if recipe.pooling == "statistics" else FrameHeadTraining
        if kind.__name__ not in self._made:
            classes, origin = origin_classes(self.table, recipe.classes)
            with Store(self.store) as opened:
                windows: Any
                if kind is HeadTraining:
                    windows = pool_corpus(
                        self.table, self.corpus, self.encoder, self.plan.rule, recipe, opened, tell
                    )
                else:
                    windows = frame_corpus(
                        self.table, self.corpus, self.encoder, self.plan.rule, recipe.coarsen, opened, tell
                    )
            shape = (len(self.encoder.layers), self.encoder.dimension)
            self._made[kind.__name__] = kind(recipe, shape, classes, origin, self.rows, windows)
        head = self._made[kind.__name__]
        head.recipe = msgspec.structs.replace(recipe, seeds=(seed,))
        return head

    def _published(self, name: str, seed: int) -> HeadTraining:
        """What trains a head in a published way, on the same windows."""
        recipe, plain = msgspec.structs.replace(HEADS[name], seeds=(seed,)), self.training("attentive", seed)
        given = (recipe, plain.shape, plain.classes, plain.origin, plain.rows, plain.pooled)
        if name == "attentive-qamo":
            if self.quality is None:
                raise BadInput("is needed for the head attentive-qamo", where="--quality")
            return QualityHeads(*given, quality=listening_quality(self.quality, self.table))
        with Store(self.store) as opened:
            rough = frame_corpus(
                self.table, self.corpus, Roughened(self.encoder), self.plan.rule, recipe.coarsen, opened, tell
            )
        return DualPathHeads(*given, rough=rough)

    def rounds(self, usable: np.ndarray) -> list[Round]:
        """The outer rounds of the shipped detector."""
        return crossed_rounds(self.rows, usable, even_folds(self.rows, usable, self.plan.folds))

    def inner(self, train: np.ndarray) -> list[Round]:
        """Every family of a training side left out once, the folds of sources taking turns."""
        count = self.plan.inner_folds
        rounds = crossed_rounds(self.rows, train, even_folds(self.rows, train, count))
        return [one for place, one in enumerate(rounds) if place % count == place // count % count]


def tell(done: int, of: int) -> None:
    print(f"\rwindows {done}/{of}", end="\n" if done == of else "", file=sys.stderr)


def part(work: Path, head: str, seed: int, number: int) -> Path:
    """Scores of one outer round."""
    return work / f"{head}-seed{seed}-round{number:02d}.parquet"


def run(bench: Bench, head: str, seed: int, work: Path, *, inner: bool, most: float) -> None:
    """Train a head in every round that is not done, for at most so many seconds.

    Args:
        bench: the corpus.
        head: name.
        seed: of the training.
        work: folder of what is done.
        inner: train the inner rounds, too; without them there is neither calibrator nor choice.
        most: seconds after which no further round is begun.
    """
    began = time.time()
    training = bench.training(head, seed)
    usable = np.unique(training.pooled.clip)
    for number, one in enumerate(bench.rounds(usable)):
        path = part(work, head, seed, number)
        if path.exists():
            continue
        if time.time() - began > most:
            return
        parts = [("outer", one.family, *out_of_fold([one], training.fit_and_score)[:2])]
        for each in bench.inner(one.train) if inner else ():
            parts.append(("inner", each.family, *out_of_fold([each], training.fit_and_score)[:2]))
        table = pl.concat(
            pl.DataFrame(
                {"id": bench.table["id"].gather(row), "score": raw},
                schema={"id": pl.String, "score": pl.Float64},
            ).with_columns(where=pl.lit(where), family=pl.lit(family))
            for where, family, row, raw in parts
        )
        table.write_parquet(partial := path.with_suffix(".partial"))
        partial.rename(path)
        print(head, seed, number, one.family, round(time.time() - began), flush=True)


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A head's scores in one outer round.

    Args:
        row: (n,) rows of the corpus.
        llr: (n,) scores, calibrated on the inner rounds; raw where there are none.
        inner_eer: mean over inner families; NaN where there are none.
        hardest_eer: of the inner family with the highest.
        calibrated: whether the inner rounds ranked real speech above spoofs, so that there was a scale.
        said: rule of the thresholds -> (n,) verdicts: `pooled` as shipped, over all inner families, or
            `hardest`, in each by itself.
    """

    row: np.ndarray
    llr: np.ndarray
    inner_eer: float
    hardest_eer: float
    calibrated: bool
    said: dict[str, np.ndarray]


def read(path: Path, place: dict[str, int], rows: Rows) -> Scored:
    """Scores of a part, calibrated."""
    table = pl.read_parquet(path)
    row = np.array([place[name] for name in table["id"].to_list()])
    raw, outer = table["score"].to_numpy(), (table["where"] == "outer").to_numpy()
    family = table["family"].to_numpy().astype(str)
    if outer.all():
        unknown = float("nan")
        return Scored(row=row, llr=raw, inner_eer=unknown, hardest_eer=unknown, calibrated=False, said={})
    inner_row, inner_raw, real = row[~outer], raw[~outer], rows.bona_fide[row[~outer]]
    try:
        calibrator = fit_affine(inner_raw, real, balanced_weights(rows, inner_row))
        known = True
    except BadInput:  # real speech ranked below spoofs: only brought to the scale of the other rounds
        spread = float(inner_raw.std()) or 1.0
        calibrator = Affine(scale=1 / spread, offset=-float(inner_raw.mean()) / spread)
        known = False
    rates = []
    for name in sorted(set(family[~outer].tolist())):
        mine = family[~outer] == name
        rates.append(eer(inner_raw[mine & real], inner_raw[mine & ~real]))
    llr, aim, weight = calibrator(inner_raw), Plan().wrong, balanced_weights(rows, inner_row)
    limits = {
        "pooled": fit_verdicts(llr, real, weight, wrong=aim),
        "hardest": fit_hardest_verdicts(llr, real, family[~outer], wrong=aim),
    }
    found = calibrator(raw[outer])
    return Scored(
        row=row[outer],
        llr=found,
        inner_eer=float(np.mean(rates)),
        hardest_eer=float(np.max(rates)),
        calibrated=known,
        said={
            rule: spoken_verdicts(found, limit) if known else np.zeros(len(found), int)
            for rule, limit in limits.items()
        },
    )


def trials(
    found: Iterable[tuple[str, dict[str, Scored]]], table: pl.DataFrame, rows: Rows
) -> dict[str, FamilyTrials]:
    """Trials of each held-back family, its folds of sources pooled.

    Args:
        found: family, and the scores of every system in one outer round.
        table: of the corpus.
        rows: columns of the corpus.
    """
    speaker = np.where(rows.bona_fide, table["speaker"].to_numpy().astype(str), rows.voice)
    gathered: dict[str, list[dict[str, Scored]]] = {}
    for family, scores in found:
        gathered.setdefault(family, []).append(scores)
    made = {}
    for family, parts in gathered.items():
        row = np.concatenate([next(iter(one.values())).row for one in parts])
        real = rows.bona_fide[row]
        score = {name: np.concatenate([one[name].llr for one in parts]) for name in parts[0]}
        made[family] = FamilyTrials(
            real={name: value[real] for name, value in score.items()},
            fake={name: value[~real] for name, value in score.items()},
            real_cluster=speaker[row][real],
            fake_cluster=speaker[row][~real],
        )
    return made


def figures(
    found: list[tuple[str, dict[str, Scored]]], table: pl.DataFrame, rows: Rows, name: str
) -> dict[str, Any]:
    """Mean over families and each family's EER; the difference to the shipped head is paired."""
    made = trials(found, table, rows)
    systems = [SHIPPED, name] if name != SHIPPED else [SHIPPED]
    means, excess = mean_eer(made, systems)
    single: dict[str, list[float]] = {}
    for family, scores in found:
        real = rows.bona_fide[scores[name].row]
        single.setdefault(family, []).append(eer(scores[name].llr[real], scores[name].llr[~real]))
    return {
        "verdicts": verdicts(found, table, rows, name),
        "mean_eer": means[name],
        "minus_shipped": excess.get(name),
        "mean_of_single_round_eers": float(np.mean([np.mean(each) for each in single.values()])),
        "per_family": {
            family: interval(
                "eer", each.real[name], each.fake[name], replicates=500,
                clusters=(each.real_cluster, each.fake_cluster),
            )
            for family, each in made.items()
        },
    }  # fmt: skip


def verdicts(
    found: list[tuple[str, dict[str, Scored]]], table: pl.DataFrame, rows: Rows, name: str
) -> dict[str, Any] | None:
    """Wrong verdicts of a head under both rules for its thresholds; `None` without inner rounds."""
    parts = [scores[name] for _, scores in found]
    if not parts[0].said:
        return None
    row = np.concatenate([part.row for part in parts])
    family = np.concatenate([np.full(len(scores[name].row), held) for held, scores in found])
    speaker = np.where(rows.bona_fide, table["speaker"].to_numpy().astype(str), rows.voice)[row]
    engine = table["engine"].to_numpy().astype(str)[row]
    return {
        rule: verdict_figures(
            np.concatenate([part.said[rule] for part in parts]), rows.bona_fide[row], family, engine, speaker
        )
        for rule in parts[0].said
    }


def report(bench: Bench, work: Path, seeds: Iterable[int]) -> dict[str, Any]:
    """Figures of every head that is done, and of the choice inside each round."""
    table, rows = bench.table, bench.rows
    place = {name: row for row, name in enumerate(table["id"].to_list())}
    training = bench.training(SHIPPED, 0)
    rounds = bench.rounds(np.unique(training.pooled.clip))
    every = range(len(rounds))
    done: dict[tuple[str, int], dict[int, Scored]] = {}
    for head in HEADS:
        for seed in seeds:
            there = [number for number in every if part(work, head, seed, number).exists()]
            # a head that was stopped is reported on the families whose rounds are all there
            open_ones = {rounds[number].family for number in every if number not in there}
            there = [number for number in there if rounds[number].family not in open_ones]
            if there:
                done[head, seed] = {n: read(part(work, head, seed, n), place, rows) for n in there}
    shipped = done[SHIPPED, 0]
    record: dict[str, Any] = {}
    for head in HEADS:
        mine = {seed: scores for (name, seed), scores in done.items() if name == head}
        if not mine:
            continue
        by_seed = {}
        for seed, scores in mine.items():
            found = [(rounds[n].family, {SHIPPED: shipped[n], head: scores[n]}) for n in scores]
            by_seed[str(seed)] = figures(found, table, rows, head)
        means = [each["mean_eer"].value for each in by_seed.values()]
        record[head] = {
            "recipe": msgspec.to_builtins(HEADS[head]),
            "way": WAYS.get(head),
            "seeds": sorted(mine),
            "mean_over_seeds": float(np.mean(means)),
            "best_seed": float(np.min(means)),
            "rounds_that_could_not_be_calibrated": sum(
                not one.calibrated for one in next(iter(mine.values())).values()
            ),
            "rounds_done": {str(seed): len(scores) for seed, scores in mine.items()},
            "by_seed": by_seed,
        }
    chosen, choices, cautious = [], [], []
    compared = {
        head: scores for (head, seed), scores in done.items()
        if seed == 0 and len(scores) == len(rounds)
        and all(np.isfinite(one.inner_eer) for one in scores.values())
    }  # fmt: skip
    for n in every:
        inner = {head: scores[n].inner_eer for head, scores in compared.items()}
        best = min(inner, key=lambda head: inner[head])
        chosen.append((rounds[n].family, {SHIPPED: shipped[n], "chosen": compared[best][n]}))
        hardest = min(compared, key=lambda head: compared[head][n].hardest_eer)
        cautious.append((rounds[n].family, {SHIPPED: shipped[n], "chosen": compared[hardest][n]}))
        choices.append(
            {
                "family": rounds[n].family,
                "sources": rounds[n].sources,
                "chosen": best,
                "inner": inner,
                "chosen_by_the_hardest_family": hardest,
            }
        )
    return {
        "heads": record,
        "nested_choice": {**figures(chosen, table, rows, "chosen"), "rounds": choices},
        "nested_choice_by_the_hardest_family": figures(cautious, table, rows, "chosen"),
        "aim": Plan().wrong,
        "corpus_sha256": corpus_hash(table),
        "packages": versions(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--heads", nargs="*", choices=list(HEADS), default=[])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument(
        "--quality", type=Path, help="table of earwitness corpora quality, for attentive-qamo"
    )
    parser.add_argument("--no-inner", action="store_true", help="outer rounds alone")
    parser.add_argument("--most", type=float, default=float("inf"), help="seconds; then no round is begun")
    parser.add_argument("--report", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.corpus, given.store, given.quality)
    for seed in given.seeds:
        for head in given.heads:
            run(bench, head, seed, given.work, inner=not given.no_inner, most=given.most)
    if given.report:
        record = json.loads(LEDGER.read_bytes())
        record["heads"] = json.loads(msgspec.json.encode(plain(report(bench, given.work, range(10)))))
        write_whole(LEDGER, (json.dumps(record, indent=1) + "\n").encode())
        print(LEDGER)


if __name__ == "__main__":
    main()
