"""The mean EER over held-back engine families, with an interval, and beside rivals on the same trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from earwitness.metrics import eer


class FamilyTrials(msgspec.Struct, frozen=True, kw_only=True):
    """The trials of one held-back family, scored by one or more systems.

    Args:
        real: system -> (n,) scores of real speech; higher = more bona fide.
        fake: system -> (m,) scores of the family's spoofs.
        real_cluster: (n,) speaker of each real trial.
        fake_cluster: (m,) voice of each spoof.
    """

    real: Mapping[str, np.ndarray]
    fake: Mapping[str, np.ndarray]
    real_cluster: np.ndarray
    fake_cluster: np.ndarray


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure with its 95 % interval.

    Args:
        value: on all trials.
        low: lower end.
        high: upper end.
        n: trials.
    """

    value: float
    low: float
    high: float
    n: int


def mean_eer(
    families: Mapping[str, FamilyTrials],
    systems: Sequence[str],
    *,
    replicates: int = 500,
    seed: int = 0,
) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Mean over families of each system's EER, and how much it exceeds the first system's.

    Speakers and voices are drawn whole; real speech, which every family's trials share, is drawn once
    for all families, and all systems are drawn together, so that what they share cancels.

    Args:
        families: family -> its trials.
        systems: names; the first is compared with the others.
        replicates: bootstrap replicates.
        seed: the same seed gives the same interval.

    Returns:
        System -> mean EER (fraction), and rival -> rival's mean EER minus the first system's.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> scores = {"good": rng.normal(2, 1, 50), "bad": rng.normal(0, 1, 50)}
        >>> lower = {"good": rng.normal(0, 1, 50), "bad": rng.normal(0, 1, 50)}
        >>> each = np.arange(50)
        >>> trials = FamilyTrials(real=scores, fake=lower, real_cluster=each, fake_cluster=each)
        >>> found, excess = mean_eer({"a": trials}, ["good", "bad"], replicates=200)
        >>> excess["bad"].low > 0
        True
    """
    generator = np.random.default_rng(seed)
    speakers = sorted({str(name) for trials in families.values() for name in trials.real_cluster})
    real_members = {name: _members(trials.real_cluster) for name, trials in families.items()}
    fake_members = {name: _members(trials.fake_cluster) for name, trials in families.items()}

    def means(picks: Mapping[str, tuple[np.ndarray, np.ndarray]] | None) -> np.ndarray:
        table = np.empty((len(families), len(systems)))
        for i, (name, trials) in enumerate(families.items()):
            for j, system in enumerate(systems):
                real, fake = np.asarray(trials.real[system]), np.asarray(trials.fake[system])
                table[i, j] = (
                    eer(real, fake) if picks is None else eer(real[picks[name][0]], fake[picks[name][1]])
                )
        return table.mean(0)

    value = means(None)
    drawn = []
    for _ in range(replicates):
        chosen = [speakers[k] for k in generator.integers(len(speakers), size=len(speakers))]
        picks = {}
        for name in families:
            real = [real_members[name][s] for s in chosen if s in real_members[name]]
            voices = list(fake_members[name])
            fake = [fake_members[name][voices[k]] for k in generator.integers(len(voices), size=len(voices))]
            if not real:
                break
            picks[name] = (np.concatenate(real), np.concatenate(fake))
        if len(picks) == len(families):  # a draw without real speech says nothing
            drawn.append(means(picks))
    sample = np.array(drawn)
    n = sum(len(trials.real_cluster) + len(trials.fake_cluster) for trials in families.values())

    def figure(point: float, values: np.ndarray) -> Figure:
        low, high = np.quantile(values, [0.025, 0.975])
        return Figure(value=float(point), low=float(low), high=float(high), n=n)

    each = {name: figure(value[j], sample[:, j]) for j, name in enumerate(systems)}
    excess = {
        name: figure(value[j] - value[0], sample[:, j] - sample[:, 0])
        for j, name in enumerate(systems)
        if j > 0
    }
    return each, excess


def _members(cluster: np.ndarray) -> dict[str, np.ndarray]:
    names, member = np.unique(cluster.astype(str), return_inverse=True)
    return {str(name): np.flatnonzero(member == place) for place, name in enumerate(names)}
