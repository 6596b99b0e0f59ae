"""A store as a data set for PyTorch, with batches of similar length."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.errors import BadInput, require

if TYPE_CHECKING:
    import torch


class StoreDataset:
    """Encodings by number: what `torch.utils.data.DataLoader` calls a map-style data set.

    Every worker process opens the store for itself; only names travel to it.

    Args:
        folder: of the store.
        keys: of the encodings, in the order of their numbers.

    Raises:
        BadInput: when an encoding is not in the store.

    Example:
        >>> import tempfile
        >>> keys = [Key(content=f"{k:064x}", encoder="none", revision="1") for k in range(3)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with Store(folder) as store:
        ...         for k, key in enumerate(keys):
        ...             store.put(key, np.zeros((k + 1, 4), np.float16))
        ...     data = StoreDataset(folder, keys)
        ...     len(data), data[2][1].shape, data.lengths.tolist()
        (3, (3, 4), [1, 2, 3])
    """

    def __init__(self, folder: str | os.PathLike[str], keys: Sequence[Key]) -> None:
        self.folder = Path(folder)
        self.keys = tuple(keys)
        self._store: Store | None = Store(folder, read_only=True)
        shapes = [self._store.shape(key) for key in self.keys]
        missing = next((key for key, shape in zip(self.keys, shapes, strict=True) if shape is None), None)
        if missing is not None:
            raise BadInput(f"holds no encoding of {missing.content} by {missing.group()}", where=str(folder))
        self.lengths = np.array([shape[-2] if shape and len(shape) > 1 else 1 for shape in shapes], np.int64)
        """Frames of each encoding, `(encodings,)`; 1 for a vector."""

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, number: int) -> tuple[int, np.ndarray]:
        """The number itself, by which labels are found, and the array, mapped from disk."""
        if self._store is None:
            self._store = Store(self.folder, read_only=True)
        array = self._store.get(self.keys[number])
        if array is None:
            raise BadInput(f"no longer holds encoding {number}", where=str(self.folder))
        return number, array

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_store": None}


def pad(items: Sequence[tuple[int, np.ndarray]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Put encodings of differing length into one batch: `collate_fn` of a `DataLoader`.

    Args:
        items: (number, array) of each; arrays `(..., frames, dimension)` or `(dimension,)`, equal
            but for the frames.

    Returns:
        Numbers `(batch,)` int64; values `(batch, ..., frames, dimension)` or `(batch, dimension)`
        float32, zeros behind the end of the shorter ones; lengths `(batch,)` int64 in frames.

    Raises:
        MissingExtra: when there is no torch.
    """
    torch = require("torch", "train")
    numbers = torch.tensor([number for number, _ in items], dtype=torch.int64)
    arrays = [array for _, array in items]
    lengths = [array.shape[-2] if array.ndim > 1 else 1 for array in arrays]
    first = arrays[0].shape
    shape = (*first[:-2], max(lengths), first[-1]) if len(first) > 1 else first
    values = torch.zeros((len(arrays), *shape), dtype=torch.float32)
    rows = values.numpy()
    for row, array, length in zip(rows, arrays, lengths, strict=True):
        # straight from the map into the batch: widened and copied in one pass
        if array.ndim > 1:
            row[..., :length, :] = array
        else:
            row[...] = array
    return numbers, values, torch.tensor(lengths, dtype=torch.int64)


class LengthBatches:
    """Numbers in batches of similar length: `batch_sampler` of a `DataLoader`.

    A batch takes no more than a number of frames, padding included, so short clips come many at
    a time and little is computed on padding. The order depends on seed and epoch alone.

    Args:
        lengths: of all encodings, `(encodings,)`, in frames.
        frames: most frames of a batch; a longer encoding is a batch of its own.
        most: most encodings of a batch.
        seed: of the order.
        mixed: batches within which lengths are sorted; more mean less padding and less chance.

    Example:
        >>> batches = LengthBatches([5, 1, 4, 1, 5], frames=10, seed=1)
        >>> sorted(number for batch in batches for number in batch)
        [0, 1, 2, 3, 4]
    """

    def __init__(
        self,
        lengths: Sequence[int] | np.ndarray,
        *,
        frames: int,
        most: int = 256,
        seed: int = 0,
        mixed: int = 50,
    ) -> None:
        self._lengths = np.maximum(np.asarray(lengths, np.int64), 1)
        self._frames, self._most, self._seed, self._mixed = frames, most, seed, mixed
        self._epoch = 0
        self._batches = self._made()

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of an epoch."""
        self._epoch = epoch
        self._batches = self._made()

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self._batches)

    def _made(self) -> list[list[int]]:
        rng = np.random.default_rng((self._seed, self._epoch))
        order = rng.permutation(len(self._lengths))
        usual = int(self._lengths.mean()) if len(order) else 1
        pool = max(1, self._mixed * min(self._most, max(1, self._frames // usual)))
        batches: list[list[int]] = []
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            batch: list[int] = []
            for number in part[np.argsort(self._lengths[part], kind="stable")].tolist():
                longest = int(self._lengths[number])
                if batch and ((len(batch) + 1) * longest > self._frames or len(batch) >= self._most):
                    batches.append(batch)
                    batch = []
                batch.append(number)
            batches.append(batch)
        return [batches[place] for place in rng.permutation(len(batches))]
