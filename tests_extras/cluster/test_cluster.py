"""Encoding on a real Ray cluster of two nodes, one of which is lost while it works."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import ray
import soundfile
from ray.cluster_utils import Cluster

from earwitness.cli.main import main
from earwitness.encoders import cluster as module
from earwitness.encoders.cluster import encode_on_cluster
from earwitness.encoders.cluster_worker import EncoderRequest
from earwitness.encoders.encoding import Segment, encode_into
from earwitness.encoders.shard_target import pull
from earwitness.encoders.store import Store
from earwitness.encoders.store_upkeep import verify
from earwitness.errors import BadInput

CLIPS = 96
REQUEST = EncoderRequest(name="whisper-base", layers=(1,))


@pytest.fixture
def nodes() -> Iterator[Cluster]:
    """A head that only directs, and two nodes of one processor each."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    cluster.wait_for_nodes()
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Segment]:
    """Clips of two seconds; every fifth is the copy of another, two cannot be read."""
    monkeypatch.setattr(module, "BLOCK", 8)
    rng = np.random.default_rng(0)
    folder = tmp_path / "clips"
    folder.mkdir()
    paths = []
    for number in range(CLIPS):
        paths.append(folder / f"{number:03d}.wav")
        if number % 5 == 4:
            paths[-1].write_bytes(paths[number - 4].read_bytes())
        else:
            soundfile.write(paths[-1], 0.1 * rng.standard_normal(32_000), 16_000)
    paths[17].write_text("not audio")
    paths[63].unlink()
    return [Segment(path=str(path)) for path in paths]


def contents(segments: list[Segment]) -> int:
    """How many different recordings there are."""
    return len({Path(s.path).read_bytes() for s in segments if Path(s.path).exists()} - {b"not audio"})


def assert_whole(folder: Path, segments: list[Segment], tmp_path: Path) -> None:
    """Everything is there, once, and the same as on one machine."""
    found = verify(folder)
    assert (found.records, found.repeated, found.lost) == (contents(segments), 0, 0)
    with Store(tmp_path / "alone") as alone, Store(folder, read_only=True) as store:
        result = encode_into(alone, REQUEST.load(1), segments)
        assert sum(key is not None for key in result.keys) == CLIPS - 2
        for key in result.keys:
            if key is not None:
                # a worker has one thread for matrix products, this process several: rounding differs
                np.testing.assert_allclose(store.get(key), alone.get(key), rtol=2e-3, atol=1e-3)


def workers() -> list[int]:
    """Processes of the workers, among those that this process has started."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    ours = {os.getpid()}
    for _ in range(4):
        ours |= {process for process, parent in parents.items() if parent in ours}
    return [
        process for process in sorted(ours)
        if Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"ray::Worker")
    ]  # fmt: skip


@pytest.mark.parametrize("lost", ["nothing", "a process", "a node"])
def test_nothing_lost_and_nothing_twice(
    nodes: Cluster, segments: list[Segment], tmp_path: Path, lost: str
) -> None:
    steps: list[int] = []

    def progress(done: int, _seconds: float) -> None:
        steps.append(done)
        if len(steps) == 4:
            if lost == "a process":
                os.kill(workers()[0], signal.SIGKILL)
            elif lost == "a node":
                nodes.remove_node(nodes.list_all_nodes()[-1], allow_graceful=False)

    folder = tmp_path / "store"
    result = encode_on_cluster(str(folder), REQUEST, segments, workers=2, progress=progress)
    assert len(steps) > 4
    assert sum(steps) == CLIPS
    assert sorted(Path(failure.path).name for failure in result.failures) == ["017.wav", "063.wav"]
    assert result.made + result.found == CLIPS - 2
    assert_whole(folder, segments, tmp_path)
    assert not list(folder.glob(".*"))
    again = encode_on_cluster(str(folder), REQUEST, segments, workers=2)
    assert (again.made, again.found) == (0, CLIPS - 2)
    assert again.keys == result.keys


def test_into_an_object_store(nodes: Cluster, segments: list[Segment], tmp_path: Path) -> None:
    place = f"file://{tmp_path}/bucket/store"

    def progress(done: int, _seconds: float) -> None:
        if 0 < done < 8 or (done == 8 and not killed):
            killed.append(done)
            os.kill(workers()[0], signal.SIGKILL)

    killed: list[int] = []
    result = encode_on_cluster(place, REQUEST, segments, workers=2, progress=progress)
    assert killed
    copy = tmp_path / "copy"
    assert pull(place, copy) > 1
    assert pull(place, copy) == 0
    assert_whole(copy, segments, tmp_path)
    again = encode_on_cluster(place, REQUEST, segments, workers=2)
    assert (again.made, again.keys) == (0, result.keys)
    (tmp_path / "bucket" / "store" / "index.parquet").unlink()  # as if the run had been killed
    assert encode_on_cluster(place, REQUEST, segments, workers=2).made == 0


def test_the_command_starts_workers_of_its_own(
    segments: list[Segment], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = pl.DataFrame({"path": [segment.path for segment in segments[:12]]})
    table.write_parquet(tmp_path / "corpus.parquet")
    words = ["encode", str(tmp_path), "--encoder", "log-mel", "--cluster", "local", "--workers", "2"]
    folder = str(tmp_path / "store")
    assert main([*words, "--store", folder]) == 0
    assert capsys.readouterr().out == f"10 encoded, 2 there already, 0 unreadable; store: {folder}\n"
    assert main([*words[:-1], "1", "--store", folder]) == 0
    assert capsys.readouterr().out.startswith("0 encoded, 12 there already")


def test_refused_in_one_line(tmp_path: Path, segments: list[Segment]) -> None:
    with pytest.raises(BadInput, match="no Ray cluster there"):
        encode_on_cluster(str(tmp_path / "store"), REQUEST, segments, address="127.0.0.1:1")
    with pytest.raises(BadInput, match="no such encoder"):
        encode_on_cluster(str(tmp_path / "store"), EncoderRequest(name="none"), segments[:2], workers=1)
    request = EncoderRequest(name="whisper-base", layers=(9,))
    with pytest.raises(BadInput, match="layers 0 to 6"):
        encode_on_cluster(str(tmp_path / "store"), request, segments[:2], workers=1)
