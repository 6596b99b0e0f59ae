"""`earwitness encoders`: which encoders there are, and how to get their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import cyclopts
import msgspec

from earwitness.encoders.catalogue import CATALOGUE, entry
from earwitness.encoders.deviation import measured
from earwitness.errors import BadInput


def encoders(
    action: Literal["list", "get", "convert", "export"] = "list",
    name: str | None = None,
    *,
    out: Path | None = None,
    layers: Annotated[list[int] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    weights: Path | None = None,
    revision: str = "main",
    json: bool = False,
) -> None:
    """List the encoders that can be loaded by name, or get the weights of one.

    Args:
        action: `list`; `get` downloads a model from the Hugging Face hub, the only thing here
            that uses the network; `convert` turns a folder's pickle into safetensors; `export`
            writes an encoder as an ONNX file, which needs no torch, and compares it with torch.
        name: of the encoder (or its id on the hub) to get; the folder to convert.
        out: folder for what is downloaded (`weights` when not given; name it in
            EARWITNESS_WEIGHTS afterwards), or the ONNX file.
        layers: hidden states that an ONNX file gives; all when not given.
        weights: where the weights of what is exported are, if not where they are looked for.
        revision: branch, tag or commit on the hub.
        json: print JSON.
    """
    if action != "list":
        from earwitness.encoders.hub_download import convert, get

        if name is None:
            raise BadInput("say which", where=f"encoders {action}")
        if action == "export":
            from earwitness.encoders.onnx_export import export

            parity = export(
                name, out or Path(f"{name.replace('/', '--')}.onnx"), layers=layers, weights=weights
            )
            told = f"{max(parity.relative):.1e} of the range from torch at most, {parity.size} bytes"
            print(msgspec.json.encode(parity).decode() if json else f"{parity.path}: {told}")
            return
        print(
            get(entry(name), out or Path("weights"), revision=revision) if action == "get" else convert(name)
        )
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
        states = f", {known.layers} layers" if known.layers > 1 else ""
        print(f"{known.name}: {known.summary}")
        print(f"    {known.dimension}-d, {rate}{states}; licence of the weights: {known.licence}")
        for precision, found in measured().get(known.name, {}).items():
            print(
                f"    {precision}: cosine to fp32 {min(found.cosine):.4f}, scores of a head "
                f"shift by {max(found.score_shift):.3f} of their spread (worst layers)"
            )
        if known.exports:
            print(f"    to ONNX: earwitness encoders export {known.name}")
        if known.asset:
            print("    shipped with earwitness" + (" (some layers)" if known.layers > 1 else ""))
        if known.command:
            print(f"    {known.command}")
