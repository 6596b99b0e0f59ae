"""Bootstrap of the EER over frames: all recordings of a speaker or voice are drawn together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earwitness.errors import BadInput
from earwitness.metrics.clustered_eer import clustered_eer
from earwitness.metrics.clusters import Clusters
from earwitness.training.trial_scores import RoundScores


@dataclass(frozen=True, eq=False)
class _Drawn(Clusters):
    """Clusters whose draws were made before, for several rounds and seeds at once."""

    drawn: NDArray[np.float64]

    def draw(self, replicates: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """The draws that were made."""
        del replicates, generator
        return self.drawn


def frame_draws(
    rounds: Mapping[str, RoundScores], seeds: Sequence[int], *, replicates: int, seed: int
) -> NDArray[np.float64]:
    """EERs of bootstrap replicates, the same speakers and voices in every round and seed.

    Args:
        rounds: round -> frames; truth 1 = bona fide, 0 = spoof.
        seeds: of the trainings.
        replicates: how many.
        seed: of the bootstrap; the same seed draws the same of the same clusters.

    Returns:
        (replicates, rounds, seeds), NaN where a replicate has frames of one class only.

    Example:
        >>> part = RoundScores(ids=tuple("abcd"), truth=np.array([1.0, 0, 1, 0]),
        ...     cluster=np.array(list("aabb")), scores={0: np.array([2.0, 1.0, 3.0, 0.0])})
        >>> frame_draws({"all": part}, [0], replicates=2, seed=0).ravel().tolist()
        [0.0, 0.0]
    """
    owners = {
        name: np.where(part.cluster == "", np.asarray(part.ids), part.cluster)
        for name, part in rounds.items()
    }
    known = np.unique(np.concatenate(list(owners.values())))
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(known), np.full(len(known), 1 / len(known)), replicates).astype(float)
    found = np.empty((replicates, len(rounds), len(seeds)))
    for i, (name, part) in enumerate(rounds.items()):
        code = np.searchsorted(known, owners[name])
        real = part.truth == 1
        clusters = _Drawn(code[real], code[~real], len(known), drawn)
        both = _weight(code[real], drawn) * _weight(code[~real], drawn) > 0
        for j, one in enumerate(seeds):
            scores = part.scores[one]
            with np.errstate(invalid="ignore", divide="ignore"):
                eers = clustered_eer(scores[real], scores[~real], clusters, replicates, generator)
            found[:, i, j] = np.where(both, eers, np.nan)
    return found


def over_rounds(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the rounds that have both classes; replicates in which none has are left out.

    Args:
        drawn: (replicates, rounds, seeds) from `frame_draws`.

    Returns:
        (replicates that are left, seeds).

    Raises:
        BadInput: when hardly any is left.
    """
    kept = drawn[np.any(np.all(np.isfinite(drawn), axis=2), axis=1)]
    if len(kept) < len(drawn) // 20 + 1:
        raise BadInput("has too few speakers and voices for an interval", where="scores")
    return np.asarray(np.nanmean(kept, axis=1))


def _weight(code: NDArray, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    return drawn @ np.bincount(code, minlength=drawn.shape[1]).astype(float)
