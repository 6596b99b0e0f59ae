"""`earwitness store`: what a store of encodings holds, and whether it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from earwitness.encoders.store_upkeep import holdings, verify


def store(action: Literal["info", "verify"], folder: Path = Path("store"), *, json: bool = False) -> int:
    """Say what a store holds, or read all of it and compare it with its checksums.

    Args:
        action: `info` counts the encodings of each kind; `verify` reads every byte.
        folder: of the store.
        json: print JSON.

    Returns:
        Exit code: 0 whole, 1 when `verify` found bytes that belong to no whole record.
    """
    if action == "info":
        held = holdings(folder)
        if json:
            print(msgspec.json.encode(held).decode())
            return 0
        for holding in held:
            print(f"{holding.count:9d}  {holding.size / 1e6:10.1f} MB  {holding.kind}")
        if not held:
            print("the store is empty")
        return 0
    found = verify(folder)
    if json:
        print(msgspec.json.encode(found).decode())
    else:
        print(
            f"{found.records} whole records in {found.shards} shards, {found.repeated} of them repeated; "
            f"{found.lost} bytes belong to no whole record"
        )
    return 1 if found.lost else 0
