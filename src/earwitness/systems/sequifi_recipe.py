"""Settings of SeQuiFi and of what it is measured against."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from earwitness.errors import BadInput
from earwitness.systems.vector_fusion import PAIR, FusionRecipe
from earwitness.training.gradient_memory import GradientMemory

BY_CLASS = ("literal", "masked", "cyclic", "averaged")
"""Methods that go through a corpus one class at a time."""
Method = Literal[
    "literal", "masked", "cyclic", "averaged", "vanilla", "ewc", "lwf", "si", "l2-sp", "replay", "a-gem",
    "wise-ft", "soup", "joint", "source-only",
]  # fmt: skip


class SequifiRecipe(FusionRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of SeQuiFi. The paper names neither class order, learning rate, epochs nor backbone.

    Args:
        method: `literal` is the paper's algorithm: one class at a time, cross-entropy over all classes;
            `masked` lets only the row of that class and, more slowly, the layers before learn; `cyclic`
            goes round the classes many times with few batches each; `averaged` answers with the mean of
            the weights after each class. Rivals: `vanilla` fine-tuning, `ewc`, `lwf`, `si`, `l2-sp`,
            `replay`, `a-gem`, `wise-ft` (between old and new weights), `soup` (mean over corpora). Bounds:
            `joint` learns all corpora at once, `source-only` nothing after the first.
        domain: column whose values are learnt one after the other: the corpus, the language, the channel.
        domains: its values in order, the first is the source; values joined by `+` are one step. All
            values in sorted order when empty; rows of others are tested and never learnt.
        class_order: classes in the order in which they are learnt; sorted when empty.
        class_order_seed: shuffles them; `None` leaves the order.
        adapt_epochs: of each class (literal, masked, averaged) or of each corpus after the source (rivals).
        adapt_rate: learning rate after the source.
        trunk: of `masked`, the learning rate of the layers before the heads, as a share of `adapt_rate`.
        rounds: of `cyclic`: times through the classes.
        round_batches: of `cyclic`: batches of a class in each round.
        trainable: regular expression of the parameters that learn after the source; all when empty.
        average_start: of `averaged`: the weights before the first class count, too.
        strength: factor of the penalty of `ewc`, `si` and `l2-sp`, and of the old answers in `lwf`.
        temperature: of the old answers in `lwf`.
        memory: of `replay` and `a-gem`: rows kept of each earlier corpus.
        fisher_rows: of `ewc`: rows from which importance is computed.
        interpolation: of `wise-ft`: share of the new weights.
    """

    method: Method = "literal"
    domain: str = "corpus"
    domains: tuple[str, ...] = ()
    class_order: tuple[str, ...] = ()
    class_order_seed: int | None = None
    adapt_epochs: int = 1
    adapt_rate: float = 1e-4
    trunk: float = 0.1
    rounds: int = 10
    round_batches: int = 2
    trainable: str = ""
    average_start: bool = False
    strength: float = 1.0
    temperature: float = 2.0
    memory: int = 40
    fisher_rows: int = 200
    interpolation: float = 0.5
    filters: tuple[int, ...] = ()
    hidden: tuple[int, ...] = (256, 64)
    epochs: int = 30
    patience: int | None = None
    validation: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.adapt_epochs, self.rounds, self.round_batches, self.memory, self.fisher_rows) < 1:
            raise BadInput(
                "adapt_epochs, rounds, round_batches, memory and fisher_rows must be 1 or more",
                where="recipe",
            )
        if not self.adapt_rate > 0 or not 0 < self.trunk <= 1 or not self.temperature > 0:
            raise BadInput("adapt_rate and temperature must be above 0, trunk in (0, 1]", where="recipe")
        if self.strength < 0 or not 0 <= self.interpolation <= 1:
            raise BadInput("strength must be 0 or above, interpolation in [0, 1]", where="recipe")
        if self.patience is not None or self.validation:
            raise BadInput(
                "would choose epochs by rows of all classes and corpora, which a sequence does not have; "
                "leave patience null and validation 0",
                where="recipe.validation",
            )
        if self.method == "a-gem" and not isinstance(self.step, GradientMemory):
            raise BadInput('a-gem needs the step {"type": "memory"}', where="recipe.step")
        values = self.steps
        if len({one for step in values for one in step}) < sum(map(len, values)):
            raise BadInput("names a value twice", where="recipe.domains")

    @property
    def steps(self) -> tuple[tuple[str, ...], ...]:
        """Values of each step, as named."""
        return tuple(tuple(part for part in step.split("+")) for step in self.domains)


RECIPE = SequifiRecipe(system="sequifi", views=PAIR[:1])
_CHANGES: dict[str, dict[str, Any]] = {
    "masked": {},
    "cyclic": {},
    "averaged": {},
    "vanilla": {},
    "ewc": {"strength": 100.0},
    "lwf": {"strength": 1.0},
    "si": {"strength": 1.0},
    "l2-sp": {"strength": 0.1},
    "replay": {},
    "a-gem": {"step": GradientMemory()},
    "wise-ft": {},
    "soup": {},
    "joint": {},
    "source-only": {},
}
RECIPES = {
    name: msgspec.structs.replace(RECIPE, method=name, **changes) for name, changes in _CHANGES.items()
}
