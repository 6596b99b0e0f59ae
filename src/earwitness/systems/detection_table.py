"""A corpus as the detector's training sees it: rows, classes and pooled windows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness.audio.decode import decode
from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.corpora.channel_probe import stretch
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import audio_sha256
from earwitness.corpora.parts import only
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.encoders.store_key import Key
from earwitness.errors import BadInput
from earwitness.systems.clip_windows import SAMPLE_RATE, WindowRule, clip_windows, pooled_windows
from earwitness.systems.origin import BONA_FIDE, OriginNetwork, OriginRecipe, Statistic
from earwitness.training.rounds import Rows

STATISTICS: tuple[Statistic, ...] = ("mean", "deviation", "change-1", "change-4")
COLUMNS = ("id", "path", "label", "engine", "family", "voice", "language", "source", "speaker", "group")


class Pooled(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of every scored window of a corpus.

    Args:
        values: (windows, dimension) float32.
        clip: (windows,) row of the corpus.
        speech: (windows,) speech frames.
        audio_sha256: over id and content hash of every row, as it was heard.
    """

    values: np.ndarray
    clip: np.ndarray
    speech: np.ndarray
    audio_sha256: str = ""


def audio_root(corpus: str | Path) -> Path:
    """Folder that the paths of a corpus start from; it need not be the one that holds the table.

    Args:
        corpus: the table (Parquet), or a folder with `corpus.parquet`.
    """
    file = _table_file(corpus)
    return Corpus.read(file).root or file.parent


def read_rows(corpus: str | Path) -> tuple[pl.DataFrame, Rows]:
    """The table of a corpus for detection, its speech alone, and the columns that rounds are made by.

    Args:
        corpus: the table (Parquet), or a folder with `corpus.parquet`.

    Raises:
        BadInput: when there is no such table or a column is missing.
    """
    path = _table_file(corpus)
    table = only(Corpus.read(path).table)
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise BadInput(f"has no column {missing[0]!r}", where=str(path))
    table = table.with_columns(
        pl.col(column).cast(pl.String).fill_null("") for column in COLUMNS if column != "path"
    )

    def column(name: str) -> np.ndarray:
        return table[name].to_numpy().astype(str)

    real = column("label") == BONA_FIDE
    voice = np.where(column("voice") != "", column("voice"), column("speaker"))
    rows = Rows(
        bona_fide=real,
        family=np.where(real, "", column("family")),
        # Synthetic speech was given the channel of a real clip: that clip's source is held back with it.
        source=column("partner_source" if "partner_source" in table.columns else "source"),
        group=column("group"),
        voice=np.where(voice != "", voice, column("group")),
    )
    if not real.any() or real.all():
        raise BadInput("needs real speech and spoofs", where=str(path))
    return table, rows


def _table_file(corpus: str | Path) -> Path:
    path = Path(corpus)
    file = path / "corpus.parquet" if path.suffix != ".parquet" or path.is_dir() else path
    if not file.is_file():
        raise BadInput(
            "no corpus here; build one with: earwitness corpora build open-voices DIR", where=str(file)
        )
    return file


