"""Sounds without speech: EnvSDD, FakeSound, the Foley challenge."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature import every, of, write
from miniatures.sounds import listed

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

ENVSDD, BARE = (mini for mini in every() if mini.corpus == "envsdd")


def test_rows_of_envsdd(tmp_path: Path) -> None:
    table = scan("envsdd", ENVSDD.build(tmp_path)).table.sort("id")
    source = "TUTSED2017Dev/b006_8"
    assert table.select("id", "label", "attack", "kind", "split", "part", "group").rows() == [
        (f"fake_audio/ATA/audioldm1/{source}", "spoof", "audioldm1", "audio to audio", "train",
         "development", source),
        (f"fake_audio/TTA/audiogen/{source}", "spoof", "audiogen", "text to audio", "train",
         "development", source),
        (f"real_audio/{source}", "bona fide", "", "", "train", "development", source),
        ("real_audio/UrbanSound8K/100032-3-0-0", "bona fide", "", "", "validation", "development",
         "UrbanSound8K/100032-3-0-0"),
        ("test/000001", "bona fide", "", "", "test", "test", "TUTSED2016Eval/a001_3"),
        ("test/000002", "spoof", "audioldm2", "audio to audio", "test", "test", "TUTSED2016Eval/a001_3"),
    ]  # fmt: skip


def test_envsdd_without_its_list_has_no_split(tmp_path: Path) -> None:
    corpus = scan("envsdd", BARE.build(tmp_path))
    assert set(corpus.table["split"]) == {""}
    assert corpus.report.notes == ("there is no datasplit_dev.csv: the rows of development have no split",)


def test_a_real_clip_of_envsdd_that_is_missing_is_told(tmp_path: Path) -> None:
    ENVSDD.build(tmp_path)
    (tmp_path / "development/real_audio/UrbanSound8K/100032-3-0-0.wav").unlink()
    (tmp_path / "test/audio/000002.wav").unlink()
    report = scan("envsdd", tmp_path).report
    assert report.missing.count == 2
    assert report.missing.examples == ("UrbanSound8K/100032-3-0-0", "test/000002")


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("datasplit_dev.csv", ",validation", ",later", "usage 'later'"),
        ("test_metadata.csv", ",real,real", ",genuine,real", "label 'genuine'"),
        ("test_metadata.csv", ",generator", "", "line 2 has 5 cells, not 4"),
    ],
)
def test_wrong_lists_of_envsdd_are_refused(tmp_path: Path, name: str, old: str, new: str, told: str) -> None:
    ENVSDD.build(tmp_path)
    write(tmp_path / name, ENVSDD.keys[name].replace(old, new).encode())
    with pytest.raises(BadInput, match=told):
        scan("envsdd", tmp_path)


def test_rows_of_fakesound(tmp_path: Path) -> None:
    table = scan("fakesound", of("fakesound").build(tmp_path)).table.sort("id")
    region = [{"start": 6.12, "end": 7.4, "label": "spoof"}]
    last = [{"start": 8.28, "end": 9.96, "label": "spoof"}]
    assert table.select("id", "label", "split", "group", "segments").rows() == [
        ("easy/9IIa7qH29ps", "bona fide", "test", "9IIa7qH29ps", []),
        ("easy/9IIa7qH29ps_6.12_7.4", "spoof", "test", "9IIa7qH29ps", region),
        ("hard/9IIa7qH29ps_6.12_7.4", "spoof", "test", "9IIa7qH29ps", region),
        ("train/-mVGmVjxBfU_8.28_9.96", "spoof", "train", "-mVGmVjxBfU", last),
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("9IIa7qH29ps_6.12_7.4", 0, "6.12_7.4"), "contradict each other"),
        (("9IIa7qH29ps", 1, "0_0"), "contradict each other"),
        (("9IIa7qH29ps", 1, "6.12_7.4"), "contradict each other"),
        (("9IIa7qH29ps_7.4_6.12", 1, "7.4_6.12"), "is empty"),
        (("9IIa7qH29ps_x", 1, "x"), "has no region in 'x'"),
        (("9IIa7qH29ps", 2, "0_0"), "has the label 2"),
    ],
)
def test_rows_of_fakesound_that_contradict_themselves_are_refused(
    tmp_path: Path, row: tuple[str, int, str], told: str
) -> None:
    of("fakesound").build(tmp_path)
    write(tmp_path / "FakeSound/meta_data/easy.json", listed("easy", row).encode())
    with pytest.raises(BadInput, match=told):
        scan("fakesound", tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"audios": [', "line 1 is no JSON"),
        ('{"files": []}', "is no list of audios"),
        ('{"audios": []}', "has no rows"),
        ("[1]", "is no list of audios"),
        (listed("easy", ("a_1_2", 1, "1_2"), ("a_1_2", 1, "1_2")), "more than once"),
    ],
)
def test_lists_of_fakesound_that_are_none_are_refused(tmp_path: Path, text: str, told: str) -> None:
    of("fakesound").build(tmp_path)
    write(tmp_path / "FakeSound/meta_data/easy.json", text.encode())
    with pytest.raises(BadInput, match=told):
        scan("fakesound", tmp_path)


def test_rows_of_foley(tmp_path: Path) -> None:
    table = scan("dcase2023-foley", of("dcase2023-foley").build(tmp_path)).table.sort("path")
    assert table.select("label", "attack", "track", "sound", "part").rows() == [
        ("spoof", "Chon_Gaudio_task7_trackA_1", "A", "DogBark", ""),
        ("spoof", "Baseline", "B", "Sneeze_Cough", ""),
        ("bona fide", "", "", "DogBark", "dev"),
        ("bona fide", "", "", "Rain", "eval"),
    ]
