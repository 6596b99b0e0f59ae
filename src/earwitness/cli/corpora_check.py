"""`earwitness corpora check`: leaks, repeats, and whether channel or container tell the classes apart."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from earwitness.corpora.audio_verification import Verified, verify_audio
from earwitness.corpora.channel_probe import LEAST
from earwitness.corpora.check import Checked
from earwitness.corpora.check import check as check_corpus
from earwitness.corpora.check_pictures import pictures
from earwitness.corpora.content_hashes import content_hashes
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices.card import channel_lines
from earwitness.corpora.parts import only
from earwitness.errors import BadInput
from earwitness.metrics import Interval
from earwitness.whole_file import write_whole


def check(
    corpus: Path,
    *,
    label: str = "label",
    audio: bool = True,
    hashes: bool = True,
    most: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    json: bool = False,
) -> int:
    """Look for leaks and repeats, and ask whether the channel or the container alone tell the classes apart.

    All audio is read and held against its hashes: those in the table, or those taken when the corpus was
    first checked, trained on or scanned with --hashes, which stand beside the table (*.files.parquet).

    Args:
        corpus: corpus.parquet, or the folder that holds it.
        label: column of the classes; bona fide and spoof give an EER, others a mean recall against chance.
        audio: measure the audio and read the headers for the probes.
        hashes: hold the audio against its hashes, and find files of equal content.
        most: rows that are measured at most, of each class in proportion.
        seed: of their choice.
        out: folder for check.json and pictures (SVG); made if it is not there.
        json: print JSON.

    Returns:
        Exit code: 0 sound, 1 something speaks against using it.
    """
    if most is not None and most < 1:
        raise BadInput("must be at least 1", where="--most")
    read = Corpus.read(corpus)
    root = read.root or corpus.parent
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bars:
        verified = None
        if audio and hashes:
            reading = bars.add_task("reading the audio", total=None)
            verified = verify_audio(
                read, root, lambda done, of: bars.update(reading, completed=done, total=of)
            )
            if "sha256" not in read.table.columns and not verified.missing.count:
                found = content_hashes(read.table, root)
                read = Corpus(read.table.with_columns(found), read.name, read.report)
        whole = verified is None or not verified.problems()
        rows = only(read.table)
        count = min(len(rows), most or len(rows)) + rows["path"].n_unique()
        task = bars.add_task("measuring channels", total=count, visible=audio and whole)
        checked = check_corpus(
            read, root if audio and whole else None, lambda: bars.advance(task), label=label, most=most,
            seed=seed, container=True, verified=verified,
        )  # fmt: skip
    text = msgspec.json.encode(checked)
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"cannot be made: {error.strerror}", where=str(out)) from error
        write_whole(out / "check.json", msgspec.json.format(text, indent=2) + b"\n")
        for name, picture in pictures(checked).items():
            write_whole(out / name, picture.encode())
    print(text.decode() if json else "\n".join(_told(checked, read.table)))
    return 1 if checked.problems else 0


def _told(checked: Checked, table: pl.DataFrame) -> list[str]:
    lines = channel_lines(checked)
    if checked.container is not None:
        verdict = "near chance, as it should be" if checked.container.eer.value >= LEAST else "too telling"
        figure = _figure(checked.container.eer)
        lines.insert(
            0, f"Container probe (rate, format, channels, bit rate, rounding): EER {figure}: {verdict}."
        )
    for what, one in checked.classes.items():
        rare = f"; too few rows of {', '.join(one.left_out)}" if one.left_out else ""
        lines.append(
            f"{what.capitalize()} probe of {checked.label!r} ({len(one.recall)} classes): mean recall "
            f"{_figure(one.accuracy)}, chance {one.chance:.1%}{rare}."
        )
    if checked.verified is not None:
        lines += _verified_lines(checked.verified)
    if checked.measured < checked.rows and checked.measured:
        lines.append(f"Measured on {checked.measured:,} of {checked.rows:,} rows.")
    if table["split"].fill_null("").n_unique() < 2:
        lines.append("There is one split only, so nothing can leak between splits.")
    return lines


def _verified_lines(found: Verified) -> list[str]:
    if found.problems():
        return ["The audio is not what it was, so it was not probed."]
    what = "the table" if found.audio_of == "samples" else "the record beside the table"
    told = f"Audio: {found.compared:,} files hold what {what} says" if found.compared else "Audio"
    if found.first:
        told += f"{';' if found.compared else ':'} {found.first:,} files were recorded for the first time"
    return [f"{told}. SHA-256 of all of it: {found.audio_sha256}."]


def _figure(found: Interval) -> str:
    sure = f"{found.confidence:.0%} interval"
    return f"{found.value:.1%} ({sure} {found.low:.1%} to {found.high:.1%}, n = {found.n:,})"
