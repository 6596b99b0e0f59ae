"""Real builds of open-voices as a command: time, size, and that a killed build ends the same.

    python benchmarks/open_voices.py FOLDER

builds `tiny` from empty, then once more, killed twice (SIGKILL) and gone on with; FOLDER must be empty.

    python benchmarks/open_voices.py FOLDER --subset small --kill-after 900 [--compare OTHER]

is one run of a long build: killed after so many seconds, or ended. Called until it has ended, it adds up
what all runs took, and writes the figures; OTHER is a build, never killed, of some of the same parts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from earwitness.corpora.open_voices.whole_build import CARD
from earwitness.corpora.parts import only

RESULT = Path(__file__).parent / "results" / "open_voices.json"
RUNS = "runs.json"
KEPT = ("tiny", "small", "full", "full, some parts")


def command(folder: Path, archives: Path, subset: str, workers: int, *more: str) -> list[str]:
    """The build, as a user types it."""
    words = ["corpora", "build", "open-voices", str(folder), "--subset", subset]
    words += ["--archives", str(archives), "--workers", str(workers)]
    return [sys.executable, "-m", "earwitness", *words, *more]


def run(words: list[str], folder: Path, kill_after: float | None) -> dict[str, Any]:
    """One run: how long it took, and whether it was killed; kept in the folder beside the audio."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    killed = False
    try:
        code = running.wait(kill_after)
    except subprocess.TimeoutExpired:
        running.kill()
        killed, code = True, running.wait()
    if code and not killed:
        sys.exit(f"the build ended with {code}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = {
        "seconds": round(time.perf_counter() - start, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "clips": sum(1 for _ in folder.glob("audio/*/*.flac")),
        "killed": killed,
    }
    runs = [*_runs(folder), told]
    (folder / RUNS).write_text(json.dumps(runs, indent=2) + "\n")
    return told


def figures(folder: Path, archives: Path, other: Path | None) -> dict[str, Any]:
    """What a build took and holds; the parts that another one has, too, are compared."""
    table = pl.read_parquet(folder / "corpus.parquet")
    card = json.loads((folder / CARD).read_text())
    runs = _runs(folder)
    same = None
    if other is not None:
        whole = pl.read_parquet(other / "corpus.parquet")
        same = {
            part: len(only(whole, part).join(table, on=["id", "sha256"], how="anti")) == 0
            for part in whole["part"].unique(maintain_order=True)
        }
    return {
        "runs": runs,
        "seconds": round(sum(each["seconds"] for each in runs), 1),
        "cpu_seconds": round(sum(each["cpu_seconds"] for each in runs), 1),
        "kills": sum(each["killed"] for each in runs),
        "all_rows_of_a_build_never_killed_are_here_with_their_hash": same,
        "megabytes_of_archives": _megabytes(archives),
        "megabytes_of_audio": _megabytes(folder / "audio"),
        "megabytes_of_unpacked_packages": _megabytes(folder / "sources"),
        "rows": dict(sorted(table["part"].value_counts().iter_rows())),
        "hours": round(float((table["end"] - table["start"]).sum()) / 3600, 3),
        "refused": card["refused"],
        "hashes": card["hashes"],
        "programs": card["programs"],
    }


def main() -> None:
    """Run what was asked for; when a build has ended, write its figures."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--subset", default="tiny", choices=("tiny", "small", "full"))
    asked.add_argument("--archives", type=Path, help="folder of archives; the build's own without it")
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--kill-after", type=float, help="seconds")
    asked.add_argument("--keep-sources", action="store_true")
    asked.add_argument("--parts", nargs="+", default=[], help="all of them without it")
    asked.add_argument("--compare", type=Path, help="folder of a build that was never killed")
    given = asked.parse_args()
    folder, other = given.folder, given.compare
    if given.subset == "tiny" and given.kill_after is None:
        given.folder.mkdir(parents=True)  # from empty: refused where there is something
        archives = given.archives or given.folder / "archives"
        other, folder = given.folder / "first", given.folder / "second"
        words = command(other, archives, "tiny", given.workers)
        first = run(words, other, None)
        rng = np.random.default_rng(0)
        for limit in (*rng.uniform(6, 20, 2), None):
            run(command(folder, archives, "tiny", given.workers), folder, limit)
        told = {"from_empty": first} | figures(folder, archives, other)
    else:
        archives = given.archives or folder / "archives"
        folder.mkdir(parents=True, exist_ok=True)
        more = ["--keep-sources"] * given.keep_sources
        more += [word for part in given.parts for word in ("--parts", part)]
        words = command(folder, archives, given.subset, given.workers, *more)
        if run(words, folder, given.kill_after)["killed"]:
            print(f"killed; call again to go on: {_runs(folder)[-1]}")
            return
        told = figures(folder, archives, other)
    told = {"what": f"open-voices --subset {given.subset}, seed 0", "workers": given.workers} | told
    told["processors"] = os.cpu_count()
    known = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    known = {subset: known[subset] for subset in KEPT if subset in known}
    known[f"{given.subset}, some parts" if given.parts else given.subset] = told
    RESULT.write_text(json.dumps(known, indent=2) + "\n")
    print(json.dumps(told, indent=2))


def _runs(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / RUNS).read_text()) if (folder / RUNS).is_file() else []


def _megabytes(folder: Path) -> float:
    return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6, 1)


if __name__ == "__main__":
    main()
