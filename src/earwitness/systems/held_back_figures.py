"""What a nested leave-out run amounts to: figures with intervals, beside rivals on the same clips."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics import cllr, eer, interval
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
    scores = {OURS: held.llr} | {name: _aligned(name, held, table, rival) for name, rival in rivals.items()}
    speaker = np.where(rows.bona_fide, table["speaker"].to_numpy().astype(str), rows.voice)
    families = {}
    for family in sorted(set(held.family.tolist())):
        mine = held.family == family
        real = mine & rows.bona_fide[held.row]
        fake = mine & ~rows.bona_fide[held.row]
        families[family] = FamilyTrials(
            real={name: score[real] for name, score in scores.items()},
            fake={name: score[fake] for name, score in scores.items()},
            real_cluster=speaker[held.row][real],
            fake_cluster=speaker[held.row][fake],
        )
    means, excess = mean_eer(families, list(scores))
    by_round = _mean_of_rounds(held, rows, scores)
    return {
        "mean_leave_one_out_eer": means,
        "rival_minus_ours": excess,
        "mean_of_single_round_eers": by_round,
        "per_family": {name: _family(trials) for name, trials in families.items()},
        "cllr": _cllr(held, rows),
        "verdicts": _verdicts(held, rows),
        "per_language": _breakdown(held, rows, table["language"].to_numpy().astype(str)),
        "per_source": _breakdown(held, rows, rows.source, real_only=True),
        "per_channel": _breakdown(held, rows, channel(table)),
        "per_engine": _per_engine(held, rows, table["engine"].to_numpy().astype(str)),
    }


def channel(table: pl.DataFrame) -> np.ndarray:
    """Name of the channel that each clip went through, or "" where the corpus does not say."""
    for name in ("channel_kind", "channel"):
        if name in table.columns and table[name].dtype == pl.String:
            return table[name].fill_null("").to_numpy().astype(str)
    return np.full(len(table), "")


def _aligned(name: str, held: HeldBack, table: pl.DataFrame, rival: pl.DataFrame) -> np.ndarray:
    scores = dict(zip(rival["id"].to_list(), rival["score"].to_list(), strict=True))
    ids = table["id"].to_list()
    missing = [ids[row] for row in held.row if ids[row] not in scores]
    if missing:
        raise BadInput(f"has no score for {missing[0]!r} and {len(missing) - 1} more clips", where=name)
    return np.array([scores[ids[row]] for row in held.row], np.float64)


def _family(trials: FamilyTrials) -> dict[str, Any]:
    found = {}
    for name in trials.real:
        found[name] = interval(
            "eer", trials.real[name], trials.fake[name], replicates=500,
            clusters=(trials.real_cluster, trials.fake_cluster),
        )  # fmt: skip
    return found


def _mean_of_rounds(held: HeldBack, rows: Rows, scores: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Each round by itself, as one deployed system would meet it; then rounds, then families averaged."""
    found = {}
    for name, score in scores.items():
        families: dict[str, list[float]] = {}
        for number, one in enumerate(held.rounds):
            mine = held.round == number
            real = rows.bona_fide[held.row] & mine
            if real.any() and (mine & ~real).any():
                families.setdefault(one.family, []).append(eer(score[real], score[mine & ~real]))
        found[name] = float(np.mean([np.mean(values) for values in families.values()]))
    return found


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


def _verdicts(held: HeldBack, rows: Rows) -> dict[str, Any]:
    """Verdicts by each round's own thresholds; families count alike in the pooled share."""
    real = rows.bona_fide[held.row]
    wrong = np.where(real, held.said == -1, held.said == 1)
    given = held.said != 0
    per_family, shares = {}, []
    for family in sorted(set(held.family.tolist())):
        mine = held.family == family
        half = np.where(real, 0.5 / (mine & real).sum(), 0.5 / (mine & ~real).sum()) * mine
        shares.append((float((half * wrong).sum()), float((half * given).sum())))
        per_family[family] = {
            "given": int((mine & given).sum()),
            "wrong": int((mine & wrong).sum()),
            "wrong_share_at_even_prior": shares[-1][0] / max(shares[-1][1], 1e-12),
            "bona_fide_called_bona_fide": float((held.said[mine & real] == 1).mean()),
            "bona_fide_called_spoof": float((held.said[mine & real] == -1).mean()),
            "spoof_called_spoof": float((held.said[mine & ~real] == -1).mean()),
            "spoof_called_bona_fide": float((held.said[mine & ~real] == 1).mean()),
        }
    return {
        "trials": len(real),
        "given": int(given.sum()),
        "wrong": int(wrong.sum()),
        "wrong_share": float(wrong.sum() / max(given.sum(), 1)),
        "wrong_share_at_even_prior": sum(w for w, _ in shares) / max(sum(g for _, g in shares), 1e-12),
        "inconclusive_share": float(1 - given.mean()),
        "per_family": per_family,
    }


def _breakdown(held: HeldBack, rows: Rows, by: np.ndarray, *, real_only: bool = False) -> dict[str, Any]:
    """EER of the trials of each value; with `real_only`, of its real speech against all spoofs."""
    real = rows.bona_fide[held.row]
    found = {}
    for value in sorted(set(by[held.row].tolist()) - {""}):
        here = by[held.row] == value
        fake = ~real if real_only else here & ~real
        if (here & real).sum() >= FEWEST and fake.sum() >= FEWEST:
            found[value] = interval("eer", held.llr[here & real], held.llr[fake], replicates=300)
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
