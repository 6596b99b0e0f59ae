"""The task contract: what is to be said, in which unit, and how it is judged."""

from __future__ import annotations

from typing import Literal

import msgspec

from earwitness.errors import BadInput

Kind = Literal["binary", "class", "real", "frames"]
Unit = Literal["clip", "frame", "session", "trial"]


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing to be learnt or said: a column of a corpus and how to read it.

    Args:
        column: name of the corpus column that holds the truth.
        kind: `binary` (two classes, one score), `class` (one of several), `real`
            (a number) or `frames` (a class for each frame).
        classes: the labels, in order; for `binary` the first is the *positive* one,
            whose presence a higher score speaks for.
        unit: the unit of a `real` target ("kbit/s", "Hz", "years").
        missing: `refuse` rows without a label, or `mask` them in the loss.

    Raises:
        BadInput: when classes or unit do not fit the kind.

    Example:
        >>> Target(column="label", kind="binary", classes=("bona fide", "spoof")).positive
        'bona fide'
    """

    column: str
    kind: Kind
    classes: tuple[str, ...] = ()
    unit: str | None = None
    missing: Literal["refuse", "mask"] = "refuse"

    def __post_init__(self) -> None:
        if self.kind == "real" and self.classes:
            raise BadInput("a real target has a unit, not classes", where=self.column)
        if self.kind == "real" and not self.unit:
            raise BadInput("a real target needs its unit", where=self.column)
        if self.kind == "binary" and len(self.classes) != 2:
            raise BadInput("a binary target needs two classes, the positive one first", where=self.column)
        if self.kind in ("class", "frames") and len(self.classes) < 2:
            raise BadInput("needs at least two classes", where=self.column)
        if len(set(self.classes)) != len(self.classes):
            raise BadInput("names a class twice", where=self.column)

    @property
    def positive(self) -> str:
        """The class that a higher score speaks for (binary targets)."""
        if self.kind != "binary":
            raise BadInput(f"is a {self.kind} target and has no positive class", where=self.column)
        return self.classes[0]

    @property
    def outputs(self) -> int:
        """How many numbers a network gives for this target: 1, or one for each class."""
        return 1 if self.kind in ("binary", "real") else len(self.classes)


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a system is trained and judged on.

    Args:
        targets: one or more targets; the first is the primary one.
        unit: what one score is about: a clip, a frame, a session or a trial.
        primary: name of the metric by which runs are compared ("eer", "uar", "rmse").

    Example:
        >>> DETECTION.targets[0].positive
        'bona fide'
    """

    targets: tuple[Target, ...]
    unit: Unit = "clip"
    primary: str = "eer"

    def __post_init__(self) -> None:
        if not self.targets:
            raise BadInput("a task needs at least one target")
        columns = [target.column for target in self.targets]
        if len(set(columns)) != len(columns):
            raise BadInput("names a column twice", where=", ".join(columns))


DETECTION = Task(targets=(Target(column="label", kind="binary", classes=("bona fide", "spoof")),))
"""Speech deepfake detection: one score a clip, higher = more bona fide."""
