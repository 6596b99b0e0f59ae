from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.store import Store
from earwitness.encoders.store_index import FILE
from earwitness.encoders.store_key import Key
from earwitness.encoders.store_upkeep import holdings, verify
from earwitness.encoders.store_writer import LARGEST
from earwitness.errors import BadInput


def key(number: int, **other: object) -> Key:
    return Key(content=f"{number:064x}", encoder="none", revision="1", stored="float32", **other)  # type: ignore[arg-type]


def array(number: int) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((2, number % 7, 3)).astype(np.float32)


def fill(folder: Path, numbers: range, largest: int = LARGEST) -> None:
    with Store(folder, largest=largest) as store:
        for number in numbers:
            store.put(key(number), array(number))


def assert_holds(folder: Path, numbers: range) -> None:
    store = Store(folder, read_only=True)
    for number in numbers:
        found = store.get(key(number))
        assert found is not None, number
        np.testing.assert_array_equal(found, array(number))
    assert len(store) == len(numbers)


def test_gives_back_what_was_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "new" / "store") as store:
        for number in range(20):
            assert key(number) not in store
            store.put(key(number), array(number))
            assert key(number) in store
            np.testing.assert_array_equal(store.get(key(number)), array(number))
        assert store.get(key(99)) is None
    assert_holds(tmp_path / "new" / "store", range(20))


def test_reads_without_a_copy_and_read_only(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    found = Store(tmp_path).get(key(4))
    assert found is not None
    assert found.base is not None
    assert found.ctypes.data % 64 == 0
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_arrays_outlive_the_store(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    with Store(tmp_path) as store:
        found = store.get(key(4))
    np.testing.assert_array_equal(found, array(4))


def test_every_part_of_the_key_counts(tmp_path: Path) -> None:
    others = [
        {"start": 1.0}, {"end": 1.0}, {"view": "noise"}, {"layers": (1,)}, {"layers": (1, 2)},
        {"policy": "padded-30"}, {"precision": "int8"},
    ]  # fmt: skip
    with Store(tmp_path) as store:
        store.put(key(1), array(1))
        for other in others:
            assert key(1, **other) not in store
            store.put(key(1, **other), array(2))
        assert len(store) == 1 + len(others)


def test_a_key_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    size = sum(path.stat().st_size for path in shard_files(tmp_path).values())
    fill(tmp_path, range(5))
    assert sum(path.stat().st_size for path in shard_files(tmp_path).values()) == size


def test_the_element_type_must_be_that_of_the_key(tmp_path: Path) -> None:
    with Store(tmp_path) as store, pytest.raises(ValueError, match="the key says float32"):
        store.put(key(1), np.zeros(3))


@pytest.mark.parametrize("damage", ["missing", "garbage", "stale"])
def test_the_index_is_made_again(tmp_path: Path, damage: str) -> None:
    fill(tmp_path, range(4))
    before = (tmp_path / FILE).read_bytes()
    fill(tmp_path, range(4, 9))
    if damage == "missing":
        (tmp_path / FILE).unlink()
    else:
        (tmp_path / FILE).write_bytes(before if damage == "stale" else b"garbage")
    assert_holds(tmp_path, range(9))
    with Store(tmp_path) as store:
        store.publish()
    assert_holds(tmp_path, range(9))


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1), published=st.booleans())
def test_a_shard_torn_at_any_byte(
    tmp_path_factory: pytest.TempPathFactory, share: float, published: bool
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    fill(folder, range(6))
    if not published:
        (folder / FILE).unlink()
    (path,) = shard_files(folder).values()
    os.truncate(path, int(share * path.stat().st_size))
    with Store(folder) as store:
        there = [number for number in range(6) if key(number) in store]
        assert there == list(range(len(there)))
        store.put(key(9), array(9))  # lies where something else did
        for number in range(6):  # the work goes on where it stopped
            store.put(key(number), array(number))
    with Store(folder, read_only=True) as store:
        for number in (*range(6), 9):
            np.testing.assert_array_equal(store.get(key(number)), array(number))
    assert verify(folder).lost == 0


def test_a_killed_writer_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    code = """
import sys, numpy as np
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
store = Store(sys.argv[1])
for number in range(10**6):
    value = np.full((50, 40), number, np.float32)
    store.put(Key(content=f"{number:064x}", encoder="none", revision="1", stored="float32"), value)
    print(number, flush=True)
"""
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    last = next(int(line) for line in writer.stdout if int(line) == 60)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    with Store(tmp_path) as store:
        for number in range(last + 1):
            found = store.get(key(number))
            assert found is not None
            assert (found == number).all()
        store.put(key(10**7), array(1))
    assert verify(tmp_path).lost == 0


def test_two_writers_at_once(tmp_path: Path) -> None:
    first, second, reader = Store(tmp_path), Store(tmp_path), Store(tmp_path, read_only=True)
    for number in range(10):
        first.put(key(number), array(number))
        second.put(key(number + 5), array(number + 5))
    assert len(shard_files(tmp_path)) == 2
    reader.refresh()
    np.testing.assert_array_equal(reader.get(key(14)), array(14))
    first.close()
    second.close()
    assert_holds(tmp_path, range(15))
    assert verify(tmp_path).repeated == 5


def test_writers_in_other_processes(tmp_path: Path) -> None:
    code = """
import sys, numpy as np
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
with Store(sys.argv[1]) as store:
    for number in range(int(sys.argv[2]), int(sys.argv[3])):
        value = np.random.default_rng(number).standard_normal((2, number % 7, 3)).astype(np.float32)
        store.put(Key(content=f"{number:064x}", encoder="none", revision="1", stored="float32"), value)
        store.publish()
"""
    ranges = (("0", "20"), ("10", "30"))
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), *ends]) for ends in ranges]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert_holds(tmp_path, range(30))


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)
    store.put(key(1), array(1))
    real, left = os.pwrite, 200

    def pwrite(descriptor: int, content: memoryview, at: int) -> int:
        nonlocal left
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(descriptor, content[:left], at)
        left -= written
        return written

    monkeypatch.setattr(os, "pwrite", pwrite)
    with pytest.raises(BadInput, match="No space left on device"):
        store.put(key(6), array(6))
    assert verify(tmp_path).lost == 0
    left = 10**9
    store.put(key(6), array(6))
    store.close()
    np.testing.assert_array_equal(Store(tmp_path).get(key(6)), array(6))
    assert len(Store(tmp_path)) == 2


