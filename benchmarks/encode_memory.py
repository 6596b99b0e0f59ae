"""Memory of `encode` over very many clips: `python benchmarks/encode_memory.py [--clips N] [--out FOLDER]`.

Synthetic clips of 0.2 s, every one with content of its own, through log-mel into a store, once; then
again, which does no work. The resident memory over time goes into encode_memory.svg and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from earwitness.encoders import Store, load
from earwitness.encoders.encoding import Segment, encode_into

HERE = Path(__file__).parent / "results"


def resident() -> float:
    """Megabytes that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def plot(points: list[tuple[int, float]]) -> str:
    """Resident memory against clips, as SVG."""
    width, height, most, top = 640, 300, points[-1][0], 1.2 * max(value for _, value in points)
    line = " ".join(f"{60 + 560 * n / most:.1f},{260 - 240 * value / top:.1f}" for n, value in points)
    labels = "".join(
        f'<text x="{x}" y="{y}" font-size="12" font-family="sans-serif" text-anchor="{at}">{text}</text>'
        for x, y, at, text in (
            (55, 264, "end", "0"), (55, 24, "end", f"{top:.0f} MB"), (60, 280, "middle", "0"),
            (620, 280, "end", f"{most} clips"),
        )
    )  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<path d="M60 20V260H620" fill="none" stroke="#888"/>{labels}'
        f'<polyline points="{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/></svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--out", type=Path, default=HERE)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        segments = []
        for number in range(chosen.clips):
            path = folder / f"{number // 1000:03d}" / f"{number:06d}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, 0.1 * rng.standard_normal(3200), 16_000)
            segments.append(Segment(path=str(path)))
        points: list[tuple[int, float]] = []
        done = 0

        def progress(more: int, _seconds: float) -> None:
            nonlocal done
            done += more
            if not points or done - points[-1][0] >= chosen.clips // 200 or done == chosen.clips:
                points.append((done, resident()))

        began = time.perf_counter()
        with Store(folder / "store") as store:
            first = encode_into(store, load("log-mel"), segments, progress=progress)
        between = time.perf_counter()
        with Store(folder / "store") as store:
            second = encode_into(store, load("log-mel"), segments)
        ended = time.perf_counter()
    warm = next(value for number, value in points if number >= chosen.clips // 10)
    found = {
        "clips": chosen.clips,
        "made_first": first.made,
        "made_second": second.made,
        "seconds_first": between - began,
        "seconds_second": ended - between,
        "resident_megabytes_after_a_tenth": warm,
        "resident_megabytes_at_the_end": points[-1][1],
        "largest_resident_megabytes": max(value for _, value in points),
    }
    (chosen.out / "encode_memory.json").write_text(json.dumps(found, indent=2) + "\n")
    (chosen.out / "encode_memory.svg").write_text(plot(points))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
