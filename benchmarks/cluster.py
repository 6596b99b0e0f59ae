"""What Ray costs on one machine: `python benchmarks/cluster.py CORPUS [--clips 2000] [--rounds 3]`.

The command `earwitness encode` over the same recordings, once in one process with two threads and once with
`--cluster local --workers 2`, in turns whose order turns round; medians. Each is timed as a whole, from a
fresh interpreter to its end: Ray's start, the loading of the encoder in every worker and Ray's end count.
`start_seconds` is the same command over one recording, and is told apart. Needs the extra `cluster`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

import numpy as np

from earwitness.corpora.corpus import Corpus
from earwitness.encoders.store_upkeep import verify

WORKERS = 2
WORDS = {
    "local": ("--threads", str(WORKERS)),
    "ray": ("--cluster", "local", "--workers", str(WORKERS)),
}
PINNED = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAY_USAGE_STATS_ENABLED": "0"}


def drawn(corpus: Path, clips: int, place: Path) -> float:
    """Write a corpus of some of a corpus's recordings of 1 to 20 s; how many seconds they have."""
    whole = Corpus.read(corpus)
    table = whole.table.filter((whole.table["end"] - whole.table["start"]).is_between(1, 20))
    chosen = np.sort(np.random.default_rng(0).permutation(len(table))[:clips])
    part = Corpus(table[chosen], whole.name)
    place.mkdir()
    part.write(place / "corpus.parquet", whole.root)
    return float((part.table["end"] - part.table["start"]).sum())


def seconds_of(kind: str, corpus: Path, encoder: str, layer: int, clips: int) -> float:
    """Time of one whole command into a new store, which must then hold the recordings, each once."""
    with tempfile.TemporaryDirectory() as place:
        store = Path(place) / "store"
        command = [
            sys.executable, "-m", "earwitness", "encode", str(corpus), "--encoder", encoder,
            "--layers", str(layer), "--store", str(store), *WORDS[kind],
        ]  # fmt: skip
        began = time.perf_counter()
        subprocess.run(command, check=True, env=PINNED, capture_output=True)
        taken = time.perf_counter() - began
        found = verify(store)
        if not 0.9 * clips <= found.records <= clips or found.repeated or found.lost:
            raise SystemExit(f"{kind}: {found}")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--encoder", default="whisper-base")
    parser.add_argument("--layer", type=int, default=6)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "cluster.json")
    chosen = parser.parse_args()
    taken: dict[str, list[float]] = {kind: [] for kind in WORDS}
    starts: dict[str, list[float]] = {kind: [] for kind in WORDS}
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few", Path(folder) / "many"
        drawn(chosen.corpus, 1, few)
        sound = drawn(chosen.corpus, chosen.clips, many)
        for number in range(chosen.rounds):
            for kind in list(WORDS)[:: 1 if number % 2 == 0 else -1]:
                starts[kind].append(seconds_of(kind, few, chosen.encoder, chosen.layer, 1))
                taken[kind].append(seconds_of(kind, many, chosen.encoder, chosen.layer, chosen.clips))
                print(f"{kind}: {taken[kind][-1]:.1f} s, start {starts[kind][-1]:.1f} s", flush=True)
    whole = {kind: statistics.median(values) for kind, values in taken.items()}
    start = {kind: statistics.median(values) for kind, values in starts.items()}
    found = {
        "machine": {"processors": os.cpu_count(), "load_before": load},
        "versions": {name: metadata.version(name) for name in ("ray", "onnxruntime", "numpy")},
        "clips": chosen.clips, "seconds_of_sound": sound, "encoder": chosen.encoder, "layer": chosen.layer,
        "workers": WORKERS, "threads": WORKERS, "rounds": chosen.rounds,
        "seconds": whole, "start_seconds": start, "all_seconds": taken, "all_start_seconds": starts,
        "cost": whole["ray"] / whole["local"] - 1,
        "cost_without_start": (whole["ray"] - start["ray"]) / (whole["local"] - start["local"]) - 1,
        "bar": {"cost_at_most": 0.15},
    }  # fmt: skip
    chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
