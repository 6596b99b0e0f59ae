from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from earwitness.encoders.store import Store
from earwitness.encoders.store_dataset import LengthBatches, StoreDataset, pad
from earwitness.encoders.store_key import Key
from earwitness.errors import BadInput


def key(number: int) -> Key:
    return Key(content=f"{number:064x}", encoder="none", revision="1")


def array(number: int) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((2, number % 7 + 1, 3)).astype(np.float16)


@pytest.fixture
def data(tmp_path: Path) -> StoreDataset:
    with Store(tmp_path) as store:
        for number in range(30):
            store.put(key(number), array(number))
    return StoreDataset(tmp_path, [key(number) for number in range(30)])


@pytest.mark.parametrize("workers", [0, 1])
def test_feeds_a_loader(data: StoreDataset, workers: int) -> None:
    batches = LengthBatches(data.lengths, frames=12)
    loader = torch.utils.data.DataLoader(
        data, batch_sampler=batches, collate_fn=pad, num_workers=workers,
        multiprocessing_context="spawn" if workers else None,
    )  # fmt: skip
    seen = []
    for numbers, values, lengths in loader:
        assert values.dtype == torch.float32
        assert len(values) * values.shape[2] <= 12
        for number, row, length in zip(numbers.tolist(), values.numpy(), lengths.tolist(), strict=True):
            np.testing.assert_array_equal(row[:, :length], array(number))
            assert not row[:, length:].any()
            seen.append(number)
    assert sorted(seen) == list(range(30))


def test_arrays_come_without_a_copy(data: StoreDataset) -> None:
    number, found = data[4]
    assert number == 4
    assert not found.flags.owndata
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(data))[4][1], found)


def test_vectors(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.put(key(0), np.arange(4, dtype=np.float16))
    data = StoreDataset(tmp_path, [key(0), key(0)])
    _, values, lengths = pad([data[0], data[1]])
    assert values.tolist() == [[0, 1, 2, 3]] * 2
    assert lengths.tolist() == data.lengths.tolist() == [1, 1]


def test_what_is_missing_is_said_at_once(data: StoreDataset) -> None:
    with pytest.raises(BadInput, match=f"holds no encoding of {99:064x} by none 1"):
        StoreDataset(data.folder, [key(1), key(99)])


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 120), st.integers(1, 9), st.integers(0, 3))
def test_batches(lengths: list[int], frames: int, most: int, epoch: int) -> None:
    batches = LengthBatches(lengths, frames=frames, most=most, seed=3)
    batches.set_epoch(epoch)
    made = list(batches)
    assert len(made) == len(batches)
    assert sorted(number for batch in made for number in batch) == list(range(len(lengths)))
    for batch in made:
        assert 1 <= len(batch) <= most
        assert len(batch) == 1 or len(batch) * max(lengths[number] for number in batch) <= frames
    other = LengthBatches(lengths, frames=frames, most=most, seed=3)
    other.set_epoch(epoch)
    assert list(other) == made
