"""Export an encoder to ONNX up to a layer, and hold the file to torch before it is kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from earwitness.encoders import ctranslate2_file
from earwitness.encoders.catalogue import Entry, entry
from earwitness.encoders.chunking import Chunking
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.fronts import Front, Policy, WhisperFront
from earwitness.encoders.onnx_encoder import METADATA_KEY, Description, OnnxEncoder
from earwitness.encoders.waveform_level import Level
from earwitness.encoders.weights import weight_bytes
from earwitness.encoders.whisper_graph import Stored, whisper_graph
from earwitness.encoders.whisper_names import PREFIX, shape
from earwitness.errors import BadInput, require

GRAPH = 1
"""Version of the graph and of its log-mel and chunking; part of the revision."""
TOLERANCE = 1e-4
"""Largest difference to torch that is let through, relative to the largest value of the layer."""
SECONDS = (0.1, 0.731, 3.75)
"""Lengths on which a file is compared with torch, beside the longest chunk that it will hear."""


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """How far an exported file is from torch, on noise bursts of several lengths.

    Args:
        path: the file.
        sha256: of the file.
        size: of the file, in bytes; without the weights beside it, where it is over 2 GB.
        layers: hidden states that it gives; empty for a vector.
        samples: lengths that were compared.
        largest: largest absolute difference, for each layer.
        relative: the same over the largest absolute value of that layer.
    """

    path: str
    sha256: str
    size: int
    layers: tuple[int, ...]
    samples: tuple[int, ...]
    largest: tuple[float, ...]
    relative: tuple[float, ...]


def export(
    encoder: str | Encoder,
    path: str | os.PathLike[str],
    *,
    layers: Sequence[int] | None = None,
    weights: str | os.PathLike[str] | None = None,
    normalise: Level | Literal["processor"] = "none",
    policy: Policy = "cropped",
    stored: Stored | None = None,
    longest: int | None = None,
) -> Parity:
    """Write an encoder as an ONNX file that gives chosen hidden states, without torch.

    All encoders that transformers' classes run (wav2vec 2.0, HuBERT, WavLM, UniSpeech, Whisper,
    w2v-BERT 2.0, AST, CLAP: those whose entry `exports`) and the packaged Whisper can be
    exported; the others run without torch already, or are refused. The file carries name,
    revision, layers and what the encoder hears, so that `OnnxEncoder(path)` gives the frames of
    the encoder itself. It is compared with torch first: one that differs is not kept.

    Args:
        encoder: a name in the catalogue, an id on the hub, or a loaded encoder, which is written
            in fp32 whatever its precision.
        path: the file to be written; an older one is replaced once the new one is checked.
        layers: 0 = before the first block, k = after block k; blocks after the last are left out.
            All that there are (of a loaded encoder: all that it gives) when `None`.
        weights: where the weights are, as for `load`.
        normalise: written into the file, as for `load`; a loaded encoder has its own. The
            packaged Whisper takes it when the file is loaded.
        policy: as `normalise`.
        stored: precision of the weights in the file; the arithmetic is float32 either way. The
            packaged Whisper is `fp16` if not told otherwise, all others are `fp32`.
        longest: most frames of a chunk of the packaged Whisper; 750 suffices for our chunks and
            saves a megabyte.

    Returns:
        The differences to torch.

    Raises:
        BadInput: when there are no weights, the encoder cannot be exported, or the file differs
            from torch.
        MissingExtra: when `onnx`, `onnxscript` or torch is not installed.
    """
    require("torch", "train")
    path = Path(path)
    if not path.parent.is_dir():
        raise BadInput("no such folder", where=str(path.parent))
    known = entry(encoder) if isinstance(encoder, str) else None
    if known is not None and known.packaged_whisper:
        wanted = tuple(range(known.layers)) if layers is None else tuple(layers)
        if not wanted or list(wanted) != sorted(set(wanted)) or not set(wanted) <= set(range(known.layers)):
            raise BadInput(f"has the layers 0 to {known.layers - 1}, in rising order", where=known.name)
        content = weight_bytes(known, weights)
        source = _packaged(known, wanted, content, stored or "fp16", longest)
    else:
        if stored == "fp16" or longest is not None:
            raise BadInput("fp16 weights and `longest` are for the packaged Whisper alone", where=str(path))
        source = _hub(encoder, known, layers, weights, normalise, policy)
    bursts = _bursts(source.front, source.front.chunking)
    expected = [source.frames(samples) for samples in bursts]  # before writing, which changes the attention
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        source.write(folder / path.name)
        parity = _parity(folder / path.name, path, bursts, expected)
        for file in sorted(folder.iterdir(), reverse=True):  # weights beside the file come first
            file.replace(path.with_name(file.name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return parity


class _Source(NamedTuple):
    """How a file is written, what torch's frames of a chunk are, and what is heard."""

    write: Callable[[Path], None]
    frames: Callable[[np.ndarray], np.ndarray]
    front: Front


