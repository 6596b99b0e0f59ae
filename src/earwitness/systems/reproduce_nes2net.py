"""The experiment behind Nes2Net's claim, on open speech: does it need no narrowing layer, at less cost?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.naming import Division, Protocol, named
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.store import Store
from earwitness.systems.back_end_cost import cost_of
from earwitness.systems.registry import system
from earwitness.systems.running import read_figures
from earwitness.training.experiment import Experiment, Progress, run_experiment
from earwitness.training.primary import primary_of
from earwitness.training.randomness import generator
from earwitness.training.recipe import View
from earwitness.training.run import plain
from earwitness.training.run_figures import run_difference
from earwitness.training.splitting import table_hash
from earwitness.training.trial_scores import read_run_scores
from earwitness.training.views import open_views

CLAIM = (
    "no narrowing layer is needed: 22 % relatively lower EER at 87 % less back-end compute than the best "
    "baseline"
)
NARROWING = ("aasist-frames", "reduction-resnet", "reduction-ecapa")
"""Back-ends that narrow the frames first."""
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
) -> dict[str, Any]:
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
    entries: dict[str, dict[str, Any]] = {}
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
            run = run_experiment(experiment, Path(out) / name, progress=progress)
            torch.manual_seed(0)
            module = method.build(recipe, views.dimensions, task)
            cost = cost_of(module, (shape[0], size.frames, shape[1]))
            entries[name] = {"figures": read_figures(run), "cost": cost, "run": run, "task": task}
    metric, target = primary_of(entries["nes2net"]["task"])
    scores = {name: read_run_scores(entry["run"], target) for name, entry in entries.items()}
    ours: dict[str, Any] = {}
    for name, entry in entries.items():
        figures = entry["figures"]
        ours[name] = {
            "eer": figures.mean,
            "best_seed": figures.best,
            "each_seed": {seed: one.value for seed, one in figures.seeds.items()},
            "rounds": figures.rounds,
            "cost": entry["cost"],
        }
        if name != "nes2net":
            ours[name]["minus_nes2net"] = run_difference(scores[name], scores["nes2net"], metric)
    return plain(
        {
            "system": "nes2net",
            "claim": CLAIM,
            "published": {"eer_relative": -0.22, "compute_relative": -0.87, "data": "CtrSVDD"},
            "ours": ours,
            "verdict": _verdict(ours),
            "seeds": size.seeds,
            "size": size,
            "protocol": PROTOCOL,
            "data_sha256": table_hash(table),
            "tested_on": [one.split.name for one in rounds],
            "cost": {"seconds": round(time.monotonic() - began), "threads": torch.get_num_threads()},
        }
    )


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


def _verdict(ours: dict[str, Any]) -> dict[str, Any]:
    """What is left of the claim: against the best of the back-ends that narrow."""
    best = min(NARROWING, key=lambda name: ours[name]["eer"].value)
    difference, rival = ours[best]["minus_nes2net"], ours[best]
    saved = 1 - ours["nes2net"]["cost"].multiply_adds / rival["cost"].multiply_adds
    # A rival without errors leaves nothing to be better than.
    relative = -difference.value / rival["eer"].value if rival["eer"].value else None
    if difference.low > 0:
        error = "reproduced" if relative is not None and relative <= -0.22 else "direction only"
    else:
        error = "direction only" if difference.value > 0 else "not reproduced"
        error += " (the interval of the difference holds zero)" if difference.high > 0 else ""
    return {
        "error": error,
        "compute": "reproduced" if saved >= 0.87 else "direction only" if saved > 0 else "not reproduced",
        "against": best,
        "eer_relative": relative,
        "compute_relative": -saved,
    }


def table_of(entry: dict[str, Any]) -> Sequence[tuple[str, ...]]:
    """Rows of the entry's table: system, EER, interval, minus Nes2Net, parameters, MACs, time."""
    rows = []
    for name, one in entry["ours"].items():
        eer, cost, other = one["eer"], one["cost"], one.get("minus_nes2net")
        rows.append(
            (
                name,
                f"{eer['value']:.4f}",
                f"{eer['low']:.4f} to {eer['high']:.4f}",
                "" if other is None else f"{other['value']:+.4f} [{other['low']:+.4f}, {other['high']:+.4f}]",
                f"{cost['parameters']:,}",
                f"{cost['multiply_adds'] / 1e6:.1f} M",
                f"{cost['milliseconds']:.2f} ms",
            )
        )
    return rows
