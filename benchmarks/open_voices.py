"""The real `tiny` build as a command: time and size from empty, and a build killed and gone on with.

    python benchmarks/open_voices.py FOLDER

FOLDER must be empty; packages are fetched once and used again for the second build.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

RESULT = Path(__file__).parent / "results" / "open_voices.json"


def command(folder: Path, archives: Path) -> list[str]:
    """The build, as a user types it."""
    words = ["corpora", "build", "open-voices", str(folder), "--subset", "tiny", "--archives", str(archives)]
    return [sys.executable, "-m", "earwitness", *words]


def digest(folder: Path) -> str:
    """SHA-256 over id and content hash of every row, in order."""
    rows = pl.read_parquet(folder / "corpus.parquet").select("id", "sha256").iter_rows()
    return hashlib.sha256("".join(f"{name} {content}\n" for name, content in rows).encode()).hexdigest()


def main() -> None:
    """Build, kill, go on, compare; write the result."""
    root = Path(sys.argv[1])
    root.mkdir(parents=True)
    start = time.perf_counter()
    subprocess.run(command(root / "first", root / "archives"), check=True, stdout=subprocess.DEVNULL)
    first = time.perf_counter() - start
    deaths, rng = 0, np.random.default_rng(0)
    for _ in range(2):
        running = subprocess.Popen(command(root / "second", root / "archives"), stdout=subprocess.DEVNULL)
        try:
            running.wait(float(rng.uniform(4, 12)))
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            deaths += 1
    start = time.perf_counter()
    subprocess.run(command(root / "second", root / "archives"), check=True, stdout=subprocess.DEVNULL)
    again = time.perf_counter() - start
    table = pl.read_parquet(root / "first/corpus.parquet")

    def megabytes(folder: Path) -> float:
        return round(sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6, 1)

    result = {
        "what": "open-voices --subset tiny, seed 0; wall clock of the command, on a machine with other work",
        "processors": os.cpu_count(),
        "load_average_at_end": round(os.getloadavg()[0], 2),
        "seconds_from_empty": round(first, 1),
        "seconds_after_kills": round(again, 1),
        "kills": deaths,
        "same_after_kills": digest(root / "first") == digest(root / "second"),
        "megabytes_fetched": megabytes(root / "archives"),
        "megabytes_of_audio": megabytes(root / "first/audio"),
        "megabytes_of_unpacked_packages": megabytes(root / "first/sources"),
        "rows": dict(sorted(table["part"].value_counts().iter_rows())),
        "hours": round(float((table["end"] - table["start"]).sum()) / 3600, 3),
        "sha256_of_rows": digest(root / "first"),
        "programs": json.loads((root / "first/card.json").read_text())["programs"],
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
