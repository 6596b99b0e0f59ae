"""`earwitness analyze` as a user meets it: every bad file one line, the rest of the batch done."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import polars
import pytest
import soundfile

from earwitness.cli import analyze as verb
from earwitness.cli.main import main
from earwitness.evidence import batch, journal
from earwitness.evidence.finding import RecordingFinding
from earwitness.evidence.findings_files import from_json, json_schema
from earwitness.evidence.hearing import analyze_one

SCHEMA = Path(__file__).parents[2] / "docs" / "findings.schema.json"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(instrument: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        arguments = ["analyze", *map(str, words), "--instrument", str(instrument)]
        monkeypatch.setattr(sys, "argv", ["earwitness", *arguments])
        code = main(arguments)
        written = capfdbinary.readouterr()
        return code, written.out.decode("utf-8"), written.err.decode("utf-8")

    return call


def wav(path: Path, samples: np.ndarray, rate: int = 16_000, subtype: str = "PCM_16") -> Path:
    soundfile.write(path, samples, rate, subtype=subtype, format="WAV")
    return path


def test_json_follows_its_schema(run: Run, voices: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("this is no audio\n" * 10)
    code, out, err = run(voices["five"], tmp_path / "text.wav", "--json", "--reference", voices["short"])
    assert code == 1
    content = json.loads(out)
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema)
    assert list(content) == ["schema", "model", "recordings", "errors"]
    assert content["schema"] == "earwitness.findings/1"
    (recording,) = content["recordings"]
    assert recording["path"] == str(voices["five"])
    assert recording["voice"]["references"] == [str(voices["short"])]
    assert from_json(out.encode()).recordings[0].detection.timeline
    assert [error["path"] for error in content["errors"]] == [str(tmp_path / "text.wav")]
    assert err.count("\n") == 1


def test_the_schema_is_the_one_that_the_types_give() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema(), (
        "run: python -m earwitness.evidence.findings_files docs/findings.schema.json"
    )


def test_every_bad_file_one_line_and_the_rest_done(run: Run, voices: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    speech, _ = soundfile.read(voices["short"], dtype="float32")
    good = wav(folder / "good.wav", speech).read_bytes()
    bad = {
        "empty.wav": b"",
        "text.wav": b"this is no audio\n" * 10,
        "header.wav": good[:20],
        "data.wav": good[: len(good) // 2],
        "none.wav": wav(tmp_path / "none.wav", np.zeros(0)).read_bytes(),
        "nan.wav": wav(tmp_path / "nan.wav", np.array([0.0, np.nan]), subtype="FLOAT").read_bytes(),
        "inf.wav": wav(tmp_path / "inf.wav", np.array([0.0, np.inf]), subtype="FLOAT").read_bytes(),
        "huge.wav": good[:4]
        + struct.pack("<I", 0xFFFFFFF0)
        + good[8:40]
        + struct.pack("<I", 3 << 30)
        + good[44:],
    }
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    os.mkfifo(folder / "pipe.wav")
    strange = os.fsencode(folder) + b"/two\nlines \xff.wav"
    Path(os.fsdecode(strange)).write_bytes(good)
    wav(folder / "one.wav", np.array([0.5]))
    wav(folder / "8bit.wav", speech, subtype="PCM_U8")
    wav(folder / "24bit.wav", speech, subtype="PCM_24")
    wav(folder / "double.wav", speech, subtype="DOUBLE")
    wav(folder / "eight.wav", np.repeat(speech[:32_000, None], 8, axis=1))
    wav(folder / "fast.wav", speech[:16_000], rate=384_000)
    wav(folder / "slow.wav", speech[:300], rate=100)
    wav(folder / "silence.wav", np.zeros(16_000))
    (folder / "loop").symlink_to(folder)
    (folder / "gone.wav").symlink_to(folder / "nowhere.wav")
    (folder / "notes.txt").write_text("not audio by its name")
    code, out, err = run(folder, "--json")
    assert code == 1
    content = json.loads(out)
    failed = {Path(error["path"]).name: error["reason"] for error in content["errors"]}
    assert set(failed) == {*bad, "pipe.wav", "gone.wav"}
    assert all(reason and "\n" not in reason for reason in failed.values())
    assert not any("internal error" in reason for reason in failed.values())
    done = {Path(recording["path"]).name for recording in content["recordings"]}
    assert done == {
        "good.wav", "two\nlines \\xff.wav", "one.wav", "8bit.wav", "24bit.wav", "double.wav", "eight.wav",
        "fast.wav", "slow.wav", "silence.wav",
    }  # fmt: skip
    lines = err.splitlines()
    assert len(lines) == len(failed)
    assert all(line.startswith(f"earwitness: {folder}/") for line in lines)


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ([], "nothing to analyse"),
        (["nowhere.wav"], "nowhere.wav: no such file"),
        (["GOOD", "--prior", "0"], "--prior"),
        (["GOOD", "--prior", "1.5"], "--prior"),
        (["GOOD", "--prior", "much"], "much"),
        (["GOOD", "--hop", "0"], "--hop"),
        (["GOOD", "--hop", "nan"], "--hop"),
        (["GOOD", "--threads", "0"], "threads"),
        (["GOOD", "--surprise"], "surprise"),
        (["GOOD", "--reference", "nowhere.wav"], "nowhere.wav"),
        (["GOOD", "--out", "GOOD"], "is not a folder"),
        (["GOOD", "--out", "/proc/nowhere"], "/proc/nowhere"),
        (["EMPTY"], "nothing to analyse"),
    ],
)
def test_usage_is_refused_in_one_line_before_work_begins(
    run: Run, voices: dict[str, Path], tmp_path: Path, words: list[str], word: str
) -> None:
    places = {"GOOD": str(voices["short"]), "EMPTY": str(tmp_path)}
    code, out, err = run(*(places.get(w, w) for w in words))
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert word in err


def test_an_output_folder_that_cannot_be_written(
    run: Run, voices: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:  # root may write anywhere, so the refusal is made here
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr(batch, "analyze_one", None)
    code, _, err = run(voices["short"], "--out", tmp_path / "out")
    assert code == 2
    assert "no permission to write there" in err


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that were really analysed."""
    seen: list[str] = []

    def count(path: str, *rest: object, **options: object) -> object:
        seen.append(Path(path).name)
        return analyze_one(path, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "analyze_one", count)
    return seen


