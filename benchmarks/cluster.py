"""What Ray costs on one machine: `python benchmarks/cluster.py [--clips 2000] [--out FILE]`.

The same recordings through the same encoder into a store: with 2 threads in this process, and with 2
workers of one thread each on a local Ray cluster. Blocks of recordings alternate between the two, and
the order within a block turns round. The cluster is up before the clock starts, but workers load the
encoder within it: `start_seconds` is one run over one clip, and is told apart. Needs the extra `cluster`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import ray
import soundfile

from earwitness.encoders import Store
from earwitness.encoders.cluster import encode_on_cluster
from earwitness.encoders.cluster_worker import EncoderRequest
from earwitness.encoders.encoding import Segment, encode_into

WORKERS = 2


def seconds_of(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--block", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=4.0, help="of a clip")
    parser.add_argument("--encoder", default="whisper-base")
    parser.add_argument("--layer", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "cluster.json")
    chosen = parser.parse_args()
    request = EncoderRequest(name=chosen.encoder, layers=(chosen.layer,))
    rng = np.random.default_rng(0)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        segments = []
        for number in range(chosen.clips):
            path = folder / f"{number:05d}.wav"
            soundfile.write(path, 0.1 * rng.standard_normal(int(16_000 * chosen.seconds)), 16_000)
            segments.append(Segment(path=str(path)))
        encoder = request.load(WORKERS)
        encode_into(Store(folder / "warm"), encoder, segments[:8])
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        start = seconds_of(
            lambda: encode_on_cluster(str(folder / "start"), request, segments[:1], workers=WORKERS)
        )
        blocks: list[dict[str, float]] = []
        for first in range(0, chosen.clips, chosen.block):
            part = segments[first : first + chosen.block]

            def local(part: list[Segment] = part, first: int = first) -> None:
                with Store(folder / f"local{first}") as store:
                    encode_into(store, encoder, part)

            def remote(part: list[Segment] = part, first: int = first) -> None:
                encode_on_cluster(str(folder / f"ray{first}"), request, part, workers=WORKERS)

            works = {"local": local, "ray": remote}
            order = list(works) if len(blocks) % 2 == 0 else list(works)[::-1]
            taken = {name: seconds_of(works[name]) for name in order}
            blocks.append({"clips": len(part), **taken})
            print(f"block {len(blocks)}: {taken}", flush=True)
        ray.shutdown()
    whole = {name: sum(block[name] for block in blocks) for name in ("local", "ray")}
    found = {
        "machine": {"processors": os.cpu_count(), "load": os.getloadavg()[0]},
        "clips": chosen.clips, "seconds_of_a_clip": chosen.seconds, "encoder": chosen.encoder,
        "start_seconds": start, "seconds": whole,
        "cost": whole["ray"] / whole["local"] - 1,
        "cost_without_start": (whole["ray"] - start * len(blocks)) / whole["local"] - 1,
        "median_cost_of_blocks": statistics.median(block["ray"] / block["local"] - 1 for block in blocks),
        "blocks": blocks,
    }  # fmt: skip
    chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
