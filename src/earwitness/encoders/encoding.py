"""Encode the recordings of a corpus into a store, once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from msgspec import structs

from earwitness.encoders.encoded_sounds import Progress, encoded
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.frame_stream import ChunkedEncoder
from earwitness.encoders.signal_view import SignalSource, SignalView
from earwitness.encoders.source_hashes import SourceHashes
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.encoders.stretches import LongStretch, Recordings
from earwitness.errors import BadInput

BATCH = 32
"""Most recordings that are decoded while as many others are encoded."""
BATCH_SECONDS = 600.0
"""Seconds of sound after which no further recording is taken into a batch."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be encoded: a file or a stretch of it.

    Args:
        path: of the file.
        start: in seconds; `None` for the beginning.
        end: in seconds; `None` for the end.
        signal: what it is a stretch of, where that is no sound.
    """

    path: str
    start: float | None = None
    end: float | None = None
    signal: SignalView | None = None

    @property
    def view(self) -> str:
        """Its view in the store's key."""
        return "" if self.signal is None else self.signal.name


class Failure(NamedTuple):
    """A segment that could not be encoded."""

    path: str
    start: float | None
    end: float | None
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Encoded:
    """What became of the segments.

    Args:
        segments: that were asked for.
        contents: SHA-256 of the recording of each, `(segments, 32)` uint8.
        there: which of them have an encoding in the store now, `(segments,)` bool.
        identity: key of any of them; all but content and stretch are those of every key.
        made: encodings that were computed.
        found: encodings that were there already, or that another worker makes.
        failures: segments that could not be encoded.
    """

    segments: Sequence[Segment]
    contents: np.ndarray
    there: np.ndarray
    identity: Key
    made: int
    found: int
    failures: tuple[Failure, ...]

    @property
    def keys(self) -> tuple[Key | None, ...]:
        """One for each segment, in order; `None` where it could not be encoded."""
        return tuple(
            structs.replace(
                self.identity,
                content=content.tobytes().hex(),
                start=segment.start,
                end=segment.end,
                view=segment.view,
            )
            if there
            else None
            for segment, content, there in zip(self.segments, self.contents, self.there, strict=True)
        )


def key_of(encoder: Encoder, content: str, segment: Segment, *, stored: str = "float16") -> Key:
    """The key of a segment's encoding.

    Args:
        encoder: that makes it.
        content: hash of the file's decoded samples.
        segment: the stretch.
        stored: element type on disk.
    """
    return Key(
        content=content,
        start=segment.start,
        end=segment.end,
        view=segment.view,
        encoder=encoder.name,
        revision=encoder.revision,
        layers=encoder.layers,
        policy=encoder.policy,
        precision=encoder.precision,
        stored=stored,
    )