def test_a_disk_that_is_full_when_the_index_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, range(3))

    def write_bytes(path: Path, content: memoryview) -> None:
        with path.open("wb") as file:
            file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_bytes)
        with pytest.raises(BadInput, match="index cannot be written: No space left on device"):
            fill(tmp_path, range(3, 6))
    assert not list(tmp_path.glob(".index*"))
    assert_holds(tmp_path, range(6))


def test_full_shards_are_followed_by_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("earwitness.encoders.store.PUBLISH", 300)
    fill(tmp_path, range(20), largest=1000)
    assert len(shard_files(tmp_path)) > 3
    assert_holds(tmp_path, range(20))


def test_a_lost_shard_is_noticed(tmp_path: Path) -> None:
    fill(tmp_path, range(20), largest=1000)
    shard_files(tmp_path)[1].unlink()
    store = Store(tmp_path, read_only=True)
    assert store.get(key(0)) is None
    assert store.get(key(19)) is not None


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such store"):
        Store(tmp_path / "none", read_only=True)
    with pytest.raises(BadInput, match="reading only"):
        Store(tmp_path, read_only=True).put(key(1), array(1))
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be opened"):
        Store(tmp_path / "file")
    with pytest.raises(BadInput, match="no such store"):
        verify(tmp_path / "none")


def test_what_it_holds(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    (holding,) = holdings(tmp_path)
    assert (holding.kind, holding.count) == ("none 1 cropped fp32 stored float32", 5)
    assert holding.size == sum(array(number).nbytes for number in range(5))
    (path,) = shard_files(tmp_path).values()
    content = bytearray(path.read_bytes())
    content[-64] ^= 1
    path.write_bytes(content)
    assert verify(tmp_path).records == 4
    assert verify(tmp_path).lost > 0
