"""In-the-Wild, FoR, CtrSVDD, CFAD, EmoFake, MLAAD: what names and lists become."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature import every, of, write

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput


@pytest.mark.parametrize("mini", [mini for mini in every() if mini.corpus == "in-the-wild"])
def test_in_the_wild(tmp_path: Path, mini: object) -> None:
    table = scan("in-the-wild", mini.build(tmp_path)).table.sort("id")  # type: ignore[attr-defined]
    assert table.select("id", "speaker", "label", "split").rows() == [
        ("0", "Alec Guinness", "spoof", "test"),
        ("1", "Alec Guinness", "spoof", "test"),
        ("4", "Christopher Hitchens", "bona fide", "test"),
    ]


def test_versions_of_for(tmp_path: Path) -> None:
    table = scan("for", of("for").build(tmp_path)).table.sort("path")
    assert table.select("version", "split", "label", "group").rows() == [
        ("2 seconds", "test", "spoof", "testing/fake/file9273"),
        ("2 seconds", "train", "spoof", "training/fake/file2"),
        ("norm", "test", "spoof", "testing/fake/file766"),
        ("norm", "train", "spoof", "training/fake/file2"),
        ("norm", "train", "bona fide", "training/real/file1"),
        ("norm", "validation", "bona fide", "validation/real/file4"),
    ]


def test_one_version_of_for_is_named_by_its_folder(tmp_path: Path) -> None:
    mini = [mini for mini in every() if mini.corpus == "for"][1]
    assert set(scan("for", mini.build(tmp_path / "for-rerec")).table["version"]) == {"re-recorded"}
    assert set(scan("for", mini.build(tmp_path / "other")).table["version"]) == {""}


def test_ctrsvdd(tmp_path: Path) -> None:
    table = scan("ctrsvdd", of("ctrsvdd").build(tmp_path)).table.sort("id")
    assert table.select("id", "split", "speaker", "source_set", "label", "attack").rows()[:3] == [
        ("CtrSVDD_0053_T_0038470", "train", "CtrSVDD_0053", "opencpop", "spoof", "A05"),
        ("CtrSVDD_0054_T_0000001", "train", "CtrSVDD_0054", "opencpop", "spoof", "A01"),
        ("CtrSVDD_0097_D_0010993", "validation", "CtrSVDD_0097", "jvsmusic", "spoof", "A06"),
    ]


def test_ace_and_a14_are_choices(tmp_path: Path) -> None:
    mini = of("ctrsvdd")
    mini.build(tmp_path)
    more = "kising CtrSVDD_0121 CtrSVDD_0121_E_0000009 - A14 deepfake\n"
    write(tmp_path / "test.txt", (mini.keys["test.txt"] + more).encode())
    write(tmp_path / "test_set/CtrSVDD_0121_E_0000009.flac", b"x")
    usual = scan("ctrsvdd", tmp_path)
    assert len(usual) == mini.count
    assert usual.report.dropped.examples == ("CtrSVDD_0121_E_0000009",)
    assert "split test: 3 rows, a complete copy has 67,579" in usual.report.differences
    without = scan("ctrsvdd", tmp_path, ace="without")
    assert len(without) == mini.count - 1
    assert "acesinger" not in set(without.table["source_set"])
    assert "split test: 2 rows, a complete copy has 64,734" in without.report.differences
    assert len(scan("ctrsvdd", tmp_path, a14="keep")) == mini.count + 1
    with pytest.raises(BadInput, match="maybe"):
        scan("ctrsvdd", tmp_path, ace="maybe")


def test_cfad(tmp_path: Path) -> None:
    table = scan("cfad", of("cfad").build(tmp_path)).table.sort("path")
    columns = ("split", "part", "condition", "label", "attack", "family", "source_set", "speaker", "group")
    rows = table.select(columns).rows()
    assert rows == [
        ("validation", "", "clean", "spoof", "hifigan", "neural vocoder", "", "", "dev/hifigan/utt_17"),
        ("test", "seen", "clean", "bona fide", "", "", "thchs30", "A11", "A11_003"),
        ("test", "unseen", "clean", "spoof", "partiallyfake", "partially fake", "", "",
         "test_unseen/partiallyfake/utt_9"),
        ("test", "unseen", "clean", "bona fide", "", "", "magicconversa", "",
         "test_unseen/magicconversa/utt_3"),
        ("train", "", "clean", "spoof", "gl", "traditional vocoder", "", "SSB0005", "SSB00050001"),
        ("train", "", "clean", "bona fide", "", "", "aishell1", "S0002", "BAC009S0002W0122"),
        ("train", "", "clean", "bona fide", "", "", "aishell3", "SSB0005", "SSB00050001"),
        ("validation", "", "codec", "spoof", "hifigan", "neural vocoder", "", "", "dev/hifigan/utt_17"),
    ]  # fmt: skip


def test_cfad_by_its_other_names(tmp_path: Path) -> None:
    mini = [mini for mini in every() if mini.corpus == "cfad"][1]
    table = scan("cfad", mini.build(tmp_path)).table.sort("path")
    assert table.select("condition", "attack", "source_set").rows() == [
        ("clean", "partiallyfake", ""),
        ("noisy", "", "selfrecording"),
    ]


def test_emofake(tmp_path: Path) -> None:
    table = scan("emofake", of("emofake").build(tmp_path)).table.sort("id")
    columns = ("id", "language", "split", "label", "engine", "source_emotion", "emotion", "speaker", "group")
    assert table.select(columns).rows() == [
        ("0011_Angry_000351", "en", "train", "bona fide", "", "", "anger", "0011", "0011_000351"),
        ("0012_Surprise_001401", "en", "test", "bona fide", "", "", "surprise", "0012", "0012_001401"),
        ("S1_Angry2Happy_0011_000351", "en", "train", "spoof", "VAW-GAN-CWT", "anger", "happiness", "0011",
         "0011_000351"),
        ("S2_Surprise2Neutral_0003_001422", "zh", "test", "spoof", "DeepEST", "surprise", "neutral", "0003",
         "0003_001422"),
        ("S7_Neutral2Sad_0003_000022", "zh", "test", "spoof", "StarGAN-EVC", "neutral", "sadness", "0003",
         "0003_000022"),
    ]  # fmt: skip


def test_one_half_of_emofake(tmp_path: Path) -> None:
    of("emofake").build(tmp_path)
    assert set(scan("emofake", tmp_path, language="zh").table["speaker"]) == {"0003"}


def test_a_protocol_of_emofake_turned_round_is_refused(tmp_path: Path) -> None:
    of("emofake").build(tmp_path)
    text = "0011_Angry_000351.wav fake\nS1_Angry2Happy_0011_000351.wav genuine\n"
    write(tmp_path / "English/train.txt", text.encode())
    with pytest.raises(BadInput, match=r"is spoof, its name says otherwise .* so 2 of 2 lines"):
        scan("emofake", tmp_path)


def test_the_language_of_emofake_by_its_speakers(tmp_path: Path) -> None:
    for name in ("S3_Sad2Happy_0011_001051.wav", "0010_Sad_001051.wav"):
        write(tmp_path / "wav" / name, b"x")
    write(tmp_path / "train.txt", b"S3_Sad2Happy_0011_001051.wav fake\n0010_Sad_001051.wav genuine\n")
    table = scan("emofake", tmp_path).table.sort("id")
    assert table["language"].to_list() == ["zh", "en"]


def test_mlaad(tmp_path: Path) -> None:
    table = scan("mlaad", of("mlaad").build(tmp_path)).table.sort("id")
    assert table.select("label", "attack", "family", "language", "speaker", "transcript").rows() == [
        ("spoof", "xtts_v2", "xtts", "de", "Claribel Dervla", "Der Zug kam spät."),
        ("spoof", "tts_models/en/ljspeech/vits", "vits", "en", "", "The train was late."),
    ]
    assert table["group"].n_unique() == 1
