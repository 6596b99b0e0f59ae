"""What runs on the machines of a cluster: workers that encode blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from earwitness.encoders.encoder import Encoder
from earwitness.encoders.encoding import Encoded, Failure, Segment, encode_into, key_of
from earwitness.encoders.loading import Normalise, Policy, Precision, load
from earwitness.encoders.shard import Record, scan
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.shard_target import deliver, working_folder
from earwitness.encoders.source_hashes import SourceHashes
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key


class EncoderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which encoder a worker loads; the arguments of `encoders.load`.

    Args:
        name: in the catalogue.
        weights: where they lie, on every machine.
        precision: of the arithmetic.
        device: that computes.
        layers: hidden states to keep.
        normalise: see `encoders.load`.
        policy: of Whisper, `cropped` or `padded-30`.
        stored: element type on disk.
    """

    name: str
    weights: str | None = None
    precision: Precision = "fp32"
    device: str = "cpu"
    layers: tuple[int, ...] | None = None
    normalise: Normalise = "none"
    policy: Policy = "cropped"
    stored: str = "float16"

    def load(self, threads: int | None) -> Encoder:
        """Load it.

        Args:
            threads: recordings encoded at once.

        Raises:
            BadInput: as `encoders.load` does.
        """
        return load(
            self.name,
            weights=self.weights,
            precision=self.precision,
            device=self.device,
            layers=self.layers,
            threads=threads,
            normalise=self.normalise,
            policy=self.policy,
        )


class BlockDone(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a block of segments.

    Args:
        contents: SHA-256 of the recording of each segment, 32 bytes each.
        there: which of them have an encoding, here or made elsewhere; one byte each.
        made: encodings that were computed.
        found: encodings that others have made or are making.
        failures: segments that could not be encoded.
        records: that were delivered.
        statuses: path, size, time of change and content hash of the files that were decoded.
    """

    contents: bytes
    there: bytes
    made: int
    found: int
    failures: tuple[Failure, ...]
    records: tuple[Record, ...]
    statuses: tuple[tuple[str, int, int, str], ...]


class Worker:
    """Encodes blocks of segments, each into one shard that is delivered whole.

    Args:
        request: which encoder.
        place: of the target.
        run: name of the run.
        claim: (block, digests) -> which of them to make.
        threads: recordings encoded at once.
    """

    def __init__(
        self,
        request: EncoderRequest,
        place: str,
        run: str,
        claim: Callable[[int, list[bytes]], list[bool]],
        threads: int = 1,
    ) -> None:
        self._encoder = request.load(threads)
        self._stored = request.stored
        self._place, self._run = place, run
        self._claim = claim

    def identity(self) -> Key:
        """Key of an encoding of this encoder, without content and stretch."""
        return key_of(self._encoder, "", Segment(path=""), stored=self._stored)

    def encode(self, block: int, number: int, segments: Sequence[Segment]) -> BlockDone:
        """Encode a block and deliver its shard.

        Args:
            block: number of the block.
            number: of the shard, reserved at the target; stays unused if there is nothing new.
            segments: of the block.

        Raises:
            BadInput: when nothing can be written.
        """
        with (
            working_folder(self._place, self._run) as folder,
            Store(folder, largest=1 << 62) as store,
        ):
            done = encode_into(
                store,
                self._encoder,
                segments,
                stored=self._stored,
                claim=lambda digests: self._claim(block, digests),
            )
            store.close()
            records: tuple[Record, ...] = ()
            for path in shard_files(Path(folder)).values():
                records = tuple(scan(path, check=False))
                deliver(path, self._place, number)
            return _block_done(done, records, Path(folder))


def _block_done(done: Encoded, records: tuple[Record, ...], folder: Path) -> BlockDone:
    return BlockDone(
        contents=done.contents.tobytes(),
        there=done.there.tobytes(),
        made=done.made,
        found=done.found,
        failures=done.failures,
        records=records,
        statuses=tuple(SourceHashes(folder).entries()),
    )
