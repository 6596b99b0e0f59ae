"""ASVspoof 2021, logical access: the attacks of 2019 sent through telephone lines and the net."""

from __future__ import annotations

import os

import polars as pl

from earwitness.corpora.asvspoof2021_key import scan_2021, verification_scores
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected

CARD = CorpusCard(
    name="asvspoof2021-la",
    title="ASVspoof 2021 LA",
    tasks=("detection", "attribution"),
    licence="ODC-By-1.0",
    access="open",
    get="zenodo.org, record 4837263: ASVspoof2021_LA_eval.tar.gz; asvspoof.org: LA-keys-full.tar.gz",
    citation="Liu et al., ASVspoof 2021: Towards Spoofed and Deepfake Speech Detection in the Wild, "
    "IEEE/ACM Transactions on Audio, Speech and Language Processing 31, 2023",
    languages=("en",),
    expected=(
        Expected(rows=181_566),
        Expected(rows=14_816, where={"split": "test", "label": "bona fide"}),
        Expected(rows=133_360, where={"split": "test", "label": "spoof"}),
        Expected(rows=16_464, where={"split": "progress"}),
        Expected(rows=16_926, where={"split": "hidden"}),
    ),
    labels={
        "label": ("bona fide", "spoof"),
        "attack": tuple(f"A{number:02}" for number in range(7, 20)),
        "codec": ("none", "alaw", "ulaw", "pstn", "gsm", "g722", "opus"),
        "channel": ("-", "ita_tx", "loc_tx", "sin_tx", "mad_tx"),
        "trim": ("notrim", "trim"),
        "phase": ("progress", "eval", "hidden_track", "hidden"),
    },
    notes=(
        "No training part: systems train on ASVspoof 2019 LA. Published figures are those of the phase eval.",
        "Column 5 of the key holds the label, column 7 the phase, as in the organisers' package; the names "
        "of the columns codec, channel and trim are from memory.",
        "The key does not tell which utterances of 2019 LA a row was made from: groups are single rows.",
        "The hidden track has the silence of its recordings cut away.",
    ),
)
COLUMNS = ("speaker", "id", "codec", "channel", "attack", "label", "trim", "phase")


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of all phases.

    Args:
        root: folder that holds `ASVspoof2021_LA_eval/flac` and `keys/LA/CM/trial_metadata.txt`.

    Returns:
        `label`; `attack`, empty for bona fide; `codec`; `channel` (where it was sent); `trim`; `phase`;
        `split` is test for the phase eval, progress and hidden for the others.

    Raises:
        BadInput: when there is no key, a line is not of eight columns, or a label is unknown.
    """
    return scan_2021(CARD, root, "LA", COLUMNS)


def asv_scores(root: str | os.PathLike[str]) -> pl.DataFrame:
    """Scores of the organisers' speaker verification, for min t-DCF; see `verification_scores`."""
    return verification_scores(root)
