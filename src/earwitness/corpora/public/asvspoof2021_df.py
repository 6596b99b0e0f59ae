"""ASVspoof 2021, deepfake: a hundred vocoders and voice conversions through the codecs of the net."""

from __future__ import annotations

import os

from earwitness.corpora.asvspoof2021_key import scan_2021
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected

CARD = CorpusCard(
    name="asvspoof2021-df",
    title="ASVspoof 2021 DF",
    tasks=("detection", "attribution"),
    licence="ODC-By-1.0",
    access="open",
    get="zenodo.org, record 4835108: ASVspoof2021_DF_eval_part00 to part03, unpacked anywhere below one "
    "folder; asvspoof.org: DF-keys-full.tar.gz",
    citation="Liu et al., ASVspoof 2021: Towards Spoofed and Deepfake Speech Detection in the Wild, "
    "IEEE/ACM Transactions on Audio, Speech and Language Processing 31, 2023",
    languages=("en", "de", "fi", "zh"),
    expected=(
        Expected(rows=611_829, known="established"),
        Expected(rows=14_869, where={"split": "test", "label": "bona fide"}, known="established"),
        Expected(rows=519_059, where={"split": "test", "label": "spoof"}, known="established"),
    ),
    labels={
        "label": ("bona fide", "spoof"),
        "codec": (
            "nocodec", "low_mp3", "high_mp3", "low_m4a", "high_m4a", "low_ogg", "high_ogg", "mp3m4a",
            "oggm4a",
        ),
        "source_set": ("asvspoof", "vcc2018", "vcc2020"),
        "trim": ("notrim", "trim"),
        "phase": ("progress", "eval", "hidden_track", "hidden"),
        "vocoder": (
            "traditional_vocoder", "waveform_concatenation", "neural_vocoder_autoregressive",
            "neural_vocoder_nonautoregressive", "unknown",
        ),
    },
    notes=(
        "No training part: systems train on ASVspoof 2019 LA. Published figures are those of the phase eval.",
        "The 13 columns are as read in lines that public loaders quote (the NII's protocol script among "
        "them); the last four tell task, team, genders and language of the Voice Conversion Challenge 2020.",
        "The key does not tell which utterances a row was made from: groups are single rows.",
    ),
)  # fmt: skip
COLUMNS = (
    "speaker", "id", "codec", "source_set", "attack", "label", "trim", "phase", "vocoder", "vcc_task",
    "vcc_team", "vcc_genders", "vcc_language",
)  # fmt: skip


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The rows of all phases.

    Args:
        root: folder that holds the parts of `ASVspoof2021_DF_eval` and `keys/DF/CM/trial_metadata.txt`.

    Returns:
        `label`; `attack` (A07 to A19, or a team of the Voice Conversion Challenges), empty for bona
        fide; `codec`; `source_set`; `trim`; `phase`; `vocoder`, empty for bona fide; `vcc_task`,
        `vcc_team`, `vcc_genders`, `vcc_language`, empty where they do not apply; `split` is test for
        the phase eval, progress and hidden for the others.

    Raises:
        BadInput: when there is no key, a line is not of 13 columns, or a label is unknown.
    """
    return scan_2021(CARD, root, "DF", COLUMNS)
