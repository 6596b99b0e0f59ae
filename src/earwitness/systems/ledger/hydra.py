"""The experiment behind HYDRA's claim: do hyperbolic subspaces parse codecs better than flat ones?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch

import earwitness
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.encoder import Encoder
from earwitness.metrics.regression_figures import regression
from earwitness.systems.ledger.drawn import drawn
from earwitness.systems.ledger.entry import Difference, Entry, Measured, Table, data_of, judged, spent
from earwitness.systems.ledger.variants import Variant, difference, measured, pick
from earwitness.systems.registry import system
from earwitness.systems.running import run_system
from earwitness.training.experiment import Progress
from earwitness.training.recipe import View
from earwitness.training.run import plain

CLAIM = "hyperbolic subspaces with attention for each task err less than Euclidean counterparts"
HELD_BACK = "speakers and their utterances held back"
RANDOM = "random folds: an utterance's other codings are trained on"
UNSEEN = "codec family and utterances held back"
MAIN = ("hyperbolic", "euclidean", "cnn", "fcn")
ABLATIONS = ("single-subspace", "fixed-curvature", "shared-attention", "no-attention")


class Size(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How large the experiment is.

    Args:
        clips: drawn alike from every codec family.
        seeds: one training of HYDRA and its flat twin for each.
        ablation_seeds: of the other settings.
        unseen_seeds: where codec families are held back: eighteen rounds.
        folds: of speakers, and at random.
        epochs: at most.
        encoder: gives the vectors.
        layer: its hidden state; `None` for encoders without.
        filters: of the convolutional blocks; a quarter of the system's own, so that it fits the hour.
        width: of the layer after them.
        second: encoder of the setting with two.
        others: settings beside HYDRA and its flat twin, with speakers held back.
    """

    clips: int = 700
    seeds: tuple[int, ...] = (1, 2, 3, 4, 5)
    ablation_seeds: tuple[int, ...] = (1, 2, 3)
    unseen_seeds: tuple[int, ...] = (1,)
    folds: int = 3
    epochs: int = 12
    encoder: str = "whisper-base"
    layer: int | None = 3
    filters: tuple[int, ...] = (16, 32)
    width: int = 128
    second: str = "ge2e"
    others: tuple[str, ...] = ("cnn", "fcn", *ABLATIONS, "two-encoders")


