"""ASVspoof 2021: what the columns of its keys become, and the scores for t-DCF."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature import of, write

from earwitness.corpora.catalogue import scan
from earwitness.corpora.public.asvspoof2021_la import asv_scores
from earwitness.errors import BadInput


def test_rows_of_logical_access(tmp_path: Path) -> None:
    table = scan("asvspoof2021-la", of("asvspoof2021-la").build(tmp_path)).table.sort("id")
    columns = ("id", "speaker", "split", "phase", "label", "attack", "codec", "channel", "trim")
    assert table.select(columns).rows() == [
        ("LA_E_1665632", "LA_0003", "hidden", "hidden_track", "spoof", "A12", "opus", "sin_tx", "notrim"),
        ("LA_E_5464494", "LA_0047", "progress", "progress", "spoof", "A19", "none", "-", "notrim"),
        ("LA_E_6866159", "LA_0020", "test", "eval", "bona fide", "", "gsm", "loc_tx", "notrim"),
        ("LA_E_9332881", "LA_0009", "test", "eval", "spoof", "A07", "alaw", "ita_tx", "notrim"),
    ]


def test_rows_of_deepfake(tmp_path: Path) -> None:
    table = scan("asvspoof2021-df", of("asvspoof2021-df").build(tmp_path)).table.sort("id")
    columns = ("id", "split", "label", "attack", "codec", "source_set", "vocoder", "vcc_team", "vcc_language")
    old = "traditional_vocoder"
    neural = "neural_vocoder_nonautoregressive"
    assert table.select(columns).rows() == [
        ("DF_E_2000011", "progress", "spoof", "A14", "nocodec", "asvspoof", old, "", ""),
        ("DF_E_2000013", "test", "spoof", "Task1-team20", "low_m4a", "vcc2020", neural, "team20", "E"),
        ("DF_E_2000024", "test", "spoof", "Task2-team12", "mp3m4a", "vcc2020", old, "team12", "G"),
        ("DF_E_2000058", "test", "bona fide", "", "mp3m4a", "asvspoof", "", "", ""),
    ]  # fmt: skip
    assert table["path"][0] == "ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac/DF_E_2000011.flac"


@pytest.mark.parametrize("place", ["LA", "keys", "LA-keys-full/keys/LA", "."])
def test_keys_are_found_as_they_come_unpacked(tmp_path: Path, place: str) -> None:
    mini = of("asvspoof2021-la")
    mini.build(tmp_path)
    (tmp_path / place / "CM").mkdir(parents=True)
    (tmp_path / next(iter(mini.keys))).rename(tmp_path / place / "CM" / "trial_metadata.txt")
    assert len(scan("asvspoof2021-la", tmp_path)) == mini.count


def test_an_unknown_phase_is_refused(tmp_path: Path) -> None:
    mini = of("asvspoof2021-la")
    mini.build(tmp_path)
    mini.rewrite(tmp_path, lambda text: text.replace("progress", "later"))
    with pytest.raises(BadInput, match="'later'"):
        scan("asvspoof2021-la", tmp_path)


TRIALS = (
    "LA_0015 LA_E_4581379 gsm ita_tx bonafide nontarget notrim progress\n"
    "LA_0007 LA_E_2000001 alaw ita_tx A07 spoof notrim eval\n"
    "LA_0007 LA_E_1000273 alaw ita_tx bonafide target notrim eval\n"
)
SCORES = "LA_0015 LA_E_4581379 -12.5\nLA_0007 LA_E_2000001 3\nLA_0007 LA_E_1000273 1e1\n"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    write(tmp_path / "keys/LA/ASV/trial_metadata.txt", TRIALS.encode())
    write(tmp_path / "keys/LA/ASV/ASVTorch_Kaldi/score.txt", SCORES.encode())
    return tmp_path


def test_scores_of_speaker_verification(keys: Path) -> None:
    assert asv_scores(keys).rows() == [
        ("LA_0015", "LA_E_4581379", "nontarget", "progress", -12.5),
        ("LA_0007", "LA_E_2000001", "spoof", "eval", 3.0),
        ("LA_0007", "LA_E_1000273", "target", "eval", 10.0),
    ]


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ("\n".join(SCORES.splitlines()[::-1]), "is not of the trials"),
        ("\n".join(SCORES.splitlines()[:2]), "is not of the trials"),
        (SCORES.replace("3", "nan"), "line 1 has no finite score|is not of the trials"),
        (SCORES.replace(" 3\n", " high\n"), "line 2 has no finite score: 'high'"),
        (SCORES.replace(" 3\n", " inf\n"), "line 2 has no finite score: 'inf'"),
    ],
)
def test_scores_that_do_not_fit_are_refused(keys: Path, scores: str, told: str) -> None:
    write(keys / "keys/LA/ASV/ASVTorch_Kaldi/score.txt", scores.encode())
    with pytest.raises(BadInput, match=told):
        asv_scores(keys)


def test_missing_scores_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no keys/LA/ASV"):
        asv_scores(tmp_path)
