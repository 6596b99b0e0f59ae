"""ASVspoof 5: both layouts of its key, both tracks."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature import every, of, write

from earwitness.corpora.catalogue import scan
from earwitness.corpora.public.asvspoof5 import trials
from earwitness.errors import BadInput

TEN, SIX, TRACK_2 = (mini for mini in every() if mini.corpus == "asvspoof5")
P = "ASVspoof5_protocols/ASVspoof5"


def test_ten_columns(tmp_path: Path) -> None:
    table = scan("asvspoof5", TEN.build(tmp_path)).table.sort("id")
    columns = (
        "id",
        "split",
        "speaker",
        "gender",
        "label",
        "attack",
        "attack_tag",
        "codec",
        "codec_quality",
        "group",
    )
    assert table.select(columns).rows() == [
        ("D_0000000001", "validation", "D_0062", "female", "spoof", "A11", "AC1", "", "", "D_0000000001"),
        ("E_0000000002", "test", "E_0014", "female", "spoof", "A17", "AC1", "C03", "2", "E_0000000003"),
        ("E_0000000003", "test", "E_0014", "female", "bona fide", "", "", "", "", "E_0000000003"),
        ("T_0000000010", "train", "T_5232", "male", "spoof", "A06", "AC3", "", "", "T_0000000010"),
        ("T_0000000022", "train", "T_4850", "female", "bona fide", "", "", "", "", "T_0000000022"),
    ]  # fmt: skip


def test_six_columns(tmp_path: Path) -> None:
    table = scan("asvspoof5", SIX.build(tmp_path)).table.sort("id")
    assert table.select("id", "split", "speaker", "label", "attack", "gender").rows() == [
        ("D_0000000001", "validation", "D_0062", "spoof", "A11", ""),
        ("T_0000000010", "train", "T_5232", "spoof", "A06", ""),
        ("T_0000000022", "train", "T_4850", "bona fide", "", ""),
    ]


def test_another_number_of_columns_is_refused(tmp_path: Path) -> None:
    TEN.build(tmp_path)
    write(tmp_path / f"{P}.train.tsv", b"T_4850 T_0000000022 F bonafide\n")
    with pytest.raises(BadInput, match="line 1 has 4 columns, not 10 or 6"):
        scan("asvspoof5", tmp_path)


def test_enrolment_is_no_detection_trial(tmp_path: Path) -> None:
    TRACK_2.build(tmp_path)
    corpus = scan("asvspoof5", tmp_path)
    assert set(corpus.table["use"]) == {"trial"}
    assert corpus.report.dropped.examples == ("flac_D/D_A0000000562.flac", "flac_D/D_A0000000898.flac")
    assert corpus.report.extra.count == 0
    enrolled = scan("asvspoof5", tmp_path, use="track-2").table.filter(use="enrolment").sort("id")
    assert enrolled.select("id", "speaker", "split", "label").rows() == [
        ("D_A0000000562", "D_0062", "validation", "bona fide"),
        ("D_A0000000898", "D_0062", "validation", "bona fide"),
    ]


def test_trials_of_track_2(tmp_path: Path) -> None:
    TRACK_2.build(tmp_path)
    lines = "D_0062 D_0000000001 F A11 spoof\nD_0062 D_0000000007 F bonafide nontarget\n"
    write(tmp_path / f"{P}.dev.track_2.trial.tsv", lines.encode())
    found = trials(tmp_path, "validation")
    assert found.table.rows() == [
        ("D_0062", "D_0000000001", "female", "A11", "spoof"),
        ("D_0062", "D_0000000007", "female", "", "nontarget"),
    ]
    assert found.enrolled("D_0062") == ("D_A0000000562", "D_A0000000898")
    kept, lost = found.within(scan("asvspoof5", tmp_path, use="track-2"))
    assert kept.counts == {"target": 0, "nontarget": 0, "spoof": 1}
    assert lost == 1


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("D_9999 D_0000000001 F A11 spoof\n", "does not enrol 'D_9999'"),
        ("D_0062 D_0000000001 F A11 fake\n", "label 'fake'; known are target"),
        ("D_0062 D_0000000001 A11 spoof\n", "line 1 has 4 columns, not 5"),
    ],
)
def test_wrong_trials_are_refused(tmp_path: Path, lines: str, told: str) -> None:
    TRACK_2.build(tmp_path)
    write(tmp_path / f"{P}.dev.trial.txt", lines.encode())
    with pytest.raises(BadInput, match=told):
        trials(tmp_path, "validation")


def test_missing_trials_are_told(tmp_path: Path) -> None:
    of("asvspoof5").build(tmp_path)
    with pytest.raises(BadInput, match=r"has no ASVspoof5.eval.track_2.trial.tsv"):
        trials(tmp_path)
    with pytest.raises(BadInput, match="is no split"):
        trials(tmp_path, "train")
