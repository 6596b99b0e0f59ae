"""The experiment behind MATA's claim, on open vocalisations: do transport and attention add?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from earwitness.encoders.encoder import Encoder
from earwitness.systems.ledger.entry import Entry, Published
from earwitness.systems.ledger.fusions import (
    FusionSize,
    against,
    best_single,
    fusion_entry,
    fusion_variants,
)
from earwitness.systems.ledger.variants import run_variants
from earwitness.training.experiment import Progress

CLAIM = (
    "two encoders exchanged by optimal transport and attended to know the emotion of a vocalisation better "
    "than either alone, than side by side, and than the exchange without attention"
)
PUBLISHED = tuple(
    Published(what=what, metric="accuracy, percent", value=value, on=on, source="table 1")
    for what, values in {
        "LanguageBind alone, CNN": (75.55, 73.65, 69.12),
        "ImageBind alone, CNN": (62.03, 63.10, 55.30),
        "concat": (76.34, 72.62, 67.48),
        "transport, no attention": (76.41, 77.03, 70.05),
        "MATA": (76.47, 77.40, 75.12),
    }.items()
    for on, value in zip(("ASVP-ESD", "JNV", "VIVAE"), values, strict=True)
)
FOLDS = {"speakers held back": "speaker-folds:5", "random folds, speakers overlap": "random-folds:5"}


class Size(FusionSize, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is; see `FusionSize`.

    Args:
        target: column of the classes.
        epochs: at most.
    """

    target: str = "vocalisation"
    epochs: int = 50


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train MATA, each encoder alone, concat and MATA without attention on the same folds.

    Args:
        corpus: vocalisations, such as that part of open-voices.
        store: folder of the store.
        out: folder that gets a run for each.
        size: of the experiment.
        encoders: view -> encoder, where they are at hand.
        progress: called with (what, done, of how many).

    Raises:
        BadInput: when the corpus cannot be cut so, or a folder holds another run.
    """
    began = time.monotonic()
    target = {"target": size.target}
    parts = {"concat": "concat", "transport, no attention": "no-attention"}
    variants = fusion_variants("mata", size, parts, target, target)
    found = run_variants(variants, corpus, store, out, FOLDS, encoders=encoders, progress=progress)
    singles = {on: best_single(found[0], size, on) for on in FOLDS}
    verdicts = [
        *against("better than the better encoder alone", found[1], singles),
        *against("better than concat", found[1], dict.fromkeys(FOLDS, "concat")),
        *against("attention adds to transport", found[1], dict.fromkeys(FOLDS, "transport, no attention")),
    ]
    return fusion_entry(
        "mata", CLAIM, PUBLISHED, found, verdicts, corpus, size,
        "Cries of the figures of a game, labelled by what happens to them (pain, death, jump ...): acts, not "
        "emotions, and few clips", began,
    )  # fmt: skip
