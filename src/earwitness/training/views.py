"""From a corpus and a store to what a system reads: one reader a view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from earwitness.audio.decode import decode
from earwitness.audio.physiological import SignalReading
from earwitness.audio.resample import resample
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.corpus_segments import segments_of_windows
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.encoding import Segment, encode_into
from earwitness.encoders.loading import load
from earwitness.encoders.pooled import PooledEncoder
from earwitness.encoders.signal_view import SignalSource
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.training.changing import Changing
from earwitness.training.data import Reader
from earwitness.training.recipe import View

SAMPLE_RATE = 16_000
"""Of every waveform view, in Hz."""
Progress = Callable[[str, int, int], None]
"""(what, done, of how many)."""


class Views(msgspec.Struct, frozen=True, kw_only=True):
    """The views of a corpus, ready to be read.

    Args:
        readers: view -> reader of a row.
        changes: view -> what is done to its arrays in a batch.
        dimensions: view -> shape without batch and time, such as (layers, dimension).
        revisions: view -> what made it, for the record of a run.
        rates: view -> frames or samples in a second; none of vectors.
    """

    readers: Mapping[str, Reader]
    changes: Mapping[str, Changing]
    dimensions: Mapping[str, tuple[int, ...]]
    revisions: Mapping[str, str]
    rates: Mapping[str, float] = msgspec.field(default_factory=dict)


def open_encoder(view: View, *, weights: str | Path | None = None, threads: int | None = None) -> Encoder:
    """The encoder of a view.

    Raises:
        BadInput: when it is not there, or does not give what the view asks for.
    """
    assert view.encoder is not None
    if view.precision == "fp16":
        raise BadInput("no encoder computes in fp16; use fp32 or bf16", where=view.name)
    encoder = load(
        view.encoder,
        weights=weights,
        precision=view.precision,
        layers=list(view.layers) or None,
        threads=threads,
        normalise=view.normalise,
    )
    if encoder.policy != view.policy:
        raise BadInput(
            f"{view.encoder} treats length as {encoder.policy!r}, the recipe asks for {view.policy!r}",
            where=view.name,
        )
    if view.input == "frames" and encoder.frame_rate is None:
        raise BadInput(f"{view.encoder} gives one vector a recording, no frames", where=view.name)
    if view.input == "vector" and encoder.frame_rate is not None:
        return PooledEncoder(encoder, view.pooled)
    return encoder


def open_views(
    views: Sequence[View],
    segments: Sequence[Segment] | Mapping[str, Sequence[Segment]],
    store: Store,
    *,
    encoders: Mapping[str, Encoder] | None = None,
    progress: Progress | None = None,
) -> Views:
    """Encode what the store lacks, and give a reader for each view.

    Args:
        views: of a recipe.
        segments: one a row; by view where the views hear different ones.
        store: holds encodings; what is missing is added.
        encoders: view -> encoder, for those that are at hand; the others are loaded.
        progress: called while encoding.

    Raises:
        BadInput: when a recording cannot be read, or an encoder is not there.
    """
    readers: dict[str, Reader] = {}
    dimensions: dict[str, tuple[int, ...]] = {}
    revisions: dict[str, str] = {}
    rates: dict[str, float] = {}
    for view in views:
        heard = segments[view.name] if isinstance(segments, Mapping) else segments
        of_what = "" if view.signal is None else f" of {reading_name(view.signal)}"
        if view.input == "waveform":
            readers[view.name] = waveform_reader(heard) if view.signal is None else signal_reader(heard)
            dimensions[view.name] = (1 + view.copies, 1) if view.copies else (1,)
            revisions[view.name] = f"waveform {SAMPLE_RATE} Hz{of_what}"
            rates[view.name] = float(SAMPLE_RATE)
            continue
        encoder = (encoders or {}).get(view.name) or open_encoder(view)
        readers[view.name] = stored_reader(store, encoder, heard, view.name, progress)
        dimensions[view.name] = shape_of(encoder)
        revisions[view.name] = f"{encoder.name} {encoder.revision}{of_what}"
        if encoder.frame_rate is not None:
            rates[view.name] = float(encoder.frame_rate)
    changes = {view.name: Changing(view) for view in views if view.augment or view.length or view.copies}
    return Views(readers=readers, changes=changes, dimensions=dimensions, revisions=revisions, rates=rates)


def shape_of(encoder: Encoder) -> tuple[int, ...]:
    """What an encoder's arrays are without time: (layers, dimension) of frames, (dimension,) of a vector."""
    if encoder.frame_rate is None:
        return (encoder.dimension,)
    return (len(encoder.layers), encoder.dimension) if encoder.layers else (encoder.dimension,)


