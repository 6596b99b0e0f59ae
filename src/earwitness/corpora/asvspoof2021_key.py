"""The keys of ASVspoof 2021: one layout for logical access and deepfake, and the scores for t-DCF."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_key, relabel
from earwitness.corpora.scanning import join_key, scanned
from earwitness.errors import BadInput

PHASES = {"eval": "test", "progress": "progress", "hidden_track": "hidden", "hidden": "hidden"}
"""Phase of the challenge -> split. Published figures are those of `eval`."""


def scan_2021(card: CorpusCard, root: str | os.PathLike[str], track: str, columns: tuple[str, ...]) -> Corpus:
    """The corpus of one track, labelled by its `trial_metadata.txt`.

    Args:
        card: of the corpus.
        root: folder with the audio (in any folders) and the keys.
        track: "LA" or "DF".
        columns: of the key, in order; those that begin with "_" are not kept.

    Raises:
        BadInput: when there is no key, or it is not sound.
    """
    path = key_path(root, track, "CM")
    key = relabel(read_key(path, columns), "label", {"bonafide": "bona fide", "spoof": "spoof"}, path)
    key = relabel(key, "phase", {phase: phase for phase in PHASES}, path)
    kept = [name for name in columns if name[0] != "_" and name not in ("id", "speaker", "label")]
    key = key.with_columns(
        pl.col([name for name in kept if name == "attack" or name[:3] in ("voc", "vcc")]).replace(
            {"-": "", "bonafide": ""}
        ),
        pl.col("phase").replace_strict(PHASES).alias("split"),
        (pl.col("label") == "spoof").alias("synthetic"),
    )
    rows, report = join_key(key, file_tree(root), where=str(path))
    return scanned(card, rows, root, report, labels=("label", *kept))


def key_path(root: str | os.PathLike[str], track: str, kind: str) -> Path:
    """Where `trial_metadata.txt` is: the keys come unpacked in more than one way.

    Args:
        root: folder of the corpus.
        track: "LA" or "DF".
        kind: "CM" (spoofing) or "ASV" (speaker verification).

    Raises:
        BadInput: when it is at none of the known places.
    """
    for folder in (f"keys/{track}", track, "keys", f"{track}-keys-full/keys/{track}", "."):
        path = Path(root) / folder / kind / "trial_metadata.txt"
        if path.is_file():
            return path
    raise BadInput(
        f"has no keys/{track}/{kind}/trial_metadata.txt; unpack {track}-keys-full beside the audio",
        where=str(root),
    )


def verification_scores(root: str | os.PathLike[str], track: str = "LA") -> pl.DataFrame:
    """What the organisers' speaker verification said of each trial: what min t-DCF is made from.

    Args:
        root: folder of the corpus, with `keys/LA/ASV/trial_metadata.txt` and
            `keys/LA/ASV/ASVTorch_Kaldi/score.txt`.
        track: "LA"; the deepfake track has no such scores.

    Returns:
        Columns `speaker` (that is claimed), `id` (utterance), `label` (target, nontarget or spoof),
        `phase` and `score` (higher = more the claimed speaker), in the order of the key.

    Raises:
        BadInput: when a file is missing or not sound, or their lines are not of the same trials.
    """
    path = key_path(root, track, "ASV")
    key = read_key(path, ("speaker", "id", "_codec", "_channel", "_attack", "label", "_trim", "phase"))
    key = relabel(key, "label", {name: name for name in ("target", "nontarget", "spoof")}, path)
    scored = path.with_name("ASVTorch_Kaldi") / "score.txt"
    scores = read_key(scored, ("speaker", "id", "score"))
    if not key.select("speaker", "id").equals(scores.select("speaker", "id")):
        raise BadInput(f"is not of the trials of {path.name}, line by line", where=str(scored))
    values = scores["score"].cast(pl.Float64, strict=False)
    if values.is_null().any() or not values.is_finite().all():
        bad = (values.is_null() | ~values.is_finite().fill_null(False)).arg_true()[0]
        raise BadInput(f"line {bad + 1} has no finite score: {scores['score'][bad]!r}", where=str(scored))
    return key.select("speaker", "id", "label", "phase").with_columns(values.alias("score"))
