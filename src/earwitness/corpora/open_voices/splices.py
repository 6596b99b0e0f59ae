"""Splices beside open-voices: real speech in which a stretch is spoken or copied by one of its engines.

Every splice belongs to one spoof of the corpus: it takes that row's engine, voice, text and channel, and
lies in the channel of the same real clip. So it is held back exactly where that row is. The host is that
clip with others of its speaker around it, and stands beside the splice unspliced, through the same
channel: what is said of splices can be set against what is said of the same speech left whole.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import soundfile

from earwitness.audio.channel import RATE, apply
from earwitness.audio.recording import Recording, Samples
from earwitness.audio.resample import resample
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.open_voices.archives import KOKORO
from earwitness.corpora.open_voices.build import in_turn
from earwitness.corpora.open_voices.build_record import FILE, BuildRecord
from earwitness.corpora.open_voices.clip import Clip, join, read
from earwitness.corpora.open_voices.contents import scan_sources
from earwitness.corpora.open_voices.engines import family, maker
from earwitness.corpora.open_voices.partner import ORIGINS, like_partner, trimmed
from earwitness.corpora.open_voices.plan import SUBSETS, Row, plan
from earwitness.errors import BadInput
from earwitness.making.kokoro import voices
from earwitness.making.splicing import Spliced, Splicing, splice
from earwitness.metrics.localisation.segments import Segment

SHORTEST, LONGEST = 5.0, 12.0
"""Of a host, in seconds."""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One splice to be made, and its host left whole.

    Args:
        id: unique; also the name of its file.
        row: of the corpus, to which it belongs: engine, voice, text, channel, group.
        host: real clips of one speaker, one after another.
        pieces: stretches, host and donor in turn.
        seed: of everything drawn while it is made.
    """

    id: str
    row: Row
    host: Clip
    pieces: int
    seed: int


def plan_splices(rows: Sequence[Row], count: int, seed: int) -> list[Plan]:
    """Which splices to make: families and sources in turn, as far as there are hosts.

    Args:
        rows: of the corpus, as planned.
        count: how many at most.
        seed: the same seed and rows give the same splices.
    """
    speakers: dict[tuple[str, ...], list[Clip]] = defaultdict(list)
    for row in rows:
        if row.kind == "real":
            speakers[_voice(row.clip)].append(row.clip)
    strata: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.kind != "real":
            strata[family(row.engine), row.clip.source].append(row)
    drawn = np.random.default_rng(seed)
    for name in sorted(strata):
        strata[name] = [strata[name][place] for place in drawn.permutation(len(strata[name]))]
    plans: list[Plan] = []
    while len(plans) < count and any(strata.values()):
        for name in sorted(strata):
            while strata[name] and len(plans) < count:
                row = strata[name].pop()
                host = _host(row.clip, speakers[_voice(row.clip)], drawn)
                if host is not None:
                    number = len(plans)
                    plans.append(
                        Plan(
                            id=f"splice-{number:05d}-{row.id}", row=row, host=host,
                            pieces=int(drawn.choice([2, 3, 3, 3, 4])), seed=int(drawn.integers(2**62)),
                        )
                    )  # fmt: skip
                    break
    return plans


def make_splice(planned: Plan, sources: Path, kokoro: Path) -> tuple[Spliced, Samples]:
    """The splice and its host, both through the row's channel.

    Args:
        planned: from `plan_splices`.
        sources: folder of unpacked packages.
        kokoro: folder of Kokoro's files.

    Returns:
        The splice with its true borders (a codec's delay, under 60 ms, is not undone), and the host
        `(samples,)`, at 16 kHz.

    Raises:
        BadInput: when a source cannot be read, an engine refuses, or a recording is too short.
    """
    rng = np.random.default_rng(planned.seed)
    whole = read(planned.host, sources)
    host = trimmed(resample(whole.samples, whole.sample_rate, RATE))
    row = planned.row
    copied = row.kind == "copy"
    heard = Recording.of(host, RATE)
    made = maker(row.engine, row.voice, kokoro).make(heard if copied else row.text, rng)
    spoken = resample(made.samples, made.sample_rate, RATE)
    donor = like_partner(spoken if copied else trimmed(spoken), host, ORIGINS[planned.host.source], rng)
    spliced = splice(
        heard, Recording.of(donor, RATE), rng, aligned=copied, settings=Splicing(pieces=planned.pieces)
    )
    through = apply(spliced.samples, row.channel)
    return msgspec.structs.replace(spliced, samples=through), apply(host, row.channel)


