"""Speed of corpora: `python benchmarks/corpora.py FOLDER [--out FILE]`.

A tree of 611,829 files with its key, as large as ASVspoof 2021 DF, is made in FOLDER once (files of four
bytes in the corpus' own names; its audio is not needed and not used). Each piece of work runs in a process
of its own, alternating with its rivals', on a warm cache; seconds include no import. `audformat` and `lhotse`
make their own tables of the same rows by their own means: both are given the same list of files and the same
key lines, read with the plainest means each brings. Needs the extra `dev`. Medians; the ratios count.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FILES = 611_829
ROWS = 1_000_000
SPEAKERS = 2_000
ROUNDS = 3
KEY = "keys/DF/CM/trial_metadata.txt"
CODECS = ("nocodec", "low_mp3", "high_mp3", "low_m4a", "high_m4a", "low_ogg", "high_ogg", "mp3m4a", "oggm4a")


def make(folder: Path, count: int) -> None:
    """The tree and its key; nothing is done where the key is there already."""
    key = folder / KEY
    if key.is_file():
        return
    rng = random.Random(0)
    audio = folder / "ASVspoof2021_DF_eval" / "flac"
    audio.mkdir(parents=True, exist_ok=True)
    key.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for number in range(count):
        name = f"DF_E_{2_000_000 + number * 7}"
        (audio / f"{name}.flac").write_bytes(b"fLaC")
        spoof = rng.random() < 0.965
        source, phase = rng.choice(("asvspoof", "vcc2018", "vcc2020")), rng.choice(("eval", "progress"))
        attack, label, vocoder = (
            (f"A{rng.randrange(7, 20):02}", "spoof", "unknown") if spoof else ("-", "bonafide", "bonafide")
        )
        speaker, codec = f"LA_{rng.randrange(93):04}", rng.choice(CODECS)
        lines.append(f"{speaker} {name} {codec} {source} {attack} {label} notrim {phase} {vocoder} - - - -\n")
    key.write_text("".join(lines))


def listed(folder: Path) -> list[str]:
    """Names of the files, as the rivals get them: one walk."""
    return sorted(str(path) for path in (folder / "ASVspoof2021_DF_eval").rglob("*.flac"))


def scan_ours(folder: Path) -> Callable[[], object]:
    from earwitness.corpora.catalogue import scan

    return lambda: scan("asvspoof2021-df", folder).write(folder / "ours.parquet")


def scan_audformat(folder: Path) -> Callable[[], object]:
    import audformat
    import pandas as pd

    def work() -> None:
        key = pd.read_csv(folder / KEY, sep=" ", header=None, dtype=str, index_col=1)
        files = {Path(path).stem: path for path in listed(folder)}
        key = key.loc[key.index.isin(files)]
        database = audformat.Database("df")
        database["rows"] = audformat.Table(audformat.filewise_index([files[name] for name in key.index]))
        for column, name in (
            (0, "speaker"),
            (2, "codec"),
            (4, "attack"),
            (5, "label"),
            (7, "phase"),
            (8, "vocoder"),
        ):
            database["rows"][name] = audformat.Column()
            database["rows"][name].set(key[column].to_list())
        database.save(folder / "audformat", storage_format="parquet")

    return work


def scan_lhotse(folder: Path) -> Callable[[], object]:
    import lhotse
    from lhotse.audio import AudioSource

    def work() -> None:
        files = {Path(path).stem: path for path in listed(folder)}
        recordings, supervisions = [], []
        for line in (folder / KEY).read_text().splitlines():
            speaker, name, codec, _, attack, label, _, phase, vocoder, *_ = line.split()
            if name not in files:
                continue
            # Lengths are made up: reading 611,829 headers is no part of what is compared.
            source = AudioSource(type="file", channels=[0], source=files[name])
            recordings.append(
                lhotse.Recording(
                    id=name, sources=[source], sampling_rate=16_000, num_samples=64_000, duration=4.0
                )
            )
            custom = {"codec": codec, "attack": attack, "label": label, "phase": phase, "vocoder": vocoder}
            supervisions.append(
                lhotse.SupervisionSegment(
                    id=name, recording_id=name, start=0.0, duration=4.0, speaker=speaker, custom=custom
                )
            )
        lhotse.RecordingSet.from_recordings(recordings).to_file(folder / "recordings.jsonl")
        lhotse.SupervisionSet.from_segments(supervisions).to_file(folder / "supervisions.jsonl")

    return work


def read_ours(folder: Path) -> Callable[[], object]:
    from earwitness.corpora.corpus import Corpus

    return lambda: Corpus.read(folder / "ours.parquet")


def read_audformat(folder: Path) -> Callable[[], object]:
    import audformat

    # The cache that a first load leaves behind is a pickle; it is not used, nor written.
    return lambda: audformat.Database.load(folder / "audformat", load_data=True)["rows"].get()


def read_lhotse(folder: Path) -> Callable[[], object]:
    import lhotse

    return lambda: (
        lhotse.RecordingSet.from_file(folder / "recordings.jsonl").to_eager(),
        lhotse.SupervisionSet.from_file(folder / "supervisions.jsonl").to_eager(),
    )


def folds_ours(_: Path) -> Callable[[], object]:
    import polars as pl

    from earwitness.corpora.corpus import Corpus
    from earwitness.corpora.protocols.grouped_folds import grouped_folds

    speakers, labels = drawn()
    ids = [f"row{number:07}" for number in range(ROWS)]
    table = pl.DataFrame(
        {"id": ids, "path": ids, "group": ids, "speaker": speakers, "label": labels}
    ).with_columns(start=pl.lit(0.0), end=pl.lit(None, pl.Float64), split=pl.lit(""))
    corpus = Corpus(table)
    # With the balance of classes and the check that no speaker and no group leaks.
    return lambda: grouped_folds(corpus, by="speaker", folds=5, label="label")


def folds_sklearn(_: Path) -> Callable[[], object]:
    import numpy as np
    from sklearn.model_selection import StratifiedGroupKFold

    speakers, labels = drawn()
    codes, classes = np.unique(speakers, return_inverse=True)[1], np.unique(labels, return_inverse=True)[1]
    rows = np.zeros(ROWS)
    return lambda: list(StratifiedGroupKFold(5, shuffle=True, random_state=0).split(rows, classes, codes))


def drawn() -> tuple[list[str], list[str]]:
    rng = random.Random(0)
    speakers = [f"s{rng.randrange(SPEAKERS)}" for _ in range(ROWS)]
    return speakers, [rng.choice(("bona fide", "spoof", "spoof", "spoof")) for _ in range(ROWS)]


WORKS = {
    "scan": {"earwitness": scan_ours, "audformat": scan_audformat, "lhotse": scan_lhotse},
    "read": {"earwitness": read_ours, "audformat": read_audformat, "lhotse": read_lhotse},
    "folds": {"earwitness": folds_ours, "scikit-learn": folds_sklearn},
}


def step(what: str, who: str, folder: Path) -> dict[str, float]:
    """One piece of work in this process: seconds and the peak of its memory."""
    work = WORKS[what][who](folder)
    began = time.perf_counter(), time.process_time()
    work()
    clock, processor = time.perf_counter() - began[0], time.process_time() - began[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": clock, "processor_seconds": processor, "peak_gigabytes": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--step", nargs=2, metavar=("WHAT", "WHO"))
    options = parser.parse_args()
    if options.step:
        print(json.dumps(step(*options.step, options.folder)))
        return
    load = os.getloadavg()[0]
    make(options.folder, options.files)
    found: dict[str, dict[str, object]] = {}
    for what, works in WORKS.items():
        taken: dict[str, list[dict[str, float]]] = {who: [] for who in works}
        for _ in range(options.rounds):
            for who in works:
                command = [sys.executable, __file__, str(options.folder), "--step", what, who]
                ran = subprocess.run(command, capture_output=True, text=True, check=True)
                taken[who].append(json.loads(ran.stdout.splitlines()[-1]))
        medians = {
            who: {key: round(statistics.median(one[key] for one in all_), 3) for key in all_[0]}
            for who, all_ in taken.items()
        }
        ours = medians["earwitness"]["seconds"]
        ratios = {who: round(one["seconds"] / ours, 1) for who, one in medians.items() if who != "earwitness"}
        found[what] = {"medians": medians, "times_ours": ratios}
        print(what, json.dumps(found[what]), flush=True)
    from importlib import metadata

    import earwitness

    record = {
        "machine": {
            "processors": len(os.sched_getaffinity(0)), "architecture": platform.machine(),
            "load_before": load,
        },
        "versions": {"earwitness": earwitness.__version__}
        | {name: metadata.version(name) for name in ("polars", "audformat", "lhotse", "scikit-learn")},
        "files": options.files, "rows_of_folds": ROWS, "speakers_of_folds": SPEAKERS,
        "rounds": options.rounds,
        **found,
    }  # fmt: skip
    if options.out:
        options.out.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
