"""Speed of the representation engine: `python benchmarks/encoders.py [--out FILE]`.

Ours against the plain loops of others in one run, alternating, 2 threads each: the shipped Whisper
encoder over clips of 1 to 20 s, the same network in transformers padded to 30 s, the machine's own
matrix product, and one hour as a stream. Needs the extra `train`. Medians; the ratios are what counts.
Whole networks of two families are in `encoder_families.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
import torch
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

import earwitness
from earwitness.assets import asset
from earwitness.encoders import FrameStream, OnnxEncoder
from earwitness.encoders.chunking import CORE, SAMPLE_RATE

THREADS = 2
ROUNDS = 3


class Taken(NamedTuple):
    """Seconds by the clock, and of all processors together: the latter bear a busy machine."""

    clock: float
    processor: float


def timed(work: Callable[[], object]) -> Taken:
    """Seconds that a piece of work takes."""
    began = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - began[0], time.process_time() - began[1])


def alternating(works: dict[str, Callable[[], object]]) -> dict[str, Taken]:
    """Median seconds of each piece of work, taken in turns so that load falls on all alike."""
    taken: dict[str, list[Taken]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            taken[name].append(timed(work))
    return {
        name: Taken(*(statistics.median(values) for values in zip(*times, strict=True)))
        for name, times in taken.items()
    }


def noise(seconds: float, rng: np.random.Generator) -> np.ndarray:
    return (0.1 * rng.standard_normal(int(seconds * SAMPLE_RATE))).astype(np.float32)


def operations(frames: int, layers: int) -> float:
    """Floating-point operations of the encoder on one chunk."""
    front = 2 * (80 * 3 * 512 * 2 * frames + 512 * 3 * 512 * frames)
    return front + layers * (2 * (4 * 512 * 512 + 2 * 512 * 2048) * frames + 4 * frames * frames * 512)


def encoder_against_transformers(clips: int) -> dict[str, float]:
    """Clips of 1 to 20 s: ours at their true length, theirs padded to 30 s; as deep as the shipped file."""
    rng = np.random.default_rng(0)
    waveforms = [noise(seconds, rng) for seconds in rng.uniform(1, 20, clips)]
    ours = OnnxEncoder(asset("whisper-base-frames"), threads=THREADS)
    depth = max(ours.layers)
    config = WhisperConfig(d_model=512, encoder_layers=depth, encoder_attention_heads=8, encoder_ffn_dim=2048)
    theirs, extract = WhisperEncoder(config).eval(), WhisperFeatureExtractor()
    torch.set_num_threads(THREADS)

    def loop() -> None:
        with torch.no_grad():
            for waveform in waveforms:
                features = extract(waveform, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features
                theirs(features, output_hidden_states=True)

    left, right = (rng.standard_normal(shape).astype(np.float32) for shape in ((750, 512), (512, 2048)))
    tensors = torch.from_numpy(left), torch.from_numpy(right)

    def products() -> None:
        for _ in range(100):
            torch.mm(*tensors)

    loop()
    ours.encode(waveforms[:2])
    works = {"ours": lambda: ours.encode(waveforms), "transformers": loop, "products": products}
    seconds = alternating(works)
    work = sum(operations(len(waveform) // 320, depth) for waveform in waveforms)
    ours_seconds, theirs_seconds = seconds["ours"], seconds["transformers"]
    peak = 100 * 2 * 750 * 512 * 2048 / seconds["products"].processor
    return {
        "clips": clips,
        "layers": depth,
        "ours_clips_per_second": clips / ours_seconds.clock,
        "transformers_clips_per_second": clips / theirs_seconds.clock,
        "ratio": theirs_seconds.clock / ours_seconds.clock,
        "ratio_of_processor_seconds": theirs_seconds.processor / ours_seconds.processor,
        "gflops_of_one_processor": work / ours_seconds.processor / 1e9,
        "share_of_matrix_product_peak": work / ours_seconds.processor / peak,
    }


def one_hour() -> dict[str, float]:
    """One hour as a stream through the shipped encoder."""
    rng = np.random.default_rng(0)
    encoder = OnnxEncoder(asset("whisper-base-frames"), threads=THREADS)
    block = noise(CORE / SAMPLE_RATE, rng)

    def run() -> None:
        stream = FrameStream(encoder)
        for _ in range(int(3600 * SAMPLE_RATE / CORE)):
            stream.push(block)
        stream.finish()

    return timed(run)._asdict()


def one_clip() -> dict[str, float]:
    """A clip of 4 s, on one thread."""
    encoder = OnnxEncoder(asset("whisper-base-frames"), threads=1)
    clip = noise(4, np.random.default_rng(0))
    encoder.encode([clip])
    times = [timed(lambda: encoder.encode([clip])) for _ in range(20)]
    return {
        "milliseconds": 1000 * statistics.median(taken.clock for taken in times),
        "processor_milliseconds": 1000 * statistics.median(taken.processor for taken in times),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "encoders.json")
    chosen = parser.parse_args()
    found: dict[str, object] = {
        "machine": {
            "processors": os.cpu_count(),
            "architecture": platform.machine(),
            "load_before": os.getloadavg()[0],
        },
        "versions": {
            "earwitness": earwitness.__version__,
            "onnxruntime": onnxruntime.__version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "clip_of_4_s": one_clip(),
        "one_hour": one_hour(),
        "clips_of_1_to_20_s": encoder_against_transformers(chosen.clips),
    }
    found["largest_resident_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    text = json.dumps(found, indent=2) + "\n"
    chosen.out.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
