"""A trained localiser leaves torch: the same scores, what was measured beside them, and clear refusals."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import earwitness
from earwitness.cli.main import main
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.findings_files import from_json, json_schema
from earwitness.evidence.localiser import CAUTION, Localiser, LocaliserStream
from earwitness.evidence.self_test import speech_like
from earwitness.systems.frame_localiser import FrameLocaliser, LocaliserNetwork
from earwitness.systems.localiser_export import export_localiser, parity
from earwitness.systems.localiser_figures import CHANGES, reached
from earwitness.systems.registry import system
from earwitness.systems.running import read_run, run_system
from earwitness.training.recipe import Optimiser, View, recipe_json
from earwitness.training.trained_files import FILE, load_trained
from earwitness.training.views import open_views

RECIPE = msgspec.structs.replace(
    FrameLocaliser.RECIPE,
    views=(View(encoder="whisper-base", layers=(1, 3), normalise="rms", length=64, cut="random"),),
    width=16, dilations=(1, 2), batch=4, epochs=30, patience=None, validation=0.0, seeds=(1,),
    optimiser=Optimiser(learning_rate=0.01),
)  # fmt: skip
STRETCH = (0.7, 1.5)


def clip(seed: int, spliced: bool, seconds: float = 2.0) -> np.ndarray:
    """Sound like speech; the spliced stretch whistles."""
    samples = speech_like(seconds, seed=seed)
    if spliced:
        first, last = (round(at * 16_000) for at in STRETCH)
        samples[first:last] += 0.2 * np.sin(2 * np.pi * 2500 * np.arange(last - first) / 16_000)
    return samples


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature run over frames of the shipped encoder; its corpus and store lie beside it."""
    folder = tmp_path_factory.mktemp("localiser")
    rows = []
    for at in range(24):
        spliced = at % 3 > 0
        soundfile.write(folder / f"{at}.wav", clip(at, spliced), 16_000)
        pieces = [(0.0, STRETCH[0], "bona fide"), (*STRETCH, "spoof"), (STRETCH[1], 2.0, "bona fide")]
        rows.append(
            {
                "id": f"clip{at:02d}", "path": f"{at}.wav", "start": 0.0, "end": 2.0,
                "split": "train" if at < 12 else "test", "speaker": f"s{at // 3}", "group": f"g{at}",
                "label": "spoof" if spliced else "bona fide",
                "segments": [
                    dict(zip(("start", "end", "label"), piece, strict=True))
                    for piece in (pieces if spliced else [(0.0, 2.0, "bona fide")])
                ],
            }
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    run_system(FrameLocaliser(), RECIPE, folder, folder / "store", folder / "run")
    return folder / "run"


@pytest.fixture(scope="module")
def exported(run: Path) -> Path:
    out = run.parent / "localiser"
    assert main(["export", str(run), "--out", str(out)]) == 0
    return out


def network(run: Path) -> LocaliserNetwork:
    opened = read_run(run)
    made = opened.system.build(opened.recipe, {"frames": (2, 512)}, opened.task)
    load_trained(Path(opened.trainings[0]["folder"]) / FILE, made, opened.recipe)
    return made


def changed(folder: Path, out: Path, **changes: Any) -> Path:
    """A copy of a localiser with another manifest."""
    shutil.copytree(folder, out)
    fields = json.loads((out / "manifest.json").read_text())
    for name, value in changes.items():
        fields[name] = fields[name] | value if isinstance(value, dict) else value
    (out / "manifest.json").write_text(json.dumps(fields))
    return out


class TestScores:
    def test_are_those_that_the_run_kept(self, run: Path, exported: Path) -> None:
        localiser = Localiser(exported)
        kept = pl.read_parquet(run / "scores.parquet")
        place = {name: row for row, name in enumerate(pl.read_parquet(run.parent / "corpus.parquet")["id"])}
        with Store(run.parent / "store") as store:
            views = open_views(RECIPE.views, segments_of(run.parent), store)
            for name, *rows in kept.select("id", "score:0.02", "score:0.16", "score:0.64").iter_rows():
                found = localiser.scores(views.readers["frames"](place[name]).astype(np.float32))
                for seconds, row in zip((0.02, 0.16, 0.64), rows, strict=True):
                    np.testing.assert_allclose(found[seconds], row, atol=1e-4)

    def test_are_those_of_torch_however_long(self, run: Path, exported: Path) -> None:
        assert parity(network(run), Localiser(exported), (0.02, 0.1, 6.4, 6.42, 7.04, 13.0)) < 1e-4

    @settings(max_examples=15, deadline=None)
    @given(cuts=st.lists(st.integers(0, 900), max_size=6))
    def test_do_not_depend_on_how_frames_come(self, exported: Path, cuts: list[int]) -> None:
        localiser = Localiser(exported)
        frames = np.random.default_rng(0).standard_normal((2, 900, 512)).astype(np.float32)
        stream = LocaliserStream(localiser, localiser.manifest.resolutions)
        borders = [0, *sorted(cuts), 900]
        for first, last in itertools.pairwise(borders):
            stream.push(frames[:, first:last])
            assert stream._kept is not None
            assert stream._kept.shape[1] <= localiser.length + last - first
        for one, whole in zip(stream.finish(), localiser.scores(frames).values(), strict=True):
            np.testing.assert_array_equal(one, whole)

    def test_of_no_frames(self, exported: Path) -> None:
        found = Localiser(exported).scores(np.zeros((2, 0, 512), np.float32))
        assert all(len(one) == 0 for one in found.values())


class TestFigures:
    def test_are_those_of_the_held_back_recordings(self, run: Path, exported: Path) -> None:
        resolutions = json.loads((run / "resolutions.json").read_text())
        manifest = Localiser(exported).manifest
        for one in manifest.resolutions:
            told = resolutions[f"{one.seconds:g}"]["mean"]
            assert one.frame_eer.value == pytest.approx(told["value"])
            assert f"{100 * told['value']:.1f} % of real and of synthetic time" in one.said
            assert "On 12 recordings that it was not trained on (official split)" in one.said
        assert manifest.resolution(0.16).found.value > 0.7
        assert manifest.trained_on.startswith("12 recordings")
        assert "# frame-localiser" in (exported / "card.md").read_text()

    def test_calibrator_and_cost_of_the_figures_are_of_the_other_speakers(self, run: Path) -> None:
        """Scores of one half that are turned round must spoil the figures, though all were fitted."""
        table = pl.read_parquet(run / "scores.parquet")
        honest = reached(table, 0.16)
        assert honest.nested
        assert honest.change in CHANGES
        lone = table.with_columns(pl.lit("one").alias("cluster"))
        assert not reached(lone, 0.16).nested
        assert "on these very recordings" in reached(lone, 0.16).said(0.16, "so")

    def test_scores_that_tell_nothing_are_not_exported(self, run: Path, tmp_path: Path) -> None:
        shutil.copytree(run, tmp_path / "run")
        scores = pl.read_parquet(run / "scores.parquet")
        scores.with_columns(
            pl.col("^score:.*$").list.eval(-pl.element()),
        ).write_parquet(tmp_path / "run" / "scores.parquet")
        with pytest.raises(BadInput, match="rank real speech below spoofs"):
            export_localiser(tmp_path / "run", tmp_path / "out")
        assert not list(tmp_path.glob("*out*"))


class TestAnalyze:
    def test_finds_the_stretch_and_says_how_far_it_may_be_relied_on(
        self, exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        soundfile.write(tmp_path / "a.wav", clip(91, True, 16.5), 16_000)
        words = ["analyze", str(tmp_path / "a.wav"), "--threads", "1", "--no-quality"]
        assert main([*words, "--localiser", str(exported), "--json"]) == 0
        printed = capfd.readouterr().out
        jsonschema.validate(json.loads(printed), json_schema())
        (finding,) = from_json(printed.encode()).recordings
        where = finding.localisation
        assert where is not None
        assert (where.resolution, len(where.llrs)) == (0.16, 104)
        overlaps = [min(s.end, STRETCH[1]) - max(s.start, STRETCH[0]) for s in where.segments]
        extents = [max(s.end, STRETCH[1]) - min(s.start, STRETCH[0]) for s in where.segments]
        best = max(both / every for both, every in zip(overlaps, extents, strict=True))
        assert best > 0.6
        assert where.measured[0] == Localiser(exported).resolution.said
        assert where.measured[-1] == CAUTION
        # beside the finding, never in it
        assert main([*words, "--json"]) == 0
        (without,) = from_json(capfd.readouterr().out.encode()).recordings
        assert without.localisation is None
        assert msgspec.structs.replace(finding, localisation=None) == without

    def test_folder_report_and_console(
        self, exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        soundfile.write(tmp_path / "a.wav", clip(91, True), 16_000)
        out = tmp_path / "out"
        words = ["analyze", str(tmp_path / "a.wav"), "--threads", "1", "--no-quality", "--out", str(out)]
        assert main(words) == 0
        capfd.readouterr()
        told = {}
        for resolution in ("0.16", "0.02"):
            assert main([*words, "--localiser", str(exported), "--resolution", resolution]) == 0
            told[resolution] = capfd.readouterr().out
            assert "in an earlier run" not in told[resolution]  # other options are other findings
        assert "Frame by frame (frame-localiser, 20 ms): 0." in told["0.02"]
        assert "s leans to spoof (" in told["0.16"]
        assert "of real and of synthetic time are confused" in told["0.16"]
        page = (out / "report.html").read_text()
        assert 'class="lane frames"' in page
        assert "in frames of 20 ms" in page
        row = pl.read_parquet(out / "findings.parquet").row(0, named=True)
        assert row["localised_resolution"] == 0.02
        assert row["localised"][0]["label"] == "spoof"

    def test_from_python_and_without_speech(self, exported: Path, tmp_path: Path) -> None:
        soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(32_000), 16_000)
        found = earwitness.analyze(tmp_path / "a.wav", localiser=exported, resolution=0.64, threads=1)
        assert found.recordings[0].localisation is None
        assert Equipment(localiser=exported, resolution=0.64).localiser is not None


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "complaint"),
        [
            ({"encoder": {"name": "hubert"}}, "reads frames of hubert"),
            ({"encoder": {"precision": "bf16"}}, "bf16"),
            ({"encoder": {"revision": "1"}}, "reads frames of whisper-base 1 fp32"),
            ({"encoder": {"layers": [1, 6]}}, "reads layers [1, 6]; analyze has [1, 2, 3]"),
            ({"head": {"sha256": "1" * 64}}, "not the one of the manifest"),
            ({"schema": "earwitness.instrument/1"}, "not a manifest (localiser)"),
            ({"core": 321}, "whole frames of every length"),
            ({"shown": 0.5}, "no frames of 0.5 s"),
            ({"encoder": {"dimension": 80}}, "not a usable ONNX"),
        ],
    )
    def test_a_localiser_that_does_not_fit(
        self, exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str],
        changes: dict[str, Any], complaint: str,
    ) -> None:  # fmt: skip
        soundfile.write(tmp_path / "a.wav", clip(91, True), 16_000)
        folder = changed(exported, tmp_path / "changed", **changes)
        assert main(["analyze", str(tmp_path / "a.wav"), "--localiser", str(folder)]) == 2
        written = capfd.readouterr()
        assert complaint in written.err
        assert (written.out, written.err.count("\n")) == ("", 1)

    def test_folders_and_options(
        self, run: Path, exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        soundfile.write(tmp_path / "a.wav", clip(91, True), 16_000)
        shutil.copytree(exported, tmp_path / "headless")
        (tmp_path / "headless" / "head.onnx").unlink()
        for words, complaint in (
            (["--localiser", str(tmp_path / "none")], "no localiser here"),
            (["--localiser", str(run)], "make a localiser of it with earwitness export"),
            (["--localiser", str(tmp_path / "headless")], "head cannot be read"),
            (["--localiser", str(exported), "--resolution", "0.3"], "only of 0.02, 0.04"),
            (["--resolution", "0.16"], "name one with --localiser"),
        ):
            assert main(["analyze", str(tmp_path / "a.wav"), *words]) == 2
            written = capfd.readouterr()
            assert complaint in written.err
            assert written.err.count("\n") == 1

    def test_runs_that_cannot_be_exported(
        self, run: Path, exported: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        recipes = {
            "is a run of mhfa": system("mhfa").RECIPE,
            "nes2net takes a mean over the whole": msgspec.structs.replace(RECIPE, trunk="nes2net"),
            "sea takes a mean over the whole": msgspec.structs.replace(RECIPE, sum="sea"),
            "trains an encoder of its own": FrameLocaliser.RECIPES["partial-spoof"],
        }
        for at, (complaint, recipe) in enumerate(recipes.items()):
            other = tmp_path / str(at)
            shutil.copytree(run, other)
            (other / "recipe.json").write_bytes(recipe_json(recipe))
            assert main(["export", str(other), "--out", str(tmp_path / "out")]) == 2
            assert complaint in capfd.readouterr().err
        unfinished = tmp_path / "unfinished"
        shutil.copytree(run, unfinished)
        (unfinished / "scores.parquet").unlink()
        for words, complaint in (
            ([str(tmp_path), "--out", str(tmp_path / "out")], "is not the folder of a run"),
            ([str(unfinished), "--out", str(tmp_path / "out")], "finish the run"),
            ([str(run), "--out", str(exported)], "is there already"),
            ([str(run), "--out", str(tmp_path), "--replace"], "is there already"),
            ([str(run), "--out", str(tmp_path / "out"), "--seed", "7"], "no training of round"),
            ([str(run), "--out", str(tmp_path / "out"), "--resolution", "0.5"], "no frames of 0.5 s"),
        ):
            assert main(["export", *words]) == 2
            assert complaint in capfd.readouterr().err
        assert not list(tmp_path.glob("*out*"))
        assert main(["export", str(run), "--out", str(exported), "--replace"]) == 0


def test_a_head_that_is_not_its_network_is_refused(run: Path, exported: Path) -> None:
    other = network(run)
    with torch.no_grad():
        other.heads.heads[0].bias += 0.01
    assert parity(other, Localiser(exported)) > 1e-4
