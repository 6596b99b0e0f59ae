"""Recipes: everything needed to train a system, as a frozen typed value."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from earwitness.audio.augmentation import Augment
from earwitness.audio.physiological import SignalReading
from earwitness.errors import BadInput
from earwitness.training.aligning import AlignGradients
from earwitness.training.gradient_memory import GradientMemory
from earwitness.training.step import SumAndBackpropagate

Statistic = Literal["mean", "deviation"]


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One way in which a system sees a recording.

    Args:
        name: by which the system finds it in a batch.
        input: `waveform` (samples at 16 kHz), `frames` (layers, frames, dimension) or `vector`.
        encoder: name for `encoders.load`; `None` for waveforms.
        layers: hidden states to read, 0 = before the first block.
        policy: Whisper's input convention; part of the store's key.
        precision: of the encoder.
        normalise: brings every chunk to one level before the encoder, as `encoders.load` has it.
        length: samples of a waveform, frames of frames: longer is cut; `None` leaves it as it is.
        cut: where a longer one is cut in training, `first` or at a `random` place; in scoring always first,
            and not at all where frames are scored.
        short: whether a shorter one is `repeat`ed to `length` or left as it is (`keep`) and padded.
        pooled: statistics over time that make frames of an encoder a `vector`, in this order.
        augment: an augmentation of `earwitness.audio.augmentation`, the import string "module:object" of
            your own `(waveform, targets, rng) -> (waveform, targets)`, or `None`.
        copies: augmented copies beside the clean one (DPDA: 1); with 0, `augment` changes the one there is.
        signal: which signal of a person a window is, and how it becomes a waveform; `None`: it is sound.

    Example:
        >>> View(name="frames", encoder="whisper-base", layers=(1, 2)).copies
        0
    """

    name: str = "frames"
    input: Literal["waveform", "frames", "vector"] = "frames"
    encoder: str | None = None
    layers: tuple[int, ...] = ()
    policy: Literal["cropped", "padded-30"] = "cropped"
    precision: Literal["fp32", "bf16", "fp16", "int8"] = "fp32"
    normalise: Literal["none", "rms", "unit", "peak", "processor"] = "none"
    length: int | None = None
    cut: Literal["first", "random"] = "first"
    short: Literal["keep", "repeat"] = "keep"
    pooled: tuple[Statistic, ...] = ("mean",)
    augment: Augment | str | None = None
    copies: int = 0
    signal: SignalReading | None = None

    def __post_init__(self) -> None:
        if self.input != "waveform" and self.encoder is None:
            raise BadInput(f"a view of {self.input} names its encoder", where=self.name)
        if self.copies < 0:
            raise BadInput("copies must be 0 or more", where=self.name)
        if self.copies and self.augment is None:
            raise BadInput("copies need an augment", where=self.name)
        if self.augment is not None and self.input != "waveform":
            raise BadInput("only a waveform can be augmented", where=self.name)
        if self.length is not None and self.length < 1:
            raise BadInput("length must be 1 or more", where=self.name)


class Optimiser(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How gradients move the weights.

    Args:
        name: of the algorithm; `lbfgs` takes up to 25 steps on each batch and keeps no state between
            batches, for convex heads trained on all rows at once.
        learning_rate: of all parameters that no parameter group names.
        weight_decay: L2 (Adam) or decoupled (AdamW) decay.
        betas: of Adam and AdamW.
        clip: largest norm of the gradient; `None` leaves it as it is.
        schedule: of the learning rates over the epochs of a stage: `constant`, or `cosine` down to `lowest`
            within `period` epochs and up again, and so on.
        period: epochs from the highest to the lowest learning rate.
        lowest: learning rate at the turning point.
    """

    name: Literal["adam", "adamw", "sgd", "lbfgs"] = "adamw"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)
    clip: float | None = None
    schedule: Literal["constant", "cosine"] = "constant"
    period: int = 5
    lowest: float = 0.0

    def at(self, epoch: int, highest: float) -> float:
        """Learning rate of an epoch, counted from 0.

        Args:
            epoch: of the stage.
            highest: learning rate of the parameters in question.

        Example:
            >>> [round(Optimiser(schedule="cosine", period=2).at(epoch, 1.0), 6) for epoch in range(5)]
            [1.0, 0.5, 0.0, 0.5, 1.0]
        """
        if self.schedule == "constant":
            return highest
        return self.lowest + (highest - self.lowest) * (1 + math.cos(math.pi * epoch / self.period)) / 2


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every system's recipe holds; a system adds its own fields in a subclass.

    Args:
        system: key in `earwitness.systems.registry.SYSTEMS`.
        views: what the system sees.
        seeds: one training for each.
        batch: rows in a batch.
        epochs: at most so many times through the rows.
        patience: epochs without a better inner validation loss before the end; `None` = never stop early.
        validation: share of the training rows held back for early stopping, whole speakers (or groups) at a
            time, 0 to 1; a corpus or protocol that names validation rows has its way.
        average: mean of the weights of so many best epochs; 1 = the best epoch alone.
        select: the best epoch is that of the lowest validation `loss`, or of the best `primary` metric
            of the task on the validation rows.
        optimiser: how gradients move the weights.
        accumulate: parts that a batch is cut into, so that less of it is in memory at once; the gradients
            are those of the whole batch where no layer couples its rows (BatchNorm does, and so does a
            class weight, whose mean is over the part).
        step: from per-path losses to gradients.

    Raises:
        BadInput: when a number is outside its range.

    Example:
        >>> Recipe(system="origin", views=(View(encoder="whisper-base"),)).seeds
        (0,)
    """

    system: str
    views: tuple[View, ...]
    seeds: tuple[int, ...] = (0,)
    batch: int = 32
    epochs: int = 30
    patience: int | None = 5
    validation: float = 0.15
    average: int = 1
    select: Literal["loss", "primary"] = "loss"
    optimiser: Optimiser = Optimiser()
    accumulate: int = 1
    step: SumAndBackpropagate | AlignGradients | GradientMemory = SumAndBackpropagate()

    def __post_init__(self) -> None:
        if not self.seeds:
            raise BadInput("needs at least one seed", where="recipe.seeds")
        if min(self.batch, self.epochs, self.average, self.accumulate) < 1:
            raise BadInput("batch, epochs, average and accumulate must be 1 or more", where="recipe")
        if not 0 <= self.validation < 1:
            raise BadInput("validation must be in [0, 1)", where="recipe.validation")
        if self.patience is not None and self.validation == 0:
            raise BadInput(
                "patience needs rows to validate on; set validation or patience = null", where="recipe"
            )
        names = [view.name for view in self.views]
        if len(set(names)) != len(names):
            raise BadInput("names a view twice", where="recipe.views")

    def __reduce__(self) -> tuple[Any, ...]:
        return (msgspec.convert, (msgspec.to_builtins(self), type(self)))


AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)
Settings = TypeVar("Settings", bound=msgspec.Struct)