def stored_reader(
    store: Store,
    encoder: Encoder,
    segments: Sequence[Segment],
    view: str,
    progress: Progress | None = None,
) -> Reader:
    """A reader of encodings from a store; what it lacks is computed now.

    Args:
        store: holds them.
        encoder: makes them.
        segments: one a row.
        view: name, for progress.
        progress: called with (what, done, of how many).

    Raises:
        BadInput: when a recording cannot be read.
    """
    done = 0

    def advance(more: int, seconds: float) -> None:
        nonlocal done
        del seconds
        done += more
        if progress is not None:
            progress(f"encode {view}", done, len(segments))

    result = encode_into(store, encoder, segments, progress=advance)
    if result.failures:
        first = result.failures[0]
        reason = f"{len(result.failures)} recordings cannot be read; the first: {first.reason}"
        raise BadInput(reason, where=first.path)
    keys = result.keys

    def read(row: int) -> np.ndarray:
        key = keys[row]
        assert key is not None
        array = store.get(key)
        if array is None:
            raise BadInput("lost an encoding while it was read", where=str(store.folder))
        return array

    return read


def segments_by_view(views: Sequence[View], corpus: Corpus) -> dict[str, list[Segment]] | None:
    """What each view hears of a corpus of windows; `None` where no view reads a physiological signal.

    Args:
        views: of a recipe.
        corpus: of `corpora.window_rows`.

    Raises:
        BadInput: when some views read signals and others sound, or a window lacks a signal.
    """
    named = [view for view in views if view.signal is not None]
    if not named:
        return None
    if len(named) < len(views):
        raise BadInput("some views read a signal of a person, others sound", where="recipe.views")
    root = corpus.root or Path()
    return {
        view.name: segments_of_windows(corpus.table, root, view.signal)
        for view in views
        if view.signal is not None
    }


def reading_name(how: SignalReading) -> str:
    """A reading in words, for the record of a run.

    Example:
        >>> reading_name(SignalReading(kind="ecg", filtered=True))
        'ecg relabel filtered'
    """
    return f"{how.kind} {how.mapping}{' filtered' * how.filtered}"


def signal_reader(segments: Sequence[Segment]) -> Reader:
    """A reader of windows of a physiological signal as a waveform, (samples, 1), peak 1.

    All windows of a file are read when the first of them is asked for, since files of signals are
    large; what is kept is the windows alone.
    """
    by_path: dict[str, list[int]] = {}
    for row, segment in enumerate(segments):
        by_path.setdefault(segment.path, []).append(row)
    known: dict[int, np.ndarray] = {}

    def read(row: int) -> np.ndarray:
        if row not in known:
            source = SignalSource()
            for each in by_path[segments[row].path]:
                segment = segments[each]
                assert segment.signal is not None
                samples = source.read(segment.path, segment.signal, segment.start, segment.end, SAMPLE_RATE)
                known[each] = samples[:, None]
        return known[row]

    return read


def waveform_reader(segments: Sequence[Segment]) -> Reader:
    """A reader of samples at 16 kHz, (samples, 1), decoded anew each time."""

    def read(row: int) -> np.ndarray:
        segment = segments[row]
        recording = decode(Path(segment.path))
        rate = recording.sample_rate
        first = 0 if segment.start is None else round(segment.start * rate)
        last = None if segment.end is None else round(segment.end * rate)
        samples = resample(recording.samples[first:last], rate, SAMPLE_RATE)
        if not len(samples):
            raise BadInput("holds no samples", where=segment.path)
        return samples[:, None]

    return read
