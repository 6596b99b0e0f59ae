"""LFCC-GMM: two Gaussian mixtures on cepstral frames. The classic baseline of anti-spoofing.

One mixture is fitted to frames of real speech, one to frames of spoofs; the score of a clip is
the mean over its frames of the log density under the first minus that under the second.
Settings are those of baseline B02 of the ASVspoof 2021 logical-access and deepfake tracks [1],
except where a field says otherwise.

Reference: [1] Yamagishi et al.: ASVspoof 2021: accelerating progress in spoofed and deepfake
speech detection. ASVspoof 2021 workshop.

Example:
    >>> rng = np.random.default_rng(0)
    >>> real = [frames_of(rng.standard_normal(8000), 16000) for _ in range(4)]
    >>> fake = [frames_of(rng.standard_normal(8000).cumsum() / 90, 16000) for _ in range(4)]
    >>> recipe = Recipe(components=2)
    >>> model = train(real, fake, recipe)
    >>> score(model, real[0]) > 0 > score(model, fake[0])
    True
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from earwitness.audio.lfcc import lfcc, with_deltas
from earwitness.errors import BadInput
from earwitness.layers.gaussian_mixture import Mixture, fit, log_density


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the two mixtures are fitted.

    Args:
        components: Gaussians in each mixture.
        rounds: of expectation maximisation.
        frames_per_class: frames that a mixture is fitted to, drawn from all; the baseline
            takes every frame. `None` for that; ours bounds the time.
        even_strata: whether every family or source gives the same number of frames (ours,
            so that no engine outweighs the others) or as many as it has (the baseline).
        seed: draws frames and first means.
    """

    components: int = 512
    rounds: int = 10
    frames_per_class: int | None = 100_000
    even_strata: bool = True
    seed: int = 1


RECIPE = Recipe()
"""Baseline B02 with bounded training frames."""

CLAIMS: dict[str, dict[str, float]] = {}
"""None: the challenge's own table was not at hand, and a figure from memory is no figure."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Two fitted mixtures.

    Args:
        bona_fide: fitted to real speech.
        spoof: fitted to spoofs.
    """

    bona_fide: Mixture
    spoof: Mixture


def frames_of(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """What the mixtures see of a clip: 20 coefficients with their slopes.

    Args:
        samples: `(samples,)` float.
        sample_rate: in Hz, at least 8,000.

    Returns:
        `(frames, 60)` float32, one every 15 ms.

    Example:
        >>> frames_of(np.zeros(16000), 16000).shape
        (65, 60)
    """
    return with_deltas(lfcc(samples, sample_rate))


def _drawn(
    clips: Sequence[np.ndarray], strata: Sequence[str] | None, recipe: Recipe, rng: np.random.Generator
) -> np.ndarray:
    """Training frames of one class, `(frames, dimension)`."""
    wanted = recipe.frames_per_class
    if strata is None or not recipe.even_strata:
        strata = [""] * len(clips)
    names = sorted(set(strata))
    parts = []
    for name in names:
        frames = np.concatenate([clip for clip, own in zip(clips, strata, strict=True) if own == name])
        share = len(frames) if wanted is None else min(len(frames), -(-wanted // len(names)))
        parts.append(frames[np.sort(rng.choice(len(frames), share, replace=False))])
    return np.concatenate(parts)


def train(
    bona_fide: Sequence[np.ndarray],
    spoof: Sequence[np.ndarray],
    recipe: Recipe = RECIPE,
    *,
    bona_fide_strata: Sequence[str] | None = None,
    spoof_strata: Sequence[str] | None = None,
) -> Model:
    """Fit one mixture to each class.

    Args:
        bona_fide: real clips, each `(frames, dimension)`.
        spoof: spoofed clips, each `(frames, dimension)`.
        recipe: settings.
        bona_fide_strata: source of each real clip, for `even_strata`.
        spoof_strata: family or engine of each spoofed clip, for `even_strata`.

    Raises:
        BadInput: when a class has no clip, or fewer frames than components.
    """
    if not len(bona_fide) or not len(spoof):
        raise BadInput("needs clips of both classes")
    rng = np.random.default_rng(recipe.seed)
    sides = []
    for clips, strata in ((bona_fide, bona_fide_strata), (spoof, spoof_strata)):
        frames = _drawn(clips, strata, recipe, rng)
        sides.append(fit(frames, recipe.components, rounds=recipe.rounds, rng=rng))
    return Model(bona_fide=sides[0], spoof=sides[1])


def score(model: Model, frames: np.ndarray) -> float:
    """Mean log-likelihood ratio of a clip's frames.

    Args:
        model: from `train`.
        frames: `(frames, dimension)`.

    Returns:
        Higher = more bona fide; in nats a frame. Not a calibrated likelihood ratio of the
        clip: neighbouring frames are not independent.
    """
    return float(np.mean(log_density(frames, model.bona_fide) - log_density(frames, model.spoof)))


def save(model: Model, path: str | Path) -> None:
    """Write the mixtures as plain arrays (`.npz`).

    Args:
        model: from `train`.
        path: of the file.
    """
    sides = (("bona_fide", model.bona_fide), ("spoof", model.spoof))
    arrays = {f"{side}.{name}": value for side, mix in sides for name, value in mix._asdict().items()}
    with Path(path).open("wb") as stream:
        np.savez(stream, **arrays)


def restore(path: str | Path) -> Model:
    """Read what `save` wrote.

    Args:
        path: of the file.

    Raises:
        BadInput: when it is not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            sides = [
                Mixture(*(held[f"{side}.{field}"] for field in Mixture._fields))
                for side in ("bona_fide", "spoof")
            ]
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise BadInput("is not an LFCC-GMM model", where=str(path)) from error
    return Model(bona_fide=sides[0], spoof=sides[1])
