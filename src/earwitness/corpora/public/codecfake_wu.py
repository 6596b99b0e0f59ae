"""CodecFake of Wu et al.: every utterance of VCTK through fifteen neural codecs."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from earwitness.corpora.codec_settings import SETTINGS
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.key_file import read_key, relabel
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, join_key, noted, parse_names, scanned
from earwitness.errors import BadInput

CARD = CorpusCard(
    name="codecfake-wu",
    title="CodecFake (Wu et al., Interspeech 2024)",
    tasks=("detection", "attribution", "codec parsing"),
    licence="CC-BY-4.0",
    access="open",
    get="huggingface.co/datasets/rogertseng/CodecFake_wavs: one zip a codec, unpacked into a folder of its "
    "name; datalist.csv of rogertseng/CodecFake, where it is at hand",
    citation="Wu et al., CodecFake: Enhancing Anti-Spoofing Models Against Deepfake Audios from Codec-Based "
    "Speech Synthesis Systems, Proc. Interspeech, 2024",
    languages=("en",),
    expected=(
        Expected(rows=707_872, known="established"),
        Expected(rows=44_242, where={"label": "bona fide"}, known="established"),
        Expected(rows=663_630, where={"label": "spoof"}, known="established"),
    ),
    labels={"label": ("bona fide", "spoof"), "codec": tuple(SETTINGS)},
    notes=(
        "Files are found by the folder of their codec (genuine for what was not coded) and the name of VCTK. "
        "datalist.csv (path, label, speaker, codec, as the authors' loader reads it), where it is there, "
        "says which are to be there and what they are labelled.",
        "Splits by speaker as in the authors' loader: p226, p229 validation, p227, p228 test, the others "
        "training. group is the utterance of VCTK: its sixteen versions stay together.",
        "quantizers, kbps and codec_rate are the settings of the codec; those of SpeechTokenizer, EnCodec "
        "and FunCodec are recalled (settings_recalled says so by row).",
        "codec_as=bona fide labels coded speech bona fide, as some benchmarks do, for codecs alone make no "
        "deepfake; the corpus' own reading is spoof.",
        "The test sets of real systems (valle, valle-x, speechx) are rows only where datalist.csv names "
        "them: which of their files are genuine is not established.",
    ),
)
GENUINE = "genuine"
NAME = r"(?P<folder>.+)/(?P<utterance>(?:p[0-9]{3}|s5)_[0-9]{3})(?:_mic[12])?\.[^./]+"
LABELS = {
    "real": "bona fide", "genuine": "bona fide", "bonafide": "bona fide", "bona-fide": "bona fide",
    "fake": "spoof", "spoof": "spoof",
}  # fmt: skip


def scan(root: str | os.PathLike[str], codec_as: str = "spoof") -> Corpus:
    """The files in folders of known codecs, or those that `datalist.csv` names.

    Args:
        root: folder that holds the codecs' folders and, where at hand, `datalist.csv`.
        codec_as: label of coded speech, `spoof` or `bona fide`.

    Returns:
        `label`; `codec`, empty for genuine; `attack`, the codec or the real system, empty where the label
        is bona fide;
        `quantizers`, `kbps`, `codec_rate` in Hz, null where not known; `settings_recalled`.

    Raises:
        BadInput: when nothing is found, or `datalist.csv` is not sound or calls genuine speech fake.
    """
    choice("codec_as", codec_as, ("spoof", "bona fide"))
    parsed, unknown = parse_names(file_tree(root), NAME, "path")
    folder = pl.col("folder").str.replace(r"/(?:p[0-9]{3}|s5)$", "")
    named = parsed.with_columns(folder.str.extract(r"([^/]+)$").alias("codec")).with_columns(
        pl.format("{}/{}", "codec", "utterance").alias("id")
    )
    datalist = Path(root) / "datalist.csv"
    if datalist.is_file():
        key = _key(datalist)
        files = named.select("path", pl.col("id").alias("stem"), "bytes")
        rows, report = join_key(key, files, where=str(datalist))
        report = ScanReport(missing=report.missing, extra=report.extra, unknown=noted(unknown))
    else:
        known = pl.col("codec").is_in([*SETTINGS, GENUINE])
        strange = pl.concat([unknown, named.filter(~known)["path"]])
        report = ScanReport(unknown=noted(strange))
        rows = named.filter(known).with_columns(
            pl.when(pl.col("codec") == GENUINE).then(pl.lit("bona fide")).otherwise(pl.lit("spoof"))
            .alias("label"),
            pl.col("utterance").str.extract(r"^([^_]*)").alias("speaker"),
        )  # fmt: skip
    rows = rows.with_columns(
        pl.col("codec").replace(GENUINE, "").alias("attack"),
        pl.when(pl.col("codec").is_in(list(SETTINGS))).then("codec").otherwise(pl.lit("")).alias("codec"),
    )
    if codec_as == "bona fide":
        rows = rows.with_columns(pl.lit("bona fide").alias("label"))
    rows = rows.with_columns(
        (pl.col("label") == "spoof").alias("synthetic"),
        pl.when(pl.col("label") == "spoof").then("attack").otherwise(pl.lit("")).alias("attack"),
        pl.col("utterance").alias("group"),
        pl.when(pl.col("speaker").is_in(["p226", "p229"])).then(pl.lit("validation"))
        .when(pl.col("speaker").is_in(["p227", "p228"])).then(pl.lit("test")).otherwise(pl.lit("train"))
        .alias("split"),
    ).join(_settings(), on="codec", how="left", maintain_order="left")  # fmt: skip
    return scanned(
        CARD, rows, root, report,
        labels=("label", "codec", "attack", "quantizers", "kbps", "codec_rate", "settings_recalled"),
    )  # fmt: skip


def _key(path: Path) -> pl.DataFrame:
    key = relabel(read_key(path, ("file", "label", "speaker", "codec"), separator=","), "label", LABELS, path)
    turned = key.filter((pl.col("codec") == GENUINE) != (pl.col("label") == "bona fide"))
    if len(turned):
        name, label, codec = turned.select("file", "label", "codec").row(0)
        raise BadInput(f"calls {name!r} of {codec} {label}: its labels are turned round", where=str(path))
    stem = pl.col("file").str.extract(r"([^/\\]*)$").str.replace(r"(?:_mic[12])?\.[^.]*$", "")
    return key.with_columns(stem.alias("utterance")).with_columns(
        pl.format("{}/{}", "codec", "utterance").alias("id")
    )


def _settings() -> pl.DataFrame:
    return pl.DataFrame(
        [(name, s.quantizers, s.kbps, s.rate, s.recalled) for name, s in SETTINGS.items()],
        schema={
            "codec": pl.String, "quantizers": pl.Int64, "kbps": pl.Float64, "codec_rate": pl.Int64,
            "settings_recalled": pl.Boolean,
        },
        orient="row",
    )  # fmt: skip
