"""Speed of whole encoders: `python benchmarks/encoder_families.py [--clips 500] [--out FILE]`.

A Whisper and a wav2vec 2.0 of base size with random weights, their last layer asked for, against the
plain loops of transformers over the same clips of 1 to 20 s, 2 threads each. One pass is cut into
blocks of clips; within a block every variant runs in turn, and a ratio is taken within the block: the
median over blocks and the ratio of all seconds are written down. What ends early goes on where it
stopped. Whisper's loop and ours in fp32 hear all clips; the loop of wav2vec 2.0 and the lower
precisions take part in every second block and padded batches, which are the slowest, in every fifth
(`SHARES`), which is enough for a median and more than halves the time. A block is a multiple of 8
clips, so that no padded batch but the last is short.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import Wav2Vec2Config, Wav2Vec2Model, WhisperConfig, WhisperFeatureExtractor, WhisperModel

import earwitness
from earwitness.encoders import load
from earwitness.encoders.fronts import WaveformFront
from earwitness.encoders.matrix_products import WholeNumberProduct, product

THREADS, SAMPLE_RATE = 2, 16_000
SHARES = {"wav2vec2 loop": 2, "wav2vec2 padded": 5} | {
    f"{network} {precision}": 2 for network in ("whisper", "wav2vec2") for precision in ("bf16", "int8")
}
"""Variant -> every how manieth block it takes part in; the others take part in all."""
RATIOS = {
    "whisper: loop padded to 30 s over our fp32": ("whisper loop", "whisper fp32"),
    "whisper: our fp32 over our bf16": ("whisper fp32", "whisper bf16"),
    "whisper: our fp32 over our int8": ("whisper fp32", "whisper int8"),
    "wav2vec2: loop over our fp32": ("wav2vec2 loop", "wav2vec2 fp32"),
    "wav2vec2: padded batches of 8 over our fp32": ("wav2vec2 padded", "wav2vec2 fp32"),
    "wav2vec2: our fp32 over our bf16": ("wav2vec2 fp32", "wav2vec2 bf16"),
    "wav2vec2: our fp32 over our int8": ("wav2vec2 fp32", "wav2vec2 int8"),
}
Work = Callable[[list[np.ndarray]], object]


def folders(root: Path) -> dict[str, Path]:
    """Both networks with random weights, in the hub's layout."""
    found = {name: root / name for name in ("whisper", "wav2vec2")}
    torch.manual_seed(0)
    if not (found["whisper"] / "config.json").is_file():
        config = WhisperConfig(
            d_model=512, encoder_layers=6, encoder_attention_heads=8, encoder_ffn_dim=2048, decoder_layers=1,
            decoder_attention_heads=8, decoder_ffn_dim=64,
        )  # fmt: skip
        WhisperModel(config).save_pretrained(found["whisper"])
    if not (found["wav2vec2"] / "config.json").is_file():
        Wav2Vec2Model(Wav2Vec2Config()).save_pretrained(found["wav2vec2"])
    return found


