"""The experiment behind QAMO's claim, on open speech: does a centre for each quality class help?"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.naming import Division
from earwitness.corpora.quality_labels import QualityLabels, label_quality, with_quality
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.quality_networks import quality_predictor
from earwitness.encoders.store import Store
from earwitness.metrics import eer
from earwitness.systems.ledger.entry import Entry, Published, Table, judged, spent
from earwitness.systems.ledger.held_back import (
    ON,
    held_back_data,
    held_back_protocol,
    held_back_rounds,
    rows_of,
    train_variants,
)
from earwitness.systems.ledger.variants import Variant, difference, measured, pick
from earwitness.systems.qamo_recipes import QUALITY
from earwitness.systems.registry import system
from earwitness.systems.running import read_run
from earwitness.training.experiment import Progress
from earwitness.training.primary import primary_of
from earwitness.training.recipe import View
from earwitness.training.run import plain
from earwitness.training.trial_scores import read_run_scores
from earwitness.training.views import open_views

CLAIM = (
    "bona fide speech around a centre for each quality class is told from spoofs better than around one, "
    "and better than by cross-entropy"
)
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "qamo": {},
    "cross-entropy": {"objective": "cross-entropy"},
    "oc-softmax": {"objective": "oc-softmax"},
    "am-softmax": {"objective": "am-softmax"},
    "samo": {"objective": "samo", "real": 0.7, "fake": 0.0},
    "qamo without quality loss": {"quality_weight": 0.0},
    "cross-entropy with quality loss": {"objective": "cross-entropy-quality"},
}
"""Name -> what differs from QAMO's settings."""
PUBLISHED = tuple(
    Published(what=what, metric="EER, %", value=value, on=on, source=source)
    for source, what, values in (
        ("main table, Conformer-TCM", "qamo", (2.53, 1.63, 5.21, 3.45)),
        ("main table, Conformer-TCM", "oc-softmax", (1.75, 1.89, 6.72, 5.65)),
        ("main table, Conformer-TCM", "cross-entropy", (1.37, 2.39, 7.13, 5.70)),
        ("ablation, Conformer-TCM", "qamo without quality loss", (None, 2.17, 6.47, 2.78)),
        ("ablation, Conformer-TCM", "cross-entropy with quality loss", (None, 1.72, 7.18, 7.55)),
    )
    for on, value in zip(("ASVspoof 2021 LA", "ASVspoof 2021 DF", "In-the-Wild", "FoR"), values, strict=True)
    if value is not None
)
RELATIVE = {"cross-entropy": 1 - 5.21 / 7.13, "oc-softmax": 1 - 5.21 / 6.72}
"""How much relatively lower QAMO's EER is on In-the-Wild."""
FEWEST = 5
"""Bona fide clips of a quality class in a round, below which its EER is not taken."""


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is.

    Args:
        rounds: spoof families that are held back, each with one third of the languages.
        clips: training clips of a round, half of them bona fide.
        test_clips: test clips of a round, at most half of them bona fide.
        epochs: through the training clips.
        seeds: one training for each.
        frames: of a clip; longer is cut, shorter repeated.
        encoder: gives the frames.
        layer: its hidden state.
        predictor: measures the listening quality; its median over a round's bona fide training clips parts
            the two classes.
    """

    rounds: int = 5
    clips: int = 400
    test_clips: int = 400
    epochs: int = 6
    seeds: tuple[int, ...] = (1, 2, 3)
    frames: int = 100
    encoder: str = "whisper-base"
    layer: int = 3
    predictor: str = "dnsmos"


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train QAMO, its rivals and its ablations on frozen frames of the same rounds.

    Args:
        corpus: open-voices.
        store: folder of the store.
        out: folder that gets what was measured of quality, and a run for each variant.
        size: of the experiment.
        encoders: view -> encoder, where it is at hand (the view is called "frames").
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry.

    Raises:
        BadInput: when the corpus cannot be cut so, a quality predictor is not there, or a folder holds
            another run.
    """
    began = time.monotonic()
    table, protocol = Corpus.read(corpus), held_back_protocol()
    rounds = held_back_rounds(
        table, protocol, rounds=size.rounds, clips=size.clips, test_clips=size.test_clips
    )
    rounds, labels = labelled(table, rounds, size.predictor, Path(out), progress)
    view = View(encoder=size.encoder, layers=(size.layer,), length=size.frames, short="repeat", cut="random")
    method = system("qamo")
    recipe = msgspec.structs.replace(
        method.RECIPES["frames"], views=(view,), epochs=size.epochs, patience=None, validation=0.0, batch=16,
        seeds=size.seeds,
    )  # fmt: skip
    variants = {
        name: Variant(system=method, recipe=msgspec.structs.replace(recipe, **changes))
        for name, changes in VARIANTS.items()
    }
    with Store(store) as opened:
        views = open_views((view,), segments_of(corpus), opened, encoders=encoders, progress=progress)
        runs = train_variants(variants, table, protocol, rounds, views, out, progress=progress)
    rows = {name: measured(name, ON, run) for name, run in runs.items()}
    differences = [difference("qamo", runs["qamo"], name, runs[name], ON) for name in runs if name != "qamo"]
    claims = [
        (f"{least:.0%} relatively lower EER than with {name}", name, least * rows[name].value or 1.0)
        for name, least in RELATIVE.items()
    ]
    claims.append(("the quality loss lowers the EER", "qamo without quality loss", 0.0))
    claims.append(
        (
            "centres do more than the quality loss beside cross-entropy",
            "cross-entropy with quality loss",
            0.0,
        )
    )
    return Entry(
        name="qamo", paper=method.PAPER, claim=CLAIM, published=PUBLISHED, measured=tuple(rows.values()),
        differences=tuple(differences),
        verdicts=tuple(
            judged(claim, pick(differences, name, ON), least=least) for claim, name, least in claims
        ),
        tables=(by_quality(runs, rounds, size.predictor),), data=held_back_data(table, protocol, rounds),
        seeds=size.seeds, size=plain(size), seconds=spent(began, rows.values()),
        threads=torch.get_num_threads(), version=earwitness.__version__,
        notes=(
            "the encoder is frozen, so there is no RawBoost that would lower a clip's quality class: classes "
            f"are what {size.predictor} says of the recordings, parted at the median of each round's bona "
            "fide training clips (" + ", ".join(f"{one.thresholds[0]:.2f}" for one in labels) + ")",
            f"Nes2Net-X on layer {size.layer} of {size.encoder}, scored by the softmax-weighted mean",
            f"{still_falling(runs.values()):.0%} of the trainings had their lowest training loss in the last "
            f"of {size.epochs} epochs: longer ones may rank otherwise",
        ),
    )  # fmt: skip


