"""What decoding, speech activity, measured properties and quality cost, on one thread.

Usage: python benchmarks/audio.py [--out benchmarks/results/audio.json]

An hour of speech (espeak-ng, the same two sentences over and over) as 16 kHz WAV, ten minutes as 44.1 kHz
MP3, and a file of 3 GB (24 bits, eight channels, 96 kHz, noise at its start), each streamed once in
a process of its own, whose CPU seconds, wall seconds and peak resident memory are taken.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).parents[1]
TEXT = (
    "The caller asked for a transfer to another account. Please hold the line, someone will be with you soon."
)


def speech(seconds: int, rate: int, folder: Path) -> np.ndarray:
    """Speech of a given length."""
    from earwitness.audio.resample import resample

    path = folder / "sentence.wav"
    subprocess.run(["espeak-ng", "-v", "en", "-w", str(path), TEXT], check=True)
    samples, own = soundfile.read(path, dtype="float32")
    once = np.concatenate([resample(samples, own, rate), np.zeros(rate // 2, np.float32)])
    noise = 1e-3 * np.random.default_rng(0).standard_normal(seconds * rate)
    return (np.resize(0.8 * once, seconds * rate) + noise).astype(np.float32)


def large(path: Path, size: int) -> None:
    """A WAV of 3 GB that takes little room on the disk."""
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt ")
        file.write(
            struct.pack("<IHHIIHH", 16, 1, 8, 96000, 2304000, 24, 24) + b"data" + struct.pack("<I", size)
        )
        file.write(np.random.default_rng(0).bytes(6_000_000))
        file.truncate(size + 44)


def peak_megabytes() -> int:
    """Most memory that was resident since this program began (getrusage would count its parent's, too)."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def measure(path: str) -> dict[str, object]:
    """One pass over a file, as `analyze` makes it, with the cost of each part in CPU seconds."""
    from earwitness.audio.activity import SpeechActivity
    from earwitness.audio.decode import stream
    from earwitness.audio.properties import PropertyMeter
    from earwitness.audio.quality import collector, quality

    spent = {"properties": 0.0, "activity": 0.0}

    def timed(name: str, call: Callable, *given: object) -> object:
        began = time.process_time()
        result = call(*given)
        spent[name] = spent.get(name, 0.0) + time.process_time() - began
        return result

    wall, cpu = time.perf_counter(), time.process_time()
    meters: list[PropertyMeter] = []
    with stream(path, native=lambda block: timed("properties", meters[0].update, block)) as blocks:
        meters.append(PropertyMeter(blocks.info))
        activity, windows, speech = SpeechActivity(), collector(), []
        for block in blocks:
            speech.append(timed("activity", activity.update, block))
            windows.update(block)
        speech.append(activity.finish())
        probability = np.concatenate(speech)
        found = timed("properties", meters[0].result, probability)
    used = time.process_time() - cpu
    spent["decode, resample, hash"] = used - sum(spent.values())
    before = peak_megabytes()
    timed("quality", quality, windows.windows())
    return {
        "file_bytes": Path(path).stat().st_size,
        "seconds_of_audio": round(blocks.native_samples / blocks.info.sample_rate, 1),
        "seconds_of_speech": round(float((probability >= 0.5).sum()) * 0.032, 1),
        "bandwidth_hz": found.bandwidth_hz,
        "cpu_seconds": round(used + spent["quality"], 2),
        "wall_seconds": round(time.perf_counter() - wall, 2),
        "cpu_seconds_by_part": {name: round(value, 2) for name, value in sorted(spent.items())},
        "peak_resident_mb_without_quality": before,
        "peak_resident_mb": peak_megabytes(),
    }


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=HERE / "benchmarks" / "results" / "audio.json")
    parser.add_argument("--one", help="measure this file in this process")
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(measure(chosen.one)))
        return
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        soundfile.write(folder / "hour.wav", speech(3600, 16000, folder), 16000)
        soundfile.write(folder / "ten_minutes.mp3", speech(600, 44100, folder), 44100)
        large(folder / "3gb.wav", 3 << 30)
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        for file in ("hour.wav", "ten_minutes.mp3", "3gb.wav"):
            command = [sys.executable, __file__, "--one", str(folder / file)]
            printed = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
            results[file] = json.loads(printed.stdout)
    summary = {
        "schema": "earwitness.benchmark/1",
        "threads": 1,
        "load_average_at_end": [round(value, 1) for value in os.getloadavg()],
        "machine": {"processors": os.cpu_count(), "kind": platform.machine()},
        "versions": {"python": platform.python_version(), "soundfile": soundfile.__version__},
        "results": results,
    }
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    partial = chosen.out.with_suffix(".partial")
    partial.write_text(json.dumps(summary, indent=2) + "\n")
    partial.replace(chosen.out)
    print(chosen.out)


if __name__ == "__main__":
    main()
