"""WESAD: pickles of Python 2, and what must not be run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from earwitness.corpora.catalogue import scan
from earwitness.corpora.stored_signal import SignalReader
from earwitness.errors import BadInput

LABELS = np.repeat([0, 1, 0, 2, 6, 3, 4, 1], [350, 1400, 70, 2100, 35, 700, 700, 700])


def subject(root: Path, name: str, labels: np.ndarray = LABELS, length: int | None = None) -> Path:
    rng = np.random.default_rng(0)
    length = len(labels) if length is None else length
    chest = {kind: rng.standard_normal((length, 1)) for kind in ("ECG", "EMG", "EDA", "Temp", "Resp")}
    wrist = {"BVP": rng.standard_normal((length // 11, 1))}
    content = {"signal": {"chest": chest, "wrist": wrist}, "label": labels, "subject": name}
    path = root / name / f"{name}.pkl"
    path.parent.mkdir()
    path.write_bytes(pickle.dumps(content, protocol=2))
    return path


def test_sessions(tmp_path: Path) -> None:
    subject(tmp_path, "S2")
    subject(tmp_path, "S10")
    corpus = scan("wesad", tmp_path)
    table = corpus.table
    assert table.select("id", "speaker", "signal", "member", "rate", "session").rows()[:3] == [
        ("S2-ecg", "S2", "ecg", "signal/chest/ECG", 700.0, "S2"),
        ("S2-eda", "S2", "eda", "signal/chest/EDA", 700.0, "S2"),
        ("S2-emg", "S2", "emg", "signal/chest/EMG", 700.0, "S2"),
    ]
    assert table["group"].unique(maintain_order=True).to_list() == ["S2", "S10"]
    assert table["segments"].to_list()[0][:2] == [
        {"start": 0.5, "end": 2.5, "label": "baseline"},
        {"start": 2.6, "end": 5.6, "label": "stress"},
    ]
    assert corpus.report.differences == ("all: 6 rows, a complete copy has 45",)


def test_stretches_of_states_and_their_samples(tmp_path: Path) -> None:
    path = subject(tmp_path, "S2")
    table = scan("wesad", tmp_path, rows="states").table
    assert table.filter(signal="eda")["state"].to_list() == [
        "baseline", "stress", "amusement", "meditation", "baseline",
    ]  # fmt: skip
    assert table.group_by("group").len()["len"].unique().to_list() == [3]
    row = table.filter(signal="eda", state="stress").row(0, named=True)
    stored = pickle.loads(path.read_bytes())["signal"]["chest"]["EDA"].reshape(-1).astype(np.float32)
    np.testing.assert_array_equal(SignalReader(tmp_path).read(row), stored[1820:3920])


def test_nothing_in_a_pickle_is_run(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple:
            return os.mkdir, (str(tmp_path / "harm"),)

    path = subject(tmp_path, "S2")
    path.write_bytes(pickle.dumps({"signal": Harm(), "label": LABELS}, protocol=2))
    with pytest.raises(BadInput, match=r"S2\.pkl: holds 'posix\.mkdir'"):
        scan("wesad", tmp_path)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("rows", ["session", "states"])
def test_other_files_and_empty_ones(tmp_path: Path, rows: str) -> None:
    subject(tmp_path, "S2")
    subject(tmp_path, "S3").write_bytes(b"")
    (tmp_path / "S2/S2_features.pkl").write_bytes(b"x")
    report = scan("wesad", tmp_path, rows=rows).report
    assert report.unknown.examples == ("S2/S2_features.pkl",)
    assert set(report.empty.examples) == {"S3/S3.pkl"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not a pickle", r"S2\.pkl: is broken or no pickle"),
        (pickle.dumps({"label": LABELS}), "holds no 'signal/chest/ECG'"),
        (pickle.dumps({"signal": {}}), "holds no 'label'"),
    ],
)
def test_broken_pickles_are_refused(tmp_path: Path, content: bytes, told: str) -> None:
    subject(tmp_path, "S2").write_bytes(content)
    with pytest.raises(BadInput, match=told):
        scan("wesad", tmp_path)


def test_signals_must_fit_the_labels(tmp_path: Path) -> None:
    subject(tmp_path, "S2", length=100)
    with pytest.raises(BadInput, match="has 100 samples in 'signal/chest/ECG' and 6,055 labels"):
        scan("wesad", tmp_path)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds nothing of WESAD"):
        scan("wesad", tmp_path)
