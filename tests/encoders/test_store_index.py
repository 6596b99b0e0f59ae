from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.encoders import store_index, store_rewrite
from earwitness.encoders.shard import Record
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.store import Store
from earwitness.encoders.store_index import FILE, Index, joined, table_of
from earwitness.encoders.store_key import Key
from earwitness.encoders.store_rewrite import compact, prune

LABEL = Key(content="00", encoder="none", revision="1").label()


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_index, "PART", 4)


def key(number: int) -> Key:
    return Key(content=f"{number:064x}", encoder="none", revision="1", stored="float32")


def fill(folder: Path, numbers: range, each: int = 3) -> None:
    with Store(folder) as store:
        for number in numbers:
            store.put(key(number), np.full(number % 5, number, np.float32))
            if number % each == 0:
                store.publish()


def assert_holds(folder: Path, numbers: range) -> None:
    store = Store(folder, read_only=True)
    for number in numbers:
        assert key(number) in store
        np.testing.assert_array_equal(store.get(key(number)), np.full(number % 5, number, np.float32))
    assert len(store) == len(numbers) == len(store.table())


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("index*.parquet"), key=lambda path: (path.name != FILE, path.name))


def test_only_the_last_part_is_written_anew(tmp_path: Path) -> None:
    fill(tmp_path, range(17))
    before = {path.name: path.stat().st_ino for path in parts(tmp_path)}
    assert len(before) > 2
    fill(tmp_path, range(17, 18))
    after = {path.name: path.stat().st_ino for path in parts(tmp_path)}
    assert [name for name in before if before[name] != after[name]] in ([], list(before)[-1:])
    assert_holds(tmp_path, range(18))


def test_an_index_of_one_file_goes_on(tmp_path: Path) -> None:
    fill(tmp_path, range(30))
    table = table_of(tmp_path)
    for path in parts(tmp_path)[1:]:
        path.unlink()
    table.write_parquet(tmp_path / FILE)  # as it was kept until now
    assert_holds(tmp_path, range(30))
    fill(tmp_path, range(30, 33))
    assert len(parts(tmp_path)) == 2
    assert_holds(tmp_path, range(33))


@pytest.mark.parametrize("damage", ["missing", "garbage", "other columns"])
@pytest.mark.parametrize("which", range(5))
def test_behind_a_damaged_part_shards_are_scanned(tmp_path: Path, damage: str, which: int) -> None:
    fill(tmp_path, range(25))
    path = parts(tmp_path)[which]
    if damage == "missing":
        path.unlink()
    elif damage == "garbage":
        path.write_bytes(b"garbage")
    else:
        pl.DataFrame({"high": [1]}).write_parquet(path)
    assert_holds(tmp_path, range(25))
    fill(tmp_path, range(25, 27))
    assert_holds(tmp_path, range(27))
    assert len(table_of(tmp_path)) == 27


def test_what_others_publish_is_found(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    for number in range(20):
        (first if number % 2 else second).put(key(number), np.full(number % 5, number, np.float32))
        (first if number % 3 else second).publish()
    for store in (first, second):
        store.close()
        store.refresh()
        assert all(key(number) in store for number in range(20))
    assert_holds(tmp_path, range(20))


def test_compacting_leaves_no_rows_behind(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    for number in range(12):
        first.put(key(number), np.full(number % 5, number, np.float32))
        second.put(key(number), np.full(number % 5, number, np.float32))
    first.close()
    second.close()
    compact(tmp_path)
    assert_holds(tmp_path, range(12))
    assert len(table_of(tmp_path)) == 12
    prune(tmp_path, lambda known: known.content > key(5).content)
    assert_holds(tmp_path, range(6))
    assert table_of(tmp_path)["shard"].unique().to_list() == list(shard_files(tmp_path))[-1:]
    assert sum(len(pl.read_parquet(path)) for path in parts(tmp_path)) == 6


_places = st.dictionaries(
    st.one_of(st.binary(min_size=16, max_size=16), st.integers(0, 99).map(lambda n: bytes([n, *[0] * 15]))),
    st.tuples(st.integers(1, 9), st.integers(0, 1 << 40)),
)


@given(st.lists(_places, max_size=4))
def test_finds_what_a_dictionary_finds(given: list[dict[bytes, tuple[int, int]]]) -> None:
    table, expected = table_of(Path("none")), {}
    for places in given:
        table = joined(
            table,
            {
                digest: (shard, Record(digest, LABEL, start, start + 192, 8, 0, (4,), 0))
                for digest, (shard, start) in places.items()
            },
        )
        expected |= places
    index = Index(table)
    assert len(index) == len(expected)
    assert {digest: index.find(digest) for digest in expected} == expected
    assert index.find(b"\xff" * 15) is None


def test_one_who_knows_a_shard_that_was_compacted_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_index, "PART", 100)
    fill(tmp_path, range(6))
    for path in reversed(parts(tmp_path)):
        path.unlink()
    waiting = Store(tmp_path)  # has read the shard, and nothing of it is in the index
    fill(tmp_path, range(6, 8))
    prune(tmp_path, lambda known: known.content == key(7).content)
    waiting.publish()
    assert_holds(tmp_path, range(7))


def test_of_what_is_repeated_the_one_that_stays_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    for number in range(6):
        first.put(key(number), np.full(number % 5, number, np.float32))
        second.put(key(number), np.full(number % 5, number, np.float32))
    second.close()
    assert first._writer is not None
    first._writer.close()  # as if it had been killed: the index knows those of the second only
    fill(tmp_path, range(6, 7))  # behind those of the first
    monkeypatch.setattr(store_rewrite, "LARGEST", 100)
    compact(tmp_path)
    assert min(shard_files(tmp_path)) == 1
    assert_holds(tmp_path, range(7))
