"""Make the shipped speaker network again: `python tools/export_voice.py --weights FOLDER`.

FOLDER holds the package that `earwitness encoders list` names for `ge2e`, as a `.whl` file.
Prints how far the file is from torch, and writes the entry in `assets/catalogue.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from earwitness.encoders.catalogue import entry
from earwitness.encoders.ge2e_graph import BANDS, HIDDEN, LAYERS, ge2e_graph
from earwitness.encoders.weights import weight_bytes

ASSETS = Path(__file__).parents[1] / "src" / "earwitness" / "assets"


def main() -> None:
    """Convert, compare with torch, and write down what was made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="folder with the downloaded package")
    known = entry("ge2e")
    pickled = weight_bytes(known, parser.parse_args().weights)
    state = torch.load(io.BytesIO(pickled), map_location="cpu", weights_only=True)["model_state"]
    content = ge2e_graph({name: value.numpy() for name, value in state.items()}, {"licence": known.licence})
    mel = np.random.default_rng(0).gamma(1, 0.1, (4, 160, BANDS)).astype(np.float32)
    lstm = torch.nn.LSTM(BANDS, HIDDEN, LAYERS, batch_first=True)
    parts = {name.removeprefix("lstm."): value for name, value in state.items() if name.startswith("lstm.")}
    lstm.load_state_dict(parts)
    with torch.no_grad():
        hidden = lstm(torch.from_numpy(mel))[1][0][-1]
        raw = torch.relu(hidden @ state["linear.weight"].T + state["linear.bias"])
        theirs = (raw / raw.norm(dim=1, keepdim=True)).numpy()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {"mel": mel.transpose(1, 0, 2).copy()})
    difference = float(np.abs(ours - theirs).max())
    assert difference < 1e-5, difference
    (ASSETS / "ge2e.onnx").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    print(f"ge2e.onnx: {len(content)} bytes, SHA-256 {digest}, largest difference to torch {difference:.1e}")
    listed = json.loads((ASSETS / "catalogue.json").read_text())
    listed["ge2e"] = {
        "file": "ge2e.onnx",
        "sha256": digest,
        "licence": known.licence,
        "source": f"resemblyzer/pretrained.pt of the PyPI package {known.weights.packages[0]}"
        " (Resemble AI, after Corentin Jemine), its network without the optimiser's state, read with"
        " weights_only=True, to ONNX by tools/export_voice.py, weights unchanged; licences/ge2e.txt",
    }
    (ASSETS / "catalogue.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
