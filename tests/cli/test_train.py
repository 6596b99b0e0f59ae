from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.cli.main import main


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nothing", "--corpus", "x", "--out", "y"], "no such system; there are:"),
        (["detector", "--corpus", "{tmp}", "--out", "{tmp}/run"], "corpora build"),
        (["detector", "--corpus", "{tmp}", "--out", "{tmp}/run", "--recipe", "{tmp}/r.yaml"], ".toml"),
    ],
)
def test_refuses_in_one_line(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *(word.replace("{tmp}", str(tmp_path)) for word in words)]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    rows = []
    for at in range(18):
        real = at % 2 == 0
        tone = np.sin(2 * np.pi * (500 if real else 2500) * np.arange(6_000) / 16_000)
        soundfile.write(folder / f"{at}.wav", 0.1 * rng.standard_normal(6_000) + 0.05 * tone, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.375, "speaker": f"s{at}",
             "group": f"g{at}", "label": "bona fide" if real else "spoof",
             "split": "train" if at < 8 else "validation" if at < 10 else "test"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


def test_train_score_compare(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--corpus", str(corpus), "--encoder", "log-mel", "--store", str(tmp_path / "store")]
    words += ["--set", "epochs=2", "--set", "batch=4", "--seeds", "1", "2", "--threads", "1"]
    (tmp_path / "mine.toml").write_text("[optimiser]\nlearning_rate = 0.1\n")
    first = ["linear-probe", *words, "--out", str(tmp_path / "a"), "--recipe", str(tmp_path / "mine.toml")]
    assert main(["train", *first]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("eer 0.")
    assert said[0].endswith("mean over 2 seeds and 1 rounds, 8 trials")
    assert said[-1] == str(tmp_path / "a")
    assert main(["train", "mlp-probe", *words, "--out", str(tmp_path / "b")]) == 0
    capsys.readouterr()

    assert main(["score", str(tmp_path / "a"), str(corpus), "--store", str(tmp_path / "store")]) == 0
    assert capsys.readouterr().out.startswith("18 scores by linear-probe, round official, seed ")
    assert len(pl.read_parquet(tmp_path / "a" / f"{corpus.name}-scores.parquet")) == 18
    assert main(["score", str(tmp_path / "a"), str(corpus), "--store", str(tmp_path / "store")]) == 2
    assert "never appended" in capsys.readouterr().err
    text = tmp_path / "scores.txt"
    assert main(["score", str(tmp_path / "a"), str(corpus), "--out", str(text), "--seed", "2"]) == 0
    assert len(text.read_text().splitlines()) == 18
    capsys.readouterr()

    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json", "--replicates", "200"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [run["system"] for run in found["runs"]] == ["linear-probe", "mlp-probe"]
    assert found["runs"][1]["minus_first"]["n"] == 8
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--replicates", "200"]) == 0
    assert "mlp-probe" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--set", "epoch=3"], "no setting 'epoch'"),
        (["--set", "epochs=many"], "epochs"),
        (["--set", "views.7.layers=[1]"], "none of: 0 to 0"),
        (["--recipe", "unheard-of"], "there are: default"),
        (["--protocol", "guessing"], "no such protocol; there are: official"),
        (["--encoder", "whisper-gigantic"], "no such encoder"),
        (["--encoder", "log-mel", "--set", "views.0.pooled=[]"], "statistics are mean"),
    ],
)
def test_refuses_settings_in_one_line(
    corpus: Path, words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "linear-probe",
        "--corpus",
        str(corpus),
        "--out",
        str(tmp_path / "run"),
        "--store",
        str(tmp_path),
    ]
    assert main(["train", *given, *words]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_systems_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["systems", "list"]) == 0
    assert "nes2net" in capsys.readouterr().out
    assert main(["systems", "show", "nes2net", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    settings = {setting["key"]: setting for setting in shown["settings"]}
    assert settings["optimiser.learning_rate"]["source"] == "our choice"
    assert settings["nest"]["source"] == "published"
    assert main(["systems", "show", "nes2net"]) == 0
    assert "our choice" in capsys.readouterr().out
    assert main(["systems", "show", "nothing"]) == 2


def test_what_back_ends_cost_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["systems", "cost", "nes2net", "nes2net-x", "--frames", "200", "--batch", "1"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["nes2net", "nes2net-x", "aasist-frames"]
    assert found["nes2net"]["parameters"] == 510_769
    saved = 1 - found["nes2net-x"]["multiply_adds"] / found["aasist-frames"]["multiply_adds"]
    assert saved > 0.87  # as published of the best baseline, AASIST
    assert main(words) == 0
    assert "aasist-frames" in capsys.readouterr().out
    assert main(["systems", "cost", "tango"]) == 2
    assert "there are: aasist-frames" in capsys.readouterr().err
    assert main(["systems", "cost", "nes2net", "--dimension", "100"]) == 2
