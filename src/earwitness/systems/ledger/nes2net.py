"""The experiment behind Nes2Net's claim, on open speech: does it need no narrowing layer, at less cost?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.store import Store
from earwitness.systems.back_end_cost import Cost, cost_of
from earwitness.systems.ledger.entry import (
    Difference,
    Entry,
    Measured,
    Published,
    Table,
    Verdict,
    judged,
    spent,
)
from earwitness.systems.ledger.held_back import (
    ON,
    held_back_data,
    held_back_protocol,
    held_back_rounds,
    train_variants,
)
from earwitness.systems.ledger.variants import Variant, difference, measured
from earwitness.systems.registry import system
from earwitness.training.experiment import Progress
from earwitness.training.recipe import View
from earwitness.training.run import plain
from earwitness.training.views import open_views

CLAIM = (
    "no narrowing layer is needed: 22 % relatively lower EER at 87 % less back-end compute than the best "
    "baseline"
)
NARROWING: Mapping[str, Mapping[str, Any]] = {
    "aasist-frames": {},
    "reduction-resnet": {"widths": (8, 16, 32, 64), "embedding": 128},
    "reduction-ecapa": {"width": 128},
}
"""Back-ends that narrow the frames first, and what of their settings differs: with it they have from a third
to three quarters of a million parameters, as in the paper."""
PUBLISHED = (
    Published(
        what="best baseline to Nes2Net", metric="EER, relative", value=-0.22, on="CtrSVDD", source="abstract"
    ),
    Published(
        what="best baseline to Nes2Net", metric="back-end compute, relative", value=-0.87, on="CtrSVDD",
        source="abstract",
    ),
)  # fmt: skip


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is; the defaults take half an hour of one core.

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
    clips: int = 400
    test_clips: int = 400
    epochs: int = 4
    seeds: tuple[int, ...] = (1, 2, 3)
    frames: int = 100
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
    table, protocol = Corpus.read(corpus), held_back_protocol()
    rounds = held_back_rounds(
        table, protocol, rounds=size.rounds, clips=size.clips, test_clips=size.test_clips
    )
    view = View(encoder=size.encoder, layers=(size.layer,), length=size.frames, short="repeat", cut="random")
    variants = {}
    for name, changes in {"nes2net": {}, "nes2net-x": {"variant": "x"}, **NARROWING}.items():
        method = system("nes2net" if name == "nes2net-x" else name)
        recipe = msgspec.structs.replace(
            method.RECIPE, views=(view,), epochs=size.epochs, patience=None, validation=0.0,
            seeds=size.seeds, batch=16, **changes,
        )  # fmt: skip
        variants[name] = Variant(system=method, recipe=recipe)
    with Store(store) as opened:
        views = open_views((view,), segments_of(corpus), opened, encoders=encoders, progress=progress)
        runs = train_variants(variants, table, protocol, rounds, views, out, progress=progress)
    (shape,) = views.dimensions.values()
    costs: dict[str, Cost] = {}
    for name, one in variants.items():
        torch.manual_seed(0)
        costs[name] = cost_of(
            one.system.build(one.recipe, views.dimensions), (shape[0], size.frames, shape[1])
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
        data=held_back_data(table, protocol, rounds), seeds=size.seeds, size=plain(size),
        seconds=spent(began, rows.values()), threads=torch.get_num_threads(), version=earwitness.__version__,
    )  # fmt: skip


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
            because=f"{saved:.1%} fewer multiply-adds than {best}; "
            + "; ".join(
                f"{1 - costs['nes2net'].multiply_adds / costs[name].multiply_adds:.1%} fewer than {name}"
                for name in NARROWING
                if name != best
            ),
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
