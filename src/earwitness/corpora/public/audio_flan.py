"""Audio-FLAN: instructions over speech, music and sound; here its audio, and its records one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.instruction_record import InstructionRecord, read_records
from earwitness.corpora.key_file import read_key
from earwitness.corpora.scanning import choice, join_key, refuse_outside, scanned
from earwitness.errors import BadInput

DOMAINS = ("speech", "music", "audio")
DIRECTIONS = ("understanding", "generation")
PARTS = ("train_dev", "test")
CARD = CorpusCard(
    name="audio-flan",
    title="Audio-FLAN",
    tasks=("instructions",),
    licence="Apache-2.0 (card); each source has its own, which no table names",
    access="registration",
    get="huggingface.co, dataset HKUSTAudio/Audio-FLAN-Dataset: scp_files, metadata and audio_files",
    citation="Xue et al., Audio-FLAN: a preliminary release, arXiv 2502.16584, 2025",
    languages=("en", "zh"),
    hours=104_549.18,
    labels={"domain": DOMAINS},
    notes=(
        "108.5 million records over 52 sources; the release is by parts, so no count is expected.",
        "One row an audio file of the scp lists. Records are read with instructions(root), one at a time: "
        "an audio file may serve records of several splits, so the rows have no split.",
        "Paths of the scp lists are taken from the top folder, from audio_files, from its domain or from "
        "its source, whichever finds most of a list's files: the release does not say.",
        "Ids cannot be followed to the files of the original corpora, so an overlap cannot be checked.",
    ),
)


def scan(root: str | os.PathLike[str]) -> Corpus:
    """The audio that the lists `scp_files/<domain>/<source>.scp` name.

    Args:
        root: the folder that holds `scp_files` and `audio_files`.

    Returns:
        `domain` (speech, music, audio), `dataset` (its source, such as 13_LibriTTS-R).

    Raises:
        BadInput: when no list is there, or one is not sound.
    """
    top = Path(root)
    lists = [path for domain in DOMAINS for path in sorted((top / "scp_files" / domain).glob("*.scp"))]
    if not lists:
        raise BadInput("has no scp_files/speech, music or audio with lists", where=str(root))
    files = file_tree(top)
    there = files.select("path")
    keys = []
    for path in lists:
        key = read_key(path, ("id", "path"))
        refuse_outside(key["path"], str(path))
        key = key.with_columns(
            pl.col("path").str.replace(r"^(\./)+", ""),
            pl.lit(path.parent.name).alias("domain"),
            pl.lit(path.stem).alias("dataset"),
        )
        keys.append(_placed(key, there, path.parent.name, path.stem))
    rows, report = join_key(pl.concat(keys), files, on="path", where="scp_files")
    return scanned(CARD, rows, root, report, labels=("domain", "dataset"))


def instructions(
    root: str | os.PathLike[str],
    *,
    domain: str = "all",
    direction: str = "all",
    part: str = "all",
    mend: bool = False,
) -> Iterator[InstructionRecord]:
    """The records below `metadata`, one at a time.

    Args:
        root: the folder that holds `metadata`.
        domain: "all", speech, music or audio.
        direction: "all", understanding or generation.
        part: "all", train_dev or test.
        mend: mend the faults that the paper's own samples have.

    Raises:
        BadInput: when no file is there, or a line is no record.
    """
    choice("domain", domain, ("all", *DOMAINS))
    choice("direction", direction, ("all", *DIRECTIONS))
    choice("part", part, ("all", *PARTS))
    wanted = "/".join("*" if value == "all" else value for value in (domain, direction, part))
    files = sorted(Path(root).glob(f"metadata/{wanted}/*/jsonl/*.jsonl"))
    if not files:
        raise BadInput(f"has no metadata/{wanted}/*/jsonl/*.jsonl", where=str(root))
    for path in files:
        yield from read_records(path, mend=mend)


def _placed(key: pl.DataFrame, there: pl.DataFrame, domain: str, dataset: str) -> pl.DataFrame:
    """The key with its paths from where most of them are found."""
    starts = ("", "audio_files/", f"audio_files/{domain}/", f"audio_files/{domain}/{dataset}/")
    placed = [key.with_columns((pl.lit(start) + pl.col("path")).alias("path")) for start in starts]
    return max(placed, key=lambda one: len(one.join(there, on="path", how="semi")))
