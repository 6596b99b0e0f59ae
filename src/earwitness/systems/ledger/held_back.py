"""Rounds of open-voices for small experiments: an engine family and a third of the languages held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.naming import Division, Protocol, named
from earwitness.systems.ledger.entry import Data, data_of
from earwitness.systems.ledger.variants import Variant
from earwitness.training.experiment import Experiment, Progress, run_experiment
from earwitness.training.randomness import generator
from earwitness.training.views import Views

ON = "engine families and languages held back"
_SETTINGS = "leave-one-out:family,disjoint=language,folds=3,allow=speaker"


def held_back_protocol(*, validated: bool = False) -> Protocol:
    """The protocol; where it is `validated`, a fifth of the training groups is kept for validation."""
    return named(f"{_SETTINGS},{'validation=0.2,validation-by=group' if validated else 'validation=0'}")


def held_back_rounds(
    table: Corpus, protocol: Protocol, *, rounds: int, clips: int, test_clips: int, validation_clips: int = 0
) -> list[Division]:
    """One round for each chosen family, with the folds of languages in turn, and the clips drawn.

    Args:
        table: of open-voices.
        protocol: from `held_back_protocol`.
        rounds: families, evenly spaced among the sorted ones.
        clips: training clips of a round, at most half of them of either class.
        test_clips: likewise.
        validation_clips: likewise, where the protocol holds some.

    Raises:
        BadInput: when the corpus cannot be cut so.
    """
    by_family: dict[str, list[Division]] = {}
    for one in protocol.divide(table, label="label"):
        by_family.setdefault(one.split.name.split(",")[0], []).append(one)
    families = sorted(by_family)
    places = np.unique(np.linspace(0, len(families) - 1, min(rounds, len(families))).round().astype(int))
    real = (table.table["label"] == "bona fide").to_numpy()
    found = []
    for place in places:
        folds = by_family[families[place]]
        one = folds[place % len(folds)]
        split, name = one.split, one.split.name
        held = f", {validation_clips} validation" if validation_clips else ""
        split = msgspec.structs.replace(
            split,
            train=_drawn(split.train, real, clips, name),
            validation=_drawn(split.validation, real, validation_clips, name),
            test=_drawn(split.test, real, test_clips, name),
            how=f"{split.how}; {clips} training{held} and {test_clips} test clips drawn at most",
        )
        found.append(msgspec.structs.replace(one, split=split))
    return found


def rows_of(rounds: Sequence[Division]) -> list[int]:
    """All rows that some round uses, ascending."""
    parts = [part for one in rounds for part in (one.split.train, one.split.validation, one.split.test)]
    return sorted({int(row) for part in parts for row in part})


def train_variants(
    variants: Mapping[str, Variant],
    table: Corpus,
    protocol: Protocol,
    rounds: Sequence[Division],
    views: Views,
    out: str | Path,
    *,
    progress: Progress | None = None,
) -> dict[str, Path]:
    """Train every variant on the same rounds, each into a folder of its name.

    Args:
        variants: name -> setting.
        table: of the corpus.
        protocol: of the rounds.
        rounds: from `held_back_rounds`.
        views: that all variants read.
        out: folder that gets a run for each.
        progress: called with (what, done, of how many).

    Raises:
        BadInput: when a folder holds another run.
    """
    runs = {}
    for name, variant in variants.items():
        experiment = Experiment(
            system=variant.system, recipe=variant.recipe,
            task=variant.system.task(variant.recipe, rounds[0].corpus.table), corpus=table, views=views,
            protocol=protocol, rounds=rounds,
        )  # fmt: skip
        runs[name] = run_experiment(
            experiment, Path(out) / name.replace(" ", "-"),
            progress=_of_variant(progress, name),
        )  # fmt: skip
    return runs


def _of_variant(progress: Progress | None, name: str) -> Progress | None:
    if progress is None:
        return None

    def tell(what: str, done: int, of: int) -> None:
        progress(f"{name}: {what}", done, of)

    return tell


def held_back_data(table: Corpus, protocol: Protocol, rounds: Sequence[Division]) -> Data:
    """What was measured on, for the ledger."""
    tested = "; ".join(one.split.name for one in rounds)
    return data_of(
        table, f"{protocol.text}: tested on {tested}", name="open-voices", rows=len(rows_of(rounds))
    )


def _drawn(rows: np.ndarray, real: np.ndarray, clips: int, name: str) -> np.ndarray:
    """At most so many rows, half of either class where there are enough."""
    rng = generator("drawn", name)
    sides = [rows[real[rows]], rows[~real[rows]]]
    return np.sort(
        np.concatenate([rng.choice(side, min(len(side), clips // 2), replace=False) for side in sides])
    )