def reproduce(
    corpus: str | Path,
    store: str | Path,
    out: str | Path,
    *,
    size: Size = Size(),  # noqa: B008 - frozen
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Entry:
    """Train HYDRA and its flat counterparts on the same folds, and say what is left of the claim.

    Args:
        corpus: the codec part of open-voices.
        store: folder of the store.
        out: folder that gets the drawn clips and a run for each setting.
        size: of the experiment.
        encoders: view -> encoder, for those at hand (the views are called "first" and "second").
        progress: called with (what, done, of how many).

    Returns:
        The ledger's entry.

    Raises:
        BadInput: when the corpus cannot be cut so, or a folder holds another run.
    """
    began = time.monotonic()
    clips = drawn(corpus, Path(out) / "clips", by="codec_family", clips=size.clips)
    variants = settings(size)
    protocols = {
        HELD_BACK: f"speaker-folds:{size.folds},label=codec",
        UNSEEN: "leave-one-out:codec_family,disjoint=speaker,folds=2",
        RANDOM: f"random-folds:{size.folds},label=codec",
    }
    rows: list[Measured] = []
    differences: list[Difference] = []
    errors: list[tuple[str, ...]] = []
    table = Corpus.read(clips)
    for on, protocol in protocols.items():
        runs: dict[str, Path] = {}
        for name in (*MAIN[:2], *(size.others if on == HELD_BACK else ())):
            variant = variants[name]
            recipe = variant.recipe
            if on == UNSEEN:
                recipe = msgspec.structs.replace(recipe, seeds=size.unseen_seeds)
            runs[name], _ = run_system(
                variant.system,
                recipe,
                clips,
                store,
                Path(out) / f"{list(protocols).index(on)}-{name}",
                protocol=protocol,
                encoders=encoders,
                progress=_of(name, progress),
            )
            rows.append(measured(name, on, runs[name]))
            if name in MAIN:
                errors += native_errors(name, on, runs[name], table.table)
        differences += [
            difference("hyperbolic", runs["hyperbolic"], name, run, on)
            for name, run in runs.items() if name != "hyperbolic"
        ]  # fmt: skip
    return Entry(
        name="hydra", paper=system("hydra").PAPER, claim=CLAIM, published=(),
        measured=tuple(rows), differences=tuple(differences),
        verdicts=(
            judged("HYDRA errs less than its Euclidean twin, speakers held back",
                   pick(differences, "euclidean", HELD_BACK)),
            judged("HYDRA errs less than its Euclidean twin on codec families never heard",
                   pick(differences, "euclidean", UNSEEN)),
            *(
                judged("HYDRA errs less than a convolutional network with heads, speakers held back", one)
                for one in differences if (one.other, one.on) == ("cnn", HELD_BACK)
            ),
        ),
        tables=(
            Table(
                title="Each setting's errors in native units, all trials of all seeds together",
                columns=("folds", "setting", "target", "n", "MAE", "RMSE", "R2", "Spearman", "octaves",
                         "octaves of the mean", "nearest value right"),
                rows=tuple(errors),
            ),
        ),
        data=data_of(
            table,
            "speech through ffmpeg, sox and residual vector quantisation of our own; quantizers are "
            "known of the latter alone",
        ),
        seeds=size.seeds, size=plain(size), seconds=spent(began, rows),
        threads=torch.get_num_threads(), version=earwitness.__version__,
        notes=(
            "the main figure is of the bit rate, in octaves: 1 is a factor of two",
            "the paper's figures could not be established; its corpora of neural codecs are not at hand",
        ),
    )  # fmt: skip


def _of(name: str, progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    return lambda what, done, of: progress(f"{name}: {what}", done, of)


def settings(size: Size) -> dict[str, Variant]:
    """Name -> setting, those of the main comparison with all seeds."""
    hydra = system("hydra")
    views = (
        View(
            name="first",
            input="vector",
            encoder=size.encoder,
            layers=() if size.layer is None else (size.layer,),
        ),
        View(name="second", input="vector", encoder=size.second),
    )
    found = {}
    for name in (*MAIN, *ABLATIONS, "two-encoders"):
        recipe: Any = hydra.RECIPE if name == "hyperbolic" else hydra.RECIPES[name]
        found[name] = Variant(
            system=hydra,
            recipe=msgspec.structs.replace(
                recipe,
                views=views[: len(recipe.views)],
                epochs=size.epochs,
                patience=4,
                filters=size.filters if recipe.filters else (),
                width=size.width,
                seeds=size.seeds if name in MAIN[:2] else size.ablation_seeds,
            ),
        )
    return found


def native_errors(name: str, on: str, run: Path, table: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows of the table of errors: one for each target of a run."""
    scores = pl.read_parquet(run / "scores.parquet", memory_map=False)
    columns = {"bit_rate": "score", "quantizers": "quantizers/score", "codec_rate": "codec_rate/score"}
    found = []
    for column, score in columns.items():
        if score not in scores.columns or table[column].null_count() == len(table):
            continue
        both = scores.join(table.select("id", pl.col(column).alias("wanted")), on="id").drop_nulls("wanted")
        truth, said = both["wanted"].to_numpy().astype(float), both[score].to_numpy()
        figures = regression(truth, said).figures
        logs = np.log2(truth)
        found.append(
            (
                on, name, column, str(len(truth)), f"{figures.mae:,.1f}", f"{figures.rmse:,.1f}",
                *(f"{one:.2f}" if one is not None else "" for one in (figures.r2, figures.spearman)),
                f"{np.abs(np.log2(said) - logs).mean():.2f}", f"{np.abs(logs - logs.mean()).mean():.2f}",
                f"{nearest_right(truth, said):.2f}",
            )
        )  # fmt: skip
    return found


def nearest_right(truth: np.ndarray, said: np.ndarray, grid: Sequence[float] | None = None) -> float:
    """Share of numbers whose nearest value of a grid, in log2, is the true one.

    Args:
        truth: (n,) above 0.
        said: (n,) above 0.
        grid: the values there are; those of the truth when `None`.

    Example:
        >>> nearest_right(np.array([1.0, 8.0]), np.array([1.2, 5.0]), (1, 2, 4, 8))
        0.5
    """
    values = np.log2(np.unique(truth) if grid is None else np.asarray(grid, float))
    found = np.abs(np.log2(said)[:, None] - values).argmin(1)
    return float((np.abs(values[found] - np.log2(truth)) < 1e-9).mean())
