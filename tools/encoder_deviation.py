"""Measure what bf16 and int8 change: `python tools/encoder_deviation.py NAME --corpus FOLDER`.

Writes the figures to `encoders/deviations.json`, from which `earwitness encoders list` shows them.
"""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from earwitness import encoders
from earwitness.audio.decode import decode
from earwitness.audio.resample import resample
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.deviation import MEASURED, deviation, measured


def processor() -> str:
    """Name of this machine's processor."""
    listed = Path("/proc/cpuinfo")
    lines = listed.read_text().splitlines() if listed.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor())


def main() -> None:
    """Measure, and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--corpus", type=Path, required=True, help="folder with corpus.parquet and labels")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--clips", type=int, default=100, help="of either kind")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each, from its beginning")
    parser.add_argument("--precision", nargs="+", default=["bf16", "int8"])
    chosen = parser.parse_args()
    labels = pl.read_parquet(chosen.corpus / "corpus.parquet")["label"].to_list()
    segments = segments_of(chosen.corpus)
    order = np.random.default_rng(0).permutation(len(labels))
    exact = encoders.load(chosen.name, weights=chosen.weights)
    clips: list[np.ndarray] = []
    truth: list[bool] = []
    for kind in ("bona fide", "spoof"):
        for place in [k for k in order if labels[k] == kind][: chosen.clips]:
            recording = decode(segments[place].path)
            heard = resample(recording.samples, recording.sample_rate, exact.sample_rate)
            first = int(exact.sample_rate * (segments[place].start or 0.0))
            clips.append(heard[first : first + int(exact.sample_rate * chosen.seconds)])
            truth.append(kind == "bona fide")
    known = {name: dict(found) for name, found in measured().items()} if MEASURED.is_file() else {}
    for precision in chosen.precision:
        lower = encoders.load(chosen.name, weights=chosen.weights, precision=precision)
        found = deviation(exact, lower, clips, truth, corpus=chosen.corpus.name, processor=processor())
        known.setdefault(chosen.name, {})[precision] = found
        print(precision, msgspec.json.format(msgspec.json.encode(found)).decode())
    content = msgspec.json.format(msgspec.json.encode(dict(sorted(known.items()))), indent=1)
    MEASURED.write_bytes(content + b"\n")


if __name__ == "__main__":
    main()
