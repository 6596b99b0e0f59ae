"""Fit, validate and write the side instruments: which generator, which coding.

python tools/side_instruments.py OPEN_VOICES CODEC_CORPUS STORE [source] [codec]
"""

from __future__ import annotations

import sys
from pathlib import Path

from earwitness.assets import asset
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.evidence.instrument import SHIPPED, Instrument, shipped
from earwitness.systems.side_instruments import codec_instrument, source_instrument


def main(words: list[str]) -> None:
    """Write those that are asked for, or both."""
    speech, codec, store, *tasks = words
    use = Instrument(shipped()).manifest.encoder
    encoder = OnnxEncoder(asset(use.asset), layers=use.layers, threads=1, normalise=use.normalise)

    def tell(what: str, done: int, of: int) -> None:
        print(f"\r{what} {done} of {of}", end="", file=sys.stderr, flush=True)

    with Store(Path(store)) as opened:
        if not tasks or "source" in tasks:
            source_instrument(speech, opened, encoder, use, SHIPPED / "source", progress=tell)
        if not tasks or "codec" in tasks:
            codec_instrument(
                codec, opened, encoder, use, SHIPPED / "codec", plain_speech=speech, progress=tell
            )


if __name__ == "__main__":
    main(sys.argv[1:])
