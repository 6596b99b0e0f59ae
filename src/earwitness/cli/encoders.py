"""`earwitness encoders`: which encoders there are, and how to get their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from earwitness.encoders.catalogue import CATALOGUE, entry
from earwitness.encoders.deviation import measured
from earwitness.errors import BadInput


def encoders(
    action: Literal["list", "get", "convert"] = "list",
    name: str | None = None,
    *,
    out: Path = Path("weights"),
    revision: str = "main",
    json: bool = False,
) -> None:
    """List the encoders that can be loaded by name, or get the weights of one.

    Args:
        action: `list`; `get` downloads a model from the Hugging Face hub, the only thing here
            that uses the network; `convert` turns a folder's pickle into safetensors.
        name: of the encoder (or its id on the hub) to get; the folder to convert.
        out: folder for what is downloaded; name it in EARWITNESS_WEIGHTS afterwards.
        revision: branch, tag or commit on the hub.
        json: print JSON.
    """
    if action != "list":
        from earwitness.encoders.hub_download import convert, get

        if name is None:
            raise BadInput("say which", where=f"encoders {action}")
        print(get(entry(name), out, revision=revision) if action == "get" else convert(name))
        return
    if json:
        listed = [
            msgspec.to_builtins(known)
            | {"exports": known.exports, "deviations": msgspec.to_builtins(measured().get(known.name, {}))}
            for known in CATALOGUE.values()
        ]
        print(msgspec.json.encode(listed).decode())
        return
    for known in CATALOGUE.values():
        rate = f"{known.frame_rate:g} Hz" if known.frame_rate else "one vector"
        layers = f", {known.layers} layers" if known.layers > 1 else ""
        print(f"{known.name}: {known.summary}")
        print(f"    {known.dimension}-d, {rate}{layers}; licence of the weights: {known.licence}")
        for precision, found in measured().get(known.name, {}).items():
            print(
                f"    {precision}: cosine to fp32 {min(found.cosine):.4f}, scores of a head "
                f"shift by {max(found.score_shift):.3f} of their spread (worst layers)"
            )
        if known.exports:
            print("    can be exported to ONNX (encoders.export)")
        if known.asset:
            print("    shipped with earwitness" + (" (some layers)" if known.layers > 1 else ""))
        if known.command:
            print(f"    {known.command}")
