"""CREMA-D: names, the table of actors, and a clip without sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

TABLE = (
    '"ActorID","Age","Sex","Race","Ethnicity"\n'
    '1001,51,"Male","Caucasian","Not Hispanic"\n'
    '1076,25,"Female","Caucasian","Not Hispanic"\n'
)


@pytest.fixture
def root(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    clip("AudioWAV/1001_DFA_ANG_XX.wav")
    clip("AudioWAV/1076_IEO_HAP_HI.wav")
    clip("AudioWAV/1040_ITH_SAD_X.wav")
    (tmp_path / "VideoDemographics.csv").write_text(TABLE)
    return tmp_path


def test_rows(root: Path) -> None:
    corpus = scan("cremad", root)
    columns = ("id", "speaker", "emotion", "emotion_as_labelled", "intensity", "gender", "age", "transcript")
    assert corpus.table.sort("id").select(columns).rows() == [
        ("1001_DFA_ANG_XX", "1001", "anger", "ANG", "", "male", 51.0, "Don't forget a jacket"),
        ("1040_ITH_SAD_X", "1040", "sadness", "SAD", "", "", None, "I think I have a doctor's appointment"),
        ("1076_IEO_HAP_HI", "1076", "happiness", "HAP", "high", "female", 25.0, "It's eleven o'clock"),
    ]
    assert "all: 3 rows, a complete copy has 7,441 (a figure from memory)" in corpus.report.differences


def test_silence_is_found_by_its_level(root: Path) -> None:
    soundfile.write(root / "AudioWAV/1076_MTI_SAD_XX.wav", np.zeros(16_000), 16_000)
    (root / "AudioWAV/1001_IEO_FEA_LO.wav").write_bytes(b"not a recording at all, whatever it is named")
    (root / "AudioWAV/1001_IEO_FEA_HI.wav").write_bytes(b"")
    corpus = scan("cremad", root)
    assert len(corpus) == 3
    assert corpus.report.dropped.examples == ("AudioWAV/1076_MTI_SAD_XX.wav",)
    assert corpus.report.unreadable.examples == ("AudioWAV/1001_IEO_FEA_LO.wav",)
    assert corpus.report.empty.examples == ("AudioWAV/1001_IEO_FEA_HI.wav",)
    assert "1 file that cannot be decoded, left out: AudioWAV/1001_IEO_FEA_LO.wav" in corpus.report.lines()


def test_a_clip_of_that_name_with_sound_is_kept(root: Path, clip: Callable[[str], Path]) -> None:
    clip("AudioWAV/1076_MTI_SAD_XX.wav")
    assert "1076_MTI_SAD_XX" in scan("cremad", root).table["id"].to_list()


def test_without_the_table(root: Path) -> None:
    (root / "VideoDemographics.csv").unlink()
    corpus = scan("cremad", root / "AudioWAV")
    assert corpus.table["age"].null_count() == 3
    assert corpus.report.notes == ("VideoDemographics.csv is not there: no row has an age or a gender",)


def test_the_table_beside_the_folder(root: Path) -> None:
    assert scan("cremad", root / "AudioWAV").table["age"].drop_nulls().sort().to_list() == [25.0, 51.0]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TABLE.replace("51", "fifty"), "column 'Age' holds 'fifty', not a number"),
        (TABLE.replace('"Male"', '"M"'), "column 'Sex' holds 'M', not Male or Female"),
        (TABLE.replace("1076", "1001"), "names the actor '1001' more than once"),
        (TABLE.replace('"Age"', '"Years"'), "has no column 'Age'; its first line names: ActorID, Years"),
        (TABLE + '1077,20,"Male"\n', "line 4 has 3 cells, not 5"),
    ],
)
def test_a_wrong_table_is_refused(root: Path, table: str, told: str) -> None:
    (root / "VideoDemographics.csv").write_text(table)
    with pytest.raises(BadInput, match=told):
        scan("cremad", root)
