"""Matrix products of a frozen encoder as this processor does them fastest, in a chosen precision."""

from __future__ import annotations

from typing import Literal

from earwitness.encoders.hidden_states import HiddenStates
from earwitness.errors import BadInput

Precision = Literal["fp32", "bf16", "int8"]


def pack(states: HiddenStates, precision: Precision, device: str) -> HiddenStates:
    """Make a frozen encoder ready.

    Args:
        states: changed in place.
        precision: of the arithmetic.
        device: of torch.

    Raises:
        BadInput: when the precision is not there.
    """
    if precision != "fp32":
        raise BadInput(f"precision {precision} is not there for this encoder; use fp32")
    return states.to(device)
