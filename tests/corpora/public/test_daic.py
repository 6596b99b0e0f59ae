"""E-DAIC and DAIC-WOZ: both namings of the labels, both formats of the transcripts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from earwitness.corpora.catalogue import scan
from earwitness.errors import BadInput

EDAIC = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"
WOZ = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender,PHQ8_NoInterest\n"


@pytest.fixture
def edaic(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    (tmp_path / "labels").mkdir()
    for name, lines in (
        ("train", "302,male,0,4,0,28.0\n303,female,1,12,1,45.0\n"),
        ("dev", "300,male,0,2,0,25.0\n"),
        ("test", "600,female,0,5,0,23.0\n"),
    ):
        (tmp_path / f"labels/{name}_split.csv").write_text(EDAIC + lines)
    for session in (300, 302, 303, 600):
        clip(f"data/{session}_P/{session}_AUDIO.wav")
        (tmp_path / f"data/{session}_P/{session}_Transcript.csv").write_text(
            'Start_Time,End_Time,Text,Confidence\n14.3,15.1,"so, I\'m going to",0.934\n20.0,24.5,yes,0.9\n'
        )
    return tmp_path


@pytest.fixture
def woz(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    (tmp_path / "train_split_Depression_AVEC2017.csv").write_text(WOZ + "303,0,0,0,0\n409,0,10,1,1\n")
    (tmp_path / "dev_split_Depression_AVEC2017.csv").write_text(WOZ + "302,0,4,1,1\n")
    (tmp_path / "test_split_Depression_AVEC2017.csv").write_text("participant_ID,Gender\n300,1\n")
    (tmp_path / "full_test_split.csv").write_text(
        "Participant_ID,PHQ_Binary,PHQ_Score,Gender\n300,0,2,1\n,,,\n"
    )
    for session in (300, 302, 303, 409):
        clip(f"{session}_P/{session}_AUDIO.wav")
        (tmp_path / f"{session}_P/{session}_TRANSCRIPT.csv").write_text(
            "start_time\tstop_time\tspeaker\tvalue\n36.588\t39.668\tEllie\thi i'm ellie\n"
            "62.328\t63.178\tParticipant\tgood\n70.0\t70.0\tParticipant\t<laughter>\n"
        )
    return tmp_path


def test_sessions_of_edaic(edaic: Path) -> None:
    corpus = scan("edaic", edaic)
    columns = ("id", "split", "speaker", "gender", "phq_binary", "phq_score", "pcl_c", "ptsd_severity")
    assert corpus.table.sort("id").select(columns).rows() == [
        ("300", "validation", "300", "male", 0.0, 2.0, 0.0, 25.0),
        ("302", "train", "302", "male", 0.0, 4.0, 0.0, 28.0),
        ("303", "train", "303", "female", 1.0, 12.0, 1.0, 45.0),
        ("600", "test", "600", "female", 0.0, 5.0, 0.0, 23.0),
    ]
    assert corpus.table["segments"].to_list()[0] == [
        {"start": 14.3, "end": 15.1, "label": "participant"},
        {"start": 20.0, "end": 24.5, "label": "participant"},
    ]
    assert not corpus.report.notes


def test_who_speaks_by_name(edaic: Path) -> None:
    spans = scan("edaic", edaic, unlabelled="anybody").table["segments"].to_list()[0]
    assert {span["label"] for span in spans} == {"anybody"}


def test_turns_are_rows_of_their_session(edaic: Path) -> None:
    table = scan("edaic", edaic, rows="turns").table
    assert len(table) == 8
    first = table.filter(pl.col("group") == "303").sort("id")
    assert first.select("id", "start", "end", "transcript", "session", "phq_score").rows() == [
        ("303-0000", 14.3, 15.1, "so, I'm going to", "303", 12.0),
        ("303-0001", 20.0, 24.5, "yes", "303", 12.0),
    ]


def test_sessions_of_daic_woz(woz: Path) -> None:
    corpus = scan("daic-woz", woz)
    assert corpus.table.sort("id").select("id", "split", "gender", "phq_binary", "phq_score").rows() == [
        ("300", "test", "male", 0.0, 2.0),
        ("302", "validation", "male", 0.0, 4.0),
        ("303", "train", "female", 0.0, 0.0),
        ("409", "train", "male", 0.0, 10.0),
    ]
    assert [span["label"] for span in corpus.table["segments"].to_list()[0]] == ["interviewer", "participant"]
    assert corpus.report.notes == ("1 binary labels do not follow from the score (10 and more): 409",)


def test_the_binary_label_from_the_score(woz: Path) -> None:
    table = scan("daic-woz", woz, binary="from-score").table
    assert table.filter(id="409")["phq_binary"].to_list() == [1.0]


def test_turns_are_the_participants_alone(woz: Path) -> None:
    table = scan("daic-woz", woz, rows="turns").table
    assert table["transcript"].unique().to_list() == ["good"]


def test_a_test_side_without_scores(woz: Path) -> None:
    (woz / "full_test_split.csv").unlink()
    table = scan("daic-woz", woz).table.filter(split="test")
    assert table.select("id", "gender", "phq_score").rows() == [("300", "male", None)]


def test_a_missing_transcript_is_told(woz: Path) -> None:
    (woz / "302_P/302_TRANSCRIPT.csv").unlink()
    corpus = scan("daic-woz", woz)
    assert "1 sessions have no transcript, so no turns: 302" in corpus.report.notes
    assert corpus.table.filter(id="302")["segments"].to_list() == [[]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (EDAIC + "302,male,0,25,0,28.0\n", "phq_score of 25 is not within 0 to 24"),
        (EDAIC + "302,male,2,4,0,28.0\n", "phq_binary of 2 is not within 0 to 1"),
        (EDAIC + "302,man,0,4,0,28.0\n", "column 'Gender' holds 'man'"),
        (EDAIC + "302,male,0,4,0,28.0\n302,male,0,4,0,28.0\n", "names the participant '302' more than once"),
        (EDAIC.replace("PTSD Severity", "PHQ8_Score") + "302,male,0,4,0,4\n", "has PHQ and PHQ8 columns"),
        ("Name,PHQ_Score\nx,1\n", "has no column 'Participant_ID'"),
        (EDAIC + "302,male,0,x,0,28.0\n", "column 'phq_score' holds 'x', not a number"),
    ],
)
def test_wrong_labels_are_refused(edaic: Path, text: str, told: str) -> None:
    (edaic / "labels/train_split.csv").write_text(text)
    with pytest.raises(BadInput, match=told):
        scan("edaic", edaic)


def test_a_wrong_transcript_is_refused(edaic: Path) -> None:
    (edaic / "data/302_P/302_Transcript.csv").write_text("Start_Time,Text\n1,yes\n")
    with pytest.raises(BadInput, match="has not the columns of a transcript"):
        scan("edaic", edaic)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no label file; .*train_split\.csv, dev_split\.csv"):
        scan("edaic", tmp_path)
