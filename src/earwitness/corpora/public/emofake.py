"""EmoFake: emotional speech in English and Chinese, and the same speech with its emotion converted."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_key, relabel
from earwitness.corpora.scanning import choice, join_key, scanned
from earwitness.errors import BadInput

SYSTEMS = {
    "S1": "VAW-GAN-CWT", "S2": "DeepEST", "S3": "Seq2Seq-EVC", "S4": "CycleGAN-EVC", "S5": "CycleTransGAN",
    "S6": "EmoCycleGAN", "S7": "StarGAN-EVC",
}  # fmt: skip
EMOTIONS = {
    "neutral": "neutral", "happy": "happiness", "angry": "anger", "sad": "sadness", "surprise": "surprise",
}  # fmt: skip
CARD = CorpusCard(
    name="emofake",
    title="EmoFake",
    tasks=("detection", "attribution", "emotion"),
    licence="CC-BY-NC-ND-4.0",
    access="open",
    get="zenodo.org, record 10443769, unpacked; it is built on ESD, whose own terms apply",
    citation="Zhao et al., EmoFake: An Initial Dataset for Emotion Fake Audio Detection, Proc. CCL, 2024",
    languages=("en", "zh"),
    labels={
        "label": ("bona fide", "spoof"), "attack": tuple(SYSTEMS), "engine": tuple(SYSTEMS.values()),
        "emotion": tuple(EMOTIONS.values()), "source_emotion": tuple(EMOTIONS.values()),
        "language": ("en", "zh"),
    },
    notes=(
        "Protocol lines are <file> <label>; bona fide is written genuine or bonafide. A name that begins "
        "with S1 to S7 and _ is that of a fake (Surprise begins with S, too): a protocol that says otherwise "
        "of such a name is refused.",
        "Which engine is S1 to S7 is inferred: the order in which MiCuNet's authors list them, whose last "
        "two are the ones that they hold out.",
        "Where protocols lie is not established: any .txt whose name has train, dev, eval or test in it is "
        "one. The language is that of the folders or of the protocol's name (en..., zh... or ch...), else "
        "that of the speaker: 0001 to 0010 of ESD are Chinese, 0011 to 0020 English.",
        "group ties a fake to the utterance that it was converted from, where a name holds the speaker and "
        "number of ESD (0011_000351); else a group is a row. Licence is from memory; no count is "
        "established.",
    ),
)  # fmt: skip
FAKE = r"^(S[1-7])_([A-Za-z]+)2([A-Za-z]+)(?:_|$)"
REAL = r"^[^_]+_([A-Za-z]+)(?:_|$)"


def scan(root: str | os.PathLike[str], language: str = "both") -> Corpus:
    """The rows of all protocols below a folder.

    Args:
        root: that holds the audio and the protocols, in any folders.
        language: `en`, `zh` or `both`.

    Returns:
        `label`; `attack` S1 to S7 and its `engine`, empty for bona fide; `emotion` that is heard,
        `source_emotion` that it was converted from, empty for bona fide; `language`; `speaker` of ESD
        where the name tells.

    Raises:
        BadInput: when there is no protocol, a line is not of two columns, a label is unknown, or a
            label contradicts a name.
    """
    choice("language", language, ("both", "en", "zh"))
    keys = []
    for inside in file_tree(root, (".txt",))["path"]:
        split = _split(inside.rpartition("/")[2])
        if split:
            keys.append(_protocol(Path(root) / inside, inside, split))
    if not keys:
        raise BadInput("has no protocol: a .txt with train, dev, eval or test in its name", where=str(root))
    key = pl.concat(keys)
    stem = pl.col("stem")
    utterance = stem.str.extract(r"(?:^|_)(00[01][0-9]|0020)(?:_|$)")
    number = stem.str.extract(r"(?:^|[_-])([0-9]{6})(?:[_-]|$)")
    key = key.with_columns(
        (pl.col("label") == "spoof").alias("synthetic"),
        stem.str.extract(FAKE, 1).fill_null("").alias("attack"),
        pl.coalesce(stem.str.extract(FAKE, 3), stem.str.extract(REAL, 1)).str.to_lowercase()
        .replace_strict(EMOTIONS, default="").alias("emotion"),
        stem.str.extract(FAKE, 2).str.to_lowercase().replace_strict(EMOTIONS, default="")
        .alias("source_emotion"),
        utterance.fill_null("").alias("speaker"),
    ).with_columns(
        pl.col("attack").replace_strict(SYSTEMS, default="").alias("engine"),
        pl.when(pl.col("language") != "").then("language").when(pl.col("speaker") == "").then(pl.lit(""))
        .when(pl.col("speaker") <= "0010").then(pl.lit("zh")).otherwise(pl.lit("en")).alias("language"),
        pl.coalesce(utterance + pl.lit("_") + number, pl.col("id")).alias("group"),
    )  # fmt: skip
    if language != "both":
        key = key.filter(pl.col("language") == language)
    rows, report = join_key(key, file_tree(root), where="EmoFake protocols")
    return scanned(
        CARD, rows, root, report,
        labels=("label", "attack", "engine", "emotion", "source_emotion", "language"),
    )  # fmt: skip


def _split(name: str) -> str:
    for word, split in (("train", "train"), ("dev", "validation"), ("eval", "test"), ("test", "test")):
        if word in name.lower():
            return split
    return ""


def _protocol(path: Path, inside: str, split: str) -> pl.DataFrame:
    words = {"genuine": "bona fide", "bonafide": "bona fide", "fake": "spoof", "spoof": "spoof"}
    key = relabel(read_key(path, ("file", "label")), "label", words, path)
    lower = inside.lower()
    language = "en" if _says(lower, ("english", "en", "eng")) else ""
    language = "zh" if _says(lower, ("chinese", "mandarin", "zh", "ch", "cn")) else language
    stem = pl.col("file").str.extract(r"([^/\\]*)$").str.replace(r"\.(?:wav|flac|mp3)$", "")
    key = key.with_columns(
        stem.alias("id"), stem.alias("stem"), pl.lit(split).alias("split"), pl.lit(language).alias("language")
    )
    wrong = key.filter((pl.col("label") == "spoof") != pl.col("stem").str.contains(FAKE))
    if len(wrong):
        name, label = wrong.select("file", "label").row(0)
        raise BadInput(
            f"says that {name!r} is {label}, its name says otherwise (fakes begin with S1_ to S7_); "
            f"so {len(wrong):,} of {len(key):,} lines",
            where=str(path),
        )
    return key


def _says(path: str, words: tuple[str, ...]) -> bool:
    parts = path.replace(".", "/").replace("_", "/").replace("-", "/").split("/")
    return any(part in words for part in parts)
