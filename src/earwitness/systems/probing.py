"""The benchmark table of the papers for any corpus: every encoder under every head, alone and together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec

from earwitness.encoders.catalogue import CATALOGUE
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput
from earwitness.systems.ledger.entry import Measured
from earwitness.systems.ledger.variants import measured
from earwitness.systems.registry import system
from earwitness.systems.running import run_system
from earwitness.systems.vector_fusion import FusionRecipe, VectorFusion
from earwitness.training.experiment import Progress
from earwitness.training.recipe import View, with_settings


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table.

    Args:
        encoders: that were read, in the order of the views.
        head: system that was trained on them.
        run: folder of the run.
        figures: by each metric that was asked for; the first is what the table is ordered by.
    """

    encoders: tuple[str, ...]
    head: str
    run: str
    figures: tuple[Measured, ...]


def probe(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    encoders: Sequence[str],
    heads: Sequence[str] = ("fcn", "cnn"),
    *,
    together: Sequence[int] = (1,),
    protocol: str = "speaker-folds:5",
    settings: Sequence[str] = (),
    seeds: Sequence[int] = (1,),
    metrics: Sequence[str] = (),
    threads: int | None = None,
    at_hand: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> tuple[Probed, ...]:
    """Train every head on every encoder, and on every pair or triple of them.

    Recordings are encoded once; a run that is finished is not done again.

    Args:
        corpus: folder of a corpus, or its Parquet file.
        store: folder of the store.
        out: folder that gets a run folder for each line.
        encoders: names for `encoders.load`; `NAME:LAYER` reads that hidden state, without it the last one.
        heads: systems that read vectors; one that brings two views together gets all pairs.
        together: how many encoders at once the heads get that read any number: 1 alone, 2 pairs, 3 triples.
        protocol: see `corpora.protocols.naming`.
        settings: `key=value` each, of every head's recipe.
        seeds: one training for each.
        metrics: further figures of the same target.
        threads: of torch; as it is when `None`.
        at_hand: encoder as named above -> encoder, for those at hand.
        progress: called with (what, done, of how many).

    Returns:
        The table, best first.

    Raises:
        BadInput: when a head reads no vectors, there are too few encoders for it, or a corpus, setting,
            encoder or folder cannot be used.

    Example:
        >>> probe("corpus", "store", "out", ["ge2e"], ["mata"])
        Traceback (most recent call last):
        earwitness.errors.BadInput: mata: brings 2 encoders together; name 2 or more
    """
    if len(set(encoders)) != len(encoders):
        raise BadInput("names an encoder twice", where="encoders")
    lines = [(head, chosen) for head in heads for chosen in _choices(head, encoders, together)]
    rows = []
    for number, (head, chosen) in enumerate(lines):
        method = system(head)
        recipe = msgspec.structs.replace(method.RECIPE, views=tuple(map(_view, chosen)), seeds=tuple(seeds))
        recipe = with_settings(recipe, settings)
        label = f"{head} on {' + '.join(chosen)}"

        def tell(what: str, *_: int, label: str = label, number: int = number) -> None:
            if progress is not None:
                progress(what if what.startswith("encode") else label, number, len(lines))

        run, _ = run_system(
            method, recipe, corpus, store, Path(out) / _folder(head, chosen),
            protocol=protocol, threads=threads,
            encoders=None if at_hand is None else {_view(name).name: at_hand[name] for name in chosen},
            progress=tell,
        )  # fmt: skip
        rows.append(
            Probed(
                encoders=tuple(chosen), head=head, run=str(run),
                figures=tuple(measured(label, protocol, run, metric=name) for name in (None, *metrics)),
            )
        )  # fmt: skip
    if progress is not None:
        progress("done", len(lines), len(lines))
    return tuple(sorted(rows, key=_rank))


def _choices(head: str, encoders: Sequence[str], together: Sequence[int]) -> list[tuple[str, ...]]:
    method: Any = system(head)
    if not isinstance(method, VectorFusion) or not isinstance(method.RECIPE, FusionRecipe):
        raise BadInput(
            "reads no vectors of encoders; a probe needs heads such as fcn, cnn or mata", where=head
        )
    sizes = tuple(together) if method.VIEWS is None else (method.VIEWS,)
    for size in sizes:
        if not 1 <= size <= len(encoders):
            raise BadInput(f"brings {size} encoders together; name {size} or more", where=head)
    return [chosen for size in sizes for chosen in combinations(encoders, size)]


def _view(named: str) -> View:
    """The view of an encoder: its last hidden state, or that after the colon, as the mean over time."""
    encoder, colon, layer = named.partition(":")
    if colon and not layer.isdigit():
        raise BadInput("the layer after the colon is a whole number", where=named)
    known = CATALOGUE.get(encoder)
    last = () if known is None or known.layers < 2 else (known.layers - 1,)
    return View(
        name=named.replace(":", "-"), input="vector", encoder=encoder, layers=(int(layer),) if colon else last
    )


def _folder(head: str, chosen: Sequence[str]) -> str:
    return "-".join([head, *(_view(name).name for name in chosen)]).replace("/", "-")


def _rank(row: Probed) -> float:
    first = row.figures[0]
    return first.value if first.lower else -first.value
