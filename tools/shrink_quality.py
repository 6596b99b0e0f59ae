"""Make the shipped quality network again: `python tools/shrink_quality.py WHEEL`, of speechmos 0.0.1.1.

Two changes to the authors' file, neither of which changes a value. Channels of the second convolution
that no sound switches on (a third of 64; below zero before the ReLU on the examples and on noise, tones,
clicks and silence at all levels) are left out: most of the work is there and behind it. And the length of the
input, fixed at 9.01 s, is left open: any frames * 160 + 160 samples (see `audio.quality` for when a shorter
input gives the same value). Writes the entry in `assets/catalogue.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from earwitness.audio.decode import decode
from earwitness.audio.resample import resample

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "src" / "earwitness" / "assets"
NAME = "dnsmos-sig-bak-ovr"
INSIDE = "speechmos/dnsmos_models/sig_bak_ovr.onnx"
SAMPLES = 144_160
MARGIN = -0.05
"""Highest value before the ReLU of a channel that is left out; a channel that is used reaches 10 and more."""


def sounds() -> Iterator[np.ndarray]:
    """What the channels are listened to with: (samples,) at 16 kHz."""
    for path in sorted((ROOT / "examples").iterdir()):
        if path.suffix in (".wav", ".ogg", ".flac", ".mp3"):
            heard = decode(path)
            speech = resample(heard.samples, heard.sample_rate, 16_000)
            for gain in (0.03, 0.3, 1.0, 10.0):
                yield gain * speech
    rng = np.random.default_rng(0)
    time = np.arange(SAMPLES) / 16_000
    for level in (0.0, 1e-5, 1e-3, 0.05, 1.0):
        yield level * rng.standard_normal(SAMPLES)
        yield level * np.sin(2 * np.pi * (50 + 400 * time) * time)
        yield level * np.sign(np.sin(2 * np.pi * 300 * time))
        yield level * (rng.random(SAMPLES) < 1e-3)
        yield level * np.cumsum(rng.standard_normal(SAMPLES)) / 100


def unused(model: onnx.ModelProto) -> np.ndarray:
    """Channels of the second convolution that no sound switches on."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    before = next(node.output[0] for node in probe.graph.node if "conv2d_1/kernel:0" in node.input)
    probe.graph.output.append(helper.make_tensor_value_info(before, 1, None))
    session = onnxruntime.InferenceSession(probe.SerializeToString(), providers=["CPUExecutionProvider"])
    highest = None
    for sound in sounds():
        clip = np.clip(np.resize(sound, SAMPLES), -1, 1).astype(np.float32)
        peak = session.run([before], {"input_1": clip[None]})[0].max(axis=(0, 2, 3))
        highest = peak if highest is None else np.maximum(highest, peak)
    assert highest is not None
    return np.flatnonzero(highest < MARGIN)


def shrunk(model: onnx.ModelProto, without: np.ndarray) -> onnx.ModelProto:
    """The same network without some channels, for any length."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    for tensor in made.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if tensor.name in ("conv2d_1/kernel:0", "conv2d_1/bias:0"):
            value = np.delete(value, without, axis=0)
        elif tensor.name == "conv2d_2/kernel:0":
            value = np.delete(value, without, axis=1)
        elif tensor.name in ("shape_tensor", "shape_tensor1"):
            value = np.array([1, -1, 160], np.int64)
        elif tensor.name == "input_1:01_cropping_end":
            value = np.array([value[0], -160], np.int64)
        else:
            continue
        tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))
    shape = made.graph.input[0].type.tensor_type.shape
    shape.dim[0].dim_value = 1
    shape.dim[1].dim_param = "samples"
    del made.graph.value_info[:]
    onnx.checker.check_model(made)
    return made


def main() -> None:
    """Shrink, compare, and write down what was made."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path, help="the package of the authors' network")
    wheel = parser.parse_args().wheel
    with zipfile.ZipFile(wheel) as packed:
        content = packed.read(INSIDE)
    model = onnx.load_from_string(content)
    without = unused(model)
    smaller = shrunk(model, without).SerializeToString(deterministic=True)
    theirs, ours = (
        onnxruntime.InferenceSession(each, providers=["CPUExecutionProvider"]) for each in (content, smaller)
    )
    difference = 0.0
    for sound in sounds():
        clip = np.clip(np.resize(sound, SAMPLES), -1, 1).astype(np.float32)[None]
        raw = [session.run(None, {"input_1": clip})[0] for session in (theirs, ours)]
        difference = max(difference, float(np.abs(raw[0] - raw[1]).max()))
    assert difference < 1e-4, difference
    path = ASSETS / f"{NAME}.onnx"
    path.write_bytes(smaller)
    digest = hashlib.sha256(smaller).hexdigest()
    print(f"{path.name}: {len(smaller)} bytes, {len(without)} channels left out, SHA-256 {digest}")
    print(f"largest difference of a raw value: {difference:.1e}")
    listed = json.loads((ASSETS / "catalogue.json").read_text())
    listed[NAME]["sha256"] = digest
    listed[NAME]["source"] = (
        f"{INSIDE} of the PyPI wheel speechmos 0.0.1.1 (wheel SHA-256 "
        f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}); by tools/shrink_quality.py without the "
        f"{len(without)} channels that no sound switches on, and for any length; Copyright (c) Microsoft "
        f"Corporation, licences/{NAME}.txt"
    )
    (ASSETS / "catalogue.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
