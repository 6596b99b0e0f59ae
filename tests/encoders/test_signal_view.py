"""Physiological signals through `encode`: windows of one label, mappings, filters, and the store's key."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earwitness import encoders
from earwitness.audio.physiological import band_pass, to_waveform
from earwitness.cli.main import main
from earwitness.corpora.signal_windows import windows_by_label
from earwitness.encoders.corpus_segments import SignalWindows, segments_of
from earwitness.encoders.encoding import encode_into
from earwitness.encoders.store import Store
from earwitness.errors import BadInput

RATE = 50
SPANS = [
    {"start": 0.0, "end": 20.0, "label": "baseline"},
    {"start": 20.0, "end": 29.0, "label": "amusement"},
    {"start": 30.0, "end": 45.0, "label": "stress"},
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "p1.npz", ecg=rng.standard_normal(45 * RATE), eda=rng.standard_normal(45 * RATE))
    soundfile.write(tmp_path / "voice.wav", 0.1 * rng.standard_normal(8000), 16_000)
    pl.DataFrame(
        {
            "id": ["p1-ecg", "p1-eda", "voice"],
            "path": ["p1.npz", "p1.npz", "voice.wav"],
            "signal": ["ecg", "eda", "audio"],
            "member": ["ecg", "eda", None],
            "rate": [float(RATE), float(RATE), 16_000.0],
            "segments": [SPANS, SPANS, None],
        }
    ).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


@pytest.mark.parametrize("mapping", ["resample", "relabel"])
@pytest.mark.parametrize("filtered", [False, True])
def test_windows_are_what_they_are_said_to_be(mapping: str, filtered: bool, corpus: Path) -> None:
    how = SignalWindows(mapping=mapping, filtered=filtered)  # type: ignore[arg-type]
    segments = segments_of(corpus, how)
    assert [(s.start or 0, s.end) for s in segments if s.view.startswith("ecg")] == [
        (0, 10), (5, 15), (10, 20), (30, 40), (35, 45),
    ]  # fmt: skip
    assert [s.view for s in segments] == [
        f"{kind} {kind} 50 Hz {mapping}" + " filtered" * filtered for kind in ["ecg"] * 5 + ["eda"] * 5
    ] + [""]
    encoder = encoders.load("log-mel")
    with Store(corpus / "store") as store:
        done = encode_into(store, encoder, segments, stored="float32")
        assert (done.made, done.found, done.failures) == (11, 0, ())
        signal = np.load(corpus / "p1.npz")["eda"].astype(np.float32)[35 * RATE : 45 * RATE]
        if filtered:
            signal = band_pass(signal, RATE, "eda")
        (expected,) = encoder.encode([to_waveform(signal, RATE, mapping)], 16_000)  # type: ignore[arg-type]
        key = done.keys[9]
        assert key is not None
        np.testing.assert_array_equal(store.get(key), expected)
        again = encode_into(store, encoder, segments, stored="float32")
        assert (again.made, again.found) == (0, 11)


def test_the_command(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["encode", str(corpus), "--encoder", "log-mel", "--store", str(corpus / "store")]
    assert main(words) == 2
    assert "has rows of ecg, eda; say --mapping resample or relabel" in capsys.readouterr().err
    assert main([*words, "--mapping", "relabel"]) == 0
    assert capsys.readouterr().out.startswith("11 encoded, 0 there already")
    assert main([*words, "--mapping", "relabel"]) == 0
    assert capsys.readouterr().out.startswith("0 encoded, 11 there already")
    assert main([*words, "--mapping", "relabel", "--filtered"]) == 0
    assert capsys.readouterr().out.startswith("10 encoded, 1 there already")
    assert main([*words, "--mapping", "resample", "--window", "15", "--hop", "1"]) == 0
    assert capsys.readouterr().out.startswith("4 encoded, 1 there already")
    assert main(["store", "info", str(corpus / "store")]) == 0
    assert "view eda eda 50 Hz relabel filtered" in capsys.readouterr().out
    assert main([*words, "--mapping", "relabel", "--hop", "0"]) == 2
    pl.DataFrame({"path": ["voice.wav"]}).write_parquet(corpus / "corpus.parquet")
    assert main([*words, "--mapping", "relabel"]) == 2
    assert "has no rows of ecg, emg, eda, ppg to map" in capsys.readouterr().err


def test_what_cannot_be_read_is_listed(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pl.read_parquet(corpus / "corpus.parquet").drop("segments")
    table = table.with_columns(start=pl.lit(0.0), end=pl.Series([60.0, None, None]))
    table.write_parquet(corpus / "corpus.parquet")
    words = ["encode", str(corpus), "--encoder", "log-mel", "--store", str(corpus / "store")]
    assert main([*words, "--mapping", "relabel"]) == 1
    printed = capsys.readouterr()
    assert printed.out.startswith("17 encoded, 0 there already, 3 unreadable")
    assert "has no stretch from 40.0 to 50.0 s" in printed.err


@given(
    st.lists(st.tuples(st.floats(0.5, 40), st.sampled_from("abc")), max_size=6),
    st.sampled_from([2.0, 10.0]),
    st.sampled_from([0.25, 0.5, 1.0]),
)
def test_no_window_has_two_labels(spans: list[tuple[float, str]], seconds: float, hop: float) -> None:
    edges = np.cumsum([0.0, *(length for length, _ in spans)])
    segments = [
        {"start": edges[k], "end": edges[k + 1], "label": label} for k, (_, label) in enumerate(spans)
    ]
    kind = pl.List(pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String}))
    table = pl.DataFrame({"id": ["a"], "segments": [segments]}, schema={"id": pl.String, "segments": kind})
    cut = windows_by_label(table, seconds=seconds, hop=hop)
    assert cut["id"].n_unique() == len(cut)
    for _, label, start, end in cut.select("id", "label", "start", "end").iter_rows():
        assert end - start == pytest.approx(seconds)
        assert any(
            s["label"] == label and s["start"] - 1e-9 <= start and end <= s["end"] + 1e-6 for s in segments
        )
    for span in segments:  # what is left over is shorter than a hop
        inside = [
            end for start, end in cut.select("start", "end").iter_rows() if start >= span["start"] - 1e-9
        ]
        ends = [end for end in inside if end <= span["end"] + 1e-6]
        if span["end"] - span["start"] >= seconds:
            assert span["end"] - max(ends) < seconds * hop + 1e-6


def test_filters_leave_what_is_of_their_kind() -> None:
    time = np.arange(7000) / 700
    middle = slice(1500, -1500)
    for kind, kept, lost in (("ecg", 8.0, 100.0), ("emg", 60.0, 2.0), ("eda", 1.0, 30.0)):
        wave, other = np.sin(2 * np.pi * kept * time), np.sin(2 * np.pi * lost * time)
        found = band_pass(wave + other, 700, kind)
        np.testing.assert_allclose(found[middle], wave[middle], atol=0.02)
    assert band_pass(np.arange(8.0), 8, "eda").tolist() == list(range(8))  # 4 Hz are all there is
    assert np.isfinite(band_pass(np.arange(5.0), 64, "emg")).all()
    with pytest.raises(BadInput, match="too few for emg"):
        band_pass(np.arange(8.0), 15, "emg")
    with pytest.raises(BadInput, match="not 'eeg'"):
        band_pass(np.arange(8.0), 700, "eeg")


def test_windows_need_an_end() -> None:
    with pytest.raises(BadInput, match="has no end"):
        windows_by_label(pl.DataFrame({"id": ["a"], "path": ["a.npy"], "end": [None]}))
