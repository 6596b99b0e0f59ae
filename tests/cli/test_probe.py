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
    """Tones of two emotions by twelve voices."""
    rng = np.random.default_rng(0)
    rows = []
    for at in range(24):
        emotion = ("calm", "tense")[at % 2]
        tone = np.sin(2 * np.pi * (400 if emotion == "calm" else 2400) * np.arange(6_400) / 16_000)
        soundfile.write(tmp_path / f"{at}.wav", 0.05 * rng.standard_normal(6_400) + 0.2 * tone, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.4, "split": "train",
             "speaker": f"s{at // 2 % 12}", "group": f"g{at}", "emotion": emotion}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_every_encoder_under_every_head(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "probe", str(corpus), "--encoders", "log-mel,lfcc", "--heads", "fcn,mata", "--pairs", "--out",
        str(tmp_path / "out"), "--protocol", "speaker-folds:3", "--metrics", "uar", "--threads", "1",
        "--set", "epochs=15", "--set", "batch=8", "--set", "patience=null", "--set", "validation=0.0",
    ]  # fmt: skip
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "log-mel + lfcc" in said
    assert said.splitlines()[-1].startswith("speaker-folds:3; mean over 1 seeds; 24 trials")
    found = json.loads((tmp_path / "out" / "probe.json").read_text())
    lines = {(row["head"], *row["encoders"]) for row in found}
    assert lines == {
        ("fcn", "log-mel"), ("fcn", "lfcc"), ("fcn", "log-mel", "lfcc"), ("mata", "log-mel", "lfcc")
    }  # fmt: skip
    values = [row["figures"][0]["value"] for row in found]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.9
    assert [one["metric"] for one in found[0]["figures"]] == ["accuracy", "uar"]
    assert (tmp_path / "out" / "probe.svg").read_text().count("log-mel + lfcc") == 2
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--encoders", "log-mel", "--heads", "mata"], "brings 2 encoders together; name 2 or more"),
        (["--encoders", "log-mel,lfcc", "--heads", "nes2net"], "reads no vectors"),
        (["--encoders", "log-mel,log-mel"], "names an encoder twice"),
        (["--encoders", "log-mel:last"], "a whole number"),
        (["--encoders", "log-mel", "--metrics", "beauty"], "no such metric"),
        (["--encoders", "unheard-of"], "no such encoder"),
    ],
)
def test_refuses_in_one_line(
    words: list[str], complaint: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", str(corpus), "--out", str(tmp_path / "out"), *words]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out" / "probe.json").exists()
