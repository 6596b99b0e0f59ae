"""Known and unknown classes: the unknown ones are tested and never trained on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.leaks import coded
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput


def open_set(
    corpus: Corpus, splits: Sequence[Split], *, column: str, unknown: Collection[str] | float, seed: int = 0
) -> list[Split]:
    """Splits whose training and validation rows are of known classes, while all are tested.

    Rows of unknown classes on the training side are left out, not moved to the test side: a speaker
    or group that was apart stays apart. Over folds each of them is tested once.

    Args:
        corpus: that was split.
        splits: official, or folds.
        column: of the classes ("attack", "codec", "label"); rows without a class count as known.
        unknown: classes, or the share of the classes that is drawn, above 0 and below 1.
        seed: of the draw.

    Returns:
        The splits, with `unknown`.

    Raises:
        BadInput: when a class is not there, fewer than one unknown or two known classes are left, or
            a side is empty.
    """
    places, names = coded(corpus, column)
    if isinstance(unknown, float):
        if not 0 < unknown < 1:
            raise BadInput("a share of the classes lies between 0 and 1", where="unknown")
        count = max(1, round(unknown * len(names)))
        held = sorted(np.random.default_rng(seed).permutation(len(names))[:count].tolist())
        drawn = f" (drawn with seed {seed})"
    else:
        strange = sorted(set(unknown) - set(names))
        if strange:
            raise BadInput(
                f"has no {column} {strange[0]!r}; there are: {', '.join(names)}", where=corpus.name
            )
        held, drawn = [at for at, name in enumerate(names) if name in unknown], ""
    if not held or len(names) - len(held) < 2:
        raise BadInput(
            f"leaves {len(names) - len(held)} known and {len(held)} unknown of {len(names)} values of "
            f"{column!r}; at least two known and one unknown are needed",
            where=corpus.name,
        )
    is_unknown = np.isin(places, held)
    told = tuple(names[at] for at in held)
    found = []
    for split in splits:
        kept = {side: rows[~is_unknown[rows]] for side, rows in _training(split)}
        if not len(kept["train"]) or not is_unknown[split.test].any() or is_unknown[split.test].all():
            raise BadInput("has no known or no unknown class on a side", where=split.name)
        found.append(
            msgspec.structs.replace(
                split,
                **kept,
                unknown=told,
                how=f"{split.how}; open set: {column} {', '.join(told)} unknown{drawn}, never trained on",
            )
        )
    return found


def _training(split: Split) -> list[tuple[str, np.ndarray]]:
    return [("train", split.train), ("validation", split.validation)]
