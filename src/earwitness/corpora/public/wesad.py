"""WESAD: heart, skin and muscle signals of fifteen people at rest, under stress and amused."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import CorpusCard, Expected
from earwitness.corpora.file_tree import file_tree
from earwitness.corpora.restricted_pickle import load_plain
from earwitness.corpora.scan_report import ScanReport
from earwitness.corpora.scanning import choice, noted, parse_names, refuse_doubled, scanned
from earwitness.corpora.stored_signal import samples_within, spans
from earwitness.errors import BadInput

RATE = 700.0
"""Of the chest signals and the labels, in Hz."""
SIGNALS = {"ecg": "signal/chest/ECG", "eda": "signal/chest/EDA", "emg": "signal/chest/EMG"}
STATES = {1: "baseline", 2: "stress", 3: "amusement", 4: "meditation"}
SEGMENTS = pl.List(pl.Struct({"start": pl.Float64, "end": pl.Float64, "label": pl.String}))
CARD = CorpusCard(
    name="wesad",
    title="WESAD",
    tasks=("stress",),
    licence="for non-commercial research, no redistribution",
    access="open",
    get="archive.ics.uci.edu, dataset 465 (WESAD.zip), unpacked",
    citation="Schmidt et al., Introducing WESAD, a multimodal dataset for wearable stress and affect "
    "detection, ICMI 2018",
    expected=(Expected(rows=45, known="established"),),
    labels={"signal": tuple(SIGNALS), "state": tuple(STATES.values())},
    notes=(
        "Fifteen subjects (S2 to S17 without S12), three chest signals each at 700 Hz: 45 rows.",
        "The files are pickles, which are programs: only arrays and plain values are read, anything else "
        "is refused and nothing is run.",
        "Rows point into a pickle (column member); earwitness.corpora.stored_signal gives the samples, as "
        "the device stored them.",
        "Labels 0 and 5 to 7 (transitions, reading) make no segment.",
        "Windows of one subject are alike: leave one subject out. The published protocol is not established.",
    ),
)


def scan(root: str | os.PathLike[str], *, rows: str = "session") -> Corpus:
    """The chest signals in the pickles `S2/S2.pkl` to `S17/S17.pkl`.

    Args:
        root: the folder that holds `S2` to `S17`.
        rows: "session" (one row a subject and signal, states as segments) or "states" (one row a subject,
            signal and stretch of a state; the signals of a stretch are its group).

    Returns:
        `signal` (ecg, eda, emg), `member` (where in the pickle), `rate` in Hz, and `segments` (start, end
        in seconds, label) or `state`; `speaker` and `session` are the subject.

    Raises:
        BadInput: when no pickle has such a name, or one is broken, holds anything but plain values, or has
            not the signals.
    """
    choice("kind of rows", rows, ("session", "states"))
    found, unknown = parse_names(file_tree(root, (".pkl",)), r"(?:.*/)?(?P<subject>S[0-9]{1,2})\.pkl", "path")
    refuse_doubled(found, "subject", root)
    found = found.sort(pl.col("subject").str.slice(1).cast(pl.Int64))
    table = []
    for path, subject, size in found.select("path", "subject", "bytes").iter_rows():
        states = spans(_labels(Path(root) / path), RATE, STATES) if size else []
        for signal, member in SIGNALS.items():
            row = {
                "id": f"{subject}-{signal}", "path": path, "bytes": size, "speaker": subject,
                "session": subject, "group": subject, "signal": signal, "member": member, "rate": RATE,
            }  # fmt: skip
            if rows == "session" or not size:
                table.append({**row, "segments": states})
            if not size:  # one row for the report
                break
            for number, state in enumerate(states if rows == "states" else []):
                table.append(
                    {
                        **row, "id": f"{subject}-{signal}-{number}", "group": f"{subject}-{number}",
                        "start": state["start"], "end": state["end"], "state": state["label"],
                    }
                )  # fmt: skip
    report = ScanReport(unknown=noted(unknown))
    columns = ("signal", "member", "rate", "session")
    if rows == "session":
        made = pl.DataFrame(table, schema_overrides={"segments": SEGMENTS}) if table else _nothing()
        return scanned(CARD, made, root, report, labels=(*columns, "segments"))
    made = pl.DataFrame(table, infer_schema_length=None) if table else _nothing()
    card = msgspec.structs.replace(CARD, expected=())
    return scanned(card, made, root, report, labels=(*columns, "state"))


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={"id": pl.String, "path": pl.String, "bytes": pl.Int64})


def _labels(path: Path) -> NDArray[np.int64]:
    """The states of one pickle, after making sure that the signals fit them."""
    content = load_plain(path)
    labels = samples_within(content, "label", str(path))
    for member in SIGNALS.values():
        length = len(samples_within(content, member, str(path)))
        if length != len(labels):
            raise BadInput(
                f"has {length:,} samples in {member!r} and {len(labels):,} labels", where=str(path)
            )
    return labels.astype(np.int64)
