from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from earwitness.encoders import shard

ARRAYS = st.sampled_from(["float16", "float32", "int16", "uint8", "bool"]).flatmap(
    lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7))
)


def write(path: Path, items: list[np.ndarray]) -> list[shard.Record]:
    records, content = [], b""
    for number, array in enumerate(items):
        buffers, record = shard.pack(number.to_bytes(16, "big"), b'{"n":%d}' % number, array, len(content))
        content += b"".join(bytes(buffer) for buffer in buffers)
        assert len(content) == record.end
        records.append(record)
    path.write_bytes(content)
    return records


@settings(max_examples=60, deadline=None)
@given(st.lists(ARRAYS, max_size=5), st.data())
def test_what_is_whole_before_a_tear_is_found(items: list[np.ndarray], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shard"
        records = write(path, items)
        assert list(shard.scan(path)) == records
        length = data.draw(st.integers(0, path.stat().st_size))
        path.write_bytes(path.read_bytes()[:length])
        assert list(shard.scan(path)) == [record for record in records if record.end <= length]


@settings(max_examples=60, deadline=None)
@given(st.lists(ARRAYS, min_size=1, max_size=5), st.data())
def test_damage_costs_at_most_the_record_that_it_hits(items: list[np.ndarray], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shard"
        records = write(path, items)
        content = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(content)
        found = list(shard.scan(path))
        assert [record for record in records if not record.start <= at < record.end] == [
            record for record in found if not record.start <= at < record.end
        ]
        for record in found:
            array = items[int.from_bytes(record.key, "big")]
            assert content[record.offset : record.offset + record.size] == array.tobytes()


def test_refuses_what_it_cannot_describe() -> None:
    with pytest.raises(ValueError, match="not complex128 of rank 1"):
        shard.pack(bytes(16), b"{}", np.zeros(1, np.complex128), 0)
    with pytest.raises(ValueError, match="of rank 5"):
        shard.pack(bytes(16), b"{}", np.zeros((1,) * 5, np.float32), 0)