def variants(root: Path) -> dict[str, Work]:
    """Ours in three precisions, and the plain loops of transformers."""
    found = folders(root)
    whisper = WhisperModel.from_pretrained(found["whisper"]).eval().encoder
    wav2vec2 = Wav2Vec2Model.from_pretrained(found["wav2vec2"]).eval()
    extract = WhisperFeatureExtractor()

    @torch.no_grad()
    def whisper_loop(clips: list[np.ndarray]) -> None:
        for clip in clips:
            whisper(extract(clip, sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features)

    @torch.no_grad()
    def wav2vec2_loop(clips: list[np.ndarray]) -> None:
        for clip in clips:
            wav2vec2(torch.from_numpy(clip)[None])

    @torch.no_grad()
    def wav2vec2_padded(clips: list[np.ndarray]) -> None:
        for first in range(0, len(clips), 8):
            batch = [torch.from_numpy(clip) for clip in clips[first : first + 8]]
            wav2vec2(torch.nn.utils.rnn.pad_sequence(batch, batch_first=True))

    def ours(name: str, weights: Path, layer: int, precision: str) -> Work:
        encoder = load(name, weights=weights, layers=layer, precision=precision, threads=THREADS)  # type: ignore[arg-type]
        return lambda clips: encoder.encode(clips, SAMPLE_RATE)

    works: dict[str, Work] = {
        "whisper loop": whisper_loop, "wav2vec2 loop": wav2vec2_loop, "wav2vec2 padded": wav2vec2_padded,
    }  # fmt: skip
    for precision in ("fp32", "bf16", "int8"):
        works[f"whisper {precision}"] = ours("openai/whisper-base", found["whisper"], 6, precision)
        works[f"wav2vec2 {precision}"] = ours("wav2vec2-base", found["wav2vec2"], 12, precision)
    return works


def operations(name: str, clips: list[np.ndarray]) -> float:
    """Floating-point operations of a network over clips at their true length."""
    total = 0.0
    front = WaveformFront(kernels=(10, 3, 3, 3, 3, 2, 2), strides=(5, 2, 2, 2, 2, 2, 2))
    for clip in clips:
        if name == "whisper":
            frames, width, blocks = len(clip) // 320, 512, 6
            total += 2 * frames * (2 * 3 * 80 * 512 + 3 * 512 * 512)
        else:
            frames, width, blocks = front.frames(len(clip)), 768, 12
            samples, channels = len(clip), 1
            for kernel, stride in zip(front.kernels, front.strides, strict=True):
                samples = (samples - kernel) // stride + 1
                total += 2 * samples * kernel * channels * 512
                channels = 512
            total += 2 * frames * (512 * 768 + 128 * 48 * 768)
        total += blocks * (2 * frames * 12 * width * width + 4 * frames * frames * width)
    return total


def peaks() -> dict[str, float]:
    """Operations in a second of one large product in each precision."""
    frames, weight = torch.randn(1024, 1024), torch.randn(4096, 1024)
    whole = WholeNumberProduct(weight, None)
    half = frames.bfloat16(), weight.bfloat16()
    works: dict[str, Callable[[], object]] = {
        "fp32": lambda: product(frames, weight),
        "bf16": lambda: product(*half),
        "int8": lambda: whole(frames),
    }
    found = {}
    with torch.inference_mode():
        for name, work in works.items():
            work()
            times = []
            for _ in range(7):
                began = time.perf_counter()
                work()
                times.append(time.perf_counter() - began)
            found[name] = 2 * 1024 * 1024 * 4096 / statistics.median(times)
    return found


def summary(blocks: list[dict[str, dict[str, float]]]) -> dict[str, object]:
    """What the blocks come to."""
    ratios = {}
    for name, (slow, fast) in RATIOS.items():
        pairs = [
            (b["seconds"][slow], b["seconds"][fast])
            for b in blocks
            if slow in b["seconds"] and fast in b["seconds"]
        ]
        if pairs:
            each = [a / b for a, b in pairs]
            ratios[name] = {
                "median_of_blocks": statistics.median(each), "least": min(each), "most": max(each),
                "of_all_seconds": sum(a for a, _ in pairs) / sum(b for _, b in pairs), "blocks": len(pairs),
            }  # fmt: skip
    shares = {}
    rates = {}
    for variant in sorted({name for b in blocks for name in b["seconds"]}):
        network, how = variant.split()
        heard = [b for b in blocks if variant in b["seconds"]]
        rates[variant] = sum(b["clips"]["number"] for b in heard) / sum(b["seconds"][variant] for b in heard)
        if how in ("fp32", "bf16", "int8"):
            shares[variant] = statistics.median(
                b["operations"][network] / b["seconds"][variant] / b["peaks"][how] for b in heard
            )
    gigaflops = {p: statistics.median(b["peaks"][p] for b in blocks) / 1e9 for p in ("fp32", "bf16", "int8")}
    return {
        "ratios": ratios, "clips_per_second": rates, "share_of_matrix_product_peak": shares,
        "matrix_product_peak_gigaflops": gigaflops,
    }  # fmt: skip


def capabilities() -> list[str]:
    """Of the processor, those that the precisions rest on."""
    known = torch.cpu.get_capabilities()
    return [n for n in ("avx512_bf16", "avx512_vnni", "avx_vnni", "amx_bf16", "amx_int8") if known.get(n)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=500)
    parser.add_argument("--block", type=int, default=24, help="clips of a block")
    parser.add_argument("--weights", type=Path, default=Path("build/benchmark-weights"))
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "results" / "encoder_families.json"
    )
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    lengths = rng.uniform(1, 20, chosen.clips)
    kept = chosen.out.with_suffix(".partial.json")
    settings = {"clips": chosen.clips, "block": chosen.block, "threads": THREADS, "shares": SHARES}
    begun = json.loads(kept.read_text()) if kept.is_file() else {}
    blocks = begun["blocks"] if begun.get("settings") == settings else []
    torch.set_num_threads(THREADS)
    works = variants(chosen.weights)
    for work in works.values():
        work([np.full(SAMPLE_RATE * seconds, 0.1, np.float32) for seconds in (1, 3)])
    count = -(-chosen.clips // chosen.block)
    for number in range(len(blocks), count):
        load_before, rng = os.getloadavg()[0], np.random.default_rng(number)
        clips = [
            (0.1 * rng.standard_normal(int(seconds * SAMPLE_RATE))).astype(np.float32)
            for seconds in lengths[number * chosen.block : (number + 1) * chosen.block]
        ]
        names = [name for name in works if number % SHARES.get(name, 1) == 0]
        seconds: dict[str, float] = {}
        for name in names[number % len(names) :] + names[: number % len(names)]:
            began = time.perf_counter()
            works[name](clips)
            seconds[name] = time.perf_counter() - began
        blocks.append({
            "clips": {"number": len(clips), "seconds": sum(map(len, clips)) / SAMPLE_RATE},
            "seconds": seconds,
            "operations": {name: operations(name, clips) for name in ("whisper", "wav2vec2")},
            "peaks": peaks(),
            "machine": {"load_before": load_before},
        })  # fmt: skip
        kept.write_text(json.dumps({"settings": settings, "blocks": blocks}))
        print(f"block {number + 1} of {count}: {sum(seconds.values()):.0f} s", flush=True)
    found = {
        "machine": {
            "processors": os.cpu_count(), "architecture": platform.machine(), "capabilities": capabilities(),
        },
        "versions": {
            "earwitness": earwitness.__version__, "torch": torch.__version__,
            "transformers": transformers.__version__, "numpy": np.__version__,
        },
        "settings": settings,
        **summary(blocks),
        "blocks": blocks,
    }  # fmt: skip
    chosen.out.write_text(json.dumps(found, indent=2) + "\n")
    kept.unlink(missing_ok=True)
    print(json.dumps({name: value for name, value in found.items() if name != "blocks"}, indent=2))


if __name__ == "__main__":
    main()