def test_out_writes_everything_and_is_resumed(
    run: Run, voices: dict[str, Path], tmp_path: Path, counted: list[str]
) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    shutil.copy(voices["short"], folder / "a.wav")
    shutil.copy(voices["five"], folder / "b.wav")
    (folder / "c.wav").write_text("no audio")
    code, printed, _ = run(folder, "--out", out)
    assert code == 1
    assert "2 analysed" in printed
    assert str(out / "report.html") in printed
    assert sorted(p.name for p in out.iterdir()) == [
        "findings.json", "findings.jsonl", "findings.parquet", "pictures", "report.html",
    ]  # fmt: skip
    first = from_json((out / "findings.json").read_bytes())
    table = polars.read_parquet(out / "findings.parquet")
    assert table["path"].to_list() == [str(folder / name) for name in ("a.wav", "b.wav", "c.wav")]
    assert table["llr"].to_list() == [*(r.detection.llr for r in first.recordings), None]
    assert table["error"].to_list()[:2] == [None, None]
    assert sorted(counted) == ["a.wav", "b.wav", "c.wav"]

    # A torn last line is done again; a renamed file is known by its bytes.
    lines = (out / "findings.jsonl").read_bytes().splitlines(keepends=True)
    (out / "findings.jsonl").write_bytes(lines[0] + lines[1][:50])
    (folder / "a.wav").rename(folder / "renamed.wav")
    counted.clear()
    code, printed, _ = run(folder, "--out", out)
    assert sorted(counted) == ["b.wav", "c.wav"]
    assert "1 of them in an earlier run" in printed
    second = from_json((out / "findings.json").read_bytes())
    assert {r.sha256: r.detection for r in second.recordings} == {
        r.sha256: r.detection for r in first.recordings
    }
    assert str(folder / "renamed.wav") in [r.path for r in second.recordings]

    # Other options are other findings.
    counted.clear()
    run(folder, "--out", out, "--prior", "0.9")
    assert sorted(counted) == ["b.wav", "c.wav", "renamed.wav"]


def test_a_full_disk_loses_nothing(
    run: Run, voices: dict[str, Path], tmp_path: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    full = OSError(errno.ENOSPC, "No space left on device")
    synced: list[int] = []

    def sync(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:
            raise full

    monkeypatch.setattr(journal.os, "fsync", sync)
    paths = [voices["short"], voices["five"]]
    code, _, err = run(*paths, "--out", out)
    assert code == 2
    assert err.count("\n") == 1
    assert "the disk is full" in err
    kept = (out / "findings.jsonl").read_bytes()
    assert kept.count(b"\n") == 1
    assert kept.endswith(b"\n")
    assert sorted(p.name for p in out.iterdir()) == ["findings.jsonl", "pictures"]
    counted.clear()
    assert run(*paths, "--out", out)[0] == 0
    assert counted == ["five.wav"]


def test_a_disk_that_fills_up_at_the_end_leaves_the_old_files_whole(
    run: Run, voices: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert run(voices["short"], "--out", out)[0] == 0
    before = {path: path.read_bytes() for path in out.iterdir() if path.is_file()}

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", refuse)
    code, _, err = run(voices["short"], "--out", out)
    assert code == 2
    assert "the disk is full" in err
    assert {path: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_an_interrupt_keeps_what_was_finished(
    run: Run, voices: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(finding: RecordingFinding) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("earwitness.cli.summary.tell", interrupt)
    code, _, err = run(voices["short"], voices["five"], "--out", tmp_path)
    assert code == 130
    assert err.count("\n") == 1
    assert (tmp_path / "findings.jsonl").read_bytes().count(b"\n") == 1


def test_a_defect_in_one_recording_does_not_end_the_others(
    run: Run, voices: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: str, *rest: object, **options: object) -> object:
        if "short" in path:
            raise ZeroDivisionError("by zero\nsecond line")
        return analyze_one(path, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "analyze_one", fail)
    code, out, err = run(voices["short"], voices["five"])
    assert code == 1
    assert "1 analysed" in out
    assert err.count("\n") == 1
    assert "internal error (ZeroDivisionError: by zero)" in err
    assert "Traceback" not in err


def test_progress_on_a_terminal_tells_the_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    for name in "ab":
        (tmp_path / name).write_bytes(b"0" * 100)
    paths = tuple(str(tmp_path / name) for name in "ab")
    with verb._progress(paths) as advance:
        advance(paths[0], 0.5)
        advance(paths[0], 1.0)
        advance(paths[1], 1.0)
    assert "2/2" in capsys.readouterr().err
