"""Building open-voices from nothing: fetch, open, scan, plan, make, check, write the card."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

import earwitness
from earwitness.corpora.check import check
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices import asterisk, fillets, gcin, polish, queen, tuxpaint
from earwitness.corpora.open_voices.archive_list import ARCHIVES, Archive
from earwitness.corpora.open_voices.archives import obtain, unpack
from earwitness.corpora.open_voices.build import build
from earwitness.corpora.open_voices.card import Card, card, written
from earwitness.corpora.open_voices.clip import Clip
from earwitness.corpora.open_voices.plan import SUBSETS, plan
from earwitness.errors import BadInput
from earwitness.making.kokoro import voices
from earwitness.whole_file import write_whole

SOURCES = (asterisk, tuxpaint, gcin, fillets, queen, polish)
TINY = ("asterisk-core-sounds-en", "asterisk-core-sounds-en-wav", "gcin-voice")
"""Packages of the subset `tiny`: 26 MB, and no neural text-to-speech."""


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


def archives_of(subset: str) -> tuple[Archive, ...]:
    """The packages that a subset needs.

    Raises:
        BadInput: when there is no such subset.

    Example:
        >>> sum(archive.size for archive in archives_of("tiny")) < 80e6
        True
    """
    if subset not in SUBSETS:
        raise BadInput(f"no such subset; there are: {', '.join(SUBSETS)}", where=subset)
    return tuple(archive for archive in ARCHIVES if subset != "tiny" or archive.package in TINY)


def build_open_voices(
    folder: Path,
    subset: str = "small",
    *,
    seed: int = 0,
    archives: Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Card:
    """Build open-voices, or go on with a build that was stopped.

    Writes `corpus.parquet`, `audio/`, `card.md`, `card.json` and, until they are deleted,
    `archives/` and `sources/`.

    Args:
        folder: of the corpus.
        subset: `tiny`, `small` or `full`.
        seed: the same seed gives the same corpus.
        archives: folder of archives that are there already; `folder/archives` without it.
        workers: processes that make rows.
        progress: where to tell how far it is.

    Returns:
        The card.

    Raises:
        BadInput: when a source cannot be had, an archive is not the recorded one, or the folder
            was built with another subset or seed.
    """
    shown = progress or Progress()
    needed = archives_of(subset)
    settings = msgspec.json.encode({"subset": subset, "seed": seed})
    _same_build(folder, settings)
    kept = archives or folder / "archives"
    obtain(kept, needed, shown.tell)
    shown.tell("opening the packages")
    opened = unpack(kept, folder / "sources", needed)
    shown.tell("reading what is in them")
    clips = scan_sources(opened.sources)
    names = voices(opened.kokoro) if (opened.kokoro / "model.onnx").is_file() else ()
    rows = plan(clips, names, SUBSETS[subset], seed)
    shown.tell(f"making {len(rows):,} utterances from {len(clips):,} clips")
    write_whole(folder / "build.json", settings)

    def made(done: int, total: int) -> None:
        shown.step("making", done, total)

    built = build(
        rows, folder, opened.sources, opened.kokoro, workers=workers, progress=made
    )  # fmt: skip
    corpus = Corpus(built.table, f"open-voices {subset}")
    return finish(corpus, folder, subset=subset, seed=seed, refused=len(built.failed), progress=shown)


def finish(
    corpus: Corpus, folder: Path, *, subset: str, seed: int, refused: int, progress: Progress | None = None
) -> Card:
    """Check a built corpus and write its card beside it.

    Args:
        corpus: as built.
        folder: of the corpus.
        subset: of which it is.
        seed: that it was made with.
        refused: rows that could not be made.
        progress: where to tell how far it is.
    """
    shown = progress or Progress()
    measured = 0

    def tick() -> None:
        nonlocal measured
        measured += 1
        shown.step("measuring channels", measured, len(corpus))

    found = check(corpus, folder, tick)
    result = card(
        corpus,
        found,
        name=f"open-voices, {subset}",
        seed=seed,
        version=earwitness.__version__,
        refused=refused,
    )
    write_whole(folder / "card.md", written(result).encode())
    write_whole(folder / "card.json", msgspec.json.format(msgspec.json.encode(result)))
    return result


def scan_sources(root: Path) -> list[Clip]:
    """The clips of all sources whose packages are there.

    Args:
        root: folder of unpacked packages.
    """
    scans: Iterable[tuple[Clip, ...]] = (source.scan(root).clips for source in SOURCES)
    return [clip for clips in scans for clip in clips]


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