def build_splices(
    rows: Sequence[Row],
    folder: Path,
    sources: Path,
    kokoro: Path,
    *,
    count: int = 600,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Make the splices that are not there yet, then write `corpus.parquet`.

    Two rows each: the splice, and its host left whole. The column `belongs_to` names the corpus' row;
    `segments` holds start and end in seconds and the label of every stretch.

    Args:
        rows: of the corpus, as planned.
        folder: of the splices; made if it is not there.
        sources: folder of unpacked packages.
        kokoro: folder of Kokoro's files.
        count: how many splices at most.
        seed: the same seed gives the same splices.
        workers: processes.
        progress: called with (splices done, splices).

    Raises:
        BadInput: when nothing could be made, or the folder cannot be written to.
    """
    try:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot be written to: {error.strerror}", where=str(folder)) from error
    plans = plan_splices(rows, count, seed)
    records: list[dict[str, object]] = []
    make = partial(_made, folder=folder, sources=sources, kokoro=kokoro)
    for number, (planned, segments) in enumerate(zip(plans, in_turn(make, plans, workers), strict=True)):
        if segments:
            records += [_record(planned, folder, segments), _record(planned, folder, ())]
        if progress is not None:
            progress(number + 1, len(plans))
    if not records:
        raise BadInput("no splice could be made", where=str(folder))
    corpus = Corpus(pl.DataFrame(records, infer_schema_length=None), "splices of open-voices")
    corpus.write(folder)
    return corpus


def splice_open_voices(
    corpus: Path,
    folder: Path,
    *,
    count: int = 600,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Corpus:
    """Make splices beside a built open-voices, or go on with those that were begun.

    Args:
        corpus: folder of open-voices with its `sources/`, which splices are made from.
        folder: of the splices.
        count: how many at most.
        seed: the same seed and corpus give the same splices.
        workers: processes.
        progress: called with (splices done, splices).

    Raises:
        BadInput: when the folder is no open-voices with its sources, or nothing could be made.
    """
    sources = corpus / "sources"
    if not (corpus / FILE).is_file() or not sources.is_dir():
        raise BadInput(
            "is not open-voices with its sources; build it with --keep-sources first (again, where it is "
            "built already: nothing is made twice)",
            where=str(corpus),
        )
    built = msgspec.json.decode((corpus / FILE).read_bytes(), type=BuildRecord)
    kokoro = sources / KOKORO
    spoken = voices(kokoro) if (kokoro / "model.onnx").is_file() else ()
    rows = plan(scan_sources(sources), spoken, SUBSETS[built.subset], built.seed)
    return build_splices(
        rows, folder, sources, kokoro, count=count, seed=seed, workers=workers, progress=progress
    )


def _voice(clip: Clip) -> tuple[str, ...]:
    return clip.source, clip.speaker, clip.role, clip.language, clip.licence


def _host(clip: Clip, others: Sequence[Clip], rng: np.random.Generator) -> Clip | None:
    """The clip with others of its speaker around it; `None` when there are too few."""
    wanted = rng.uniform(SHORTEST + 1, LONGEST - 1)
    around, seconds = [clip], clip.seconds
    for place in rng.permutation(len(others)):
        other = others[place]
        if seconds >= wanted:
            break
        if other.id != clip.id and seconds + other.seconds <= LONGEST:
            around.insert(int(rng.integers(len(around) + 1)), other)
            seconds += other.seconds
    return join(around) if seconds >= SHORTEST else None


def _made(planned: Plan, folder: Path, sources: Path, kokoro: Path) -> list[list[object]]:
    """Make one splice and its host, or find them; its segments, none when it cannot be made."""
    told = folder / "audio" / f"{planned.id}.json"
    if told.exists():
        return msgspec.json.decode(told.read_bytes(), type=list[list[object]])
    segments: list[list[object]] = []
    try:
        spliced, host = make_splice(planned, sources, kokoro)
    except BadInput:
        pass
    else:
        segments = [list(segment) for segment in spliced.segments]
        for path, samples in ((_path(planned, True), spliced.samples), (_path(planned, False), host)):
            part = (folder / path).with_suffix(f".{os.getpid()}.part")
            soundfile.write(part, samples, RATE, format="FLAC", subtype="PCM_16")
            part.replace(folder / path)
    told.write_bytes(msgspec.json.encode(segments))  # last: both recordings are there
    return segments


def _path(planned: Plan, spliced: bool) -> Path:
    return Path("audio") / f"{planned.id}-{'spliced' if spliced else 'whole'}.flac"


def _record(planned: Plan, folder: Path, segments: Sequence[Sequence[object]]) -> dict[str, object]:
    row, path = planned.row, _path(planned, bool(segments))
    samples, rate = soundfile.read(folder / path, dtype="float32")
    end = len(samples) / rate
    stretches = [Segment(float(str(a)), float(str(b)), str(c)) for a, b, c in segments]
    stretches = stretches or [Segment(0.0, end, "bona fide")]
    return {
        "id": path.stem,
        "path": str(path),
        "start": 0.0,
        "end": end,
        "split": "train",
        "speaker": planned.host.speaker,
        "group": row.group,
        "label": "spoof" if segments else "bona fide",
        "engine": row.engine if segments else "",
        "family": family(row.engine) if segments else "",
        "voice": row.voice if segments else "",
        "language": planned.host.language,
        "source": planned.host.source,
        "belongs_to": row.id,
        "aligned": row.kind == "copy",
        "channel": row.channel.name,
        "licence": planned.host.licence,
        "segments": [{"start": s.start, "end": s.end, "label": s.label} for s in stretches],
        "sha256": Recording.of(samples, rate).sha256,
    }
