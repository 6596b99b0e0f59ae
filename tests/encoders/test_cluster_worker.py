"""What a cluster's machines do, without the cluster; with it: tests_extras/cluster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earwitness.cli.main import main
from earwitness.encoders.cluster_ledger import Ledger
from earwitness.encoders.cluster_worker import EncoderRequest, Worker
from earwitness.encoders.encoding import Segment
from earwitness.encoders.shard_files import shard_files
from earwitness.encoders.shard_target import ObjectStore, SharedFolder, pull, shard_target
from earwitness.encoders.store import Store
from earwitness.encoders.store_index import table_of
from earwitness.encoders.store_upkeep import verify
from earwitness.errors import BadInput

REQUEST = EncoderRequest(name="log-mel")
NOTHING = table_of(Path("none"))


@pytest.fixture
def segments(tmp_path: Path) -> list[Segment]:
    paths = [tmp_path / f"{number}.wav" for number in range(6)]
    for number, path in enumerate(paths):
        soundfile.write(path, np.full(8000, 0.1 * (number % 5)), 16_000)  # the last is the first
    (tmp_path / "bad.wav").write_text("not audio")
    return [Segment(path=str(path)) for path in [*paths, tmp_path / "bad.wav"]]


@pytest.fixture(params=["folder", "memory://{name}/store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "store") if request.param == "folder" else request.param.format(name=tmp_path.name)


def test_blocks_become_shards_and_nothing_is_made_twice(place: str, segments: list[Segment]) -> None:
    with shard_target(place) as target:
        ledger = Ledger(target.table())
        worker = Worker(REQUEST, place, target.run, ledger.claim)
        for block, part in enumerate((segments[:3], segments[3:])):
            number = target.reserve()
            done = worker.encode(block, number, part)
            assert target.delivered(number) == list(done.records)
            target.adopt(number, list(done.records))
            assert (done.made, done.found) == ((3, 0), (2, 1))[block]
            for path, size, modified, content in done.statuses:
                target.hashes.take(path, size, modified, content)
        assert [Path(failure.path).name for failure in done.failures] == ["bad.wav"]
    with shard_target(place) as target:
        assert len(target.table()) == 5
        assert sum(target.hashes.get(Path(segment.path)) is not None for segment in segments) == 6
        ledger = Ledger(target.table())
        number = target.reserve()
        again = Worker(REQUEST, place, target.run, ledger.claim).encode(0, number, segments[:6])
        assert (again.made, again.found, again.records) == (0, 6, ())
        assert target.delivered(number) is None
        target.adopt(number, [])


def test_what_a_lost_worker_delivered_is_kept(place: str, segments: list[Segment]) -> None:
    with shard_target(place) as target:
        ledger = Ledger(target.table())
        lost, other = (Worker(REQUEST, place, target.run, ledger.claim) for _ in range(2))
        first, second = target.reserve(), target.reserve()
        lost.encode(0, first, segments[:2])  # its answer never comes
        delivered = target.delivered(first)
        assert delivered is not None
        target.adopt(first, delivered)
        ledger.claim(1, [b"a lost one's claim"[:16]])
        ledger.release(0, [record.key for record in delivered])
        ledger.release(1)
        assert ledger.claim(2, [b"a lost one's claim"[:16]]) == [True]
        done = other.encode(0, second, segments[:4])
        assert (done.made, done.found) == (2, 2)
        target.adopt(second, list(done.records))
        assert len(target.table()) == 4


def test_a_run_that_was_killed_leaves_what_it_delivered(place: str, segments: list[Segment]) -> None:
    target = shard_target(place)
    Worker(REQUEST, place, target.run, Ledger(NOTHING).claim).encode(0, target.reserve(), segments[:2])
    del target  # its index is never written
    with shard_target(place) as target:
        assert len(target.table()) == 2
        assert target.reserve() > 1


def test_a_copy_of_an_object_store_is_a_store(segments: list[Segment], tmp_path: Path) -> None:
    place = f"memory://{tmp_path.name}/copied"
    copy = tmp_path / "copy"
    with pytest.raises(BadInput, match="no store there"):
        pull(place, copy)
    with ObjectStore(place) as target:
        number = target.reserve()
        worker = Worker(REQUEST, place, target.run, Ledger(NOTHING).claim)
        target.adopt(number, list(worker.encode(0, number, segments).records))
    assert main(["store", "pull", str(copy), "--source", place]) == 0
    assert pull(place, copy) == 0
    assert (verify(copy).records, verify(copy).lost, len(Store(copy, read_only=True))) == (5, 0, 5)


def test_a_shared_folder_is_left_clean(segments: list[Segment], tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with SharedFolder(str(folder)) as target:
        numbers = [target.reserve() for _ in range(3)]
        worker = Worker(REQUEST, str(folder), target.run, Ledger(NOTHING).claim)
        worker.encode(0, numbers[1], segments)
        (folder / target.run / "left by a lost worker").mkdir()
    assert list(shard_files(folder)) == [numbers[1]]
    assert not list(folder.glob(".unfinished-*"))


def test_a_full_target_is_told_in_one_line(segments: list[Segment], tmp_path: Path) -> None:
    place = str(tmp_path / "store")
    with SharedFolder(place) as target:
        worker = Worker(REQUEST, place, target.run, Ledger(NOTHING).claim)
        (tmp_path / "store" / "shard-000009.bin").mkdir()
        with pytest.raises(BadInput, match="a shard cannot be written: Is a directory"):
            worker.encode(0, 9, segments)
        (tmp_path / "store" / "shard-000009.bin").rmdir()


def test_addresses_that_nobody_knows() -> None:
    with pytest.raises(BadInput, match="nonsense://x: cannot be reached"):
        shard_target("nonsense://x")


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.lists(st.integers(0, 9), max_size=5), st.booleans()), max_size=20
    )
)
def test_an_encoding_is_given_to_one_block_at_a_time(steps: list[tuple[int, list[int], bool]]) -> None:
    ledger, owner = Ledger(NOTHING), {}
    for block, numbers, lost in steps:
        for number, allowed in zip(
            numbers, ledger.claim(block, [bytes([n] * 16) for n in numbers]), strict=True
        ):
            assert allowed == (owner.setdefault(number, block) == block)
        if lost:
            ledger.release(block)
            owner = {number: other for number, other in owner.items() if other != block}
