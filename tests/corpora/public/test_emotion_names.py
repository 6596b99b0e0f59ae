"""Emotion corpora that tell all they tell in their file names: exact public names, one row each.

Miniatures: corpus -> file -> what its row must hold.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from earwitness.corpora.catalogue import card, scan
from earwitness.errors import BadInput

MINIATURES: dict[str, dict[str, dict[str, Any]]] = {
    "emodb": {
        "wav/03a01Fa.wav": {
            "id": "03a01Fa", "speaker": "03", "emotion": "happiness", "emotion_as_labelled": "Freude",
            "gender": "male", "age": 31.0, "transcript": "Der Lappen liegt auf dem Eisschrank.",
        },
        "wav/16b10Wb.wav": {
            "speaker": "16", "emotion": "anger", "gender": "female", "age": 31.0, "language": "de",
            "transcript": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
        },
        "wav/10a07Ld.wav": {"emotion": "boredom", "emotion_as_labelled": "Langeweile", "gender": "male"},
    },
    "mesd": {
        "Mexican Emotional Speech Database (MESD)/Anger_F_A_tarde.wav": {
            "emotion": "anger", "voice": "female", "gender": "female", "transcript": "tarde",
            "word_list": "A", "speaker": "", "language": "es-MX", "reduction": "",
        },
        "Mexican Emotional Speech Database (MESD)/Happiness_C_B_de_nada.wav": {
            "emotion": "happiness", "voice": "child", "gender": "", "transcript": "de nada", "word_list": "B",
        },
        "MESD reduced/Neutral_M_A_low_tarde.wav": {"reduction": "low", "transcript": "tarde"},
    },
    "shemo": {
        "male/M36S02.wav": {"speaker": "M36", "emotion": "sadness", "gender": "male", "language": "fa"},
        "female/F24W15.wav": {"speaker": "F24", "emotion": "surprise", "emotion_as_labelled": "W"},
    },
    "baved": {
        "0/0-M-20-0-1-18.wav": {
            "speaker": "0", "gender": "male", "age": 20.0, "intensity": "normal", "transcript": "اعجبني",
        },
        "6/47-f-23-6-2-310.wav": {"speaker": "47", "gender": "female", "intensity": "high"},
    },
    "aesdd": {
        "anger/a05 (3).wav": {"id": "a05-3", "speaker": "3", "emotion": "anger", "sentence": "05"},
        "anger/a06 (5)b.wav": {"id": "a06-5b", "speaker": "5", "emotion": "anger"},
        "sadness/s01 (5)a.wav": {"id": "s01-5a", "emotion": "sadness", "language": "el"},
    },
    "savee": {
        "AudioData/DC/a01.wav": {"id": "DC_a01", "speaker": "DC", "emotion": "anger", "gender": "male"},
        "AudioData/KL/sa15.wav": {"id": "KL_sa15", "emotion": "sadness", "emotion_as_labelled": "sa"},
        "JE_su02.wav": {"id": "JE_su02", "speaker": "JE", "emotion": "surprise"},
    },
    "tess": {
        "OAF_back_angry.wav": {
            "speaker": "OAF", "emotion": "anger", "age": 64.0, "transcript": "Say the word back",
        },
        "YAF_chair_ps.wav": {"speaker": "YAF", "emotion": "surprise", "age": 26.0, "gender": "female"},
        "OA_bite_neutral.wav": {"id": "OAF_bite_neutral", "speaker": "OAF", "emotion": "neutral"},
    },
    "emovo": {
        "f1/dis-f1-b1.wav": {
            "speaker": "f1", "emotion": "disgust", "emotion_as_labelled": "disgusto", "sentence": "b1",
        },
        "m3/gio-m3-n5.wav": {"speaker": "m3", "emotion": "happiness", "gender": "male", "language": "it"},
    },
    "asvp-esd": {
        "Audio/actor_36/03-01-09-01-06-36-02-02-01-39.wav": {
            "speaker": "actor-36", "emotion": "excitement", "style": "speech", "intensity": "normal",
            "gender": "male", "age_group": "20 to 64", "origin": "video channel", "language_as_coded": "01",
        },
        "Audio/actor_101/03-01-05-02-32-101-02-01.wav": {
            "speaker": "actor-101", "emotion": "anger", "intensity": "high", "gender": "female",
            "language_as_coded": "", "origin": "website",
        },
        "Bonus/actor_150/03-02-04-01-52-150-04-01-00-14 -03.wav": {
            "style": "non-speech", "age_group": "baby", "emotion_as_labelled": "sad",
        },
        "Audio/actor_0/03-02-13-01-29-00-02-01-00-26-02.wav": {"speaker": "", "emotion": "other"},
        "Audio/actor_/03-02-13-01-04-90-02-02-02-13.wav": {"speaker": "", "gender": ""},
        "Audio/actor_39/03-01-12-07-01-39-03-07-01.wav": {
            "emotion": "disappointment", "intensity": "", "origin": "", "speaker": "actor-39",
        },
    },
    "jnv": {
        "JNV/F1/F1_happy_01_F.wav": {
            "speaker": "F1", "emotion": "happiness", "emotion_as_labelled": "happy", "style": "free",
        },
        "JNV/M2/M2_anger_07_R.wav": {"emotion": "anger", "style": "regular", "gender": "male"},
        "JNV/M2/M2_disgust_03.wav": {"emotion": "disgust", "style": "", "language": "ja"},
    },
    "vivae": {
        "full_set/S01_achievement_low_01.wav": {
            "speaker": "S01", "emotion": "achievement", "intensity": "low", "core": True,
        },
        "full_set/S06_pain_peak_04.wav": {"emotion": "pain", "intensity": "peak", "core": False},
    },
}  # fmt: skip
WRONG = {
    "emodb": ["wav/03a03Fa.wav", "wav/03a01Xa.wav", "wav/17a01Fa.wav"],
    "mesd": ["Angry_F_A_tarde.wav", "Anger_X_A_tarde.wav", "Anger_F_C_tarde.wav"],
    "shemo": ["male/X36S02.wav", "male/M36X02.wav", "male/M36S2.wav"],
    "baved": ["0/0-X-20-0-1-18.wav", "0/0-M-20-7-1-18.wav", "0/0-M-20-0-3-18.wav"],
    "aesdd": ["anger/x05 (3).wav", "anger/a05.wav"],
    "savee": ["AudioData/XX/a01.wav", "a01.wav", "DC_b01.wav"],
    "tess": ["OAF_back_calm.wav", "MAF_back_angry.wav"],
    "emovo": ["f1/dis-f4-b1.wav", "f1/cal-f1-b1.wav"],
    "asvp-esd": ["Audio/actor_1/03-03-05-01-01-01-02-01.wav", "Audio/actor_1/03-01-17-01-01-01-02-01.wav"],
    "jnv": ["F3_happy_01_F.wav", "F1_calm_01_F.wav"],
    "vivae": ["full_set/S01_joy_low_01.wav", "full_set/S01_anger_huge_01.wav"],
}


def build(name: str, clip: Callable[[str], Path]) -> None:
    for file in MINIATURES[name]:
        clip(file)
    if name == "vivae":
        clip("core_set/S01_achievement_low_01.wav")


@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_rows(name: str, tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build(name, clip)
    corpus = scan(name, tmp_path)
    rows = {row["path"]: row for row in corpus.table.iter_rows(named=True)}
    assert set(rows) == set(MINIATURES[name])
    for file, held in MINIATURES[name].items():
        assert {key: rows[file][key] for key in held} == held
    assert corpus.report.unknown.count == 0


@pytest.mark.parametrize("name", sorted(MINIATURES))
def test_values_are_those_of_the_card(name: str, tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build(name, clip)
    table = scan(name, tmp_path).table
    for column, values in card(name).labels.items():
        assert set(table[column]) <= {*values, ""}
    assert set(table["gender"] if "gender" in table.columns else ()) <= {"male", "female", ""}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_other_names_are_counted(name: str, tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build(name, clip)
    for file in WRONG[name]:
        clip(file)
    report = scan(name, tmp_path).report
    assert report.unknown.examples == tuple(sorted(WRONG[name]))


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("shemo", {"M12": "test", "F24": "test", "M36": "train"}),
        ("vivae", {"S05": "test", "S06": "test", "S01": "train"}),
        ("savee", {"KL": "test", "DC": "train", "JE": "train"}),
        ("aesdd", {"5": "test", "3": "train"}),
        ("baved", {"47": "test", "0": "train"}),
    ],
)
def test_the_public_split_by_name(
    name: str, speakers: dict[str, str], tmp_path: Path, clip: Callable[[str], Path]
) -> None:
    build(name, clip)
    clip({"shemo": "male/M12A01.wav", "vivae": "full_set/S05_fear_low_01.wav"}.get(name, "notes.wav"))
    table = scan(name, tmp_path, split="nkululeko").table
    found = dict(table.select("speaker", "split").unique().iter_rows())
    assert found == {speaker: split for speaker, split in speakers.items() if speaker in found}
    assert set(found.values()) == {"test", "train"}


def test_one_recording_of_baved_under_two_names(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build("baved", clip)
    first = clip("0/46-m-20-0-2-158.wav")
    (tmp_path / "0/53-m-20-0-2-211.wav").write_bytes(first.read_bytes())
    (tmp_path / "0/46-m-20-0-2-159.wav").write_bytes(first.read_bytes())
    (tmp_path / "0/54-m-20-0-2-300.wav").write_bytes(b"")
    (tmp_path / "0/54-m-20-0-2-301.wav").write_bytes(b"")
    corpus = scan("baved", tmp_path, split="nkululeko")
    assert set(corpus.table["speaker"]) == {"0", "46", "47"}
    assert corpus.report.dropped.examples == ("0/46-m-20-0-2-159.wav", "0/53-m-20-0-2-211.wav")
    assert corpus.report.notes == ("speakers 46 and 53 have 1 recordings in common, byte by byte",)
    assert corpus.report.empty.count == 2
    assert set(scan("baved", tmp_path, repeats="keep").table["speaker"]) == {"0", "46", "47", "53"}


def test_genders_of_aesdd_by_name(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build("aesdd", clip)
    clip("fear/f01 (2).wav")
    table = scan("aesdd", tmp_path, genders="nkululeko").table
    assert dict(table.select("speaker", "gender").unique().iter_rows()) == {
        "2": "female", "3": "male", "5": "male",
    }  # fmt: skip


def test_styles_of_asvp_esd(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build("asvp-esd", clip)
    corpus = scan("asvp-esd", tmp_path, style="non-speech")
    assert corpus.table["style"].unique().to_list() == ["non-speech"]
    assert all("style speech" not in line for line in corpus.report.differences)


def test_a_clip_in_both_layouts_is_refused(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    clip("AudioData/DC/a01.wav")
    clip("flat/DC_a01.wav")
    with pytest.raises(BadInput, match=r"holds 'DC_a01' twice: AudioData/DC/a01\.wav, flat/DC_a01\.wav"):
        scan("savee", tmp_path)


def test_a_silent_clip_of_aesdd_is_left_out(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    build("aesdd", clip)
    (tmp_path / "sadness/s05 (3).wav").write_bytes(b"RIFF, but not really")
    corpus = scan("aesdd", tmp_path)
    assert corpus.report.unreadable.examples == ("sadness/s05 (3).wav",)
    assert "s05-3" not in corpus.table["id"].to_list()
