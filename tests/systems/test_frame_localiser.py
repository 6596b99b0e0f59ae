from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from earwitness.cli.main import main
from earwitness.errors import BadInput
from earwitness.systems.frame_localiser import FrameLocaliser, LocaliserNetwork, LocaliserRecipe
from earwitness.systems.running import read_run, run_system, score_corpus
from earwitness.training.recipe import Optimiser, View

RECIPE = msgspec.structs.replace(
    FrameLocaliser.RECIPE, views=(View(encoder="log-mel", length=40, cut="random"),), width=16,
    dilations=(1, 2), batch=6, epochs=6, seeds=(1, 2), optimiser=Optimiser(learning_rate=0.02),
)  # fmt: skip


@pytest.fixture(scope="module")
def spliced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of noise with a low tone (bona fide), a stretch of which may have a high one (spoof)."""
    folder = tmp_path_factory.mktemp("spliced")
    rng = np.random.default_rng(0)
    rows = []
    for at in range(24):
        length = 16_000 + 320 * int(rng.integers(20))
        begin, end = 0.2 + 0.02 * int(rng.integers(10)), 0.6 + 0.02 * int(rng.integers(10))
        fake = at % 3 > 0
        pitch = np.full(length, 500.0)
        if fake:
            pitch[round(begin * 16_000) : round(end * 16_000)] = 2500
        wave = 0.1 * np.sin(2 * np.pi * np.cumsum(pitch) / 16_000) + 0.02 * rng.standard_normal(length)
        soundfile.write(folder / f"{at}.wav", wave, 16_000)
        whole = length / 16_000
        pieces = [(0.0, begin, "bona fide"), (begin, end, "spoof"), (end, whole, "bona fide")]
        rows.append(
            {
                "id": f"clip{at:02d}", "path": f"{at}.wav", "start": 0.0, "end": whole,
                "split": ("train", "train", "train", "validation", "test", "test")[at // 4],
                "speaker": f"s{at // 2}", "group": f"g{at}", "label": "spoof" if fake else "bona fide",
                "segments": [
                    dict(zip(("start", "end", "label"), piece, strict=True))
                    for piece in (pieces if fake else [(0.0, whole, "bona fide")])
                ],
            }
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


def network(**settings: Any) -> LocaliserNetwork:
    torch.manual_seed(0)
    recipe = msgspec.structs.replace(RECIPE, **settings)
    return LocaliserNetwork((2, 8), recipe).eval()


@pytest.mark.parametrize("trunk", ["convolution", "nes2net", "none"])
@pytest.mark.parametrize("pooling", ["max", "mean"])
def test_a_recording_is_scored_the_same_in_any_company(trunk: str, pooling: str) -> None:
    made = network(trunk=trunk, pooling=pooling)
    frames = torch.randn(1, 2, 50, 8)
    padded = torch.cat([frames, 9 * torch.ones(1, 2, 27, 8)], dim=2)
    alone, _ = made.hear(frames, torch.tensor([50]))
    beside, _ = made.hear(torch.cat([padded, torch.randn(1, 2, 77, 8)]), torch.tensor([50, 77]))
    for group, one, other in zip(RECIPE.groups, alone, beside, strict=True):
        count = -(-50 // group)
        assert one.shape == (1, count)
        assert torch.allclose(one[0], other[0, :count], atol=1e-5)


def test_trained_scored_and_judged_by_frame(spliced: Path, tmp_path: Path) -> None:
    run, figures = run_system(FrameLocaliser(), RECIPE, spliced, tmp_path / "store", tmp_path / "run")
    assert figures.metric == "frame_eer"
    assert figures.mean.value < 0.1
    resolutions = msgspec.json.decode((run / "resolutions.json").read_bytes())
    assert list(resolutions) == ["0.02", "0.04", "0.08", "0.16", "0.32", "0.64"]
    assert resolutions["0.02"]["mean"]["value"] == figures.mean.value
    assert resolutions["0.02"]["mean"]["clusters"] == 4
    scores = pl.read_parquet(run / "scores.parquet")
    assert len(scores) == 2 * 8
    again, _ = score_corpus(read_run(run), spliced, tmp_path / "store", seed=1)
    both = scores.filter(pl.col("seed") == 1).join(again, on="id", suffix=" again")
    for row in both.iter_rows(named=True):
        assert row["score:0.02"] == pytest.approx(row["score:0.02 again"], abs=1e-5)
        assert len(row["score:0.64"]) == -(-len(row["score:0.02"]) // 32)
        # a view is cut to 40 frames in training alone
        whole = soundfile.info(spliced / f"{int(row['id'][4:])}.wav").duration
        assert len(row["truth"]) == len(row["score:0.02"]) == round(whole / 0.02)
    assert "one score a frame" in (run / "card.md").read_text()


def test_from_the_command_line(spliced: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        words = ["train", "frame-localiser", "--corpus", str(spliced), "--encoder", "log-mel", "--seeds", "1"]
        words += [
            "--set",
            "epochs=4",
            "--set",
            "width=8",
            "--set",
            "dilations=[1]",
            "--set",
            "views.0.length=30",
        ]
        words += ["--set", f"optimiser.learning_rate={0.02 if name == 'a' else 0.0001}", "--threads", "1"]
        words += [
            "--set",
            "views.0.normalise=none",
            "--set",
            "views.0.length=30",
            "--store",
            str(tmp_path / "store"),
        ]
        assert main([*words, "--out", str(tmp_path / name)]) == 0
    assert capsys.readouterr().out.startswith("frame_eer 0.")
    run, table = str(tmp_path / "a"), tmp_path / "frames.parquet"
    assert main(["score", run, str(spliced), "--out", str(table)]) == 0
    assert main(["score", run, str(spliced), "--out", str(table)]) == 2
    assert "never appended" in capsys.readouterr().err
    assert main(["score", run, str(spliced), "--out", str(tmp_path / "frames")]) == 0
    one = np.load(tmp_path / "frames" / "clip03.npy")
    row = pl.read_parquet(table).filter(pl.col("id") == "clip03")["score:0.02"].to_list()[0]
    assert one.tolist() == pytest.approx(row)
    assert json.loads((tmp_path / "frames" / "frames.json").read_text())["seconds"] == 0.02
    capsys.readouterr()
    words = ["evaluate", str(table), str(spliced), "--task", "localisation", "--clusters", "speaker"]
    assert main([*words, "--json", "--replicates", "50"]) == 0
    found = json.loads(capsys.readouterr().out)["evaluation"]
    assert found["recordings"] == 24
    figure = found["figures"]["eer at 0.16 s"]
    assert figure["low"] <= figure["value"] == found["resolutions"]["0.16"] <= figure["high"]
    assert main([*words, "--replicates", "50"]) == 0
    assert "eer at 0.64 s" in capsys.readouterr().out
    assert main(["compare", run, str(tmp_path / "b"), "--json", "--replicates", "50"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["metric"] == "frame_eer"
    assert compared["runs"][1]["minus_first"]["value"] > 0


class TestRefusals:
    def test_a_corpus_without_stretches(self, spliced: Path, tmp_path: Path) -> None:
        table = pl.read_parquet(spliced / "corpus.parquet")
        table.drop("segments").write_parquet(spliced / "bare.parquet")
        with pytest.raises(BadInput, match="column of stretches"):
            run_system(FrameLocaliser(), RECIPE, spliced / "bare.parquet", tmp_path, tmp_path / "run")

    def test_a_corpus_without_a_class(self, spliced: Path, tmp_path: Path) -> None:
        table = pl.read_parquet(spliced / "corpus.parquet")
        for split, part in (("train", "training"), ("test", "test")):
            lacking = table.filter((pl.col("split") != split) | (pl.col("label") == "bona fide"))
            lacking.write_parquet(spliced / "lacking.parquet")
            with pytest.raises(BadInput, match=f"no {part} frames of class 'spoof'"):
                run_system(FrameLocaliser(), RECIPE, spliced / "lacking.parquet", tmp_path, tmp_path / "run")

    def test_unknown_labels_and_empty_stretches(self, spliced: Path, tmp_path: Path) -> None:
        table = pl.read_parquet(spliced / "corpus.parquet")
        for stretch, complaint in (
            ({"start": 0.0, "end": 1.0, "label": "fake"}, "unknown label 'fake'"),
            ({"start": 1.0, "end": 1.0, "label": "spoof"}, "a stretch from 1.0 to 1.0 s"),
        ):
            wrong = table.with_columns(pl.Series("segments", [[stretch]] * len(table)))
            wrong.write_parquet(spliced / "wrong.parquet")
            with pytest.raises(BadInput, match=complaint):
                run_system(FrameLocaliser(), RECIPE, spliced / "wrong.parquet", tmp_path, tmp_path / "run")

    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ({"resolutions": (0.04, 0.08)}, "must rise from 0.02"),
            ({"resolutions": (0.02, 0.03)}, "whole multiples"),
            ({"views": (View(name="waveform", input="waveform"),)}, "needs encoder and layers"),
        ],
    )
    def test_settings(self, settings: dict[str, Any], complaint: str) -> None:
        with pytest.raises(BadInput, match=complaint):
            LocaliserRecipe(**({"system": "frame-localiser", "views": RECIPE.views} | settings))
