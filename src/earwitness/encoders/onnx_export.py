"""Export an encoder to ONNX up to a layer, and hold the file to torch before it is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from earwitness.encoders import ctranslate2_file
from earwitness.encoders.catalogue import Entry, entry
from earwitness.encoders.onnx_encoder import METADATA_KEY, Description, OnnxEncoder
from earwitness.encoders.weights import weight_bytes
from earwitness.encoders.whisper_graph import Stored, whisper_graph
from earwitness.encoders.whisper_names import PREFIX, shape
from earwitness.errors import BadInput

GRAPH = 1
"""Version of the graph and of its log-mel and chunking; part of the revision."""
TOLERANCE = 1e-4
"""Largest difference to torch that is let through, relative to the largest value of the layer."""


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """How far an exported file is from torch, on one chunk of noise bursts.

    Args:
        path: the file.
        sha256: of the file.
        size: of the file, in bytes.
        layers: hidden states that it gives.
        largest: largest absolute difference, for each layer.
        relative: the same over the largest absolute value of that layer.
    """

    path: str
    sha256: str
    size: int
    layers: tuple[int, ...]
    largest: tuple[float, ...]
    relative: tuple[float, ...]


def export(
    name: str,
    layers: Sequence[int],
    path: str | os.PathLike[str],
    *,
    stored: Stored = "fp16",
    longest: int | None = None,
    weights: str | os.PathLike[str] | None = None,
    check: bool = True,
) -> Parity | None:
    """Write an encoder as an ONNX file that gives chosen hidden states.

    Args:
        name: of a Whisper encoder in the catalogue.
        layers: 0 = before the first block, k = after block k; blocks after the last are left out.
        path: the file to be written; an older one is replaced once the new one is checked.
        stored: precision of the weights in the file; the arithmetic is float32 either way.
        longest: most frames of a chunk; 750 suffices for our chunks and saves a megabyte.
        weights: where the weights are, if not in an installed package.
        check: compare with torch (which must then be installed) and refuse a difference.

    Returns:
        The differences to torch, or `None` without `check`.

    Raises:
        BadInput: when there are no weights, or the file differs from torch.
        MissingExtra: when `onnx` (or torch, to check) is not installed.
    """
    known = entry(name)
    content = weight_bytes(known, weights)
    written = build(known, layers, content, stored=stored, longest=longest)
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(written)
        parity = _parity(ctranslate2_file.read(content, prefix=PREFIX), unfinished, path) if check else None
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return parity


def build(
    known: Entry,
    layers: Sequence[int],
    content: bytes,
    *,
    stored: Stored = "fp16",
    longest: int | None = None,
) -> bytes:
    """The bytes of an exported encoder, not yet compared with torch.

    Args:
        known: entry of a Whisper encoder.
        layers: hidden states that it gives, in rising order.
        content: its weights (`weights.weight_bytes`).
        stored: precision of the weights in the file.
        longest: most frames of a chunk.

    Raises:
        BadInput: when the weights are not a Whisper encoder's.
        MissingExtra: when `onnx` is not installed.
    """
    arrays = ctranslate2_file.read(content, prefix=PREFIX)
    blocks, dimension, bands = shape(arrays)
    graph = f"g{GRAPH}n" if layers and layers[-1] == blocks else f"g{GRAPH}"  # n: normalised
    description = Description(
        name=known.name,
        revision=f"{hashlib.sha256(content).hexdigest()[:12]}-{graph}",
        layers=tuple(layers),
        policy="cropped",
        bands=bands,
        dimension=dimension,
        frame_rate=known.frame_rate or 50.0,
    )
    metadata = {METADATA_KEY: msgspec.json.encode(description).decode(), "licence": known.licence}
    return whisper_graph(arrays, layers, stored=stored, longest=longest, metadata=metadata)


def _parity(arrays: dict[str, np.ndarray], written: Path, path: Path) -> Parity:
    from earwitness.encoders.log_mel import log_mel
    from earwitness.encoders.whisper_torch import torch_frames

    rng = np.random.default_rng(0)
    envelope = np.abs(np.sin(np.arange(60_000) / 3000)) ** 3
    samples = (0.3 * envelope * rng.standard_normal(60_000)).astype(np.float32)
    encoder = OnnxEncoder(written, threads=1)
    ours = encoder.encode_chunk(samples)
    theirs = torch_frames(arrays, log_mel(samples, bands=encoder.description.bands), encoder.layers)
    theirs = theirs[:, : ours.shape[1]]
    largest = np.abs(ours - theirs).max(axis=(1, 2))
    relative = largest / np.abs(theirs).max(axis=(1, 2))
    if relative.max() > TOLERANCE:
        raise BadInput(
            f"the exported file differs from torch by {relative.max():.1e} of the range", where=str(path)
        )
    content = written.read_bytes()
    return Parity(
        path=str(path),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        layers=encoder.layers,
        largest=tuple(float(value) for value in largest),
        relative=tuple(float(value) for value in relative),
    )
