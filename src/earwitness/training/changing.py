"""What a view does to an array between store and batch: augment it, copy it, cut it to length."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

import numpy as np

from earwitness.errors import BadInput
from earwitness.training.randomness import Moment, generator
from earwitness.training.recipe import View

Truth = Mapping[str, float]
"""Target -> number, of one row."""
Augment = Callable[[np.ndarray, Truth, np.random.Generator], tuple[np.ndarray, Truth]]
"""(waveform (samples,) at 16 kHz, targets, rng) -> the same; it may change targets and length."""


def augment_of(view: View) -> Augment | None:
    """The augmentation that a view names.

    Raises:
        BadInput: when there is no such object.

    Example:
        >>> augment_of(View(input="waveform")) is None
        True
    """
    if view.augment is None or not isinstance(view.augment, str):
        return view.augment
    module, _, name = view.augment.partition(":")
    try:
        found: Augment = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(f"no such augmentation: {error}", where=view.augment) from error
    if not callable(found):
        raise BadInput("cannot be called with (waveform, targets, rng)", where=view.augment)
    return found


class Changing:
    """Applies a view's augmentation, copies and length.

    Augmentation and random cuts are drawn from (seed, epoch, id, copy): the same whatever the order
    of reading. All copies of a row are cut at the same place.

    Args:
        view: what is to be done.

    Example:
        >>> change = Changing(View(input="waveform", length=3, short="repeat"))
        >>> change(np.array([[1.0], [2.0]]), "a", {}, None)[0].ravel().tolist()
        [1.0, 2.0, 1.0]
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.augment = augment_of(view)

    def __call__(
        self, array: np.ndarray, identity: str, truth: Truth, moment: Moment | None
    ) -> tuple[np.ndarray, list[Truth]]:
        """Change one array.

        Args:
            array: (..., time, dimension), or (dimension,) which is left alone.
            identity: id of the row.
            truth: its targets.
            moment: in a training; `None` when scoring, where nothing is random.

        Returns:
            The array, waveforms of a view with copies as (1 + copies, samples, 1), clean first; and the
            targets of each copy.
        """
        view = self.view
        if array.ndim == 1:
            return array, [truth]
        if self.augment is None or moment is None:
            cut = self.cut(array, identity, moment)
            return (cut[None] if view.copies else cut), [truth]
        numbers = range(1, view.copies + 1) if view.copies else (0,)
        waves, truths = ([array], [truth]) if view.copies else ([], [])
        for copy in numbers:
            rng = generator(moment.seed, moment.epoch, identity, copy)
            wave, changed = self.augment(array[:, 0], truth, rng)
            waves.append(np.asarray(wave, np.float32)[:, None])
            truths.append(changed)
        waves = [self.cut(wave, identity, moment) for wave in waves]
        if not view.copies:
            return waves[0], truths
        longest = max(map(len, waves))
        return np.stack([np.pad(wave, ((0, longest - len(wave)), (0, 0))) for wave in waves]), truths

    def cut(self, array: np.ndarray, identity: str, moment: Moment | None) -> np.ndarray:
        """Cut or repeat an array to the view's length, at a place drawn for its row and epoch.

        What runs beside the view, such as the labels of its frames, is cut at the same place.
        """
        wanted, have = self.view.length, array.shape[-2]
        if wanted is None or have == wanted:
            return array
        if have > wanted:
            first = 0
            if self.view.cut == "random" and moment is not None:
                rng = generator(moment.seed, moment.epoch, identity, "cut")
                first = int(rng.integers(have - wanted + 1))
            return array[..., first : first + wanted, :]
        if self.view.short == "keep" or not have:
            return array
        times = np.arange(wanted) % have
        return array[..., times, :]
