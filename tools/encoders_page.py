"""Write docs/encoders.md from the catalogue.

python tools/encoders_page.py
"""

from __future__ import annotations

from pathlib import Path

from earwitness.encoders.catalogue import CATALOGUE, Entry

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "encoders.md"
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


def page() -> str:
    """The whole page."""
    head = "| name | what | dimension | frames | layers | hears, Hz | licence of the weights | get them |"
    return TEXT + "\n".join([head, "|---|---|---|---|---|---|---|---|", *map(row, CATALOGUE.values())]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
