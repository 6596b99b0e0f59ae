"""The experiment behind Nes2Net's claim, on open speech: does it need no narrowing layer, at less cost?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.naming import Division, Protocol, named
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.store import Store
from earwitness.systems.back_end_cost import Cost, cost_of
from earwitness.systems.ledger.entry import (
    Data,
    Difference,
    Entry,
    Measured,
    Published,
    Table,
    Verdict,
    judged,
)
from earwitness.systems.ledger.variants import difference, measured
from earwitness.systems.registry import system
from earwitness.training.experiment import Experiment, Progress, run_experiment
from earwitness.training.randomness import generator
from earwitness.training.recipe import View
from earwitness.training.run import plain
from earwitness.training.splitting import table_hash
from earwitness.training.views import open_views

CLAIM = (
    "no narrowing layer is needed: 22 % relatively lower EER at 87 % less back-end compute than the best "
    "baseline"
)
NARROWING = ("aasist-frames", "reduction-resnet", "reduction-ecapa")
"""Back-ends that narrow the frames first."""
PUBLISHED = (
    Published(
        what="best baseline to Nes2Net", metric="EER, relative", value=-0.22, on="CtrSVDD", source="abstract"
    ),
    Published(
        what="best baseline to Nes2Net", metric="back-end compute, relative", value=-0.87, on="CtrSVDD",
        source="abstract",
    ),
)  # fmt: skip
ON = "engine families and languages held back"
PROTOCOL = "leave-one-out:family,disjoint=language,folds=3,validation=0,allow=speaker"


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is; the defaults fit two hours on two cores.

    Args:
        rounds: spoof families that are held back, each with one third of the languages; evenly spaced
            among the sorted ones.
        clips: training clips of a round, half of them bona fide.
        test_clips: test clips of a round, at most half of them bona fide.
        epochs: through the training clips.
        seeds: one training for each.
        frames: of a clip; longer is cut, shorter repeated.
        encoder: gives the frames.
        layer: its hidden state.
    """

    rounds: int = 5
    clips: int = 1500
    test_clips: int = 800
    epochs: int = 8
    seeds: tuple[int, ...] = (1, 2, 3)
    frames: int = 150
    encoder: str = "whisper-base"
    layer: int = 3


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train Nes2Net and the back-ends that narrow on the same rounds, and say what is left of the claim.

    Args:
        corpus: open-voices.
        store: folder of the store.
        out: folder that gets a run for each system.
        size: of the experiment.
        encoders: view -> encoder, where it is at hand (the view is called "frames").
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry.

    Raises:
        BadInput: when the corpus cannot be cut so, or a folder holds another run.
    """
    began = time.monotonic()
    table = Corpus.read(corpus)
    protocol = named(PROTOCOL)
    rounds = _rounds(table, protocol, size)
    view = View(encoder=size.encoder, layers=(size.layer,), length=size.frames, short="repeat", cut="random")
    systems = {"nes2net": {}, "nes2net-x": {"variant": "x"}, **{name: {} for name in NARROWING}}
    runs: dict[str, Path] = {}
    costs: dict[str, Cost] = {}
    with Store(store) as opened:
        views = open_views((view,), segments_of(corpus), opened, encoders=encoders, progress=progress)
        (shape,) = views.dimensions.values()
        for name, changes in systems.items():
            method = system("nes2net" if name == "nes2net-x" else name)
            recipe = msgspec.structs.replace(
                method.RECIPE, views=(view,), epochs=size.epochs, patience=None, validation=0.0,
                seeds=size.seeds, batch=16, **changes,
            )  # fmt: skip
            task = method.task(recipe, table.table)
            experiment = Experiment(
                system=method, recipe=recipe, task=task, corpus=table, views=views, protocol=protocol,
                rounds=rounds,
            )  # fmt: skip
            runs[name] = run_experiment(experiment, Path(out) / name, progress=progress)
            torch.manual_seed(0)
            costs[name] = cost_of(
                method.build(recipe, views.dimensions, task), (shape[0], size.frames, shape[1])
            )
    rows = {name: measured(name, ON, run) for name, run in runs.items()}
    differences = {
        name: difference("nes2net", runs["nes2net"], name, runs[name], ON)
        for name in runs
        if name != "nes2net"
    }
    return Entry(
        name="nes2net", paper=system("nes2net").PAPER, claim=CLAIM, published=PUBLISHED,
        measured=tuple(rows.values()), differences=tuple(differences.values()),
        verdicts=verdicts(rows, differences, costs), tables=(cost_table(costs),),
        data=Data(
            name=table.name, kind="real", rows=len({row for one in rounds for row in _rows(one)}),
            sha256=table_hash(table),
            what=f"{protocol.name}: tested on " + "; ".join(one.split.name for one in rounds),
        ),
        seeds=size.seeds, size=plain(size), seconds=round(time.monotonic() - began),
        threads=torch.get_num_threads(), version=earwitness.__version__,
    )  # fmt: skip


def _rows(one: Division) -> list[int]:
    return [*one.split.train.tolist(), *one.split.test.tolist()]


def _rounds(table: Corpus, protocol: Protocol, size: Size) -> list[Division]:
    """One round for each chosen family, with the folds of languages in turn, and the clips drawn."""
    by_family: dict[str, list[Division]] = {}
    for one in protocol.divide(table, label="label"):
        by_family.setdefault(one.split.name.split(",")[0], []).append(one)
    families = sorted(by_family)
    places = np.unique(np.linspace(0, len(families) - 1, min(size.rounds, len(families))).round().astype(int))
    real = (table.table["label"] == "bona fide").to_numpy()
    found = []
    for place in places:
        folds = by_family[families[place]]
        one = folds[place % len(folds)]
        name = one.split.name
        split = msgspec.structs.replace(
            one.split,
            train=_drawn(one.split.train, real, size.clips, name),
            test=_drawn(one.split.test, real, size.test_clips, name),
            how=f"{one.split.how}; {size.clips} training and {size.test_clips} test clips drawn at most",
        )
        found.append(msgspec.structs.replace(one, split=split))
    return found


def _drawn(rows: np.ndarray, real: np.ndarray, clips: int, name: str) -> np.ndarray:
    """At most so many rows, half of either class where there are enough."""
    rng = generator("drawn", name)
    sides = [rows[real[rows]], rows[~real[rows]]]
    return np.sort(
        np.concatenate([rng.choice(side, min(len(side), clips // 2), replace=False) for side in sides])
    )


def verdicts(
    rows: Mapping[str, Measured], differences: Mapping[str, Difference], costs: Mapping[str, Cost]
) -> tuple[Verdict, Verdict]:
    """What is left of the claim, against the best of the back-ends that narrow: errors, then compute."""
    best = min(NARROWING, key=lambda name: rows[name].value)
    # A rival without errors leaves nothing to be better than: any difference is then too small.
    least = 0.22 * rows[best].value or 1.0
    saved = 1 - costs["nes2net"].multiply_adds / costs[best].multiply_adds
    return (
        judged(
            "22 % relatively lower EER than the best back-end that narrows", differences[best], least=least
        ),
        Verdict(
            claim="87 % less back-end compute than it",
            word="reproduced" if saved >= 0.87 else "direction only" if saved > 0 else "not reproduced",
            because=f"{saved:.0%} fewer multiply-adds than {best}",
        ),
    )


def cost_table(costs: Mapping[str, Cost]) -> Table:
    """What each back-end costs."""
    return Table(
        title="One clip through the back-end, in inference",
        columns=("system", "parameters", "multiply-adds", "milliseconds"),
        rows=tuple(
            (name, f"{one.parameters:,}", f"{one.multiply_adds / 1e6:.1f} M", f"{one.milliseconds:.2f}")
            for name, one in costs.items()
        ),
    )
