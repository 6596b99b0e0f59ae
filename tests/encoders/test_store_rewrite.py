from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.encoders import store_index, store_rewrite
from earwitness.encoders.encoding import Segment, encode_into
from earwitness.encoders.log_mel_encoder import LogMelEncoder
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.encoders.store_rewrite import compact, prune, unwanted
from earwitness.encoders.store_upkeep import holdings, verify
from earwitness.errors import BadInput


def key(number: int, encoder: str = "none") -> Key:
    return Key(content=f"{number:064x}", encoder=encoder, revision="1", stored="float32")


def array(number: int) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((2, number % 7, 3)).astype(np.float32)


def fill(folder: Path, numbers: range, encoder: str = "none") -> None:
    with Store(folder) as store:
        for number in numbers:
            store.put(key(number, encoder), array(number))


def assert_holds(folder: Path, numbers: range) -> None:
    store = Store(folder, read_only=True)
    for number in numbers:
        np.testing.assert_array_equal(store.get(key(number)), array(number))
    assert len(store) == len(numbers)


def twice(folder: Path) -> None:
    """Two writers that do not know of each other, and one record that is damaged."""
    first, second = Store(folder), Store(folder)
    for number in range(8):
        first.put(key(number), array(number))
        second.put(key(number + 4), array(number + 4))
    first.close()
    second.close()


def test_what_is_repeated_or_damaged_goes(tmp_path: Path) -> None:
    twice(tmp_path)
    size = sum(path.stat().st_size for path in shard_files(tmp_path).values())
    with shard_files(tmp_path)[1].open("ab") as file:
        file.write(b"torn" * 50)
    assert verify(tmp_path).repeated == 4
    done = compact(tmp_path)
    assert (done.kept, done.dropped, done.busy) == (12, 4, 0)
    assert done.freed > size // 5
    assert_holds(tmp_path, range(12))
    found = verify(tmp_path)
    assert (found.shards, found.records, found.repeated, found.lost) == (1, 12, 0, 0)
    assert compact(tmp_path).freed == 0


def test_those_who_have_it_open_notice_nothing(tmp_path: Path) -> None:
    twice(tmp_path)
    reader = Store(tmp_path, read_only=True)
    before = reader.get(key(3))
    compact(tmp_path)
    np.testing.assert_array_equal(before, array(3))
    for number in range(12):
        np.testing.assert_array_equal(reader.get(key(number)), array(number))
    late = Store(tmp_path, read_only=True)
    fill(tmp_path, range(12, 20))
    prune(tmp_path, lambda known: known.content == key(2).content)
    assert late.get(key(2)) is None
    late.refresh()
    np.testing.assert_array_equal(late.get(key(19)), array(19))


def test_a_shard_that_is_being_written_stays(tmp_path: Path) -> None:
    writer = Store(tmp_path)
    writer.put(key(1), array(1))
    done = prune(tmp_path, lambda _known: True)
    assert (done.dropped, done.busy) == (0, 1)
    writer.put(key(2), array(2))
    writer.close()
    assert_holds(tmp_path, range(1, 3))


def test_a_writer_whose_shard_went_begins_another(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    waiting = Store(tmp_path)  # knows the index as it was
    prune(tmp_path, lambda _known: True)
    waiting.put(key(9), array(9))
    waiting.close()
    assert_holds(tmp_path, range(9, 10))
    assert min(shard_files(tmp_path)) > 1  # a number is never used twice


@pytest.mark.parametrize("largest", [500, 1500])
def test_into_several_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, largest: int) -> None:
    twice(tmp_path)
    monkeypatch.setattr(store_rewrite, "LARGEST", largest)
    monkeypatch.setattr(store_rewrite, "PIECE", 1)
    compact(tmp_path)
    assert len(shard_files(tmp_path)) > 1
    assert verify(tmp_path).repeated == 0
    assert_holds(tmp_path, range(12))


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the code may catch it."""


@settings(max_examples=25, deadline=None)
@given(after=st.integers(0, 60), part=st.sampled_from([3, 5_000]))
def test_killed_at_any_step_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, after: int, part: int
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_index, "PART", part)
        twice(folder)
    left = after

    def step(real: object) -> object:
        def run(*arguments: object, **options: object) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return real(*arguments, **options)  # type: ignore[operator]

        return run

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_index, "PART", part)
        patch.setattr(store_rewrite, "LARGEST", 700)
        patch.setattr(store_rewrite, "PIECE", 1)
        for name in ("link", "fsync"):
            patch.setattr(os, name, step(getattr(os, name)))
        for name in ("unlink", "replace", "touch"):
            patch.setattr(Path, name, step(getattr(Path, name)))
        with contextlib.suppress(Killed):
            compact(folder)
    assert_holds(folder, range(12))
    compact(folder)
    assert_holds(folder, range(12))
    assert verify(folder).repeated == 0


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twice(tmp_path)

    def fsync(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(BadInput, match="No space left on device; nothing is lost"):
            compact(tmp_path)
    assert not list(tmp_path.glob(".shard*"))
    assert_holds(tmp_path, range(12))


def test_prune_by_encoder_and_by_source(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.wav" for number in range(3)]
    for number, path in enumerate(files):
        soundfile.write(path, np.full(8000, 0.1 * number), 16_000)
    folder = tmp_path / "store"
    with Store(folder) as store:
        keys = encode_into(store, LogMelEncoder(), [Segment(path=str(path)) for path in files]).keys
    fill(folder, range(2), encoder="other")
    soundfile.write(files[0], np.zeros(9000), 16_000)
    files[1].unlink()
    assert prune(folder, unwanted(folder, encoder="log-mel", revision="2")).dropped == 0
    done = prune(folder, unwanted(folder, encoder="log-mel", gone=True))
    assert (done.kept, done.dropped) == (3, 2)
    store = Store(folder, read_only=True)
    assert [known is not None and known in store for known in keys] == [False, False, True]
    assert prune(folder, unwanted(folder, encoder="other")).dropped == 2
    assert [holding.count for holding in holdings(folder)] == [1]
    with pytest.raises(BadInput, match="needs to know what"):
        unwanted(folder)
    with pytest.raises(BadInput, match="no such store"):
        compact(tmp_path / "none")
