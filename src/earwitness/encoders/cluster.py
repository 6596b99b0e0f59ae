"""Encode on many machines: the same function in Ray's workers, every encoding made exactly once."""

from __future__ import annotations

import itertools
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import structs

from earwitness.encoders.cluster_ledger import Ledger
from earwitness.encoders.cluster_worker import BlockDone, EncoderRequest, Worker
from earwitness.encoders.encoding import Encoded, Failure, Segment
from earwitness.encoders.onnx_encoder import processors
from earwitness.encoders.shard_target import ShardTarget, shard_target
from earwitness.encoders.source_hashes import SourceHashes
from earwitness.encoders.store_index import Index
from earwitness.encoders.store_key import Key
from earwitness.errors import BadInput, require

BLOCK = 64
"""Segments that a worker takes at a time; as many are done again when it is lost."""
SMALLEST = 8
"""Segments of the last blocks: towards the end they get smaller, so that all workers end together."""
AHEAD = 2
"""Blocks that wait at a worker, the one in work included."""
TRIES = 4
"""Workers that may be lost over one block before it is blamed."""


def encode_on_cluster(
    place: str,
    request: EncoderRequest,
    segments: Sequence[Segment],
    *,
    address: str = "local",
    workers: int | None = None,
    progress: Callable[[int, float], None] = lambda _done, _seconds: None,
) -> Encoded:
    """Encode what a store does not hold yet, on the machines of a Ray cluster.

    Every worker writes shards of its own and delivers each of them whole. Before it encodes a
    recording it asks the ledger whether it shall; when it is lost, its blocks are done again by
    others, except for what it had delivered.

    Args:
        place: of the store: a path that all machines see, or an address of fsspec.
        request: which encoder.
        segments: with paths that all machines see.
        address: `local` starts workers on this machine; else the address of a Ray cluster.
        workers: how many; one for each free processor of the cluster when `None`.
        progress: called with the number of segments done since the last call and 0.

    Returns:
        As `encode_into` does.

    Raises:
        MissingExtra: when Ray is not installed.
        BadInput: when the encoder cannot be loaded, the store cannot be written, the cluster
            cannot be reached, or a block costs one worker after another.
    """
    ray = require("ray", "cluster")
    if address == "local" and not ray.is_initialized():
        workers = workers or processors()
    begun = _begin(ray, address, workers)
    try:
        with shard_target(place) as target:
            crew = _Crew(ray, request, place, target)
            return crew.run(segments, workers or max(1, int(ray.cluster_resources().get("CPU", 1))), progress)
    finally:
        if begun:
            ray.shutdown()


def _begin(ray: Any, address: str, workers: int | None) -> bool:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # no telemetry
    if ray.is_initialized():
        return False
    if ":" in address:
        # Ray itself waits for minutes before it says that nobody is there.
        host, _, port = address.rpartition("://")[2].rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=10).close()
        except (OSError, ValueError) as error:
            raise BadInput(f"no Ray cluster there: {error}", where=address) from error
    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": "ERROR"}
    if address == "local":
        # Ray starts a process for each of these while it comes up: one for each worker, one for the ledger.
        options |= {"num_cpus": (workers or processors()) + 1, "include_dashboard": False}
    try:
        ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise BadInput(f"no Ray cluster there: {str(error).splitlines()[0]}", where=address) from error
    return True


class _Crew:
    """The workers, what each of them does, and what is still to be done."""

    def __init__(self, ray: Any, request: EncoderRequest, place: str, target: ShardTarget) -> None:
        self._ray, self._request, self._place, self._target = ray, request, place, target
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        # On this machine: were it lost, the run would be lost, too.
        self._ledger = ray.remote(Ledger).options(num_cpus=0, scheduling_strategy=here).remote(target.table())
        self._starting: dict[Any, Any] = {}  # reference of its identity -> worker
        self._ready: list[Any] = []
        self._running: dict[Any, tuple[Any, int, int]] = {}  # reference -> (worker, block, shard number)
        self._waiting: deque[int] = deque()
        self._lost: dict[int, int] = {}  # block -> workers lost over it

    def run(
        self, segments: Sequence[Segment], workers: int, progress: Callable[[int, float], None]
    ) -> Encoded:
        for _ in range(workers):
            self._start()
        identity = self._first()
        sorting = _Sorted(segments, identity, Index(self._target.table()), self._target.hashes)
        blocks = sorting.blocks(workers)
        progress(len(segments) - sum(map(len, blocks)), 0.0)
        self._waiting.extend(range(len(blocks)))
        while self._waiting or self._running:
            self._assign(blocks, segments)
            done, _ = self._ray.wait([*self._running, *self._starting], num_returns=1)
            for reference in done:
                if reference in self._starting:
                    self._welcome(reference)
                    continue
                worker, block, number = self._running.pop(reference)
                result = self._result(reference)
                if result is None:
                    self._again(worker, block, number)
                    continue
                self._target.adopt(number, list(result.records))
                sorting.take(blocks[block], result)
                progress(len(blocks[block]), 0.0)
        return sorting.encoded(Index(self._target.table()))

    def _start(self) -> None:
        ray, ledger = self._ray, self._ledger

        def claim(block: int, digests: list[bytes]) -> list[bool]:
            allowed: list[bool] = ray.get(ledger.claim.remote(block, digests))
            return allowed

        gpus = 1 if self._request.device.startswith("cuda") else 0
        kind = ray.remote(Worker).options(num_cpus=1, num_gpus=gpus)
        worker = kind.remote(self._request, self._place, self._target.run, claim)
        self._starting[worker.identity.remote()] = worker

    def _first(self) -> Key:
        """The identity of the encoder, as soon as one worker has loaded it."""
        (reference,), _ = self._ray.wait(list(self._starting), num_returns=1)
        try:
            identity: Key = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            raise _refusal(error, self._place) from error
        self._welcome(reference)
        return identity

    def _welcome(self, reference: Any) -> None:
        worker = self._starting.pop(reference)
        try:
            self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            if not self._ready and not self._starting:
                raise _refusal(error, self._place) from error
            return  # the others go on
        self._ready.append(worker)

    def _assign(self, blocks: Sequence[Sequence[int]], segments: Sequence[Segment]) -> None:
        busy = [worker for worker, _, _ in self._running.values()]
        for _ in range(AHEAD):
            for worker in self._ready:
                if self._waiting and busy.count(worker) < AHEAD:
                    block = self._waiting.popleft()
                    number = self._target.reserve()
                    chosen = [_absolute(segments[place]) for place in blocks[block]]
                    self._running[worker.encode.remote(block, number, chosen)] = (worker, block, number)
                    busy.append(worker)

    def _result(self, reference: Any) -> BlockDone | None:
        """What a block came to, or `None` when its worker was lost."""
        exceptions = self._ray.exceptions
        try:
            result: BlockDone = self._ray.get(reference)
        except (exceptions.RayActorError, exceptions.WorkerCrashedError, exceptions.NodeDiedError):
            return None
        except exceptions.RayTaskError as error:
            raise _refusal(error, self._place) from error
        return result

    def _again(self, worker: Any, block: int, number: int) -> None:
        """A worker is lost: keep what it had delivered, and let others do the rest."""
        if worker in self._ready:
            self._ready.remove(worker)
            self._start()
        records = self._target.delivered(number) or []
        self._target.adopt(number, records)
        self._ray.get(self._ledger.release.remote(block, [record.key for record in records]))
        self._lost[block] = self._lost.get(block, 0) + 1
        if self._lost[block] >= TRIES:
            raise BadInput(
                f"a block of recordings has cost {TRIES} workers; the rest is kept", where=self._place
            )
        self._waiting.appendleft(block)


