"""Refuse to train or judge where a class does not occur."""

from __future__ import annotations

from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput
from earwitness.task import Target
from earwitness.training.data import Examples


def refuse_missing_classes(one: Split, examples: Examples, primary: Target) -> None:
    """A binary target, and one of frames, needs its classes to be learnt and to be judged.

    Args:
        one: training and test rows.
        examples: all rows.
        primary: what is judged.

    Raises:
        BadInput: when a side has no rows, or lacks a class.
    """
    framed = examples.frames.get(primary.column)
    for part, rows in (("training", one.train), ("test", one.test)):
        if not len(rows):
            raise BadInput(f"has no {part} rows", where=one.name)
        if framed is not None:
            for number in sorted(set(range(framed.classes)) - framed.seen(rows)):
                raise BadInput(f"has no {part} frames of class {primary.classes[number]!r}", where=one.name)
        if primary.kind != "binary":
            continue
        truth = examples.targets[primary.column]
        for number, name in enumerate(reversed(primary.classes)):
            if not (truth[rows] == number).any():
                raise BadInput(f"has no {part} rows of class {name!r}", where=one.name)
