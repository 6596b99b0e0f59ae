"""How far an encoder in lower precision is from itself in fp32, and what a head makes of it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput, require
from earwitness.metrics.equal_error import eer

MEASURED = Path(__file__).parent / "deviations.json"
"""What was measured, by encoder and precision; `tools/encoder_deviation.py` writes it."""


NEAR = 0.95
"""Lowest cosine of a frame that is still near: below it, rounding adds a third of a frame's length."""


class RoundingWarning(UserWarning):
    """Single frames of what is about to be used are far from what fp32 gives."""


class Deviation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of one encoder in one precision; every tuple has one value a layer.

    Args:
        revision: of the encoder.
        corpus: that was heard.
        processor: on which it was measured.
        clips: that were heard.
        layers: that were compared.
        cosine: mean cosine between a frame and the same frame in fp32.
        lowest: the lowest such cosine.
        score_shift: root mean square change of a head's scores on clips that it was not fitted
            on, in standard deviations of its scores in fp32.
        eer_fp32: equal error rate of the head on these clips, 0 to 1.
        eer: the same in the lower precision, the head unchanged.
    """

    revision: str
    corpus: str
    processor: str
    clips: int
    layers: tuple[int, ...]
    cosine: tuple[float, ...]
    lowest: tuple[float, ...]
    score_shift: tuple[float, ...]
    eer_fp32: tuple[float, ...]
    eer: tuple[float, ...]


def deviation(
    exact: Encoder,
    lower: Encoder,
    clips: Sequence[np.ndarray],
    bonafide: Sequence[bool],
    *,
    corpus: str,
    processor: str,
) -> Deviation:
    """Compare an encoder with itself in lower precision.

    The head is a logistic regression on the mean of a clip's frames, fitted in fp32 on every
    other clip of each class; it shows what rounding does to scores, and is no detector.

    Args:
        exact: the encoder in fp32.
        lower: the same encoder and layers in the precision to be measured.
        clips: each `(samples,)`, float, at the encoder's rate, of at least one frame.
        bonafide: what each clip is; at least four of either kind.
        corpus: name of what is heard, to be written down.
        processor: to be written down.

    Raises:
        BadInput: when there are too few clips, or the encoders are two different ones.
        MissingExtra: when scikit-learn is not installed.
    """
    truth = np.asarray(bonafide, bool)
    if min(truth.sum(), (~truth).sum()) < 4:
        raise BadInput("needs at least four clips of either kind", where=corpus)
    if (exact.revision, exact.layers) != (lower.revision, lower.layers):
        raise BadInput(f"{lower.name} is not {exact.name} in lower precision", where=lower.name)
    pooled: list[tuple[np.ndarray, np.ndarray]] = []
    cosines: list[np.ndarray] = []
    for clip in clips:
        true, near = (_three(encoder.encode([clip], encoder.sample_rate)[0]) for encoder in (exact, lower))
        sizes = np.linalg.norm(true, axis=2) * np.linalg.norm(near, axis=2)
        cosines.append((true * near).sum(2) / np.maximum(sizes, 1e-12))
        pooled.append((true.mean(1), near.mean(1)))
    frames = np.concatenate(cosines, axis=1)
    fitted = np.zeros(len(truth), bool)
    for kind in (True, False):
        fitted[np.flatnonzero(truth == kind)[::2]] = True
    effects = [
        _effect(np.stack([p[k] for p, _ in pooled]), np.stack([p[k] for _, p in pooled]), truth, fitted)
        for k in range(len(frames))
    ]
    shifts, before, after = zip(*effects, strict=True)
    return Deviation(
        revision=exact.revision,
        corpus=corpus,
        processor=processor,
        clips=len(clips),
        layers=exact.layers,
        cosine=tuple(round(float(value), 6) for value in frames.mean(1)),
        lowest=tuple(round(float(value), 6) for value in frames.min(1)),
        score_shift=shifts,
        eer_fp32=before,
        eer=after,
    )


def _three(given: np.ndarray) -> np.ndarray:
    """`(layers, frames, dimension)`, whatever the encoder gives."""
    return np.asarray(given, np.float64).reshape((1,) * (3 - given.ndim) + given.shape)


def _effect(
    exact: np.ndarray, lower: np.ndarray, truth: np.ndarray, fitted: np.ndarray
) -> tuple[float, float, float]:
    """Change of the scores, and both equal error rates, of clips that the head was not fitted on."""
    linear = require("sklearn.linear_model", "train")
    mean, spread = exact[fitted].mean(0), exact[fitted].std(0) + 1e-9
    head = linear.LogisticRegression(C=0.01, max_iter=1000).fit(
        (exact[fitted] - mean) / spread, truth[fitted]
    )
    before, after = (head.decision_function((x[~fitted] - mean) / spread) for x in (exact, lower))
    held = truth[~fitted]
    shift = float(np.sqrt(np.mean((after - before) ** 2)) / max(before.std(), 1e-12))
    rates = [round(float(eer(scores[held], scores[~held])), 4) for scores in (before, after)]
    return round(shift, 6), rates[0], rates[1]


def warn_of_rounding(name: str, precision: str, layers: int | Sequence[int] | None = None) -> None:
    """Show a warning where the layers asked for hold frames that rounding led astray.

    Such frames are few and very large in a few channels; a mean over a clip hardly moves, so that
    nothing is refused. Encoders that were not measured are passed over.

    Args:
        name: of the encoder.
        precision: of its arithmetic.
        layers: that are asked for; all when `None`.

    Example:
        >>> with warnings.catch_warnings(record=True) as shown:
        ...     warnings.simplefilter("always")
        ...     warn_of_rounding("whisper-base", "int8", layers=(1, 2))
        ...     warn_of_rounding("whisper-base", "int8")
        >>> [str(one.message).partition(",")[0] for one in shown]
        ['whisper-base: in int8']
    """
    found = measured().get(name, {}).get(precision)
    if found is None:
        return
    wanted = found.layers if layers is None else (layers,) if isinstance(layers, int) else layers
    places = [k for k, layer in enumerate(found.layers) if layer in wanted and found.lowest[k] < NEAR]
    if places:
        worst = min(places, key=lambda k: found.lowest[k])
        listed = ", ".join(str(found.layers[k]) for k in places)
        warnings.warn(
            f"{name}: in {precision}, single frames of layer {listed} can be far from fp32 (lowest cosine "
            f"{found.lowest[worst]:.2f}, mean {found.cosine[worst]:.4f}); use fp32 where single frames count",
            RoundingWarning,
            stacklevel=3,
        )


@functools.cache
def measured() -> dict[str, dict[str, Deviation]]:
    """Encoder -> precision -> what was measured.

    Example:
        >>> sorted(measured()["whisper-base"])
        ['bf16', 'int8']
    """
    return msgspec.json.decode(MEASURED.read_bytes(), type=dict[str, dict[str, Deviation]])
