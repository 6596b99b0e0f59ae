"""ASVspoof 5: crowdsourced speech, 32 attacks, codecs; detection alone and with speaker verification."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import column_count, read_key, relabel
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, join_key, noted, scanned
from earwitness.corpora.trials import Trials
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="asvspoof5",
    title="ASVspoof 5",
    tasks=("detection", "attribution", "speaker"),
    licence="ODC-By-1.0",
    access="open",
    get="zenodo.org, record 14498691: flac_T, flac_D, flac_E and ASVspoof5_protocols, unpacked in one folder",
    citation="Wang et al., ASVspoof 5: Crowdsourced speech data, deepfakes, and adversarial attacks at "
    "scale, Proc. ASVspoof Workshop, 2024",
    languages=("en",),
    expected=(
        Expected(rows=182_357, where={"split": "train"}, known="established"),
        Expected(rows=18_797, where={"split": "train", "label": "bona fide"}),
        Expected(rows=163_560, where={"split": "train", "label": "spoof"}),
        Expected(rows=140_950, where={"split": "validation"}, known="established"),
        Expected(rows=31_334, where={"split": "validation", "label": "bona fide"}),
        Expected(rows=109_616, where={"split": "validation", "label": "spoof"}),
        Expected(rows=680_774, where={"split": "test"}, known="established"),
        Expected(rows=138_688, where={"split": "test", "label": "bona fide"}),
        Expected(rows=542_086, where={"split": "test", "label": "spoof"}),
    ),
    labels={
        "label": ("bona fide", "spoof"),
        "attack": tuple(f"A{number:02}" for number in range(1, 33)),
        "gender": ("female", "male"),
    },
    notes=(
        "Ten columns and the counts of each part as in the README of the corpus; counts by label are from "
        "memory, as is A01-A08 train, A09-A16 development, A17-A32 evaluation.",
        "The release of phase 1 had six columns; of them only the file (second) and the label (last) are "
        "established. The speaker (first) is from memory; an attack is read where the fifth names one.",
        "group ties a coded utterance to the one that it was coded from (CODEC_SEED).",
        "An uncoded row has codec_quality - in training and development and 0 in evaluation; both become "
        "empty.",
        "Utterances that only enrol speakers (track 2: 1,184 and 1,098) are bona fide speech outside of the "
        "official detection trials: left out unless use=track-2.",
    ),
)  # fmt: skip
SPLITS = {"train": "train", "dev": "validation", "eval": "test"}
TEN = (
    "speaker",
    "id",
    "gender",
    "codec",
    "codec_quality",
    "codec_seed",
    "attack_tag",
    "attack",
    "label",
    "_",
)
SIX = ("speaker", "id", "_gender", "_codec", "attack", "label")
USES = ("track-1", "track-2")


def scan(root: str | os.PathLike[str], use: str = "track-1") -> Corpus:
    """The rows of the parts whose protocol is there.

    Args:
        root: folder that holds `flac_T`, `flac_D`, `flac_E_eval` and the protocols, in
            `ASVspoof5_protocols` or beside them.
        use: `track-1` the detection trials; `track-2` the utterances that track 2 enrols, too.

    Returns:
        `label`; `attack` and `attack_tag`, empty for bona fide; `codec`, `codec_quality`, empty where
        it was not coded; `gender`; `use`: trial or enrolment.

    Raises:
        BadInput: when there is no protocol, a line has neither ten nor six columns, or a label is
            unknown.
    """
    choice("use", use, USES)
    keys = [_part(path, split) for part, split in SPLITS.items() if (path := _path(root, part, "track_1"))]
    if not keys:
        raise BadInput(
            "has no ASVspoof5.train.tsv, .dev.track_1.tsv or .eval.track_1.tsv, here or in "
            "ASVspoof5_protocols",
            where=str(root),
        )
    key = pl.concat(keys, how="diagonal").with_columns(pl.lit("trial").alias("use"))
    enrolling = [
        _enrolled(path, split)
        for part, split in SPLITS.items()
        if (path := _path(root, part, "track_2.enroll", "enroll")) is not None
    ]
    files = file_tree(root)
    apart = pl.Series([], dtype=pl.String)
    if enrolling:
        enrolled = pl.concat(enrolling).join(key, on="id", how="anti")
        if use == "track-2":
            key = pl.concat([key, enrolled], how="diagonal")
        else:
            apart = files.join(enrolled, left_on="stem", right_on="id", how="semi")["path"]
            files = files.filter(~pl.col("path").is_in(apart.implode()))
    key = key.with_columns(
        pl.col("attack_tag", "attack", "codec", "codec_quality", "codec_seed", "gender").fill_null(""),
        (pl.col("label") == "spoof").alias("synthetic"),
    ).with_columns(pl.when(pl.col("codec_seed") == "").then("id").otherwise("codec_seed").alias("group"))
    rows, report = join_key(key, files, where="ASVspoof5 protocols")
    report = ScanReport(missing=report.missing, extra=report.extra, dropped=noted(apart))
    return scanned(
        CARD, rows, root, report,
        labels=("label", "attack", "attack_tag", "codec", "codec_quality", "gender", "use"),
    )  # fmt: skip


def trials(root: str | os.PathLike[str], split: str = "test") -> Trials:
    """The trials of track 2: is this the enrolled speaker, another one, or a spoof?

    Args:
        root: as for `scan`.
        split: "validation" or "test".

    Returns:
        `left` the claimed speaker, `right` the utterance, `label` target, nontarget or spoof, `attack`
        empty for bona fide, `gender`; `enrolment` names the utterances of each speaker.

    Raises:
        BadInput: when a list is missing or not sound, or a claimed speaker is not enrolled.
    """
    choice("split", split, ("validation", "test"))
    part = {"validation": "dev", "test": "eval"}[split]
    path = _path(root, part, "track_2.trial", "trial")
    enrol = _path(root, part, "track_2.enroll", "enroll")
    if path is None or enrol is None:
        missing = "trial" if path is None else "enroll"
        raise BadInput(f"has no ASVspoof5.{part}.track_2.{missing}.tsv", where=str(root))
    table = read_key(path, ("left", "right", "gender", "attack", "label")).with_columns(
        pl.col("attack").replace({"bonafide": "", "-": ""}), _gender()
    )
    lines = read_key(enrol, ("speaker", "ids"))
    enrolment = {speaker: ids.split(",") for speaker, ids in lines.iter_rows()}
    unknown = table.filter(~pl.col("left").is_in(list(enrolment)))
    if len(unknown):
        raise BadInput(f"does not enrol {unknown['left'][0]!r}, whom {path.name} claims", where=str(enrol))
    return Trials(table, str(path), enrolment)


def _path(root: str | os.PathLike[str], part: str, *kinds: str) -> Path | None:
    names = [f"ASVspoof5.{part}.{kind}.{ending}" for kind in kinds for ending in ("tsv", "txt")]
    if kinds == ("track_1",):
        names += [f"ASVspoof5.{part}.tsv", f"ASVspoof5.{part}.txt"]
    places = (Path(root) / folder / name for name in names for folder in ("ASVspoof5_protocols", "."))
    return next((place for place in places if place.is_file()), None)


def _part(path: Path, split: str) -> pl.DataFrame:
    count = column_count(path)
    if count not in (10, 6):
        raise BadInput(f"line 1 has {count} columns, not 10 or 6", where=str(path))
    key = relabel(
        read_key(path, TEN if count == 10 else SIX),
        "label",
        {"bonafide": "bona fide", "spoof": "spoof"},
        path,
    )
    if count == 6:
        attack = pl.when(pl.col("attack").str.contains(r"^A[0-9]{2}$")).then("attack").otherwise(pl.lit(""))
        key = key.select("speaker", "id", "label", attack.alias("attack")).with_columns(
            pl.lit("").alias(name)
            for name in ("gender", "codec", "codec_quality", "codec_seed", "attack_tag")
        )
    else:
        key = key.drop("_").with_columns(
            pl.col("attack", "attack_tag", "codec", "codec_seed").replace({"-": "", "bonafide": ""}),
            pl.col("codec_quality").replace({"-": "", "0": ""}),
            _gender(),
        )
    return key.with_columns(pl.lit(split).alias("split"))


def _enrolled(path: Path, split: str) -> pl.DataFrame:
    lines = read_key(path, ("speaker", "ids")).with_columns(pl.col("ids").str.split(","))
    return lines.explode("ids").select(
        "speaker", pl.col("ids").alias("id"), pl.lit(split).alias("split"),
        pl.lit("bona fide").alias("label"), pl.lit("enrolment").alias("use"),
    )  # fmt: skip


def _gender() -> pl.Expr:
    return pl.col("gender").replace_strict({"F": "female", "M": "male"}, default="").alias("gender")