class _Sorted:
    """The segments: which are done already, and what becomes of the others."""

    def __init__(
        self, segments: Sequence[Segment], identity: Key, index: Index, hashes: SourceHashes
    ) -> None:
        self._segments, self._identity, self._index, self._hashes = segments, identity, index, hashes
        self._contents = np.zeros((len(segments), 32), np.uint8)
        self._there = np.zeros(len(segments), bool)
        self._failures: list[Failure] = []
        self._made = self._found = 0

    def blocks(self, workers: int) -> list[list[int]]:
        """Places of the segments that are to be encoded; those of one file follow each other."""
        coming = []
        for place in sorted(range(len(self._segments)), key=lambda place: self._segments[place].path):
            segment = self._segments[place]
            content = self._hashes.get(Path(segment.path))
            if content is None or self._index.find(self._digest(content, segment)) is None:
                coming.append(place)
                continue
            self._contents[place] = np.frombuffer(bytes.fromhex(content), np.uint8)
            self._there[place] = True
            self._found += 1
        edges = [0, *itertools.accumulate(block_sizes(len(coming), workers))]
        return [coming[first:last] for first, last in itertools.pairwise(edges)]

    def _digest(self, content: str, segment: Segment) -> bytes:
        key = structs.replace(self._identity, content=content, start=segment.start, end=segment.end)
        return key.digest()

    def take(self, places: Sequence[int], done: BlockDone) -> None:
        self._contents[places] = np.frombuffer(done.contents, np.uint8).reshape(-1, 32)
        self._there[places] = np.frombuffer(done.there, bool)
        self._failures += done.failures
        self._made += done.made
        self._found += done.found
        for path, size, modified, content in done.statuses:
            self._hashes.take(path, size, modified, content)

    def encoded(self, index: Index) -> Encoded:
        for place in np.flatnonzero(self._there).tolist():
            segment = self._segments[place]
            if index.find(self._digest(self._contents[place].tobytes().hex(), segment)) is None:
                # it was left to the worker that had the same recording, and which failed
                self._there[place] = False
                self._found -= 1
                reason = "the same recording under another name could not be encoded"
                self._failures.append(Failure(segment.path, segment.start, segment.end, reason))
        return Encoded(
            segments=self._segments,
            contents=self._contents,
            there=self._there,
            identity=self._identity,
            made=self._made,
            found=self._found,
            failures=tuple(self._failures),
        )


def block_sizes(count: int, workers: int) -> list[int]:
    """How many segments each block has: a share of what is left, within limits.

    Args:
        count: of segments.
        workers: that take blocks.

    Example:
        >>> block_sizes(300, workers=2)
        [64, 59, 44, 33, 25, 18, 14, 10, 8, 8, 8, 8, 1]
    """
    sizes = []
    while count:
        sizes.append(min(count, BLOCK, max(SMALLEST, count // (AHEAD * workers))))
        count -= sizes[-1]
    return sizes


def _absolute(segment: Segment) -> Segment:
    return structs.replace(segment, path=os.path.abspath(segment.path))  # noqa: PTH100 - of no file here


def _refusal(error: Exception, place: str) -> BadInput:
    """The one line of a refusal that came from a worker."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, BadInput):
        return BadInput(cause.reason, where=cause.where)
    lines = [line for line in str(error).splitlines() if line.strip()]
    told = next((line for line in reversed(lines) if "BadInput: " in line or "MissingExtra: " in line), "")
    return BadInput(
        told.partition(": ")[2] or f"a worker failed: {lines[-1] if lines else error}", where=place
    )
