"""Write docs/encoders.md from the catalogue.

python tools/encoders_page.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from earwitness.encoders.catalogue import CATALOGUE, Entry

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "encoders.md"
SPEED = ROOT / "benchmarks" / "results" / "encoder_families.json"
TEXT = """\
# Encoders

Written by `python tools/encoders_page.py` from the catalogue (`earwitness encoders list --json`). Any other
model id of the Hugging Face hub works, too, where it is of a type that is listed in `encoders/families.py`.
Nothing is downloaded unless you run the command in the last column. Weights are never unpickled: a pickle is
read with `weights_only=True` or refused, and code that a model brings is never run.

## Length, batches and streams

- A clip is encoded at its true length and is the same alone, in any batch and in any order. Clips are
  encoded together only where they are of equal length; the trainable module masks padding, group norms
  included.
- A recording longer than a chunk is encoded in fixed chunks with context on either side, anchored at its
  beginning: 14 s and 0.5 s (Whisper), 28 s and 1 s (waveform encoders and w2v-BERT), 10.24 s and three
  columns (AST), windows of 10 s whose vectors are averaged (CLAP), 30 s each (Whisper padded).
- `FrameStream` and `stream_frames` give the same frames while the recording arrives, in constant memory.
  This holds for every front end, because whole recordings are cut at the same places. What is taken over
  time (group norms of wav2vec 2.0 base and HuBERT, the mean and variance of w2v-BERT's bands, a level,
  attention) is taken over one chunk and never over a whole long recording; so a long recording is not what
  the model would give for all of it at once. Up to one chunk it is.
- `encode` hears stretches of more than ten minutes that way, and so does training when it fills its store:
  the file is read once for its hash and once for its frames, and memory grows with the encoding only. What
  hears a recording at once (LFCC, CQT, openSMILE, speaker vectors) still has it decoded as a whole.
- Encoders of one vector hear long recordings in equal parts of at most 30 s (PaSST: 10 s) and give the mean.

## Speed and precision

- Of several chunks each processor hears one at a time (`threads`); a chunk alone is shared by them. On 2
  processors that made Whisper about 1.6 times as fast: products of its size gain nothing from a second.
- What also pays: weights in the order in which oneDNN reads them (5 %), GELU in the product of Whisper's
  convolutions and the scale of its queries in their weights (5 % together).
  What does not: torch's own attention (half as fast as ours), all heads of one product (MKL's in fp32 takes
  twice as long; in bf16 it gains 1 %), a spectrogram in another way (it takes under 2 % of the time), other
  settings of the allocator.
- A few frames in Whisper's late layers are very large in a few channels, and rounding leads them astray, in
  bf16 as in int8. A mean over a clip hardly moves. `encoders.load` warns where a frame of the layers asked
  for had a cosine to fp32 below 0.95, beyond which rounding adds a third of the frame's length.
- How many times faster, base sizes with random weights, {clips} clips of 1 to 20 s on {threads} threads, by
  block (`benchmarks/encoder_families.py`):

{speed}

## The catalogue

"""


def row(one: Entry) -> str:
    """One line of the table."""
    rate = f"{one.frame_rate:g} Hz" if one.frame_rate else "one vector"
    states = str(one.layers) if one.layers > 1 else ""
    get = "nothing needed" if one.command is None else f"`{one.command}`"
    return (
        f"| {one.name} | {one.summary} | {one.dimension:,} | {rate} | {states} | {one.sample_rate:,} "
        f"| {one.licence} | {get} |"
    )


def speed(measured: dict[str, Any]) -> str:
    """The ratios of the benchmark, a line each."""
    lines = ["| first over second | median | least | most |", "|---|---|---|---|"]
    for name, one in measured["ratios"].items():
        lines.append(f"| {name} | {one['median_of_blocks']:.2f} | {one['least']:.2f} | {one['most']:.2f} |")
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    measured = json.loads(SPEED.read_text())
    text = TEXT.format(**measured["settings"], speed=speed(measured))
    head = "| name | what | dimension | frames | layers | hears, Hz | licence of the weights | get them |"
    return text + "\n".join([head, "|---|---|---|---|---|---|---|---|", *map(row, CATALOGUE.values())]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