def still_falling(runs: Iterable[Path]) -> float:
    """Share of the trainings whose training loss was lowest in the last epoch, 0 to 1.

    Args:
        runs: folders of finished runs.
    """
    last = []
    for run in runs:
        for one in read_run(run).trainings:
            curves = msgspec.json.decode((Path(one["folder"]) / "curves.json").read_bytes())
            losses = [point["loss"] for point in curves]
            last.append(losses[-1] == min(losses))
    return float(np.mean(last))


def labelled(
    table: Corpus, rounds: Sequence[Division], predictor: str, out: Path, progress: Progress | None
) -> tuple[list[Division], list[QualityLabels]]:
    """The rounds with a quality class for each of their rows, parted by their own training rows alone.

    Args:
        table: of the corpus.
        rounds: as they were drawn.
        predictor: that measures.
        out: folder that keeps what was measured, so that it is measured once.
        progress: called with (what, done, of how many).
    """
    out.mkdir(parents=True, exist_ok=True)
    used = table.table["id"].gather(rows_of(rounds)).implode()
    part, kept = table.where(pl.col("id").is_in(used)), out / "quality.parquet"
    assert table.root is not None
    source = part.write(out / "rows.parquet", table.root)
    # These thresholds are of no account: each round has its own.
    label_quality(
        source, kept, quality_predictor(predictor), thresholds=(2.5,),
        progress=lambda done, of: progress(f"quality by {predictor}", done, of) if progress else None,
    )  # fmt: skip
    column = f"mos_{predictor}"
    values = Corpus.read(kept).table.select("id", column)
    known = table.table.drop(column, strict=False).join(values, on="id", how="left", maintain_order="left")
    found, labels = [], []
    for one in rounds:
        training = np.zeros(len(table), bool)
        training[one.split.train] = True
        made, how = with_quality(Corpus(known, table.name, table.report), column, training=training)
        found.append(msgspec.structs.replace(one, corpus=made))
        labels.append(how)
    return found, labels


def by_quality(runs: Mapping[str, Path], rounds: Sequence[Division], predictor: str) -> Table:
    """EER of the bona fide clips of each quality class against all spoofs, mean over rounds and seeds."""
    quality = {
        one.split.name: dict(one.corpus.table.select("id", QUALITY).iter_rows()) for one in rounds
    }  # fmt: skip
    rows = []
    for name, run in runs.items():
        _, target = primary_of(read_run(run).task)
        cells = [name]
        for wanted in ("0", "1"):
            found, clips = [], 0
            for round_name, part in read_run_scores(run, target).items():
                mine = np.array([quality[round_name][one] == wanted for one in part.ids]) & (part.truth == 1)
                if mine.sum() < FEWEST:
                    continue
                clips += int(mine.sum())
                found += [float(eer(s[mine], s[part.truth == 0])) for s in part.scores.values()]
            cells += [f"{np.mean(found):.4f}" if found else "too few", f"{clips:,}"]
        rows.append(tuple(cells))
    return Table(
        title=f"EER by quality of the bona fide clips ({predictor}), against all spoofs of the round",
        columns=("what", "lower half", "clips", "upper half", "clips"),
        rows=tuple(rows),
    )
