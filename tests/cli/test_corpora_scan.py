from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.cli.main import main
from earwitness.corpora.catalogue import CORPORA
from earwitness.corpora.corpus import Corpus
from earwitness.encoders.corpus_segments import segments_of


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "ravdess" / "Actor_01"
    folder.mkdir(parents=True)
    for name in ("03-01-06-01-02-01-01", "03-01-05-01-02-01-01", "notes"):
        soundfile.write(folder / f"{name}.wav", np.full(8000, 0.1), 16_000)
    (folder / "03-01-05-01-02-02-01.wav").write_bytes(b"")
    return tmp_path / "ravdess"


def test_what_was_found_and_left_out_is_told(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "scan", "ravdess", str(copy), "--durations"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("ravdess: 2 rows, 0.00 hours, 1 speaker, 2 groups\nemotion: anger 1, fear 1\n")
    assert "1 file with an unknown name, left out: Actor_01/notes.wav" in told
    assert "1 file of no bytes, left out: Actor_01/03-01-05-01-02-02-01.wav" in told
    assert "style speech: 2 rows, a complete copy has 1,440" in told
    read = Corpus.read(copy)
    assert read.name == "ravdess"
    assert read.report.empty.count == 1
    assert read.root == copy


def test_the_table_may_stand_elsewhere(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = copy.parent / "tables.parquet"
    options = ["--out", str(out), "--set", "split=nkululeko", "--json"]
    assert main(["corpora", "scan", "ravdess", str(copy), *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["rows"], told["hours"]) == ("earwitness.scan/1", 2, None)
    assert told["labels"]["split"] == {"train": 2}
    assert told["report"]["unknown"] == {"count": 1, "examples": ["Actor_01/notes.wav"]}
    assert Corpus.read(out).root == copy
    assert {Path(segment.path).parent for segment in segments_of(out)} == {copy / "Actor_01"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing", "."], "nothing: no such corpus; there are: "),
        (["ravdess", "nowhere", "--out", "x.parquet"], "nowhere: is not a folder"),
        (["ravdess", ".", "--out", "nowhere/x.parquet"], "nowhere/x.parquet: is not in a folder"),
        (["ravdess", ".", "--set", "split"], "split: is not OPTION=VALUE"),
        (["ravdess", ".", "--set", "colour=red"], "ravdess: has no option 'colour'; there are: split"),
        (["ravdess", ".", "--workers", "0"], "--workers: must be at least 1"),
        (["ravdess", "."], "holds nothing of RAVDESS"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["corpora", "scan", *arguments]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.rglob("*"))


def test_list_names_every_corpus_and_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [card["name"] for card in told["scan"]] == sorted(CORPORA)
    assert [built["subset"] for built in told["build"]] == ["tiny", "small", "full"]
    assert main(["corpora", "list"]) == 0
    lines = capsys.readouterr().out
    assert all(card["get"] in lines and card["licence"] in lines for card in told["scan"])


def test_list_tells_all_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpora", "list", "ravdess"]) == 0
    told = capsys.readouterr().out
    assert "rows of style speech: 1,440" in told
    assert "scan: earwitness corpora scan ravdess FOLDER --set split=none" in told
    assert main(["corpora", "list", "ravdess", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["options"] == {"split": "none"}
    assert main(["corpora", "list", "nothing"]) == 2


def test_hashes_are_taken_once_and_the_audio_is_held_against_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("bona", "made"):
        (tmp_path / "copy" / name).mkdir(parents=True)
        for number in range(8):
            noise = np.random.default_rng(number).standard_normal(4000) * (0.1 + 0.01 * (name == "made"))
            soundfile.write(tmp_path / "copy" / name / f"{number}.wav", noise, 16_000)
    table = tmp_path / "corpus.parquet"
    assert main(["corpora", "scan", "folders", str(tmp_path / "copy"), "--out", str(table), "--hashes"]) == 0
    told = capsys.readouterr().out
    sha256 = told.split("SHA-256 of the audio (ids and files): ")[1].split()[0]
    assert (tmp_path / "corpus.files.parquet").is_file()
    assert main(["corpora", "check", str(table)]) in (0, 1)
    told = capsys.readouterr().out
    assert (
        f"Audio: 16 files hold what the record beside the table says. SHA-256 of all of it: {sha256}." in told
    )
    (tmp_path / "copy/made/3.wav").write_bytes(b"RIFF")
    assert main(["corpora", "check", str(table)]) == 1
    told = capsys.readouterr().out
    assert "1 files do not hold what they held, such as made/3.wav" in told
    assert "The audio is not what it was, so it was not probed." in told
    (tmp_path / "copy/made/3.wav").unlink()
    assert main(["corpora", "check", str(table)]) == 1
    assert "1 files are missing, such as made/3.wav" in capsys.readouterr().out
    assert main(["corpora", "scan", "folders", str(tmp_path / "copy"), "--out", str(table)]) == 0
    assert not (tmp_path / "corpus.files.parquet").exists()  # it was that of another scan
    capsys.readouterr()
    assert main(["corpora", "check", str(table)]) in (0, 1)
    assert "Audio: 15 files were recorded for the first time" in capsys.readouterr().out
