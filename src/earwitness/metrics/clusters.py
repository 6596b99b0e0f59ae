"""Resampling whole clusters: trials of one speaker, source or attack stand or fall together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earwitness.errors import BadInput


@dataclass(frozen=True, eq=False)
class Clusters:
    """To which cluster each trial belongs.

    A cluster may hold targets, nontargets or both. Clusters are resampled within these three
    kinds, so that no replicate loses a class.

    Args:
        target: `(targets,)` cluster number of each target trial.
        nontarget: `(nontargets,)` cluster number of each nontarget trial.
        count: how many clusters there are.
    """

    target: NDArray[np.int64]
    nontarget: NDArray[np.int64]
    count: int

    @classmethod
    def of(
        cls, clusters: tuple[ArrayLike | None, ArrayLike | None], targets: int, nontargets: int
    ) -> Clusters:
        """Number the clusters.

        Args:
            clusters: names of the cluster of each target and of each nontarget trial; the same name on
                both sides is the same cluster. `None` for a side: every trial stands for itself.
            targets: how many target trials there are.
            nontargets: how many nontarget trials there are.

        Raises:
            BadInput: when there is not one name a trial.

        Example:
            >>> Clusters.of((["ann", "bob"], ["bob"]), 2, 1).nontarget
            array([1])
        """
        codes: list[NDArray[np.int64]] = []
        known: dict[object, int] = {}
        count = 0
        for names, trials, side in zip(clusters, (targets, nontargets), ("target", "nontarget"), strict=True):
            if names is None:
                codes.append(np.arange(count, count + trials))
                count += trials
                continue
            array = np.asarray(names)
            if array.shape != (trials,):
                raise BadInput(
                    f"name {array.shape} {side} trials, but there are {trials} scores", where="clusters"
                )
            distinct, inverse = np.unique(array, return_inverse=True)
            numbers = np.empty(len(distinct), dtype=np.int64)
            for at, name in enumerate(distinct.tolist()):
                if name not in known:
                    known[name] = count
                    count += 1
                numbers[at] = known[name]
            codes.append(numbers[inverse])
        return cls(codes[0], codes[1], count)

    def named(self, clusters: tuple[ArrayLike | None, ArrayLike | None]) -> int:
        """The smaller number of distinct clusters on the sides that were named."""
        sides = [
            len(np.unique(c))
            for c, n in zip((self.target, self.nontarget), clusters, strict=True)
            if n is not None
        ]
        return min(sides)

    def draw(self, replicates: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """How often each cluster is drawn, `(replicates, clusters)`."""
        kind = np.zeros(self.count, dtype=np.int64)
        kind[self.target] |= 1
        kind[self.nontarget] |= 2
        drawn = np.zeros((replicates, self.count))
        for stratum in (1, 2, 3):
            members = np.flatnonzero(kind == stratum)
            if len(members):
                even = np.full(len(members), 1 / len(members))
                drawn[:, members] = generator.multinomial(len(members), even, size=replicates)
        return drawn

    def totals(self, target: NDArray, nontarget: NDArray) -> NDArray[np.float64]:
        """Sum of a value over the trials of each cluster, `(2, clusters)` for both classes."""
        return np.stack(
            [
                np.bincount(self.target, weights=target, minlength=self.count),
                np.bincount(self.nontarget, weights=nontarget, minlength=self.count),
            ]
        )