def encode_into(
    store: Store,
    encoder: Encoder,
    segments: Sequence[Segment],
    *,
    stored: str = "float16",
    progress: Progress = lambda _done, _seconds: None,
    claim: Callable[[list[bytes]], list[bool]] = lambda digests: [True] * len(digests),
    hashes: SourceHashes | None = None,
) -> Encoded:
    """Encode what the store does not hold yet; decoding goes on beside the encoder.

    Args:
        store: takes the encodings; published at the end and whenever it fills up.
        encoder: makes them.
        segments: in any order; what is not readable is noted and passed over.
        stored: element type on disk, `float16` or `float32`.
        progress: called with the number of segments done since the last call and the seconds
            of audio that were encoded for them.
        claim: asked, with the digests of keys, which of them shall be made here; the others are
            made elsewhere (`cluster`).
        hashes: content hashes of known files; those in the store's folder when `None`.

    Returns:
        The keys, by which `store.get` finds the encodings, and what happened.

    Raises:
        BadInput: when the store cannot be written. What was kept before stays.
    """
    hashes = SourceHashes(store.folder) if hashes is None else hashes
    # As arrays of their full size from the beginning, so that memory does not grow with the work.
    contents, there = np.full((len(segments), 32), 0, np.uint8), np.full(len(segments), False)
    failures: dict[int, str] = {}
    made = found = 0
    try:
        for places, recordings in _ahead(store, encoder, segments, hashes, stored):
            waiting: list[tuple[int, Key, np.ndarray | LongStretch]] = []
            coming: dict[bytes, int] = {}
            twins: list[tuple[int, int]] = []
            for place, (content, samples, reason) in zip(places, recordings, strict=True):
                if content is None:
                    failures[place] = reason
                    continue
                contents[place] = np.frombuffer(bytes.fromhex(content), np.uint8)
                there[place] = True
                key = key_of(encoder, content, segments[place], stored=stored)
                digest = key.digest()
                if samples is None or key in store:
                    found += 1
                elif digest in coming:
                    twins.append((place, coming[digest]))
                else:
                    coming[digest] = place
                    waiting.append((place, key, samples))
            claimed = claim([key.digest() for _, key, _ in waiting]) if waiting else []
            mine = [item for item, ours in zip(waiting, claimed, strict=True) if ours]
            found += len(waiting) - len(mine)
            seconds = 0.0
            arrays = encoded(encoder, [samples for *_, samples in mine], stored, progress)
            for (place, key, samples), array in zip(mine, arrays, strict=True):
                if isinstance(array, str):
                    failures[place] = array
                    there[place] = False
                    continue
                # the key says nothing of a single layer's missing axis, so it is always there
                store.put(key, array[None] if encoder.layers and array.ndim == 2 else array)
                made += 1
                if not isinstance(samples, LongStretch):  # told while it was heard
                    seconds += len(samples) / encoder.sample_rate
            for place, twin in twins:
                there[place] = there[twin]
                if twin in failures:
                    failures[place] = failures[twin]
            found += sum(place not in failures for place, _ in twins)
            progress(len(places), seconds)
            hashes.publish_when_due()
    finally:
        store.publish()
        hashes.publish()
    return Encoded(
        segments=segments,
        contents=contents,
        there=there,
        identity=key_of(encoder, "", Segment(path=""), stored=stored),
        made=made,
        found=found,
        failures=tuple(
            Failure(segments[place].path, segments[place].start, segments[place].end, reason)
            for place, reason in sorted(failures.items())
        ),
    )


_Read = tuple[str | None, np.ndarray | LongStretch | None, str]
"""Content hash or `None` if unreadable; samples or `None` if not needed; why it is unreadable."""


def _ahead(
    store: Store, encoder: Encoder, segments: Sequence[Segment], hashes: SourceHashes, stored: str
) -> Iterator[tuple[list[int], list[_Read]]]:
    """Batches of decoded segments; the next one is decoded while the caller works on this one."""
    # segments of one file follow each other, in the order of their beginnings
    order = iter(sorted(range(len(segments)), key=lambda n: (segments[n].path, segments[n].start or 0.0)))
    recordings = Recordings(hold=not isinstance(encoder, ChunkedEncoder))
    signals = SignalSource()

    def read(place: int) -> _Read:
        segment = segments[place]
        path = Path(segment.path)
        known = hashes.get(path)
        if known is not None and key_of(encoder, known, segment, stored=stored) in store:
            return known, None, ""
        try:
            if segment.signal is not None:
                status = os.stat(path)  # noqa: PTH116 - of the path before it is read
                content = signals.content(segment.path)
                stretch = (segment.start, segment.end, encoder.sample_rate)
                samples = signals.read(segment.path, segment.signal, *stretch)
                hashes.remember(path, content, status)
                return content, samples, ""
            opened = recordings.open(segment.path)
            if opened is not None:
                hashes.remember(path, *opened)
            return recordings.content, recordings.cut(segment.start, segment.end, encoder.sample_rate), ""
        except BadInput as refusal:
            return None, None, refusal.reason
        except OSError as error:
            return None, None, error.strerror or str(error)

    def batch() -> tuple[list[int], list[_Read]]:
        places: list[int] = []
        given: list[_Read] = []
        seconds = 0.0
        while len(places) < BATCH and seconds < BATCH_SECONDS:
            place = next(order, None)
            if place is None:
                break
            places.append(place)
            given.append(read(place))
            samples = given[-1][1]
            seconds += 0.0 if samples is None else len(samples) / encoder.sample_rate
        return places, given

    with ThreadPoolExecutor(1, thread_name_prefix="decoder") as pool:
        coming = pool.submit(batch)
        while (found := coming.result())[0]:
            coming = pool.submit(batch)
            yield found
