"""`earwitness store`: what a store of encodings holds, whether it is whole, and how to make it smaller."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from earwitness.encoders.shard_target import pull
from earwitness.encoders.store_rewrite import compact, prune, unwanted
from earwitness.encoders.store_upkeep import holdings, verify
from earwitness.errors import BadInput


def store(
    action: Literal["info", "verify", "compact", "prune", "pull"],
    folder: Path = Path("store"),
    *,
    encoder: str | None = None,
    revision: str | None = None,
    gone: bool = False,
    source: str | None = None,
    json: bool = False,
) -> int:
    """Say what a store holds, compare all of it with its checksums, or make it smaller.

    Args:
        action: `info` counts the encodings of each kind; `verify` reads every byte; `compact` drops
            what is repeated or damaged and joins small shards; `prune` drops encodings that meet
            every condition given; others may read and write meanwhile. `pull` copies what is missing
            here from an object store that `encode --cluster` has written.
        folder: of the store.
        encoder: prune: made by this encoder.
        revision: prune: made by this revision of an encoder.
        gone: prune: of recordings that were changed, moved or deleted since.
        source: pull: address of the object store, such as s3://bucket/store.
        json: print JSON.

    Returns:
        Exit code: 0 whole, 1 when `verify` found bytes that belong to no whole record.
    """
    if action == "info":
        _info(folder, json)
        return 0
    if action == "verify":
        return _verify(folder, json)
    if action == "pull":
        if source is None:
            raise BadInput("pull needs to know where from: --source s3://bucket/store")
        print(f"{pull(source, folder)} shards copied to {folder}")
        return 0
    chosen = unwanted(folder, encoder=encoder, revision=revision, gone=gone) if action == "prune" else None
    done = compact(folder) if chosen is None else prune(folder, chosen)
    if json:
        print(msgspec.json.encode(done).decode())
        return 0
    busy = f"; {done.busy} shards are being written and stayed as they are" if done.busy else ""
    freed = f"{done.freed / 1e6:.1f} MB freed"
    print(f"{done.kept} encodings kept, {done.dropped} dropped, {freed}{busy}")
    return 0


def _info(folder: Path, json: bool) -> None:
    held = holdings(folder)
    if json:
        print(msgspec.json.encode(held).decode())
        return
    for holding in held:
        print(f"{holding.count:9d}  {holding.size / 1e6:10.1f} MB  {holding.kind}")
    if not held:
        print("the store is empty")


def _verify(folder: Path, json: bool) -> int:
    found = verify(folder)
    if json:
        print(msgspec.json.encode(found).decode())
    else:
        print(
            f"{found.records} whole records in {found.shards} shards, {found.repeated} of them repeated; "
            f"{found.lost} bytes belong to no whole record"
        )
    return 1 if found.lost else 0
