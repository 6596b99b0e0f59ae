"""Memory of `encode`: `python benchmarks/encode_memory.py [--clips N] [--minutes N] [--out FOLDER]`.

Very many short clips: synthetic, 0.2 s, every one with content of its own, through log-mel into a store,
once; then again, which does no work. Resident memory and its peak (VmHWM, which is `ru_maxrss` without
what the parent process had) over the clips go into encode_memory.svg and .json; the last point is taken
after the last publishing. Then one long recording of a quarter of the minutes and one of all of them,
each in a process of its own: its peak, and what is left of it without the encoding itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from earwitness.encoders import Store, load
from earwitness.encoders.encoding import Segment, encode_into

HERE = Path(__file__).parent / "results"
Point = tuple[int, float, float]
"""Clips, resident megabytes, most that ever were resident."""


def point(done: int) -> Point:
    """What this process holds now."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    held = {name: int(values[0]) * 1024 / 1e6 for name, *values in lines if name in ("VmRSS:", "VmHWM:")}
    return done, held["VmRSS:"], held["VmHWM:"]


def plot(points: list[Point]) -> str:
    """Resident memory (full) and its peak (thin) against clips, as SVG."""
    width, height, clips, top = 640, 300, points[-1][0], 1.2 * points[-1][2]
    lines = [
        " ".join(f"{60 + 560 * found[0] / clips:.1f},{260 - 240 * found[k] / top:.1f}" for found in points)
        for k in (1, 2)
    ]
    labels = "".join(
        f'<text x="{x}" y="{y}" font-size="12" font-family="sans-serif" text-anchor="{at}">{text}</text>'
        for x, y, at, text in (
            (55, 264, "end", "0"), (55, 24, "end", f"{top:.0f} MB"), (60, 280, "middle", "0"),
            (620, 280, "end", f"{clips} clips"),
        )
    )  # fmt: skip
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<path d="M60 20V260H620" fill="none" stroke="#888"/>{labels}'
        f'<polyline points="{lines[1]}" fill="none" stroke="#c0702a"/>'
        f'<polyline points="{lines[0]}" fill="none" stroke="#1f5fa8" stroke-width="2"/></svg>\n'
    )


def clips(count: int, folder: Path) -> tuple[dict[str, object], list[Point]]:
    """Encode very many clips; figures, and the memory on the way."""
    rng = np.random.default_rng(0)
    segments = []
    for number in range(count):
        path = folder / f"{number // 1000:03d}" / f"{number:06d}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, 0.1 * rng.standard_normal(3200), 16_000)
        segments.append(Segment(path=str(path)))
    points: list[Point] = []
    done = 0

    def progress(more: int, _seconds: float) -> None:
        nonlocal done
        done += more
        if not points or done - points[-1][0] >= count // 200:
            points.append(point(done))

    began = time.perf_counter()
    with Store(folder / "store") as store:
        first = encode_into(store, load("log-mel"), segments, progress=progress)
    points.append(point(count))
    between = time.perf_counter()
    with Store(folder / "store") as store:
        second = encode_into(store, load("log-mel"), segments)
    ended = time.perf_counter()
    shares = (0.1, 0.5, 1.0)
    held = [next(found for found in points if found[0] >= share * count) for share in shares]
    held[-1] = points[-1]  # after the last publishing
    (start, resident, most), (end, resident_at_end, most_at_end) = held[0], held[-1]
    return {
        "clips": count,
        "made_first": first.made,
        "made_second": second.made,
        "seconds_first": between - began,
        "seconds_second": ended - between,
        "at": [
            {"clips": number, "resident_megabytes": now, "peak_megabytes": ever} for number, now, ever in held
        ],
        "growth_resident_bytes_a_clip": 1e6 * (resident_at_end - resident) / (end - start),
        "growth_peak_bytes_a_clip": 1e6 * (most_at_end - most) / (end - start),
        "growth_resident_percent": 100 * (resident_at_end / resident - 1),
        "growth_peak_percent": 100 * (most_at_end / most - 1),
        "after_second_run": dict(zip(("resident_megabytes", "peak_megabytes"), point(0)[1:], strict=True)),
    }, points


def long_recording(minutes: int) -> dict[str, float]:
    """Encode one recording of so many minutes, in a process of its own."""
    command = [sys.executable, __file__, "--one", str(minutes)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def one(minutes: int) -> dict[str, float]:
    """The work of such a process."""
    minute = 0.1 * np.random.default_rng(0).standard_normal(60 * 16_000)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "long.wav"
        with soundfile.SoundFile(path, "w", 16_000, 1) as file:
            for _ in range(minutes):
                file.write(minute)
        before = point(0)[2]
        began = time.perf_counter()
        with Store(Path(place) / "store") as store:
            (key,) = encode_into(store, load("log-mel"), [Segment(path=str(path))]).keys
            taken, peak = time.perf_counter() - began, point(0)[2]
            assert key is not None
            array = store.get(key)
            assert array is not None
    return {
        "minutes": minutes,
        "frames": len(array),
        "encoding_megabytes": array.nbytes / 1e6,
        "decoded_megabytes": minutes * 60 * 16_000 * 4 / 1e6,
        "peak_before_megabytes": before,
        "peak_megabytes": peak,
        "peak_without_encoding_megabytes": peak - array.nbytes / 1e6,
        "seconds": taken,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--minutes", type=int, default=180)
    parser.add_argument("--out", type=Path, default=HERE)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(one(chosen.one)))
        return
    with tempfile.TemporaryDirectory() as place:
        many, points = clips(chosen.clips, Path(place))
    long = [long_recording(minutes) for minutes in (chosen.minutes // 4, chosen.minutes)]
    found = {"clips": many, "long_recordings": long}
    (chosen.out / "encode_memory.json").write_text(json.dumps(found, indent=2) + "\n")
    (chosen.out / "encode_memory.svg").write_text(plot(points))
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
