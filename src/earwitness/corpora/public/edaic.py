"""E-DAIC: interviews by a virtual interviewer, with depression scores."""

from __future__ import annotations

import os

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.interview_sessions import scan_interviews

CARD = CorpusCard(
    name="edaic",
    title="E-DAIC",
    tasks=("depression",),
    licence="research agreement with USC ICT, no redistribution",
    access="request",
    get="dcapswoz.ict.usc.edu: signed agreement; data and labels, unpacked",
    citation="Ringeval et al., AVEC 2019 workshop and challenge, ACM Multimedia 2019",
    languages=("en",),
    expected=(
        Expected(rows=275),
        Expected(rows=163, where={"split": "train"}),
        Expected(rows=56, where={"split": "validation"}),
        Expected(rows=56, where={"split": "test"}),
    ),
    labels={"gender": ("male", "female")},
    notes=(
        "Not a diagnosis. Never put its audio into a place that others share.",
        "The test split holds only sessions led by the autonomous agent (ids 600 to 718); the others are "
        "Wizard of Oz (300 to 492), which DAIC-WOZ holds too: the two are not to be joined.",
        "A score always goes with what predicting the training mean gives.",
        "The transcripts do not say who speaks. They are taken as the participant's turns, as recalled; some "
        "public loaders take them for both. unlabelled= gives them another name.",
    ),
)
LABELS: dict[str, tuple[str, ...]] = {
    "train": ("train_split.csv",), "validation": ("dev_split.csv",), "test": ("test_split.csv",),
}  # fmt: skip


def scan(
    root: str | os.PathLike[str],
    *,
    rows: str = "session",
    binary: str = "as-labelled",
    unlabelled: str = "participant",
) -> Corpus:
    """The sessions that the label files name.

    Args:
        root: with `labels` and the folders `<id>_P`, at any depth.
        rows: "session" (turns as segments), "turns" (a row a turn of the participant) or "windows" (a row a
            window of 10 s of the participant's speech, every 5 s).
        binary: "as-labelled", or "from-score" (10 and more).
        unlabelled: who speaks in the transcripts.

    Returns:
        `session`, `gender`, `language`, `phq_binary`, `phq_score` (0 to 24), `pcl_c`, `ptsd_severity`, and
        `segments` (start, end in seconds, label) or `transcript`.

    Raises:
        BadInput: when no label file is there, or a file is not sound.
    """
    return scan_interviews(CARD, root, LABELS, rows=rows, binary=binary, unlabelled=unlabelled)
