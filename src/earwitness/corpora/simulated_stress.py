"""A corpus of SIMULATED stress: people that do not exist, at rest and under stress, for end-to-end runs."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput
from earwitness.making.body_signals import KINDS, RATE, STATES, person, simulate
from earwitness.whole_file import write_whole

NAME = "simulated-stress"
SOURCE = "SIMULATED with neurokit2"
CARD = """\
# simulated-stress: SIMULATED signals

{people} people that do not exist, {states}, {seconds:g} s each, at {rate} Hz; seed {seed}.
Heart (ECG), skin (EDA) and muscle (EMG) signals were **simulated** with neurokit2 {version}
(MIT). No person was measured. A figure reached on them says that a method works from end
to end; it says nothing about people, and it must never be given without the word "simulated".

`corpus.parquet`: one row a signal, person and state; `synthetic` is true in every row.
"""


def build(
    folder: str | os.PathLike[str],
    *,
    people: int = 15,
    seconds: float = 165.0,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Corpus:
    """Simulate the corpus; what is there already of an earlier build with the same settings is kept.

    Args:
        folder: of the corpus; made if it is not there.
        people: how many, 2 or more.
        seconds: of a person in one state.
        seed: the same seed gives the same people and signals with the same neurokit2.
        progress: called with (recordings done, of how many).

    Returns:
        The corpus, as written to `corpus.parquet`; every row has `synthetic` true and its `source`.

    Raises:
        BadInput: when a number is out of range, or the folder cannot be written or holds other settings.
        MissingExtra: when neurokit2 is not installed.
    """
    if people < 2 or not 1 <= seconds <= 3600:
        raise BadInput("needs 2 people or more, and 1 to 3,600 seconds", where=NAME)
    version = _version()
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    card = CARD.format(
        people=people, states=" and ".join(STATES), seconds=seconds, rate=RATE, seed=seed, version=version
    )
    card_file = place / "CARD.md"
    if card_file.is_file() and card_file.read_text(encoding="utf-8") != card:
        raise BadInput("holds a corpus with other settings; take another folder", where=str(place))
    write_whole(card_file, card.encode())
    rows = []
    for number in range(people):
        name = f"S{number + 1:02d}"
        who = person(np.random.default_rng([seed, number]))
        for at, state in enumerate(STATES):
            file = place / "signals" / f"{name}-{state}.npz"
            if not file.is_file():
                file.parent.mkdir(exist_ok=True)
                rng = np.random.default_rng([seed, number, at])
                buffer = io.BytesIO()
                np.savez(buffer, **simulate(who, state, seconds, rng))  # type: ignore[arg-type]
                write_whole(file, buffer.getvalue())
            progress(number * len(STATES) + at + 1, people * len(STATES))
            rows += [
                {
                    "id": f"{name}-{state}-{kind}", "path": f"signals/{file.name}", "start": 0.0,
                    "end": seconds, "split": None, "speaker": name, "session": name,
                    "group": f"{name}-{state}", "signal": kind, "member": kind, "rate": float(RATE),
                    "state": state, "synthetic": True, "source": f"{SOURCE} {version}", "licence": "MIT",
                }
                for kind in KINDS
            ]  # fmt: skip
    corpus = Corpus(pl.DataFrame(rows), NAME)
    corpus.write(place)
    return Corpus.read(place)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    from earwitness.errors import require

    require("neurokit2", "physio")
    try:
        return version("neurokit2")
    except PackageNotFoundError:
        return "of an unknown version"
