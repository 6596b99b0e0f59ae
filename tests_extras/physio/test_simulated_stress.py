"""Simulated people through neurokit2 itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from earwitness.cli.main import main
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.simulated_stress import build
from earwitness.corpora.window_rows import window_rows
from earwitness.encoders.corpus_segments import SignalWindows, segments_of
from earwitness.encoders.encoding import encode_into
from earwitness.encoders.loading import load
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.making.body_signals import RATE, Person, simulate


def test_a_corpus_that_says_simulated_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["corpora", "simulate", "stress", str(tmp_path / "one"), "--people", "2", "--seconds", "12"]
    assert main(words) == 0
    assert "SIMULATED" in capsys.readouterr().out
    assert "**simulated**" in (tmp_path / "one" / "CARD.md").read_text()
    corpus = Corpus.read(tmp_path / "one")
    assert len(corpus) == 12
    assert corpus.table["synthetic"].all()
    assert corpus.table["source"].str.starts_with("SIMULATED with neurokit2").all()
    windows = window_rows(corpus, kinds=("ecg", "eda", "emg"), seconds=5)
    assert windows.table["synthetic"].all()
    with Store(tmp_path / "store") as store:
        segments = segments_of(tmp_path / "one", SignalWindows(mapping="relabel"))
        done = encode_into(store, load("log-mel"), segments)
    assert (done.made, done.failures) == (12, ())
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "one" / "signals").iterdir()}
    build(tmp_path / "one", people=2, seconds=12)
    assert before == {file.name: file.stat().st_mtime_ns for file in (tmp_path / "one" / "signals").iterdir()}
    with pytest.raises(BadInput, match="holds a corpus with other settings"):
        build(tmp_path / "one", people=3, seconds=12)


def test_the_same_seed_gives_the_same_people(tmp_path: Path) -> None:
    tables = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        build(tmp_path / name, people=2, seconds=10, seed=seed)
        with np.load(tmp_path / name / "signals" / "S02-stress.npz") as held:
            tables.append({kind: held[kind] for kind in held.files})
    for kind in ("ecg", "eda", "emg"):
        np.testing.assert_array_equal(tables[0][kind], tables[1][kind])
        assert not np.array_equal(tables[0][kind], tables[2][kind])


def test_stress_beats_faster() -> None:
    who = Person(
        heart_rate=60, heart_gain=40, responses=3, responses_gain=3, bursts=3, bursts_gain=3, noise=0.0
    )
    rates = []
    for state in ("baseline", "stress"):
        ecg = simulate(who, state, 30, np.random.default_rng(0))["ecg"]
        assert len(ecg) == 30 * RATE
        assert ecg.dtype == np.float32
        spectrum = np.abs(np.fft.rfft((ecg - ecg.mean()) ** 2))
        frequencies = np.fft.rfftfreq(len(ecg), 1 / RATE)
        band = (frequencies > 0.7) & (frequencies < 2.2)
        rates.append(frequencies[band][spectrum[band].argmax()])
    assert rates[1] - rates[0] == pytest.approx(40 / 60, abs=0.15)
    with pytest.raises(BadInput, match="is no state"):
        simulate(who, "asleep", 1, np.random.default_rng(0))