def origin_classes(table: pl.DataFrame, kind: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Class names, bona fide first, and the class number of every row.

    Args:
        table: of a corpus.
        kind: `engine`, `family` or `binary`.
    """
    real = (table["label"] == BONA_FIDE).to_numpy()
    made = np.full(len(table), "spoof") if kind == "binary" else table[kind].to_numpy().astype(str)
    names = sorted(set(made[~real].tolist()))
    number = {name: place + 1 for place, name in enumerate(names)}
    return (BONA_FIDE, *names), np.array(
        [0 if r else number[m] for r, m in zip(real, made, strict=True)], np.int64
    )


def pool_corpus(
    table: pl.DataFrame,
    root: str | Path,
    encoder: OnnxEncoder,
    rule: WindowRule,
    recipe: OriginRecipe,
    store: Store | None,
    progress: Callable[[int, int], None] | None = None,
) -> Pooled:
    """Encode every clip once and pool its windows; what the store has is not computed again.

    Args:
        table: of a corpus; of each row the stretch from `start` to `end` is heard.
        root: folder that its paths start from (`audio_root`).
        encoder: gives the frames of the recipe's layers.
        rule: window, hop and least speech.
        recipe: which statistics are pooled.
        store: holds pooled windows between runs; `None` keeps nothing.
        progress: called with (clips done, clips).
    """
    # All statistics are kept, whichever the recipe reads: a search over them encodes nothing anew.
    every = msgspec.structs.replace(recipe, statistics=STATISTICS)
    network = OriginNetwork((len(encoder.layers), encoder.dimension), 2, every)
    wide = len(encoder.layers) * encoder.dimension
    columns = np.concatenate([STATISTICS.index(name) * wide + np.arange(wide) for name in recipe.statistics])
    values: list[np.ndarray] = []
    clips: list[np.ndarray] = []
    speeches: list[np.ndarray] = []
    described = f"{','.join(STATISTICS)}|{msgspec.json.encode(rule, order='sorted').decode()}"
    heard: list[str] = []
    for row, recording in enumerate(recordings(table, root)):
        heard.append(recording.sha256)
        found = _pooled_clip(recording, encoder, rule, network, store, described)
        values.append(found[:, columns] if len(found) else found[:, :-1])
        speeches.append(found[:, -1])
        clips.append(np.full(len(found), row))
        if progress is not None:
            progress(row + 1, len(table))
    kept = [array for array in values if len(array)]
    if not kept:
        raise BadInput("no clip holds enough speech to be scored", where=str(root))
    return Pooled(
        values=np.concatenate(kept), clip=np.concatenate(clips), speech=np.concatenate(speeches),
        audio_sha256=heard_sha256(table, heard),
    )  # fmt: skip


def recordings(table: pl.DataFrame, root: str | Path) -> Iterator[Recording]:
    """The stretch that each row of a corpus names, in order.

    Args:
        table: of a corpus.
        root: folder that its paths start from.
    """
    last: tuple[str, Recording] | None = None
    stretches = table.select("path", "start", "end") if "start" in table.columns else None
    for row, path in enumerate(table["path"]):
        if last is None or last[0] != path:  # rows of one file mostly follow each other
            last = path, decode(Path(root) / path)
        _, start, end = (path, 0.0, None) if stretches is None else stretches.row(row)
        yield stretch(last[1], start or 0.0, end, path)


def heard_sha256(table: pl.DataFrame, heard: Sequence[str]) -> str:
    """Hash of the audio of a corpus, from the content hash of each row (hexadecimal)."""
    return audio_sha256(pl.DataFrame({"id": table["id"], "sha256": heard}))


def _pooled_clip(
    recording: Recording,
    encoder: OnnxEncoder,
    rule: WindowRule,
    network: OriginNetwork,
    store: Store | None,
    described: str,
) -> np.ndarray:
    """(windows, dimension + 1): statistics, and the window's speech frames in the last column."""
    key = None
    if store is not None:
        key = store_key(recording.sha256, encoder, described)
        known = store.get(key)
        if known is not None:
            return np.array(known, np.float32)
    samples = resample(recording.samples, recording.sample_rate, SAMPLE_RATE)
    windows = clip_windows(samples, encoder, rule)
    found = np.zeros((0, 1), np.float32)
    if len(windows.speech):
        pooled = pooled_windows(windows, network.embed)
        found = np.concatenate([pooled, windows.speech[:, None].astype(np.float32)], axis=1)
    if store is not None and key is not None:
        store.put(key, found)
    return found


def store_key(sha256: str, encoder: OnnxEncoder, view: str) -> Key:
    """Key of a clip's pooled windows in the store."""
    return Key(
        content=sha256, view=f"origin-windows {view}", encoder=encoder.name, revision=encoder.revision,
        layers=encoder.layers, policy=encoder.policy, stored="float32",
    )  # fmt: skip


def corpus_hash(table: pl.DataFrame, columns: Sequence[str] = COLUMNS) -> str:
    """SHA-256 of some columns of the table's rows (hexadecimal); of the audio see `Pooled.audio_sha256`."""
    digest = hashlib.sha256()
    for row in table.select(columns).sort("id").iter_rows():
        digest.update(("|".join(map(str, row)) + "\n").encode())
    return digest.hexdigest()


def hashes(table: pl.DataFrame, audio: str) -> dict[str, str]:
    """What was trained on, for the record of a run: hash of the table, and of the audio as it was heard."""
    return {"corpus table": corpus_hash(table), "corpus audio (samples)": audio}
