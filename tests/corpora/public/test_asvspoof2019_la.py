"""ASVspoof 2019 LA: its own layout and names, and what may be wrong with a copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

TRAIN = "LA_0079 LA_T_1138215 - - bonafide\nLA_0079 LA_T_1271820 - A01 spoof\n"


@pytest.fixture
def root(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    protocols = tmp_path / "ASVspoof2019_LA_cm_protocols"
    protocols.mkdir()
    (protocols / "ASVspoof2019.LA.cm.train.trn.txt").write_text(TRAIN)
    (protocols / "ASVspoof2019.LA.cm.eval.trl.txt").write_text("LA_0039 LA_E_2834763 - A11 spoof\n")
    for part, name in (("train", "LA_T_1138215"), ("train", "LA_T_1271820"), ("eval", "LA_E_2834763")):
        clip(f"ASVspoof2019_LA_{part}/flac/{name}.flac")
    return tmp_path


def test_rows(root: Path) -> None:
    corpus = scan("asvspoof2019-la", root)
    rows = corpus.table.sort("id").select("id", "split", "speaker", "label", "attack", "synthetic").rows()
    assert rows == [
        ("LA_E_2834763", "test", "LA_0039", "spoof", "A11", True),
        ("LA_T_1138215", "train", "LA_0079", "bona fide", "", False),
        ("LA_T_1271820", "train", "LA_0079", "spoof", "A01", True),
    ]
    assert corpus.table["path"].to_list()[0] == "ASVspoof2019_LA_train/flac/LA_T_1138215.flac"
    assert "train bona fide: 1 rows, a complete copy has 2,580" in [
        line.replace("split ", "").replace("label ", "") for line in corpus.report.differences
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_key_from_another_system(root: Path, encoding: str) -> None:
    key = root / "ASVspoof2019_LA_cm_protocols" / "ASVspoof2019.LA.cm.train.trn.txt"
    key.write_bytes(TRAIN.replace("\n", "\r\n").encode(encoding))
    assert len(scan("asvspoof2019-la", root)) == 3


def test_missing_and_extra_files_are_told(root: Path, clip: Callable[[str], Path]) -> None:
    (root / "ASVspoof2019_LA_train/flac/LA_T_1271820.flac").unlink()
    clip("ASVspoof2019_LA_train/flac/LA_T_9999999.flac")
    report = scan("asvspoof2019-la", root).report
    assert report.missing.examples == ("LA_T_1271820",)
    assert report.extra.examples == ("ASVspoof2019_LA_train/flac/LA_T_9999999.flac",)


def test_a_file_of_no_bytes_is_left_out(root: Path) -> None:
    (root / "ASVspoof2019_LA_train/flac/LA_T_1271820.flac").write_bytes(b"")
    corpus = scan("asvspoof2019-la", root)
    assert len(corpus) == 2
    assert corpus.report.empty.count == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("LA_0079 LA_T_1138215 - - genuine\n", "has the label 'genuine'; known are bonafide, spoof"),
        ("LA_0079 LA_T_1138215 - bonafide\n", "line 1 has 4 columns, not 5"),
        (TRAIN + TRAIN, "names 'LA_T_1138215' more than once"),
        ("\n", "has no rows"),
    ],
)
def test_a_wrong_key_is_refused(root: Path, line: str, told: str) -> None:
    (root / "ASVspoof2019_LA_cm_protocols" / "ASVspoof2019.LA.cm.train.trn.txt").write_text(line)
    with pytest.raises(BadInput, match=told):
        scan("asvspoof2019-la", root)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give the folder LA"):
        scan("asvspoof2019-la", tmp_path)
