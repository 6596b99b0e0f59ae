"""Signals with a table of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from earwitness.corpora.catalogue import scan
from earwitness.corpora.stored_signal import SignalReader
from earwitness.errors import BadInput

TABLE = (
    "path,signal,rate,subject,label,start,end\n"
    "p1/ecg.npy,ECG,250,p1,stress,0,2\np1/ecg.npy,ecg,250,p1,rest,2,4\np2.wav,audio,16000,p2,rest,,\n"
)


@pytest.fixture
def root(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    (tmp_path / "p1").mkdir()
    np.save(tmp_path / "p1/ecg.npy", np.arange(1000.0))
    clip("p2.wav")
    (tmp_path / "signals.csv").write_text(TABLE)
    return tmp_path


def test_rows_and_their_samples(root: Path) -> None:
    table = scan("signals", root).table
    assert table.select("id", "speaker", "signal", "label", "rate", "start", "end", "group").rows() == [
        ("p1-0", "p1", "ecg", "stress", 250.0, 0.0, 2.0, "p1/p1/ecg.npy"),
        ("p1-1", "p1", "ecg", "rest", 250.0, 2.0, 4.0, "p1/p1/ecg.npy"),
        ("p2-2", "p2", "audio", "rest", 16000.0, 0.0, None, "p2/p2.wav"),
    ]
    reader = SignalReader(root)
    lengths = [len(reader.read(row)) for row in table.iter_rows(named=True)]
    assert lengths == [500, 500, 1600]


def test_another_name_and_tabs(root: Path) -> None:
    (root / "signals.csv").rename(root / "all.tsv")
    (root / "all.tsv").write_text(TABLE.replace(",", "\t"))
    assert len(scan("signals", root, table="all.tsv")) == 3


def test_missing_and_extra_files_are_told(root: Path, clip: Callable[[str], Path]) -> None:
    (root / "p2.wav").unlink()
    clip("p3.wav")
    report = scan("signals", root).report
    assert report.missing.examples == ("p2-2",)
    assert report.extra.examples == ("p3.wav",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TABLE.replace("ECG", "eeg"), "has the signal 'eeg'; known are audio, ecg, eda, emg"),
        (TABLE.replace("250", "0"), "has no rate above 0 for 'p1/ecg.npy'"),
        (TABLE.replace("250", "fast"), "column 'rate' holds 'fast', not a number"),
        (TABLE.replace("p1/ecg.npy", "/p1/ecg.npy"), "has a path outside of the corpus folder"),
        (TABLE.replace("p1/ecg.npy", "../p1/ecg.npy"), "has a path outside of the corpus folder"),
        (TABLE.replace(",p1,", ",,"), "has a row without a subject"),
        (TABLE.replace("subject", "person"), "has no column 'subject'"),
        (TABLE.replace(",0,2\n", ",2,0\n"), "ends before it starts"),
    ],
)
def test_a_wrong_table_is_refused(root: Path, text: str, told: str) -> None:
    (root / "signals.csv").write_text(text)
    with pytest.raises(BadInput, match=told):
        scan("signals", root)


def test_without_a_table(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"signals\.csv: cannot be read: No such file"):
        scan("signals", tmp_path)
