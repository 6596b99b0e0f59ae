"""From open-voices to the shipped instrument: one call, deterministic."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch

import earwitness
from earwitness.assets import asset
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.evidence import manifest as instrument
from earwitness.systems import detection_table
from earwitness.systems.clip_windows import WindowRule
from earwitness.systems.detection_table import corpus_hash, origin_classes, pool_corpus, read_rows
from earwitness.systems.frame_heads import FrameHeadTraining, frame_corpus
from earwitness.systems.head_training import HeadTraining
from earwitness.systems.held_back_figures import held_back_figures
from earwitness.systems.held_back_table import held_back_table, read_held_back
from earwitness.systems.instrument_card import limits, write_card
from earwitness.systems.instrument_export import export_head
from earwitness.systems.origin import Origin, OriginRecipe
from earwitness.systems.without_copies import without_copies
from earwitness.training.checkpoint import save_tensors
from earwitness.training.nested import HeldBack, fit_on_held_back, nested_held_back
from earwitness.training.rounds import Rows, even_folds
from earwitness.training.run import RunFolder
from earwitness.whole_file import write_whole

Progress = Callable[[str, int, int], None]
ENCODER = "whisper-base-frames"
AIMS = (0.01, 0.02, 0.03, 0.05, 0.1)
"""Shares of wrong verdicts that are tried, for the table in the card."""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the detector is validated and shipped.

    Args:
        name: of the instrument.
        folds: of the sources of real speech, in the outer rounds.
        inner_folds: likewise inside each outer round.
        wrong: share of wrong verdicts that thresholds aim at; the highest of `AIMS` with which the
            verdicts on held-back engines stayed below the promised tenth, counted singly and at even
            priors (the card has the table): an unheard engine is harder than those of the fit.
        rule: windows of a recording.
        least_speech: in a recording, in seconds; below, too few training clips were so short.
        least_bandwidth: in Hz; the training channels drew limits of 3,400 Hz and more, and a telephone's
            measures a little lower.
        least_snr: in dB; the training channels drew 12 dB and more, over the noise that was there.
        most_clipped: share of samples; clipping was not trained on.
    """

    name: str = "origin"
    folds: int = 3
    inner_folds: int = 2
    wrong: float = 0.03
    rule: WindowRule = WindowRule()
    least_speech: float = 1.5
    least_bandwidth: float = 3_000.0
    least_snr: float = 8.0
    most_clipped: float = 0.01


