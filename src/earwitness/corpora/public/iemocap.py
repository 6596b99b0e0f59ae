"""IEMOCAP: ten actors in five sessions, scripted and improvised, judged by several listeners."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_text
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, join_key, noted, scanned
from earwitness.errors import BadInput

EMOTIONS = {
    "ang": "anger", "hap": "happiness", "exc": "excitement", "sad": "sadness", "neu": "neutral",
    "fru": "frustration", "fea": "fear", "sur": "surprise", "dis": "disgust", "oth": "other", "xxx": "",
}  # fmt: skip
FOUR = {"ang": "anger", "hap": "happiness", "exc": "happiness", "sad": "sadness", "neu": "neutral"}
CARD = CorpusCard(
    name="iemocap",
    title="IEMOCAP",
    tasks=("emotion", "valence", "arousal", "dominance"),
    licence="research licence of USC SAIL, no redistribution",
    access="request",
    get="sail.usc.edu/iemocap: signed licence; IEMOCAP_full_release, unpacked",
    citation="Busso et al., IEMOCAP: interactive emotional dyadic motion capture database, Language "
    "Resources and Evaluation 42(4), 2008",
    languages=("en",),
    hours=12.0,
    expected=(
        Expected(rows=10_039),
        Expected(rows=1_103, where={"emotion_as_labelled": "ang"}, known="established"),
        Expected(rows=595, where={"emotion_as_labelled": "hap"}, known="established"),
        Expected(rows=1_041, where={"emotion_as_labelled": "exc"}, known="established"),
        Expected(rows=1_084, where={"emotion_as_labelled": "sad"}, known="established"),
        Expected(rows=1_708, where={"emotion_as_labelled": "neu"}, known="established"),
    ),
    labels={"emotion": tuple(emotion for emotion in EMOTIONS.values() if emotion)},
    notes=(
        "Leave one session out: five folds. The two actors of a session are in no other.",
        "classes=four keeps ang, hap and exc (as happiness), sad and neu: 5,531 clips, counts as in the file "
        "list of EmoBox.",
        "xxx, no agreement, is an empty emotion. Valence, arousal and dominance are means of 1 to 5.",
        "The speaker is the session and the last letter of the name (_F000); the letter before the dialogue "
        "only says who wore the markers, and some public loaders take it for the speaker.",
        "Scripted dialogues say the same sentences in all sessions: with transcripts they leak across folds; "
        "column style tells them apart.",
    ),
)
LINE = re.compile(
    r"\[\s*([0-9.]+)\s*-\s*([0-9.]+)\s*\]\t(\S+)\t(\w+)\t\[\s*([0-9.]+),\s*([0-9.]+),\s*([0-9.]+)\s*\]"
)
UTTERANCE = re.compile(r"(Ses0[1-5])[FM]_(impro|script)[0-9]\w*_([FM])[0-9]{3}")
SAID = re.compile(r"(\S+)\s+\[[0-9.]+-[0-9.]+\]:\s*(.*)")


def scan(root: str | os.PathLike[str], *, classes: str = "all") -> Corpus:
    """The utterances of all judgement files that are there.

    Args:
        root: the folder that holds `Session1` to `Session5`.
        classes: "all", or "four" for anger, happiness (with excitement), neutral and sadness only.

    Returns:
        `emotion` (empty without agreement), `emotion_as_labelled`, `valence`, `arousal`, `dominance` (1 to
        5), `session`, `style` (improvised or scripted), `gender`, `language`, `transcript` (where the
        transcriptions are there), `dialogue`.

    Raises:
        BadInput: when no judgement is there, a line of it cannot be read, or a label is unknown.
    """
    choice("set of classes", classes, ("all", "four"))
    files = sorted(Path(root).glob("Session[1-5]/dialog/EmoEvaluation/*.txt"))
    judged = [row for path in files if path.name[0] != "." for row in _judgements(path)]
    if not judged:
        raise BadInput(
            "has no Session1/dialog/EmoEvaluation; give the folder of the sessions", where=str(root)
        )
    key = pl.DataFrame(judged, orient="row").join(_transcripts(Path(root)), on="id", how="left")
    rows, report = join_key(key, file_tree(root, (".wav",)).filter(_sentence()), where="EmoEvaluation")
    card = CARD
    if classes == "four":
        left_out = ~pl.col("emotion_as_labelled").is_in(list(FOUR))
        report = msgspec.structs.replace(report, dropped=noted(rows.filter(left_out)["id"]))
        rows = rows.filter(~left_out).with_columns(
            pl.col("emotion_as_labelled").replace_strict(FOUR, return_dtype=pl.String).alias("emotion")
        )
        card = msgspec.structs.replace(CARD, expected=CARD.expected[1:])
    if rows["transcript"].null_count():
        report = _without_transcripts(rows, report)
    rows = rows.with_columns(pl.col("transcript").fill_null(""))
    return scanned(
        card, rows, root, report,
        labels=(
            "emotion", "emotion_as_labelled", "valence", "arousal", "dominance", "session", "style", "gender",
            "language", "transcript", "dialogue",
        ),
    )  # fmt: skip


def _sentence() -> pl.Expr:
    """Only the clips of utterances: the recordings of whole dialogues have names of their own."""
    return pl.col("path").str.contains(r"(^|/)sentences/wav/")


def _judgements(path: Path) -> list[dict[str, str | float]]:
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.startswith("["):
            continue
        found = LINE.fullmatch(line.strip())
        name = UTTERANCE.fullmatch(found[3]) if found else None
        if found is None or name is None or not all(map(_number, found.group(5, 6, 7))):
            raise BadInput(f"line {number} is no judgement of an utterance", where=str(path))
        if found[4] not in EMOTIONS:
            raise BadInput(
                f"line {number} has the label {found[4]!r}; known are {', '.join(EMOTIONS)}", where=str(path)
            )
        rows.append(
            {
                "id": found[3],
                "speaker": f"{name[1]}{name[3]}",
                "gender": "female" if name[3] == "F" else "male",
                "session": f"Session{name[1][-1]}",
                "dialogue": found[3].rsplit("_", 1)[0],
                "style": "improvised" if name[2] == "impro" else "scripted",
                "emotion": EMOTIONS[found[4]],
                "emotion_as_labelled": found[4],
                "valence": float(found[5]),
                "arousal": float(found[6]),
                "dominance": float(found[7]),
                "language": "en",
            }
        )
    return rows


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+(\.[0-9]*)?", text))


def _transcripts(root: Path) -> pl.DataFrame:
    said = {}
    for path in sorted(root.glob("Session[1-5]/dialog/transcriptions/*.txt")):
        if path.name[0] != ".":
            for line in read_text(path).split("\n"):
                if found := SAID.fullmatch(line.strip()):
                    said[found[1]] = found[2]
    return pl.DataFrame(
        {"id": list(said), "transcript": list(said.values())},
        schema={"id": pl.String, "transcript": pl.String},
    )


def _without_transcripts(rows: pl.DataFrame, report: ScanReport) -> ScanReport:
    note = f"{rows['transcript'].null_count():,} utterances have no transcript in dialog/transcriptions"
    return msgspec.structs.replace(report, notes=(*report.notes, note))
