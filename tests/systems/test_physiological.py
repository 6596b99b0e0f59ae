"""Body signals from train to score: windows as rows, both mappings, and the network on the signal itself."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
import torch

from earwitness.audio.physiological import SignalReading, to_waveform
from earwitness.cli.main import main
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.window_rows import window_rows
from earwitness.encoders.loading import load
from earwitness.errors import BadInput
from earwitness.systems.ledger.physiological import Size, _data, reproduce
from earwitness.systems.physiological import KINDS, Physiological, RawSignal, raw_views, signal_views
from earwitness.systems.running import heard_rows, read_run, run_system, score_corpus
from earwitness.training.recipe import View
from earwitness.training.views import open_views, segments_by_view

RATE, SECONDS = 100, 25


def write(folder: Path, people: int = 4, states: tuple[str, ...] = ("baseline", "stress")) -> Path:
    rng, rows = np.random.default_rng(0), []
    for person in range(people):
        for state in states:
            path, beats = f"P{person}-{state}.npz", 1.0 + (state == "stress")
            time = np.arange(SECONDS * RATE) / RATE
            beat = np.sin(2 * np.pi * beats * time + rng.random()) ** 9
            signals = {kind: (beat + 0.1 * rng.standard_normal(len(time))).astype("f4") for kind in KINDS}
            np.savez(folder / path, **signals)  # type: ignore[arg-type]
            rows += [
                {
                    "id": f"{path}-{kind}", "path": path, "start": 0.0, "end": None, "split": None,
                    "speaker": f"P{person}", "session": f"P{person}", "group": path, "signal": kind,
                    "member": kind, "rate": float(RATE), "state": state, "synthetic": True,
                }
                for kind in KINDS
            ]  # fmt: skip
    Corpus(pl.DataFrame(rows), "miniature").write(folder)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("people"))


def recipe(system: Physiological, **changes: object) -> object:
    views = signal_views(("ecg", "emg"), "relabel", encoder="log-mel", layer=None)
    return msgspec.structs.replace(system.RECIPE, views=views, epochs=4, batch=8, **changes)


def test_windows_hold_all_signals_of_one_state(corpus: Path) -> None:
    made = window_rows(Corpus.read(corpus), kinds=("ecg", "eda"), seconds=10, hop=0.5)
    table = made.table
    assert len(table) == 4 * 2 * 4
    assert table["id"][:2].to_list() == ["P0-baseline-0", "P0-baseline-5"]
    assert table.filter(pl.col("speaker") == "P0")["group"].unique().sort().to_list() == [
        "P0-baseline-1", "P0-stress-1",
    ]  # fmt: skip
    assert made.root == corpus
    assert table["synthetic"].all()
    again = window_rows(made, kinds=("eda",), states=("stress", "baseline"))
    assert again.table.equals(table)
    with pytest.raises(BadInput, match="no windows of the state 'amusement'; there are: baseline, stress"):
        window_rows(made, kinds=("ecg",), states=("stress", "amusement"))
    with pytest.raises(BadInput, match="has no rows of ppg"):
        window_rows(Corpus.read(corpus), kinds=("ppg",))
    with pytest.raises(BadInput, match="has no stretch of 60 s"):
        window_rows(Corpus.read(corpus), kinds=("ecg",), seconds=60)


def test_two_stretches_of_a_state_are_two_groups_and_doubled_signals_are_refused() -> None:
    rows = [
        {
            "id": f"{kind}{at}", "path": "a.npz", "start": at, "end": at + 12.0, "split": None,
            "speaker": "s", "group": f"g{at}", "signal": kind, "rate": 10.0, "label": "rest",
        }
        for kind in ("ecg", "eda")
        for at in (0.0, 40.0)
    ]  # fmt: skip
    table = window_rows(Corpus(pl.DataFrame(rows)), kinds=("ecg", "eda"), hop=0.1).table
    assert table["group"].to_list() == ["s-rest-1"] * 3 + ["s-rest-2"] * 3
    twice = [{**row, "id": f"{row['id']}b"} for row in rows]
    with pytest.raises(BadInput, match="a signal twice at one time"):
        window_rows(Corpus(pl.DataFrame(rows + twice)), kinds=("ecg",))


def test_a_view_hears_its_own_signal_under_its_own_mapping(corpus: Path, tmp_path: Path) -> None:
    from earwitness.encoders.store import Store

    made = window_rows(Corpus.read(corpus), kinds=KINDS)
    views = (
        View(name="raw", input="waveform", signal=SignalReading(kind="eda")),
        View(
            name="heard", input="vector", encoder="log-mel",
            signal=SignalReading(kind="emg", mapping="resample"),
        ),
    )  # fmt: skip
    segments = segments_by_view(views, made)
    assert segments is not None
    with Store(tmp_path / "store") as store:
        opened = open_views(views, segments, store)
        with np.load(corpus / "P1-stress.npz") as held:
            eda, emg = held["eda"][5 * RATE : 15 * RATE], held["emg"][5 * RATE : 15 * RATE]
        row = made.table["id"].to_list().index("P1-stress-5")
        np.testing.assert_array_equal(opened.readers["raw"](row)[:, 0], to_waveform(eda, RATE, "relabel"))
        (frames,) = load("log-mel").encode([to_waveform(emg, RATE, "resample")], 16_000)
        np.testing.assert_allclose(opened.readers["heard"](row), frames.mean(0), atol=4e-3)
    with pytest.raises(BadInput, match="some views read a signal of a person, others sound"):
        segments_by_view((*views, View(name="x", encoder="log-mel")), made)


@pytest.mark.parametrize("protocol", ["leave-one-out:speaker", "random-folds:3"])
def test_train_and_score(corpus: Path, tmp_path: Path, protocol: str) -> None:
    system = Physiological()
    folder, figures = run_system(
        system, recipe(system), corpus, tmp_path / "store", tmp_path / "run", protocol=protocol  # type: ignore[arg-type]
    )  # fmt: skip
    assert figures.metric == "accuracy"
    assert len(figures.rounds) == (4 if protocol.startswith("leave") else 3)
    assert figures.mean.n == 32
    assert (folder / "card.md").is_file()
    run = read_run(folder)
    unlabelled = tmp_path / "new"
    unlabelled.mkdir()
    write(unlabelled, 1, ("stress",))
    corpus_file = unlabelled / "corpus.parquet"
    pl.read_parquet(corpus_file).drop("state").write_parquet(corpus_file)
    scores, _ = score_corpus(run, unlabelled, tmp_path / "store", round_name=run.trainings[0]["round"])
    assert len(scores) == 4
    assert [name for name in scores.columns if name.startswith("score")]
    wrong = msgspec.structs.replace(run, views={"ecg": "log-mel 1 of ecg resample"})
    with pytest.raises(BadInput, match="was trained on log-mel 1 of ecg resample"):
        score_corpus(wrong, unlabelled, tmp_path / "store", round_name=run.trainings[0]["round"])


def test_the_raw_network_learns_and_refuses_ragged_windows(corpus: Path, tmp_path: Path) -> None:
    system = RawSignal()
    settings = msgspec.structs.replace(
        system.RECIPE, views=raw_views(("ecg",)), epochs=12, batch=8, filters=(8, 16), positions=32,
        patience=None, validation=0.0, dropout=0.0,
    )  # fmt: skip
    _, figures = run_system(
        system, settings, corpus, tmp_path / "store", tmp_path / "run", protocol="speaker-folds:2"
    )
    assert figures.mean.value > 0.9  # 1 against 2 beats a second
    module = system.build(settings, {"ecg": (1,)}, system.task(settings, _windows(system, settings, corpus)))
    from earwitness.training.data import Batch

    batch = Batch(
        ids=("a", "b"), views={"ecg": (torch.zeros(2, 1000, 1), torch.tensor([1000, 700]))}, targets={},
        group=torch.zeros(2),
    )  # fmt: skip
    with pytest.raises(BadInput, match="windows of differing rates"):
        system.score(module, batch)
    short = Batch(
        ids=("a",), views={"ecg": (torch.zeros(1, 20, 1), torch.tensor([20]))}, targets={},
        group=torch.zeros(1),
    )  # fmt: skip
    with pytest.raises(BadInput, match="too short for this network"):
        system.score(module, short)


def _windows(system: RawSignal, settings: object, corpus: Path) -> pl.DataFrame:
    return heard_rows(system, settings, corpus)[0].table  # type: ignore[arg-type]


def test_recipes_are_refused_where_they_make_no_sense() -> None:
    with pytest.raises(BadInput, match="each view names its signal"):
        msgspec.structs.replace(
            Physiological.RECIPE, views=(View(name="v", input="vector", encoder="log-mel"),)
        )
    with pytest.raises(BadInput, match="two states or more"):
        msgspec.structs.replace(Physiological.RECIPE, states=("stress",))
    with pytest.raises(BadInput, match="views of waveforms"):
        msgspec.structs.replace(RawSignal.RECIPE, views=signal_views(("ecg",)))


def test_the_commands(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "train", "physiological", "--corpus", str(corpus), "--out", str(tmp_path / "run"), "--recipe", "ecg",
        "--encoder", "log-mel", "--protocol", "speaker-folds:2", "--set", "epochs=2", "--set", "batch=8",
        "--set", "patience=null", "--set", "validation=0",
    ]  # fmt: skip
    assert main(words) == 0, capsys.readouterr().err
    assert "accuracy" in capsys.readouterr().out
    assert main(["systems", "show", "physiological"]) == 0
    assert "leave" not in capsys.readouterr().err


def test_the_ledger_entry_says_simulated(tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    write(folder, 4)
    size = Size(
        seeds=(1,), ablation_seeds=(1,), epochs=1, encoder="log-mel", layer=None, long_window=0, folds=2,
        ablations=False,
    )  # fmt: skip
    entry = reproduce(folder, tmp_path / "store", tmp_path / "out", size=size)
    assert entry.data.kind == "simulated"
    assert "SIMULATED" in entry.notes[0]
    assert {(one.what, one.on) for one in entry.measured if one.metric == "accuracy"} == {
        (what, on) for what in ("relabel", "raw", "resample") for on in ("people held back", "random windows")
    }
    assert [one.word for one in entry.verdicts][1] == "not tested"
    table = pl.read_parquet(folder / "corpus.parquet").with_columns(synthetic=pl.lit(False))
    measured_on_people = _data(Corpus(table, "real"))
    assert (measured_on_people.kind, "SIMULATED" in measured_on_people.what) == ("real", False)


def test_wesad_from_its_pickles_to_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Miniature in the layout of the public set: Python 2 pickles, labels 0 to 7 at 700 Hz."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 0, 2, 6, 3, 4], [350, 2100, 70, 2100, 35, 700, 700])
    for name in ("S2", "S3", "S10", "S11"):
        chest = {kind: rng.standard_normal((len(labels), 1)) for kind in ("ECG", "EMG", "EDA")}
        content = {"signal": {"chest": chest}, "label": labels, "subject": name}
        (tmp_path / "wesad" / name).mkdir(parents=True)
        (tmp_path / "wesad" / name / f"{name}.pkl").write_bytes(pickle.dumps(content, protocol=2))
    table = str(tmp_path / "table.parquet")
    assert main(["corpora", "scan", "wesad", str(tmp_path / "wesad"), "--out", table]) in (0, 1)
    words = [
        "train", "physiological-raw", "--corpus", table, "--out", str(tmp_path / "run"), "--protocol",
        "leave-one-out:speaker", "--set", "window=1", "--set", "epochs=1", "--set", "positions=8",
        "--set", "patience=null", "--set", "validation=0", "--set", "batch=8",
    ]  # fmt: skip
    capsys.readouterr()
    assert main(words) == 0, capsys.readouterr().err
    assert "and 4 rounds, 40 trials" in capsys.readouterr().out  # 5 windows of 3 s in each of two states
    assert main([*words[:5], str(tmp_path / "again"), *words[6:], "--set", "window=30"]) == 2
    assert "has no stretch of 30 s of one state" in capsys.readouterr().err


def test_simulating_without_its_extra_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """neurokit2 has an environment of its own (tests_extras/physio)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "neurokit2", None)
        assert main(["corpora", "simulate", "stress", str(tmp_path / "people")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "people").exists()
