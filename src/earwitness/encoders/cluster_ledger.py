"""The one ledger of a cluster: who makes what. In a file of its own, so that its process starts at once."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from earwitness.encoders.store_index import Index


class Ledger:
    """Says who makes an encoding, so that nobody makes one that another makes.

    Args:
        table: index of what the store holds already.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        self._index = Index(table)
        self._claims: dict[bytes, int] = {}

    def claim(self, block: int, digests: list[bytes]) -> list[bool]:
        """Which of these encodings a block shall make: those that nobody has or makes."""
        return [
            self._index.find(digest) is None and self._claims.setdefault(digest, block) == block
            for digest in digests
        ]

    def release(self, block: int, kept: Sequence[bytes] = ()) -> None:
        """A block's worker is lost: others may make what it did not deliver.

        Args:
            block: that is to be done again.
            kept: digests that it had delivered.
        """
        delivered = set(kept)
        self._claims = {
            digest: -1 if digest in delivered else owner
            for digest, owner in self._claims.items()
            if owner != block or digest in delivered
        }
