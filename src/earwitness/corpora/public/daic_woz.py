"""DAIC-WOZ: interviews by a virtual interviewer that a person steers, with depression scores."""

from __future__ import annotations

import os

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.interview_sessions import scan_interviews

CARD = CorpusCard(
    name="daic-woz",
    title="DAIC-WOZ",
    tasks=("depression",),
    licence="research agreement with USC ICT, no redistribution",
    access="request",
    get="dcapswoz.ict.usc.edu: signed agreement; <id>_P.zip and the split files of AVEC 2017, unpacked",
    citation="Gratch et al., The distress analysis interview corpus of human and computer interviews, LREC "
    "2014",
    languages=("en",),
    expected=(
        Expected(rows=189, known="established"),
        Expected(rows=107, where={"split": "train"}, known="established"),
        Expected(rows=35, where={"split": "validation"}, known="established"),
        Expected(rows=47, where={"split": "test"}, known="established"),
    ),
    labels={"gender": ("male", "female")},
    notes=(
        "Not a diagnosis. Never put its audio into a place that others share.",
        "Known of single sessions: interrupted 373 444; no turns of the interviewer 451 458 480; times of "
        "the transcript shifted 318 321 341 362; 409 has a binary label that does not follow from its score.",
        "Gender 0 is taken as female and 1 as male: so is it in E-DAIC for the sessions that both hold.",
        "Models that hear the interviewer learn her questions, not the answers (Burdisso et al. 2024).",
    ),
)
LABELS: dict[str, tuple[str, ...]] = {
    "train": ("train_split_Depression_AVEC2017.csv", "train_split.csv"),
    "validation": ("dev_split_Depression_AVEC2017.csv", "dev_split.csv"),
    "test": ("full_test_split.csv", "test_split_Depression_AVEC2017.csv", "test_split.csv"),
}


def scan(root: str | os.PathLike[str], *, rows: str = "session", binary: str = "as-labelled") -> Corpus:
    """The sessions that the split files name; a test file with scores goes before one without.

    Args:
        root: with the split files (or in its folder `labels`) and the folders `<id>_P`, at any depth.
        rows: "session" (turns as segments), "turns" (a row a turn of the participant) or "windows" (a row a
            window of 10 s of the participant's speech, every 5 s).
        binary: "as-labelled", or "from-score" (10 and more).

    Returns:
        `session`, `gender`, `language`, `phq_binary`, `phq_score` (0 to 24), `pcl_c`, `ptsd_severity`, and
        `segments` (start, end in seconds, label: participant or interviewer) or `transcript`.

    Raises:
        BadInput: when no split file is there, or a file is not sound.
    """
    return scan_interviews(CARD, root, LABELS, rows=rows, binary=binary)
