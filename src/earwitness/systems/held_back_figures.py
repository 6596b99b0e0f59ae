"""What a nested leave-out run amounts to: figures with intervals, beside rivals on the same clips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics import cllr, eer, interval
from earwitness.systems.verdict_figures import verdict_figures
from earwitness.training.family_mean import FamilyTrials, mean_eer
from earwitness.training.nested import HeldBack
from earwitness.training.rounds import Rows

OURS = "origin"
FEWEST = 20
"""Trials of each class below which a breakdown is not reported."""


def held_back_figures(
    held: HeldBack, rows: Rows, table: pl.DataFrame, rivals: Mapping[str, pl.DataFrame]
) -> dict[str, Any]:
    """All figures of the card.

    Scores are the calibrated ones of each outer round, pooled over its folds of sources: the EER is
    that of one threshold for all of them.

    Args:
        held: nested, held-back scores.
        rows: columns of the corpus.
        table: of the corpus.
        rivals: name -> table with `id` and `score` (higher = more bona fide) of the same clips.
    """
    ours = _family_trials(held, rows, table, {OURS: held.llr})
    means, _ = mean_eer(ours, [OURS])
    beside = {name: _beside(name, held, rows, table, rival) for name, rival in rivals.items()}
    return {
        "mean_leave_one_out_eer": means[OURS],
        "mean_of_single_round_eers": _mean_of_rounds(held, rows),
        "per_family": {name: _family(trials) for name, trials in ours.items()},
        "rivals": beside,
        "cllr": _cllr(held, rows),
        "verdicts": _verdicts(held, rows, table, held.said),
        "verdicts_at_other_aims": {
            f"{aim:g}": {
                key: value
                for key, value in _verdicts(held, rows, table, said).items()
                if key not in ("per_family", "per_engine")
            }
            for aim, said in held.said_at.items()
        },
        "per_language": _breakdown(held, rows, table["language"].to_numpy().astype(str)),
        "per_source": _breakdown(held, rows, rows.source),
        "per_channel": _breakdown(held, rows, channel(table)),
        "per_engine": _per_engine(held, rows, table["engine"].to_numpy().astype(str)),
    }


def _family_trials(
    held: HeldBack,
    rows: Rows,
    table: pl.DataFrame,
    scores: Mapping[str, np.ndarray],
    kept: np.ndarray | None = None,
) -> dict[str, FamilyTrials]:
    speaker = np.where(rows.bona_fide, table["speaker"].to_numpy().astype(str), rows.voice)
    families = {}
    for family in sorted(set(held.family.tolist())):
        mine = held.family == family if kept is None else kept & (held.family == family)
        real, fake = mine & rows.bona_fide[held.row], mine & ~rows.bona_fide[held.row]
        if not real.any() or not fake.any():
            continue
        families[family] = FamilyTrials(
            real={name: score[real] for name, score in scores.items()},
            fake={name: score[fake] for name, score in scores.items()},
            real_cluster=speaker[held.row][real],
            fake_cluster=speaker[held.row][fake],
        )
    return families


def _beside(
    name: str, held: HeldBack, rows: Rows, table: pl.DataFrame, rival: pl.DataFrame
) -> dict[str, Any]:
    """A rival and ours on the clips that the rival has scored; the difference is paired.

    A rival's table may hold one score a clip, or one for each `family` that was held back when it was
    trained; scores of differing trainings are only compared inside their family.
    """
    keys = ["id", "family"] if "family" in rival.columns else ["id"]
    found = dict(zip(rival.select(keys).iter_rows(), rival["score"].to_list(), strict=True))
    ids = table["id"].gather(held.row).to_list()
    own = [(one, family) if len(keys) == 2 else (one,) for one, family in zip(ids, held.family, strict=True)]
    theirs = np.array([found.get(key, np.nan) for key in own], np.float64)
    trials = _family_trials(held, rows, table, {OURS: held.llr, name: theirs}, np.isfinite(theirs))
    if not trials:
        raise BadInput("scores no clip of both classes", where=name)
    means, excess = mean_eer(trials, [OURS, name])
    return {
        "clips": len({one for one, known in zip(ids, np.isfinite(theirs), strict=True) if known}),
        "ours": means[OURS],
        "rival": means[name],
        "rival_minus_ours": excess[name],
        "per_family": {family: _family(each) for family, each in trials.items()},
    }


def channel(table: pl.DataFrame) -> np.ndarray:
    """Name of the channel that each clip went through, or "" where the corpus does not say."""
    for name in ("channel_kind", "channel"):
        if name in table.columns and table[name].dtype == pl.String:
            return table[name].fill_null("").to_numpy().astype(str)
    return np.full(len(table), "")


def _family(trials: FamilyTrials) -> dict[str, Any]:
    found = {}
    for name in trials.real:
        found[name] = interval(
            "eer", trials.real[name], trials.fake[name], replicates=500,
            clusters=(trials.real_cluster, trials.fake_cluster),
        )  # fmt: skip
    return found


def _mean_of_rounds(held: HeldBack, rows: Rows) -> float:
    """Each round by itself, as one deployed system would meet it; then rounds, then families averaged."""
    families: dict[str, list[float]] = {}
    for number in np.unique(held.round):
        mine = held.round == number
        real, fake = mine & rows.bona_fide[held.row], mine & ~rows.bona_fide[held.row]
        if real.any() and fake.any():
            families.setdefault(str(held.family[mine][0]), []).append(eer(held.llr[real], held.llr[fake]))
    return float(np.mean([np.mean(values) for values in families.values()]))


def _cllr(held: HeldBack, rows: Rows) -> dict[str, Any]:
    real = rows.bona_fide[held.row]
    by_family = {}
    for family in sorted(set(held.family.tolist())):
        mine = held.family == family
        by_family[family] = float(cllr(held.llr[mine & real], held.llr[mine & ~real]))
    return {
        "pooled": interval("cllr", held.llr[real], held.llr[~real], replicates=300),
        "mean_over_families": float(np.mean(list(by_family.values()))),
        "per_family": by_family,
    }


def _verdicts(held: HeldBack, rows: Rows, table: pl.DataFrame, said: np.ndarray) -> dict[str, Any]:
    speaker = np.where(rows.bona_fide, table["speaker"].to_numpy().astype(str), rows.voice)
    engine = table["engine"].to_numpy().astype(str)
    return verdict_figures(said, rows.bona_fide[held.row], held.family, engine[held.row], speaker[held.row])


def _breakdown(held: HeldBack, rows: Rows, by: np.ndarray) -> dict[str, Any]:
    """EER of the trials of each value; held-back families are pooled, and so count by their clips."""
    real = rows.bona_fide[held.row]
    found = {}
    for value in sorted(set(by[held.row].tolist()) - {""}):
        here = by[held.row] == value
        if (here & real).sum() >= FEWEST and (here & ~real).sum() >= FEWEST:
            found[value] = interval("eer", held.llr[here & real], held.llr[here & ~real], replicates=300)
    return found


def _per_engine(held: HeldBack, rows: Rows, engine: np.ndarray) -> dict[str, Any]:
    """EER of each engine's clips against the real speech of its family's rounds."""
    real = rows.bona_fide[held.row]
    found = {}
    for name in sorted(set(engine[held.row][~real].tolist())):
        fake = (engine[held.row] == name) & ~real
        family = held.family[fake][0]
        if fake.sum() >= FEWEST:
            found[name] = interval(
                "eer", held.llr[real & (held.family == family)], held.llr[fake], replicates=300
            )
    return found
