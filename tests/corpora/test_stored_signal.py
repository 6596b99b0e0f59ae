"""Samples of rows that point into pickles, arrays and tables."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earwitness.corpora.stored_signal import SignalReader, spans
from earwitness.errors import BadInput

VALUES = np.arange(100, dtype=np.float64) / 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    np.save(tmp_path / "a.npy", VALUES)
    np.savez(tmp_path / "a.npz", first=VALUES, second=VALUES[:10], whole=np.arange(4))
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"chest": {"ECG": VALUES[:, None]}}, protocol=2))
    (tmp_path / "a.csv").write_text(
        "time,ecg\n" + "".join(f"{i},{value}\n" for i, value in enumerate(VALUES))
    )
    soundfile.write(tmp_path / "a.wav", VALUES, 100, subtype="FLOAT")
    return tmp_path


def row(path: str, member: str = "", **more: Any) -> dict[str, Any]:
    return {"path": path, "member": member, "rate": 100.0, "start": 0.0, "end": None, **more}


@pytest.mark.parametrize(
    ("path", "member"),
    [("a.npy", ""), ("a.npz", "first"), ("a.pkl", "chest/ECG"), ("a.csv", "ecg"), ("a.wav", "")],
)
def test_the_same_samples_from_every_kind(root: Path, path: str, member: str) -> None:
    reader = SignalReader(root)
    whole = reader.read(row(path, member))
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole, VALUES, atol=1e-7)
    np.testing.assert_array_equal(reader.read(row(path, member, start=0.2, end=0.5)), whole[20:50])


def test_a_file_is_read_once_for_all_of_its_rows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SignalReader(root)
    assert len(reader.read(row("a.npz", "first"))) == 100
    (root / "a.npz").unlink()
    assert len(reader.read(row("a.npz", "second"))) == 10


@pytest.mark.parametrize(
    ("given_row", "told"),
    [
        (row("a.npy", start=0.5, end=1.5), r"ends at 1 s, the row is 0.5 s to 1.5 s"),
        (row("a.npz", "third"), "holds no 'third'"),
        (row("a.pkl", "chest/EDA"), "holds no 'chest/EDA'"),
        (row("a.pkl", "chest"), "holds no numbers in 'chest'"),
        (row("a.csv", "eda"), "has no column 'eda'"),
        (row("a.wav", rate=200.0), "has 100 Hz, the row says 200"),
        (row("none.npy"), "cannot be read as an array"),
        (row("none.pkl"), "cannot be read: No such file"),
    ],
)
def test_what_is_refused(root: Path, given_row: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        SignalReader(root).read(given_row)


def test_arrays_of_objects_are_not_unpickled(root: Path) -> None:
    np.save(root / "bad.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(BadInput, match="cannot be read as an array"):
        SignalReader(root).read(row("bad.npy"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros((10, 3)), "holds not one signal"),
        (np.zeros(0), "holds not one signal"),
        (np.array([0.0, np.nan]), "samples that are not numbers"),
        (np.array(["a", "b"]), "holds no numbers"),
    ],
)
def test_arrays_that_are_no_signal(root: Path, values: np.ndarray, told: str) -> None:
    np.save(root / "bad.npy", values)
    with pytest.raises(BadInput, match=told):
        SignalReader(root).read(row("bad.npy"))


@given(st.lists(st.integers(0, 7), min_size=1, max_size=60), st.sampled_from([1.0, 4.0, 700.0]))
def test_spans_hold_each_named_sample_once(labels: list[int], rate: float) -> None:
    names = {1: "one", 2: "two"}
    found = spans(np.array(labels), rate, names)
    back = [""] * len(labels)
    for span in found:
        for at in range(round(float(span["start"]) * rate), round(float(span["end"]) * rate)):
            assert back[at] == ""
            back[at] = str(span["label"])
    assert back == [names.get(label, "") for label in labels]
