"""Codec corpora: what their names and lists become, and that one source utterance is one group."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from miniature import every, of, write

from earwitness.corpora.catalogue import scan
from earwitness.corpora.codec_settings import SETTINGS, setting
from earwitness.errors import BadInput

WU, WU_LISTED = (mini for mini in every() if mini.corpus == "codecfake-wu")


def test_folders_of_wu(tmp_path: Path) -> None:
    table = scan("codecfake-wu", WU.build(tmp_path)).table.sort("id")
    columns = (
        "id",
        "label",
        "codec",
        "speaker",
        "split",
        "group",
        "quantizers",
        "codec_rate",
        "settings_recalled",
    )
    speech_tokenizer = ("SpeechTokenizer", "p226", "validation", "p226_003", 8, 16_000, True)
    dac = ("descript-audio-codec-44khz", "p227", "test", "p227_003", 9, 44_100, False)
    assert table.select(columns).rows() == [
        ("SpeechTokenizer/p226_003", "spoof", *speech_tokenizer),
        ("descript-audio-codec-44khz/p227_003", "spoof", *dac),
        ("encodec_24khz/p225_001", "spoof", "encodec_24khz", "p225", "train", "p225_001", 8, 24_000, True),
        ("genuine/p225_001", "bona fide", "", "p225", "train", "p225_001", None, None, None),
    ]
    assert table["attack"].to_list() == ["SpeechTokenizer", "descript-audio-codec-44khz", "encodec_24khz", ""]


def test_codecs_may_count_as_bona_fide(tmp_path: Path) -> None:
    table = scan("codecfake-wu", WU.build(tmp_path), codec_as="bona fide").table
    assert set(table["label"]) == {"bona fide"}
    assert not table["synthetic"].any()
    assert table["codec"].n_unique() == 4


def test_the_list_of_wu_names_real_systems(tmp_path: Path) -> None:
    table = scan("codecfake-wu", WU_LISTED.build(tmp_path)).table.sort("id")
    assert table.select("id", "label", "attack", "codec").rows() == [
        ("encodec_24khz/p225_001", "spoof", "encodec_24khz", "encodec_24khz"),
        ("genuine/p225_001", "bona fide", "", ""),
        ("valle/p228_014", "spoof", "valle", ""),
    ]


def test_a_list_that_calls_genuine_speech_fake_is_refused(tmp_path: Path) -> None:
    WU_LISTED.build(tmp_path)
    swap = {"real": "fake", "fake": "real"}
    lines = [line.split(",") for line in WU_LISTED.keys["datalist.csv"].splitlines()]
    write(tmp_path / "datalist.csv", "\n".join(",".join([a, swap[b], c, d]) for a, b, c, d in lines).encode())
    with pytest.raises(BadInput, match="turned round"):
        scan("codecfake-wu", tmp_path)


@pytest.mark.parametrize(
    ("codec", "kbps"),
    [
        ("academicodec_hifi_16k_320d", 2.0),
        ("academicodec_hifi_24k_320d", 3.0),
        ("audiodec_24k_320d", 6.0),
        ("descript-audio-codec-16khz", 6.0),
        ("descript-audio-codec-24khz", 24.0),
        ("SpeechTokenizer", 4.0),
        ("funcodec-funcodec_zh_en_16k_nq32ds640", 8.0),
        ("funcodec-funcodec_en_libritts-16k-nq32ds320", 16.0),
    ],
)
def test_bit_rates_follow_from_the_settings(codec: str, kbps: float) -> None:
    assert setting(codec).kbps == pytest.approx(kbps)


def test_dac_at_44_khz_is_printed_as_eight() -> None:
    assert setting("descript-audio-codec-44khz").kbps == pytest.approx(7.75, abs=0.01)
    assert len(SETTINGS) == 15
    with pytest.raises(BadInput, match="no known codec"):
        setting("mp3")


def test_lists_of_xie(tmp_path: Path) -> None:
    table = scan("codecfake-xie", of("codecfake-xie").build(tmp_path)).table.sort("id")
    assert table.select("id", "label", "part", "split", "attack", "codec", "speaker", "group").rows() == [
        ("A1/L1_p228_028", "spoof", "A1", "test", "A1", "", "p228", "p228_028"),
        ("A3/21931", "spoof", "A3", "test", "A3", "", "", "21931"),
        ("C1/F01_SSB05440084", "spoof", "C1", "test", "F01", "SoundStream", "SSB0544", "SSB05440084"),
        ("C1/SSB05440084", "bona fide", "C1", "test", "", "", "SSB0544", "SSB05440084"),
        ("C2/SSB05440084", "bona fide", "C2", "test", "", "", "SSB0544", "SSB05440084"),
        ("C7/F07_p225_009", "spoof", "C7", "test", "F07", "DAC", "p225", "p225_009"),
        ("dev/F02_p225_007", "spoof", "dev", "validation", "F02", "SpeechTokenizer", "p225", "p225_007"),
        ("train/F01_SSB13650058", "spoof", "train", "train", "F01", "SoundStream", "SSB1365", "SSB13650058"),
        ("train/SSB13650058", "bona fide", "train", "train", "", "", "SSB1365", "SSB13650058"),
    ]


def test_a_split_that_tears_a_source_utterance_is_told(tmp_path: Path) -> None:
    of("codecfake-xie").build(tmp_path)
    write(tmp_path / "label/dev.txt", b"F02_p225_007.wav fake 2\nF03_SSB13650058.wav fake 3\n")
    write(tmp_path / "dev/F03_SSB13650058.wav", b"x")
    corpus = scan("codecfake-xie", tmp_path)
    assert corpus.report.notes[0].startswith("1 source utterances are in several of the official splits")
    torn = corpus.table.filter(pl.col("group").str.starts_with("SSB13650058"))
    assert set(torn["group"]) == {"SSB13650058 (train)", "SSB13650058 (validation)"}


def test_lists_and_folders_of_st_codecfake(tmp_path: Path) -> None:
    table = scan("st-codecfake", of("st-codecfake").build(tmp_path)).table.sort("id")
    c3, ood, wav = "ID_diff_config/C3-1", "eval_ood", "wavtokenizer"
    assert table.select("id", "label", "part", "split", "codec_id", "codec", "attack", "group").rows() == [
        ("ALM/moshi/moshi_R-ZH_3_14_d501", "spoof", "ALM/moshi", "test", "", "", "moshi", "R-ZH_3_14_d501"),
        (f"{c3}/C3-1_SSB08870427", "spoof", c3, "test", "3", "funcodec", "funcodec", "SSB08870427"),
        (f"{ood}/bigcodec_p230_135", "spoof", ood, "test", "8", "bigcodec", "bigcodec", "p230_135"),
        (f"{ood}/p230_135", "bona fide", ood, "test", "0", "", "", "p230_135"),
        (f"{ood}/wavtokenizer_p230_135", "spoof", ood, "test", "7", wav, wav, "p230_135"),
        ("train/SSB00050001", "bona fide", "train", "train", "0", "", "", "SSB00050001"),
        ("train/encodec_p225_001", "spoof", "train", "train", "4", "encodec", "encodec", "p225_001"),
        ("train/mimi_SSB00050001", "spoof", "train", "train", "1", "mimi", "mimi", "SSB00050001"),
    ]  # fmt: skip


def test_a_list_of_st_codecfake_turned_round_is_refused(tmp_path: Path) -> None:
    mini = of("st-codecfake")
    mini.build(tmp_path)
    mini.rewrite(tmp_path, lambda t: t.replace("real", "\v").replace("fake", "real").replace("\v", "fake"))
    with pytest.raises(BadInput, match="only 0 is real"):
        scan("st-codecfake", tmp_path)


def test_labels_of_codecfake_plus(tmp_path: Path) -> None:
    table = scan("codecfake-plus", of("codecfake-plus").build(tmp_path)).table.sort("id")
    hubert, dec = "xocdec_hubert_general_audio", "audiodec_24k_320d"
    columns = ("id", "part", "split", "label", "attack", "codec", "group", "quantisation", "decoder")
    assert table.select(columns).rows() == [
        ("CLAMTTS_1", "CoSG", "test", "spoof", "CLAMTTS", "", "CLAMTTS_1", "Mvq", "Freq"),
        ("CLAMTTS_24", "CoSG", "test", "bona fide", "", "", "CLAMTTS_24", "", ""),
        ("p225_001", "CoRS", "train", "bona fide", "", "", "p225_001", "", ""),
        (f"p225_001_{dec}", "CoRS", "train", "spoof", dec, dec, "p225_001", "", ""),
        ("p226_002_bigcodec", "CoRS", "validation", "spoof", "bigcodec", "bigcodec", "p226_002", "", ""),
        (f"s5_400_{hubert}", "CoRS", "train", "spoof", hubert, hubert, "s5_400", "", ""),
    ]  # fmt: skip
