"""IEMOCAP: judgements, transcriptions and clips of two sessions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

HEAD = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
FIRST = (
    HEAD + "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n"
    "C-E2:\tNeutral;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n"
    "[10.0100 - 11.3925]\tSes01F_impro01_M001\txxx\t[2.5000, 3.0000, 2.5000]\nC-E2:\tNeutral;\t()\n\n"
    "[14.8872 - 18.0175]\tSes01F_impro01_F002\texc\t[4.0000, 4.5000, 3.3333]\n"
)
SECOND = (
    HEAD + "[1.0000 - 2.0000]\tSes05M_script01_1b_M000\tang\t[1.5000, 4.0000, 4.5000]\n"
    "[2.0000 - 3.0000]\tSes05M_script01_1b_F000\tfru\t[2.0000, 3.0000, 3.0000]\n"
)


@pytest.fixture
def root(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    for session, dialogue, text in ((1, "Ses01F_impro01", FIRST), (5, "Ses05M_script01_1b", SECOND)):
        folder = tmp_path / f"Session{session}/dialog/EmoEvaluation"
        folder.mkdir(parents=True)
        (folder / f"{dialogue}.txt").write_text(text)
        (folder / f"._{dialogue}.txt").write_bytes(b"\0\5\x16\7resource fork")
        (folder / "Categorical").mkdir()
        (folder / f"Categorical/{dialogue}_e1_cat.txt").write_text("Ses01F_impro01_F000 :Neutral; ()\n")
        clip(f"Session{session}/dialog/wav/{dialogue}.wav")
        for line in text.split("\n"):
            if line.startswith("["):
                clip(f"Session{session}/sentences/wav/{dialogue}/{line.split(chr(9))[1]}.wav")
    said = tmp_path / "Session1/dialog/transcriptions"
    said.mkdir()
    (said / "Ses01F_impro01.txt").write_text(
        "Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.\nM: no utterance of its own\n"
        "Ses01F_impro01_M001 [010.0100-011.3925]: Yeah.\n"
    )
    return tmp_path


def test_rows(root: Path) -> None:
    corpus = scan("iemocap", root)
    columns = ("id", "speaker", "session", "style", "gender", "emotion", "emotion_as_labelled", "transcript")
    assert corpus.table.sort("id").select(columns).rows() == [
        ("Ses01F_impro01_F000", "Ses01F", "Session1", "improvised", "female", "neutral", "neu", "Excuse me."),
        ("Ses01F_impro01_F002", "Ses01F", "Session1", "improvised", "female", "excitement", "exc", ""),
        ("Ses01F_impro01_M001", "Ses01M", "Session1", "improvised", "male", "", "xxx", "Yeah."),
        ("Ses05M_script01_1b_F000", "Ses05F", "Session5", "scripted", "female", "frustration", "fru", ""),
        ("Ses05M_script01_1b_M000", "Ses05M", "Session5", "scripted", "male", "anger", "ang", ""),
    ]
    angry = corpus.table.filter(emotion="anger").select("valence", "arousal", "dominance", "dialogue").row(0)
    assert angry == (1.5, 4.0, 4.5, "Ses05M_script01_1b")
    assert corpus.report.notes == ("3 utterances have no transcript in dialog/transcriptions",)
    assert corpus.report.extra.count == 0


def test_four_classes(root: Path) -> None:
    corpus = scan("iemocap", root, classes="four")
    assert sorted(corpus.table.select("emotion", "emotion_as_labelled").rows()) == [
        ("anger", "ang"), ("happiness", "exc"), ("neutral", "neu"),
    ]  # fmt: skip
    assert corpus.report.dropped.count == 2


def test_missing_and_extra_clips_are_told(root: Path, clip: Callable[[str], Path]) -> None:
    (root / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav").unlink()
    clip("Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_MXX0.wav")
    report = scan("iemocap", root).report
    assert report.missing.examples == ("Ses01F_impro01_M001",)
    assert report.extra.examples == ("Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_MXX0.wav",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FIRST.replace("\tneu\t", "\thappy\t"), "line 3 has the label 'happy'; known are ang, hap"),
        (FIRST.replace("2.5000]", "high]"), "line 3 is no judgement of an utterance"),
        (FIRST.replace("2.5000, 2.5000, 2.5000", "2.5.0, 2.5000, 2.5000"), "line 3 is no judgement"),
        (FIRST.replace("Ses01F_impro01_F000", "Ses01F_impro01"), "line 3 is no judgement of an utterance"),
        (FIRST.replace("_M001", "_F000"), "names 'Ses01F_impro01_F000' more than once"),
    ],
)
def test_a_wrong_judgement_is_refused(root: Path, text: str, told: str) -> None:
    (root / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt").write_text(text)
    with pytest.raises(BadInput, match=told):
        scan("iemocap", root)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give the folder of the sessions"):
        scan("iemocap", tmp_path)