def train_detector(
    corpus: str | Path,
    store: str | Path | None,
    out: str | Path,
    *,
    recipe: OriginRecipe = Origin.RECIPE,
    plan: Plan = Plan(),  # noqa: B008 - frozen
    encoder: OnnxEncoder | None = None,
    rivals: Mapping[str, str | Path] | None = None,
    search: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train, validate by leaving engines and sources out, calibrate, and export the detector.

    Args:
        corpus: its table, or the folder with `corpus.parquet` (`earwitness corpora build open-voices`).
        store: folder of the store; `None` computes everything anew.
        out: run folder; the instrument is its folder `instrument`.
        recipe: settings of the head.
        plan: how it is validated.
        encoder: gives the frames; the shipped one when `None`.
        rivals: name -> Parquet with `id` and `score` on the same clips, for the card.
        search: JSON of `benchmarks/detector_search.py`, for what the card says of the choosing.
        progress: called with (what, done, of how many).

    Returns:
        The instrument's folder.

    Raises:
        BadInput: when the corpus, the store or the encoder cannot be used.
    """
    torch.set_num_threads(1)  # sums in one order: the same weights on any machine with these packages
    (view,) = recipe.views
    encoder = encoder or OnnxEncoder(asset(ENCODER), layers=view.layers, normalise=recipe.normalise)
    table, rows = read_rows(corpus)
    run = RunFolder(out)
    opened = Store(store) if store is not None else None
    encoded = None if progress is None else (lambda done, of: progress("encode", done, of))
    root = detection_table.audio_root(corpus)
    windows: Any
    if recipe.pooling == "statistics":
        kind = HeadTraining
        windows = pool_corpus(table, root, encoder, plan.rule, recipe, opened, encoded)
    else:
        kind = FrameHeadTraining
        windows = frame_corpus(table, root, encoder, plan.rule, recipe.coarsen, opened, encoded)
    if opened is not None:
        opened.close()
    classes, origin = origin_classes(table, recipe.classes)
    run.write_recipe(
        recipe,
        data=detection_table.hashes(table, windows.audio_sha256) | {"encoder": encoder.revision},
        classes=classes,
    )
    head = kind(recipe, (len(view.layers), encoder.dimension), classes, origin, rows, windows)
    usable = np.unique(windows.clip)
    folds = even_folds(rows, usable, plan.folds)
    held = read_held_back(run.path, table)
    if held is None:
        held = nested_held_back(
            rows, usable, folds, head.fit_and_score,
            inner_folds=plan.inner_folds, wrong=plan.wrong, also=AIMS,
            progress=None if progress is None else lambda done, of: progress("leave out", done, of),
        )  # fmt: skip
        run.write_scores(held_back_table(held, rows, table))
    if plan.wrong in held.said_at:
        held = msgspec.structs.replace(held, said=held.said_at[plan.wrong])
    tables = {name: pl.read_parquet(path) for name, path in (rivals or {}).items()}
    figures = held_back_figures(held, rows, table, tables)
    figures["without_copies"] = without_copies(rows, usable, head.copied, folds, head.fit_and_score)
    network, curves = head.train(usable)
    run.write_json("curves.json", curves)
    save_tensors(run.path / "weights.safetensors", network.state_dict(), {"classes": classes})
    folder = run.path / "instrument"
    folder.mkdir(exist_ok=True)
    sha256, parity = export_head(network, head.shape, _frames(plan, encoder), folder / "head.onnx")
    record = {
        "data": {"corpus_sha256": corpus_hash(table), "audio_sha256": windows.audio_sha256}
        | {"clips": len(usable), "windows": len(windows.clip)},
        "composition": composition(table, usable),
        "head": {"sha256": sha256, "parity": parity},
        "figures": figures,
        "search": None if search is None else msgspec.json.decode(Path(search).read_bytes()),
    }
    run.write_json("figures.json", record)
    described = _manifest(held, rows, recipe, plan, encoder, classes, sha256, limits(figures))
    write_whole(folder / "manifest.json", instrument.to_json(described))
    write_card(folder, described, record, recipe, plan.folds)
    instrument.read_manifest(folder)  # what `analyze` will check
    return folder


def composition(table: pl.DataFrame, usable: np.ndarray) -> list[dict[str, Any]]:
    """How many clips of which label, family, engine, source and language were trained on."""
    columns = ["label", "family", "engine", "source", "language"]
    return table[usable].group_by(columns).len("clips").sort(columns).to_dicts()


def _frames(plan: Plan, encoder: OnnxEncoder) -> int:
    return round(plan.rule.window_seconds * encoder.frame_rate)


def _manifest(
    held: HeldBack,
    rows: Rows,
    recipe: OriginRecipe,
    plan: Plan,
    encoder: OnnxEncoder,
    classes: tuple[str, ...],
    sha256: str,
    notes: tuple[str, ...],
) -> instrument.Manifest:
    calibrator, verdicts = fit_on_held_back(rows, held.row, held.raw, plan.wrong)
    llr, real = calibrator(held.raw), rows.bona_fide[held.row]
    if not np.isfinite(llr).all():
        raise BadInput("a held-back score is not finite; lower the learning rate or raise the ridge")
    how = f"{len(llr)} held-back scores of {len(np.unique(held.round))} leave-out rounds"
    return instrument.Manifest(
        name=plan.name,
        version=f"{earwitness.__version__}+{hashlib.sha256(sha256.encode()).hexdigest()[:8]}",
        task="detection",
        encoder=instrument.EncoderUse(
            asset=ENCODER,
            layers=recipe.views[0].layers,
            frame_rate=encoder.frame_rate,
            dimension=encoder.dimension,
            normalise=recipe.normalise,
            revision=encoder.revision,
        ),
        head=instrument.Head(
            file="head.onnx",
            sha256=sha256,
            # experts give a score alone
            outputs=("score",) if recipe.objective == "experts" else ("score", "origin"),
            origin_classes=() if recipe.objective == "experts" else classes,
        ),
        window_seconds=plan.rule.window_seconds,
        scoring_hop_seconds=plan.rule.hop_seconds,
        min_window_speech=plan.rule.least_speech,
        calibrator=instrument.Calibrator(scale=calibrator.scale, offset=calibrator.offset, fitted_on=how),
        thresholds=instrument.Thresholds(
            spoof_below=verdicts.spoof_below,
            bona_fide_above=verdicts.bona_fide_above,
            fitted_on=f"{how}, at most {plan.wrong:.0%} of either verdict wrong",
        ),
        validated=instrument.Validated(
            min_speech_seconds=plan.least_speech,
            min_bandwidth_hz=plan.least_bandwidth,
            max_clipped=plan.most_clipped,
            llr_range=(float(llr.min()), float(llr.max())),
            min_snr_db=plan.least_snr,
        ),
        distributions=instrument.Distributions(bona_fide=_spread(llr[real]), spoof=_spread(llr[~real])),
        notes=notes,
    )


def _spread(llr: np.ndarray, most: int = 400) -> tuple[float, ...]:
    """At most so many values, evenly spaced in rank, so that the report's picture keeps its shape."""
    ordered = np.sort(llr)
    places = np.linspace(0, len(ordered) - 1, min(most, len(ordered))).round().astype(int)
    return tuple(round(float(value), 4) for value in ordered[places])
