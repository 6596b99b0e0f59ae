"""The two side instruments of `analyze`, fitted and validated: which generator, which coding."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.parts import only
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.evidence.manifest import EncoderUse, Head
from earwitness.evidence.side_manifest import NumberUse, SideManifest
from earwitness.systems.nearest_class import Nearest
from earwitness.systems.number_rounds import NumberFigures, fitted, nested_numbers
from earwitness.systems.open_set_rounds import HeldBack, figures_of, nested
from earwitness.systems.recording_statistics import corpus_statistics
from earwitness.systems.side_card import card_of
from earwitness.systems.side_export import HEAD, export_side
from earwitness.training.run import plain

Progress = Callable[[str, int, int], object]
ACCEPTED = 0.05
"""Share of recordings of classes never heard that may be named, in the rounds that fit the limit."""
MOST_UNKNOWN_NAMED, LEAST_RIGHT, LEAST_NAMED = 0.2, 0.8, 0.2
"""Classes are named if, nested, no more of the never heard are named and so many of the named are right: set
before the first figure was seen. That so many of the known be named, and known be told from unknown at all
(AUROC), was added when codec families met the rule by naming next to nothing."""
LEAST_SPEECH = {"source": 1.5, "codec": 0.5}
"""In seconds; coarse coding leaves little that is still heard as speech."""
NUMBERS = {"bit_rate": ("bit rate", "kbit/s", 1e-3), "codec_rate": ("sample rate of the codec", "kHz", 1e-3),
           "quantizers": ("quantizers", "codebooks", 1.0)}  # fmt: skip


def source_instrument(
    corpus: str | Path, store: Store, encoder: OnnxEncoder, use: EncoderUse, out: Path,
    *, clips: int = 80, progress: Progress | None = None,
) -> SideManifest:  # fmt: skip
    """Fit and validate what says which generator a voice is like.

    Args:
        corpus: folder of open-voices; its speech part is used.
        store: keeps the statistics.
        encoder: gives the frames.
        use: how it is used, for the manifest.
        out: folder of the instrument.
        clips: of each engine, and three times as many of real speech.
        progress: called with (what, done, of how many).
    """
    table = only(Corpus.read(corpus).table, "speech").with_columns(
        pl.when(pl.col("label") == "bona fide").then(pl.lit("bona fide")).otherwise("engine").alias("class")
    )
    table = drawn_alike(table, clips, {"bona fide": 3 * clips})
    values, table = _heard("source", table, corpus, store, encoder, progress)
    return _instrument(
        "source", values, table, "bona fide", use, out, numbers=(), clusters=table["group"], progress=progress
    )


def codec_instrument(
    corpus: str | Path, store: Store, encoder: OnnxEncoder, use: EncoderUse, out: Path,
    *, plain_speech: str | Path | None = None, clips: int = 70, progress: Progress | None = None,
) -> SideManifest:  # fmt: skip
    """Fit and validate what says which coding a recording went through.

    Args:
        corpus: folder of open-voices with its codec part.
        store: keeps the statistics.
        encoder: gives the frames.
        use: how it is used, for the manifest.
        out: folder of the instrument.
        plain_speech: folder of open-voices with its speech part, whose clean rows of sources without a codec
            of their own join the few uncoded ones; `None` takes none.
        clips: of each codec family, and of that speech, at most.
        progress: called with (what, done, of how many).
    """
    table = only(Corpus.read(corpus).table, "codec").with_columns(pl.col("codec_family").alias("class"))
    values, table = _heard("codec", table, corpus, store, encoder, progress)
    numbered = drawn_alike(table.with_row_index("row"), clips, {})
    values, table = values[numbered["row"].to_numpy()], numbered.drop("row")
    if plain_speech is not None:
        more = only(Corpus.read(plain_speech).table, "speech").filter(
            (pl.col("label") == "bona fide") & (pl.col("channel") == "clean")
            & pl.col("source").is_in(["asterisk", "polish"])
        )  # fmt: skip
        more = drawn_alike(more.with_columns(pl.lit("none").alias("class")), clips, {})
        extra, more = _heard("codec", more, plain_speech, store, encoder, progress)
        values = np.concatenate([values, extra])
        table = pl.concat([table, more], how="diagonal_relaxed")
    return _instrument(
        "codec", values, table, "none", use, out, numbers=tuple(NUMBERS), clusters=table["speaker"],
        progress=progress,
    )  # fmt: skip


def drawn_alike(table: pl.DataFrame, clips: int, others: dict[str, int]) -> pl.DataFrame:
    """At most so many rows of each class, by the hash of their ids.

    Example:
        >>> table = pl.DataFrame({"id": ["a", "b", "c"], "class": ["x", "x", "y"]})
        >>> drawn_alike(table, 1, {})["class"].sort().to_list()
        ['x', 'y']
    """
    order = [hashlib.sha256(str(name).encode()).hexdigest() for name in table["id"]]
    turn = table.with_columns(pl.Series("turn", order)).sort("turn")
    most = pl.col("class").replace_strict(others, default=clips, return_dtype=pl.Int64)
    return turn.filter(pl.int_range(pl.len()).over("class") < most).drop("turn")


def _heard(
    task: str,
    table: pl.DataFrame,
    corpus: str | Path,
    store: Store,
    encoder: OnnxEncoder,
    progress: Progress | None,
) -> tuple[NDArray[np.float32], pl.DataFrame]:
    """Statistics of the rows that hold enough speech, and these rows."""
    values, speech = corpus_statistics(
        table, corpus, encoder, store, None if progress is None else lambda d, n: progress("encode", d, n)
    )
    enough = speech >= LEAST_SPEECH[task]
    if not enough.any():
        raise BadInput("no row holds enough speech", where=str(corpus))
    return values[enough], table.filter(pl.Series(enough))


def _instrument(
    task: str, values: NDArray[np.float32], table: pl.DataFrame, nothing: str, use: EncoderUse, out: Path,
    *, numbers: tuple[str, ...], clusters: pl.Series, progress: Progress | None,
) -> SideManifest:  # fmt: skip
    labels = table["class"].to_numpy().astype(str)
    keys = clusters.fill_null("").to_numpy().astype(str)
    folds = np.array([int(hashlib.sha256(key.encode()).hexdigest(), 16) % 3 for key in keys])
    rounds, limit = nested(values, labels, folds, nothing, progress, accepted=ACCEPTED)
    figures = figures_of(rounds, labels, keys, nothing)
    named, present = _valid(figures)
    shown = named or (task == "codec" and present)
    told: dict[str, NumberFigures] = {}
    uses, models = [], []
    for column in numbers:
        rows = table[column].is_not_null().to_numpy() & (labels != nothing)
        if len(np.unique(labels[rows])) < 3:
            continue
        truth = table[column].cast(pl.Float64).to_numpy()[rows]
        told[column], (below, above) = nested_numbers(values[rows], truth, labels[rows], folds[rows] % 2)
        if told[column].shown:
            name, unit, scale = NUMBERS[column]
            uses.append(NumberUse(name=name, unit=unit, scale=scale, below=below, above=above))
            models.append(fitted(values[rows], truth, labels[rows]))
    nearest = Nearest.fit(values, labels)
    digest = hashlib.sha256("".join(sorted(table["sha256"])).encode()).hexdigest()
    card = card_of(
        task, plain(figures), {name: plain(one) for name, one in told.items()}, shown=shown, named=named,
        by_class=by_class(rounds, nothing), rows=table["class"].value_counts().sort("class").rows(),
        sha256=digest, accepted=ACCEPTED, rule=(MOST_UNKNOWN_NAMED, LEAST_RIGHT),
    )  # fmt: skip
    manifest = SideManifest(
        name=task, version=f"{earwitness.__version__}+{digest[:8]}", task=task, encoder=use,  # type: ignore[arg-type]
        head=Head(file=HEAD, sha256="0" * 64, outputs=("distances", "logs")), classes=nearest.classes,
        nothing=nothing, limit=limit, typical=typical_distances(rounds, labels, nearest.classes),
        numbers=tuple(uses), min_speech_seconds=LEAST_SPEECH[task], named=named, shown=shown,
        notes=tuple(card["limits"]),
    )  # fmt: skip
    export_side(out, manifest, nearest, models, card, values[:64])
    return manifest


def _valid(figures: dict[str, dict[str, float]]) -> tuple[bool, bool]:
    """Whether classes may be named, and whether it may be said that there is one."""
    named = (
        figures["unknown_named"]["value"] <= MOST_UNKNOWN_NAMED
        and figures["right_of_known_named"]["value"] >= LEAST_RIGHT
        and figures["auroc_known_unknown"]["low"] > 0.5
        and figures["known_named"]["value"] >= LEAST_NAMED
    )
    present = (
        figures["nothing_found"]["value"] >= LEAST_RIGHT
        and figures["unknown_taken_for_nothing"]["value"] <= MOST_UNKNOWN_NAMED
    )
    return named, present


def typical_distances(
    rounds: list[tuple[str, HeldBack, float]], labels: NDArray[np.str_], classes: tuple[str, ...]
) -> dict[str, tuple[float, ...]]:
    """Distances of held-back rows to their own class, at 21 even shares."""
    found = {}
    for name in classes:
        own = np.concatenate([one.own[(labels[one.row] == name) & one.known] for _, one, _ in rounds])
        found[name] = tuple(np.quantile(own, np.linspace(0, 1, 21)).round(2).tolist())
    return found


def by_class(rounds: list[tuple[str, HeldBack, float]], nothing: str) -> dict[str, float]:
    """Share of each class's rows that were named as something else when it had never been heard."""
    return {
        name: float(((found.distance <= limit) & (found.said != nothing))[~found.known].mean())
        for name, found, limit in rounds
    }
