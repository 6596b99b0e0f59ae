from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from earwitness.encoders.source_hashes import FILE, FORMER, SourceHashes
from earwitness.errors import BadInput

CONTENT = "ab" * 32


def remembered(folder: Path, path: Path, content: str = CONTENT) -> None:
    hashes = SourceHashes(folder)
    hashes.remember(path, content, path.stat())
    hashes.publish()


def known(folder: Path, path: Path) -> str | None:
    hashes = SourceHashes(folder)
    try:
        return hashes.get(path)
    finally:
        hashes.publish()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a name.wav"
    path.write_text("sound")
    return path


def test_remembers_until_the_file_changes(tmp_path: Path, recording: Path) -> None:
    assert known(tmp_path, recording) is None
    remembered(tmp_path, recording)
    assert known(tmp_path, recording) == CONTENT
    recording.write_text("another sound")
    assert known(tmp_path, recording) is None
    remembered(tmp_path, recording, "cd" * 32)
    assert known(tmp_path, recording) == "cd" * 32
    recording.unlink()
    assert known(tmp_path, recording) is None


def test_what_is_not_published_yet_counts(tmp_path: Path, recording: Path) -> None:
    hashes = SourceHashes(tmp_path)
    hashes.remember(recording, CONTENT, recording.stat())
    assert hashes.get(recording) == CONTENT
    assert hashes.present() == {CONTENT}
    assert known(tmp_path, recording) == CONTENT


def test_names_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "caf\udce9.wav"
    path.write_text("sound")
    remembered(tmp_path, path)
    assert known(tmp_path, path) == CONTENT
    assert SourceHashes(tmp_path).entries()[0][0] == str(path)


def test_a_damaged_file_is_begun_afresh(tmp_path: Path, recording: Path) -> None:
    (tmp_path / FILE).write_bytes(b"garbage" * 1000)
    assert known(tmp_path, recording) is None
    remembered(tmp_path, recording)
    assert known(tmp_path, recording) == CONTENT
    content = bytearray((tmp_path / FILE).read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    (tmp_path / FILE).write_bytes(content)
    assert known(tmp_path, recording) is None
    remembered(tmp_path, recording)
    assert known(tmp_path, recording) == CONTENT


def test_one_who_has_it_open_goes_on_when_another_begins_afresh(tmp_path: Path, recording: Path) -> None:
    hashes = SourceHashes(tmp_path)
    hashes.get(recording)
    (tmp_path / FILE).unlink()
    remembered(tmp_path, recording)
    other = tmp_path / "b.wav"
    other.write_text("sound")
    hashes.remember(other, CONTENT, other.stat())
    hashes.publish()
    assert known(tmp_path, recording) == known(tmp_path, other) == CONTENT


def test_the_former_table_is_taken_over(tmp_path: Path, recording: Path) -> None:
    status = recording.stat()
    row = {"path": [str(recording)], "size": [status.st_size], "modified": [status.st_mtime_ns]}
    types = {"size": pl.UInt64, "modified": pl.Int64}
    pl.DataFrame({**row, "content": [CONTENT]}, schema_overrides=types).write_parquet(tmp_path / FORMER)
    assert known(tmp_path, recording) == CONTENT
    assert not (tmp_path / FORMER).exists()
    assert known(tmp_path, recording) == CONTENT
    (tmp_path / FORMER).write_text("garbage")
    assert known(tmp_path, recording) == CONTENT


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from earwitness.encoders.source_hashes import SourceHashes
hashes = SourceHashes(Path(sys.argv[1]))
for number in range(10**6):
    for k in range(200):
        hashes.take(f"/{number}/{k}", k, k, "ab" * 32)
    hashes._write()
    print(number, flush=True)
"""
    writer = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    last = next(int(line) for line in writer.stdout if int(line) == 20)
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    hashes = SourceHashes(tmp_path)
    kept = {path for path, *_ in hashes.entries()}
    assert {f"/{number}/{k}" for number in range(last + 1) for k in range(200)} <= kept
    assert len(kept) % 200 == 0
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_writers_in_other_processes(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from earwitness.encoders.source_hashes import SourceHashes
hashes = SourceHashes(Path(sys.argv[1]))
for number in range(30):
    hashes.take(f"/{sys.argv[2]}/{number}", 1, 1, "ab" * 32)
    hashes.publish()
"""
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(SourceHashes(tmp_path).entries()) == 90


def test_a_full_disk(tmp_path: Path, recording: Path) -> None:
    hashes = SourceHashes(tmp_path)
    assert hashes.get(recording) is None
    hashes._opened().execute("PRAGMA max_page_count = 2")
    for number in range(1000):
        hashes.take(f"/{number}", 1, 1, CONTENT)
    with pytest.raises(BadInput, match="cannot be written: database or disk is full"):
        hashes.publish()
    hashes.publish()  # when there is room again
    assert len(SourceHashes(tmp_path).entries()) == 1000


def test_no_folder_to_keep_it_in(tmp_path: Path, recording: Path) -> None:
    assert known(tmp_path / "none", recording) is None
    assert SourceHashes(tmp_path / "none").present() == frozenset()