def _packaged(
    known: Entry, layers: Sequence[int], content: bytes, stored: Stored, longest: int | None
) -> _Source:
    from earwitness.encoders.log_mel import log_mel
    from earwitness.encoders.whisper_torch import torch_frames

    written = build(known, layers, content, stored=stored, longest=longest)
    arrays = ctranslate2_file.read(content, prefix=PREFIX)
    front = WhisperFront(bands=shape(arrays)[2])

    def frames(samples: np.ndarray) -> np.ndarray:
        given = torch_frames(arrays, log_mel(samples, bands=front.bands), layers)
        return given[:, : front.frames(len(samples))]

    def write(path: Path) -> None:
        path.write_bytes(written)

    return _Source(write, frames, front)


def _hub(
    encoder: str | Encoder,
    known: Entry | None,
    layers: Sequence[int] | None,
    weights: str | os.PathLike[str] | None,
    normalise: Level | Literal["processor"],
    policy: Policy,
) -> _Source:
    from earwitness.encoders.hub_loading import Builder, builder_of, layers_of, revision_of
    from earwitness.encoders.module_export import torch_states, write_module
    from earwitness.encoders.torch_encoder import TorchEncoder

    if known is not None:
        if not known.exports:
            raise BadInput("cannot be exported to ONNX; transformers' encoders can", where=known.name)
        builder = builder_of(known, weights, layers=layers, normalise=normalise, policy=policy)
        name, licence = known.name, known.licence
    else:
        loaded = encoder.builder if isinstance(encoder, TorchEncoder) else None
        name = "" if isinstance(encoder, str) else encoder.name
        if not isinstance(loaded, Builder):
            raise BadInput("is loaded without torch; export it by its name", where=name)
        wanted = loaded.layers if layers is None else layers_of(loaded.folder, layers)
        builder, licence = Builder(loaded.folder, loaded.front, wanted), entry(name).licence
    front = builder.front
    states = builder().eval().requires_grad_(False)
    second = np.zeros(front.sample_rate, np.float32)
    vector = states.family.gives == "vector"
    description = Description(
        name=name,
        revision=revision_of(builder.folder, front),
        layers=() if vector else builder.layers,
        policy=front.policy,
        dimension=torch_states(states, second).shape[-1],
        frame_rate=None if vector else front.sample_rate / front.hop,
        front=front,
    )
    metadata = {METADATA_KEY: msgspec.json.encode(description).decode(), "licence": licence}
    return _Source(
        lambda path: write_module(states, path, metadata),
        lambda samples: torch_states(states, samples),
        front,
    )


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
    description = Description(
        name=known.name,
        revision=packaged_revision(content, layers, blocks),
        layers=tuple(layers),
        policy="cropped",
        bands=bands,
        dimension=dimension,
        frame_rate=known.frame_rate,
    )
    metadata = {METADATA_KEY: msgspec.json.encode(description).decode(), "licence": known.licence}
    return whisper_graph(arrays, layers, stored=stored, longest=longest, metadata=metadata)


def packaged_revision(content: bytes, layers: Sequence[int], blocks: int) -> str:
    """Revision of a packaged Whisper.

    Args:
        content: its weights.
        layers: hidden states that it gives.
        blocks: that it has; the state after the last one is normalised.
    """
    graph = f"g{GRAPH}n" if layers and max(layers) == blocks else f"g{GRAPH}"
    return f"{hashlib.sha256(content).hexdigest()[:12]}-{graph}"


def _bursts(front: Front, chunking: Chunking) -> list[np.ndarray]:
    """Noise bursts of several lengths, up to the longest chunk."""
    longest = chunking.core + 2 * chunking.context
    rng = np.random.default_rng(0)
    bursts = []
    for samples in (*(int(seconds * front.sample_rate) for seconds in SECONDS), longest):
        envelope = np.abs(np.sin(np.arange(samples) / (0.1875 * front.sample_rate))) ** 3
        bursts.append((0.3 * envelope * rng.standard_normal(samples)).astype(np.float32))
    return bursts


def _parity(written: Path, path: Path, bursts: list[np.ndarray], expected: list[np.ndarray]) -> Parity:
    encoder = OnnxEncoder(written, threads=1)
    largest = np.zeros(len(expected[0]))
    relative = largest.copy()
    for samples, theirs in zip(bursts, expected, strict=True):
        ours = encoder.encode_chunk(samples)
        if ours.shape != theirs.shape:
            raise BadInput(
                f"the exported file gives {ours.shape} where torch gives {theirs.shape}", where=str(path)
            )
        if theirs.size == 0:
            continue
        difference = np.abs(ours - theirs).max(axis=(1, 2))
        largest = np.maximum(largest, difference)
        relative = np.maximum(relative, difference / np.abs(theirs).max(axis=(1, 2)))
    if not relative.max() <= TOLERANCE:  # a nan is refused, too
        raise BadInput(
            f"the exported file differs from torch by {relative.max():.1e} of the range", where=str(path)
        )
    with written.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Parity(
        path=str(path),
        sha256=sha256,
        size=written.stat().st_size,
        layers=encoder.layers,
        samples=tuple(len(samples) for samples in bursts),
        largest=tuple(float(value) for value in largest),
        relative=tuple(float(value) for value in relative),
    )