def read_recipe(path: str | Path, published: AnyRecipe) -> AnyRecipe:
    """Read a recipe; what the file leaves out keeps its published value.

    Args:
        path: a `.toml` or `.json` file.
        published: the system's `RECIPE`.

    Raises:
        BadInput: when the file is missing, is not TOML or JSON, or has an unknown or wrong field.
    """
    path = Path(path)
    if path.suffix not in (".toml", ".json"):
        raise BadInput("a recipe is a .toml or .json file", where=str(path))
    try:
        content = path.read_bytes()
        decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
        given: Any = decode(content)
        if not isinstance(given, dict):
            raise BadInput("a recipe is a table of fields", where=str(path))
        return msgspec.convert(_merge(msgspec.to_builtins(published), given), type(published))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    except BadInput as error:
        raise BadInput(str(error), where=str(path)) from error
    except msgspec.MsgspecError as error:  # what does not fit the type, by field
        raise BadInput(str(error), where=str(path)) from error


def whole_recipe(path: Path, published: AnyRecipe) -> AnyRecipe:
    """The recipe that a run kept: nothing of it comes from the published one.

    Args:
        path: of its recipe.json.
        published: the system's `RECIPE`, for its type.

    Raises:
        BadInput: when it cannot be read or is not of that type.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=type(published))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (msgspec.MsgspecError, BadInput) as error:
        raise BadInput(str(error), where=str(path)) from error


def with_settings(recipe: Settings, settings: Sequence[str], *, where: str = "--set") -> Settings:
    """A recipe, or other settings, with single values changed.

    Args:
        recipe: to start from.
        settings: `key=value` each; dots lead into tables and lists (`optimiser.learning_rate=1e-4`,
            `views.0.layers=[1,2]`); the value is JSON, or text where it is not.
        where: named in refusals.

    Raises:
        BadInput: when a key is unknown or a value does not fit.

    Example:
        >>> with_settings(Recipe(system="x", views=()), ["optimiser.clip=0.5"]).optimiser.clip
        0.5
    """
    tree = msgspec.json.decode(msgspec.json.encode(recipe))
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise BadInput(f"{setting!r} is not of the form key=value", where=where)
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError:
            value = text
        steps = key.split(".")
        place: Any = tree
        for step in steps[:-1]:
            place = _inside(place, step, key, where)
        _inside(place, steps[-1], key, where)
        if isinstance(place, list):
            place[int(steps[-1])] = value
        else:
            place[steps[-1]] = value
    try:
        return msgspec.convert(tree, type(recipe))
    except msgspec.ValidationError as error:
        raise BadInput(str(error), where=where) from error


def _inside(place: Any, step: str, key: str, where: str) -> Any:
    if isinstance(place, list) and step.isdigit() and int(step) < len(place):
        return place[int(step)]
    if isinstance(place, dict) and step in place:
        return place[step]
    there = ", ".join(place) if isinstance(place, dict) else f"0 to {len(place) - 1}" if place else "nothing"
    raise BadInput(f"no setting {key!r}; {step!r} is none of: {there}", where=where)


def _merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(old.get(key), dict)
        merged[key] = _merge(old[key], value) if both else value
    return merged


def recipe_json(recipe: Recipe) -> bytes:
    """A recipe as indented JSON, fields in their order.

    Example:
        >>> recipe_json(Recipe(system="origin", views=())).decode().splitlines()[1].strip()
        '"system": "origin",'
    """
    return msgspec.json.format(msgspec.json.encode(recipe), indent=2)


def recipe_hash(recipe: Recipe) -> str:
    """SHA-256 of the recipe's JSON (hexadecimal); two equal recipes have the same hash."""
    return hashlib.sha256(recipe_json(recipe)).hexdigest()
