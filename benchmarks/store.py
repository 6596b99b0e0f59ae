"""Speed of the store: `python benchmarks/store.py [--items N] [--rows N] [--out FILE]`.

Random reads of (200, 1024) fp16 items, every element summed, against one .npy and one .pt file for each
item, in turns, one thread; writing to a RAM disk; opening a store whose index has a million rows. The
sum itself is the same for all three and is stated by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import torch

from earwitness.encoders import Key, Store
from earwitness.encoders.store_index import PART, SHARE, part_path

ROUNDS = 5


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternating(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each piece of work, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            taken[name].append(seconds(work))
    return {name: statistics.median(times) for name, times in taken.items()}


def reads(items: int, folder: Path) -> dict[str, float]:
    rng = np.random.default_rng(0)
    values = [rng.standard_normal((200, 1024)).astype(np.float16) for _ in range(16)]
    keys = [Key(content=f"{k:064x}", encoder="none", revision="1") for k in range(items)]
    with Store(folder / "store") as store:
        for k, key in enumerate(keys):
            store.put(key, values[k % 16])
        for k in range(items):
            np.save(folder / f"{k}.npy", values[k % 16])
            torch.save(torch.from_numpy(values[k % 16]), folder / f"{k}.pt")
        order = rng.permutation(items).tolist()

        def total(array: np.ndarray) -> float:
            return float(torch.from_numpy(array).sum())

        first = seconds(lambda: [total(store.get(keys[k])) for k in order])  # type: ignore[arg-type]
        found = alternating(
            {
                "store": lambda: [total(store.get(keys[k])) for k in order],  # type: ignore[arg-type]
                "npy": lambda: [total(np.load(folder / f"{k}.npy")) for k in order],
                "pt": lambda: [float(torch.load(folder / f"{k}.pt", weights_only=True).sum()) for k in order],
                "sum alone": lambda: [total(values[k % 16]) for k in order],
            }
        )
    return {
        "items": items,
        "first_pass_store_microseconds": 1e6 * first / items,
        **{f"{name.replace(' ', '_')}_microseconds": 1e6 * value / items for name, value in found.items()},
        "ratio_to_npy": found["npy"] / found["store"],
        "ratio_to_pt": found["pt"] / found["store"],
    }


def writes(items: int) -> dict[str, float]:
    shared = Path("/dev/shm")
    value = np.random.default_rng(0).standard_normal((200, 1024)).astype(np.float16)
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        store = Store(folder)

        def run() -> None:
            for k in range(items):
                store.put(Key(content=f"{k:064x}", encoder="none", revision="1"), value)
            store.publish()

        taken = seconds(run)
        store.close()
    return {"items": items, "megabytes_per_second": items * value.nbytes / taken / 1e6}


def opening(rows: int, folder: Path) -> dict[str, float]:
    """Time to open a store whose index has that many rows: in parts, as it is written, and as one file."""
    rng = np.random.default_rng(0)
    places = np.arange(rows, dtype=np.uint64) % 250_000 * 8192
    columns = {
        "high": rng.integers(0, 2**63, rows, dtype=np.uint64), "low": np.arange(rows, dtype=np.uint64),
        "shard": np.arange(rows, dtype=np.uint32) // 250_000 + 1, "start": places, "offset": places + 192,
        "size": np.full(rows, 8000, np.uint64), "kind": np.zeros(rows, np.uint8),
        "rank": np.full(rows, 2, np.uint8), "length_0": np.full(rows, 50, np.uint32),
        "length_1": np.full(rows, 80, np.uint32), "length_2": np.zeros(rows, np.uint32),
        "length_3": np.zeros(rows, np.uint32), "group": ["log-mel 1 cropped fp32 stored float16"] * rows,
    }  # fmt: skip
    table = pl.DataFrame(columns)
    for number in range(1, int(columns["shard"][-1]) + 1):
        with (folder / f"shard-{number:06d}.bin").open("wb") as file:
            file.truncate(250_000 * 8192)
    found: dict[str, float] = {"rows": rows}
    for name in ("one_file", "parts"):
        number = start = 0
        while start < rows:
            length = rows if name == "one_file" else max(PART, start // SHARE)
            part = table[start : start + length].sort("high", "low")
            part.write_parquet(part_path(folder, number), compression="lz4")
            number, start = number + 1, start + length
        found[f"{name}_files"] = number
        times = [seconds(lambda: Store(folder, read_only=True)) for _ in range(3)]
        assert len(Store(folder, read_only=True)) == rows
        found |= {f"{name}_first_seconds": times[0], f"{name}_median_seconds": statistics.median(times)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "store.json")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # it is only read
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        found = {
            "machine": {"processors": os.cpu_count(), "load_before": load},
            "read": reads(chosen.items, Path(one)),
            "write": writes(chosen.items),
            "open": opening(chosen.rows, Path(other)),
        }
    chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
