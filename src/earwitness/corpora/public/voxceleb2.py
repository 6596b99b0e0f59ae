"""VoxCeleb2: six thousand celebrities from web videos, to train on."""

from __future__ import annotations

import os

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import noted, scanned
from earwitness.corpora.voxceleb_files import utterances, with_people

CARD = CorpusCard(
    name="voxceleb2",
    title="VoxCeleb2",
    tasks=("speaker", "gender"),
    licence="CC-BY-4.0 (metadata); the audio is that of web videos",
    access="request",
    get="robots.ox.ac.uk/~vgg/data/voxceleb: vox2_dev_aac, vox2_test_aac and vox2_meta.csv",
    citation="Chung, Nagrani and Zisserman, VoxCeleb2: deep speaker recognition, Interspeech 2018",
    hours=2_440.1,
    expected=(
        Expected(rows=1_092_009, where={"split": "train"}, known="established"),
        Expected(rows=36_237, where={"split": "test"}),
    ),
    labels={"gender": ("male", "female")},
    notes=(
        "5,994 speakers to train on, 118 to test; none of them is in VoxCeleb1's test part.",
        "The release is AAC (m4a): decoding needs the av extra, unless the files were converted to WAV.",
        "Sources give 36,237 or 36,273 utterances of the test part.",
    ),
)
IDS = r"id0[0-9]{4}"


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The utterances that lie as `id00012/<video>/00001.m4a`, or of another ending.

    Args:
        root: with `dev/aac` and `test/aac` (or `wav`); `vox2_meta.csv` in it, in its folder `meta`, or
            beside it.

    Returns:
        `session` (speaker and video), `gender`; ids are such as `id00012/21Uxsk56VDQ/00001`.

    Raises:
        BadInput: when no file lies so, the table is not sound, or an utterance is there twice.
    """
    found, unknown = utterances(root, IDS)
    rows, notes = with_people(found, root, "vox2_meta.csv", "VoxCeleb2 ID")
    return scanned(
        CARD, rows, root, ScanReport(unknown=noted(unknown), notes=notes), labels=("session", "gender")
    )
