"""Found segments against true ones: precision, recall and F1 by overlap."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from earwitness.errors import BadInput
from earwitness.metrics.localisation.segments import checked_segments


class SegmentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How well segments were found at one threshold of overlap.

    Args:
        iou: intersection over union from which a segment counts as found.
        precision: share of found segments that are true; 1 when none was claimed and none is there.
        recall: share of true segments that were found; likewise.
        f1: their harmonic mean.
        found: segments claimed.
        true: segments there are.
        matched: pairs.
    """

    iou: float
    precision: float
    recall: float
    f1: float
    found: int
    true: int
    matched: int


def segment_figures(
    found: Sequence[Sequence[tuple]],
    true: Sequence[Sequence[tuple]],
    *,
    iou: Sequence[float] = (0.5, 0.75, 0.9),
) -> tuple[SegmentFigures, ...]:
    """Precision, recall and F1 of segments over all recordings.

    Each true segment is matched to at most one found one, so that as many as possible match.

    Args:
        found: of each recording its claimed segments, `(start, end[, label])` in seconds.
        true: of each recording its true segments.
        iou: thresholds of intersection over union, in (0, 1].

    Returns:
        Figures at each threshold.

    Raises:
        BadInput: when recordings do not match or segments overlap.

    Example:
        >>> segment_figures([[(0, 1), (3, 4)]], [[(0, 0.9)]], iou=(0.5,))[0].precision
        0.5
    """
    if len(found) != len(true):
        raise BadInput(f"{len(found)} recordings with found segments, {len(true)} with true ones")
    for threshold in iou:
        if not 0 < threshold <= 1:
            raise BadInput(f"must lie in (0, 1], got {threshold}", where="iou")
    matched = np.zeros(len(iou), dtype=np.int64)
    claimed = there = 0
    for ours, theirs in zip(found, true, strict=True):
        left, right = checked_segments(ours, "found segments"), checked_segments(theirs, "true segments")
        claimed, there = claimed + len(left), there + len(right)
        if not left or not right:
            continue
        a = np.array([(s.start, s.end) for s in left])[:, None]
        b = np.array([(s.start, s.end) for s in right])[None]
        both = np.clip(np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0]), 0, None)
        overlap = both / (a[..., 1] - a[..., 0] + b[..., 1] - b[..., 0] - both)
        overlap *= np.array([[s.label == t.label for t in right] for s in left])
        for at, threshold in enumerate(iou):
            matched[at] += _most_pairs(overlap >= threshold - 1e-12)
    figures = []
    for threshold, pairs in zip(iou, matched.tolist(), strict=True):
        precision = pairs / claimed if claimed else float(there == 0)
        recall = pairs / there if there else float(claimed == 0)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        figures.append(
            SegmentFigures(
                iou=threshold,
                precision=precision,
                recall=recall,
                f1=f1,
                found=claimed,
                true=there,
                matched=pairs,
            )
        )
    return tuple(figures)


def _most_pairs(allowed: np.ndarray) -> int:
    """Size of the largest one-to-one matching."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    return int(
        (maximum_bipartite_matching(csr_array(allowed.astype(np.int8)), perm_type="column") >= 0).sum()
    )
