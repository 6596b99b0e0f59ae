"""Evaluation of frame scores against the stretches of a corpus table, with intervals."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.errors import BadInput
from earwitness.metrics.clustered_eer import clustered_eer
from earwitness.metrics.clusters import Clusters
from earwitness.metrics.confidence import Interval, percentiles
from earwitness.metrics.equal_error import eer
from earwitness.metrics.localisation.frame_eer import range_eer
from earwitness.metrics.localisation.segment_match import SegmentFigures
from earwitness.metrics.localisation.segments import Segment, frames_of


class LocalisationEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Where in recordings.

    Args:
        recordings: how many.
        point_eer: over frames, a fraction; `None` without frame scores.
        range_eer: by duration.
        resolutions: frame length in seconds -> EER.
        segments: figures of claimed segments; empty with frame scores.
        figures: EER at each length with its interval, where recordings can be resampled.
    """

    recordings: int
    point_eer: float | None = None
    range_eer: float | None = None
    resolutions: dict[str, float] = {}
    segments: tuple[SegmentFigures, ...] = ()
    figures: dict[str, Interval] = {}


def evaluate_frames(
    scores: Path,
    key: Path,
    *,
    clusters: str | None = None,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> LocalisationEvaluation:
    """Evaluate a Parquet file of frame scores against a corpus table.

    A longer frame is spoof if any part of it is, and is judged by its own score.

    Args:
        scores: `id`, and `score:0.02` and the like: lists, higher = more bona fide.
        key: corpus table with `id` and `segments`; rows without scores are not judged.
        clusters: column of the key whose values are resampled whole; single recordings without it.
        confidence: of the intervals.
        replicates: of the bootstrap.
        seed: of the bootstrap.

    Raises:
        BadInput: when a file is not of that form, a recording of the scores has no row or no segments in the
            key, a score is not finite, or a class does not occur.
    """
    table, truth = _read(scores, ("id",)), _read(key, ("id", "segments", *([clusters] if clusters else [])))
    lengths = sorted(float(name[6:]) for name in table.columns if name.startswith("score:"))
    if not lengths:
        raise BadInput("holds no scores of frames (score:0.02 and the like)", where=str(scores))
    if table["id"].is_duplicated().any() or truth["id"].is_duplicated().any():
        raise BadInput(
            "names a recording twice; scores of a run hold several seeds, score one", where=str(scores)
        )
    both = table.join(truth, on="id", how="left", maintain_order="left", suffix=" of the key")
    lacking = both.filter(pl.col("segments").is_null())["id"].to_list()
    if lacking:
        raise BadInput(
            f"has no segments of {len(lacking)} recordings: {', '.join(lacking[:3])}", where=str(key)
        )
    hop = lengths[0]
    names = both[clusters if clusters and clusters in truth.columns else "id"].cast(pl.String).to_numpy()
    durations = both[f"score:{hop:g}"].list.len().to_numpy() * hop
    spoofs = [
        [
            Segment(one["start"], min(one["end"], duration), "spoof")
            for one in row
            if one["label"] != "bona fide" and one["start"] < duration
        ]
        for row, duration in zip(both["segments"].to_list(), durations.tolist(), strict=True)
    ]
    figures, resolutions = {}, {}
    generator = np.random.default_rng(seed)
    for length in lengths:
        rows = [np.asarray(row, np.float64) for row in both[f"score:{length:g}"].to_list()]
        labels = [
            frames_of(spoof, duration, length)[: len(row)]
            for spoof, duration, row in zip(spoofs, durations.tolist(), rows, strict=True)
        ]
        flat, fake = np.concatenate(rows), np.concatenate(labels).astype(bool)
        if flat.shape != fake.shape or not np.isfinite(flat).all():
            raise BadInput(f"has wrong or not finite scores at {length:g} s", where=str(scores))
        owner = np.repeat(names, [len(row) for row in rows])
        value = eer(flat[~fake], flat[fake])
        drawn = clustered_eer(
            flat[~fake], flat[fake],
            Clusters.of((owner[~fake], owner[fake]), int((~fake).sum()), int(fake.sum())),
            replicates, generator,
        )  # fmt: skip
        low, high = percentiles(drawn, confidence)
        name = f"{length:g}"
        resolutions[name] = value
        figures[f"eer at {name} s"] = Interval(
            value=value, low=min(low, value), high=max(high, value), confidence=confidence,
            n=len(flat), method="percentile bootstrap",
        )  # fmt: skip
    finest = [np.asarray(row, np.float64) for row in both[f"score:{hop:g}"].to_list()]
    return LocalisationEvaluation(
        recordings=len(both),
        point_eer=resolutions[f"{hop:g}"],
        range_eer=range_eer(finest, spoofs, durations.tolist(), hop=hop),
        resolutions=resolutions,
        figures=figures,
    )


def _read(path: Path, columns: tuple[str, ...]) -> pl.DataFrame:
    path = path / "corpus.parquet" if path.is_dir() else path
    try:
        table = pl.read_parquet(path, memory_map=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadInput("cannot be read as a Parquet table", where=str(path)) from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise BadInput(f"has no column {missing[0]!r}", where=str(path))
    return table
