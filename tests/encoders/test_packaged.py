"""Encoders with a file of their own: what holds for all of them, and what each of them is held to."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from earwitness import encoders
from earwitness.audio.lfcc import lfcc
from earwitness.encoders import catalogue, cqt, distill_mos, speech_embedding
from earwitness.encoders.catalogue import Weights, entry
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.encoding import Segment, encode_into
from earwitness.encoders.log_mel_projection import log_mel_statistics, projection
from earwitness.encoders.one_by_one import in_parts
from earwitness.encoders.se_res2net import SeRes2Net
from earwitness.encoders.speechbrain_features import cepstrum, filter_bank, without_mean
from earwitness.encoders.speechbrain_networks import EcapaTdnn, XVector
from earwitness.encoders.store import Store
from earwitness.errors import BadInput


def voice(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise that comes and goes, with a hum in it."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * 16_000)) / 16_000
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 3 * time)
    return (0.05 * swell * rng.standard_normal(len(time)) + 0.1 * np.sin(2 * np.pi * 180 * time)).astype(
        np.float32
    )


def written(module: torch.nn.Module, *, within: str | None = None) -> bytes:
    """A network with random weights as torch writes it."""
    torch.manual_seed(0)
    for name, value in module.state_dict().items():
        if value.dtype.is_floating_point:
            value.uniform_(0.5, 1.5) if "running_var" in name or name.endswith("norm.weight") else None
    stream = io.BytesIO()
    state = module.state_dict()
    torch.save({within: state} if within else state, stream)
    return stream.getvalue()


XVECTOR = {
    **{f"blocks.{3 * k}.conv.weight": torch.Size(shape) for k, shape in enumerate(
        [(8, 24, 5), (8, 8, 3), (8, 8, 3), (8, 8, 1), (12, 8, 1)])},
    "blocks.16.w.weight": torch.Size((10, 24)),
}  # fmt: skip


def ecapa_shapes(channels: int = 16, last: int = 24, vector: int = 6) -> dict[str, torch.Size]:
    shapes = {"blocks.0.conv.conv.weight": (channels, 80, 5)}
    for k in (1, 2, 3):
        shapes |= {f"blocks.{k}.tdnn{n}.conv.conv.weight": (channels, channels, 1) for n in (1, 2)}
        part = (channels // 8, channels // 8, 3)
        shapes |= {f"blocks.{k}.res2net_block.blocks.{n}.conv.conv.weight": part for n in range(7)}
        shapes |= {f"blocks.{k}.se_block.conv1.conv.weight": (4, channels, 1)}
        shapes |= {f"blocks.{k}.se_block.conv2.conv.weight": (channels, 4, 1)}
    shapes |= {"mfa.conv.conv.weight": (last, 3 * channels, 1), "asp.tdnn.conv.conv.weight": (5, 3 * last, 1)}
    shapes |= {"asp.conv.conv.weight": (last, 5, 1), "asp_bn.norm.weight": (2 * last,)}
    shapes |= {"fc.conv.weight": (vector, 2 * last, 1)}
    return {name: torch.Size(shape) for name, shape in shapes.items()}


def onnx_network(path: Path, bands: int | str = 80, rank: int = 3) -> None:
    """Mean over time, then a product: as simple as a speaker network can be."""
    weights = (
        np.random.default_rng(0)
        .standard_normal((bands if isinstance(bands, int) else 80, 7))
        .astype(np.float32)
    )
    heard = helper.make_tensor_value_info("feats", TensorProto.FLOAT, ["batch", "time", bands][:rank])
    vector = helper.make_tensor_value_info("embs", TensorProto.FLOAT, ["batch", 7])
    nodes = [
        helper.make_node("ReduceMean", ["feats", "axes"], ["mean"], keepdims=0),
        helper.make_node("MatMul", ["mean", "weights"], ["embs"]),
    ]
    if rank != 3:
        nodes = [helper.make_node("Identity", ["feats"], ["embs"])]
    constants = [
        onnx.numpy_helper.from_array(np.array([1]), "axes"),
        onnx.numpy_helper.from_array(weights, "weights"),
    ]
    graph = helper.make_graph(nodes, "g", [heard], [vector], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Random weights in the published layout of each encoder that needs some."""
    folder = tmp_path_factory.mktemp("weights")
    made = {}
    for name, network in (("x-vector", XVector(XVECTOR)), ("ecapa-tdnn", EcapaTdnn(ecapa_shapes()))):
        made[name] = folder / name
        made[name].mkdir()
        (made[name] / "embedding_model.ckpt").write_bytes(written(network))
        (made[name] / "hyperparams.yaml").write_text("# as on the hub\n")
    made["wespeaker"] = folder / "wespeaker.onnx"
    onnx_network(made["wespeaker"])
    for name, network, within in (
        ("se-res2net50", SeRes2Net(), "model_state_dict"),
        ("distill-mos", distill_mos.DistillMos(), "model"),
    ):
        made[name] = folder / Path(entry(name).weights.parts[0]).name  # type: ignore[union-attr]
        made[name].write_bytes(written(network, within=within))
    return made


@pytest.fixture
def load(weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Encoder]:
    def loaded(name: str) -> Encoder:
        known = entry(name)
        if known.weights is not None:  # the catalogue holds the hash of the published file
            told = Weights(
                packages=known.weights.packages, parts=known.weights.parts, pickled=True,
                sha256=hashlib.sha256(weights[name].read_bytes()).hexdigest(),
            )  # fmt: skip
            monkeypatch.setitem(
                catalogue.CATALOGUE, name, catalogue.msgspec.structs.replace(known, weights=told)
            )
        return encoders.load(name, weights=weights.get(name))

    return loaded


FREE = ("lfcc", "cqt", "log-mel-projection-512", "log-mel-projection-33")
WEIGHTED = ("x-vector", "ecapa-tdnn", "wespeaker", "se-res2net50", "distill-mos")


@pytest.mark.parametrize("name", FREE + WEIGHTED)
def test_company_and_order_change_nothing(name: str, load: Callable[[str], Encoder]) -> None:
    encoder = load(name)
    assert isinstance(encoder, Encoder)
    clips = [voice(seconds, seed) for seed, seconds in enumerate((0.4, 1.3, 0.02, 0.4))]
    alone = [encoder.encode([clip], 16_000)[0] for clip in clips]

    @settings(max_examples=4, deadline=None)
    @given(st.lists(st.integers(0, 3), min_size=1, max_size=5))
    def check(places: list[int]) -> None:
        for place, found in zip(places, encoder.encode([clips[k] for k in places], 16_000), strict=True):
            assert found.dtype == np.float32
            np.testing.assert_allclose(found, alone[place], rtol=1e-4, atol=1e-4)

    check()


@pytest.mark.parametrize("name", FREE + WEIGHTED)
def test_what_the_catalogue_says_is_so(name: str, load: Callable[[str], Encoder]) -> None:
    known, encoder = entry(name), load(name)
    (found,) = encoder.encode([voice(2, 1)[::2]], 8000)
    assert encoder.name == name
    assert encoder.revision
    assert np.isfinite(found).all()
    if known.gives == "vector":
        assert found.shape == (encoder.dimension,)
        assert known.frame_rate is None
    else:
        assert known.frame_rate is not None
        assert found.shape[1] == encoder.dimension == known.dimension
        assert abs(len(found) - 2 * known.frame_rate) <= 3
    for silence in (np.zeros(0, np.float32), np.zeros(8000, np.float32)):
        assert np.isfinite(encoder.encode([silence], 16_000)[0]).all()


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
@pytest.mark.parametrize("name", FREE + WEIGHTED)
@pytest.mark.parametrize("loudest", [np.nan, 3e38])
def test_nothing_that_is_no_number_reaches_a_store(
    name: str, loudest: float, load: Callable[[str], Encoder], tmp_path: Path
) -> None:
    clip = voice(0.5)
    clip[3000:3010] = loudest
    encoder = load(name)
    reason = "none, or: is not finite"
    try:
        (found,) = encoder.encode([clip], 16_000)
    except BadInput as refusal:
        reason, found = refusal.reason, np.zeros(0)
    assert np.isfinite(found).all()
    assert "is not finite" in reason
    soundfile.write(tmp_path / "loud.wav", np.full(8000, 3e37, np.float32), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "voice.wav", voice(0.5), 16_000)
    segments = [Segment(path=str(tmp_path / f"{name}.wav")) for name in ("loud", "voice")]
    with Store(tmp_path / "store") as store:
        made = encode_into(store, encoder, segments)
        assert made.there[1]
        for key in made.keys:
            assert key is None or np.isfinite(store.get(key)).all()


@pytest.mark.parametrize("name", FREE + WEIGHTED)
def test_layers_are_refused(name: str, weights: dict[str, Path]) -> None:
    with pytest.raises(BadInput, match="layers"):
        encoders.load(name, weights=weights.get(name), layers=[1])


def test_constant_q_is_its_definition() -> None:
    samples = voice(2)
    found = cqt.cqt(samples)
    assert found.shape == (100, 84)
    quality = 1 / (2 ** (1 / 12) - 1)
    for frame, k in ((50, 0), (50, 30), (3, 60), (99, 83)):
        frequency = cqt.LOWEST * 2 ** (k / 12)
        half = int(quality * 16_000 / frequency / 2)
        place = np.arange(-half, half + 1) + frame * 320 + 160
        window = np.sin(np.pi * (np.arange(2 * half + 1) + 1) / (2 * half + 2)) ** 2
        heard = np.where((place >= 0) & (place < len(samples)), samples[place.clip(0, len(samples) - 1)], 0)
        wave = np.exp(-2j * np.pi * frequency / 16_000 * (place - frame * 320 - 160))
        expected = abs(np.sum(2 * window / window.sum() * heard * wave))
        np.testing.assert_allclose(found[frame, k], expected, rtol=2e-3, atol=1e-5)


@pytest.mark.parametrize("k", [0, 12, 45, 83])
def test_constant_q_of_a_sine_is_its_amplitude(k: int) -> None:
    time = np.arange(48_000) / 16_000
    found = cqt.cqt(0.3 * np.sin(2 * np.pi * cqt.LOWEST * 2 ** (k / 12) * time))[75]
    assert int(np.argmax(found)) == k
    assert abs(found[k] - 0.3) < 0.002


def test_lfcc_is_the_baseline_front_end() -> None:
    (found,) = encoders.load("lfcc").encode([voice(1)], 16_000)
    np.testing.assert_array_equal(found[:, :20], lfcc(voice(1), 16_000))
    assert found.shape[1] == 60


def test_the_projection_is_the_same_everywhere() -> None:
    signs = projection(320, 512)
    assert hashlib.sha256(np.packbits(signs > 0).tobytes()).hexdigest()[:16] == GOLDEN_SIGNS
    assert set(np.abs(np.unique(signs))) == {1 / np.sqrt(512)}


GOLDEN_SIGNS = "d615431ddb7236bf"


def test_the_projection_keeps_distances() -> None:
    rng = np.random.default_rng(0)
    points = rng.standard_normal((20, 320))
    ratio = np.linalg.norm(points @ projection(320, 2048), axis=1) / np.linalg.norm(points, axis=1)
    assert np.all(np.abs(ratio - 1) < 0.1)


def test_statistics_of_nothing_and_of_one_frame() -> None:
    assert not log_mel_statistics(np.zeros((0, 3))).any()
    assert log_mel_statistics(np.ones((1, 3))).tolist() == [1.0] * 3 + [0.0] * 9


@pytest.mark.parametrize(
    "name", ["log-mel-projection-0", "log-mel-projection-x", "log-mel-projection-100000"]
)
def test_dimensions_that_are_none(name: str) -> None:
    with pytest.raises(BadInput, match="no such encoder"):
        encoders.load(name)


def test_long_recordings_are_heard_in_parts() -> None:
    heard: list[int] = []

    def hear(samples: np.ndarray) -> np.ndarray:
        heard.append(len(samples))
        return samples[:1]

    assert in_parts(hear, longest=10)(np.arange(25.0)).tolist() == [np.mean([0, 8, 16])]
    assert heard == [8, 8, 9]
    assert in_parts(hear, longest=10)(np.arange(10.0)).tolist() == [0]


def test_speechbrain_features_by_their_definition() -> None:
    samples = voice(0.5)
    found = filter_bank(samples, 24)
    assert found.shape == (51, 24)
    assert found.max() - found.min() <= 80 + 1e-3
    time = np.arange(-200, 200)
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 400)
    power = np.abs(np.fft.rfft(samples[3200 + time] * window)) ** 2
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 26)
    edges = 700 * (10 ** (mel / 2595) - 1)
    for band in (0, 11, 23):
        slope = (np.arange(201) * 40 - edges[band + 1]) / (edges[band + 1] - edges[band])
        triangle = np.maximum(0, np.minimum(1 + slope, 1 - slope))
        expected = max(10 * np.log10(triangle @ power), found.max() - 80)
        assert abs(found[20, band] - expected) < 1e-3
    basis = np.cos(np.pi / 44 * (np.arange(44) + 0.5) * 3) * np.sqrt(2 / 44)
    np.testing.assert_allclose(cepstrum(samples, 44, 24)[:, 3], filter_bank(samples, 44) @ basis, atol=1e-3)
    assert np.abs(without_mean(found).mean(axis=0)).max() < 1e-4


@pytest.mark.parametrize("name", ["x-vector", "ecapa-tdnn"])
def test_speechbrain_folders(name: str, weights: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="its weights are not here"):
        encoders.load(name)
    with pytest.raises(BadInput, match="SHA-256 of the weights"):
        encoders.load(name, weights=weights[name], sha256="0" * 64)
    state = torch.load(weights[name] / "embedding_model.ckpt", weights_only=True)
    path = tmp_path / "embedding_model.ckpt"
    torch.save(state | {"extra": torch.zeros(1)}, path)
    with pytest.raises(BadInput, match=r"does not fit.*extra"):
        encoders.load(name, weights=path)
    state.pop("blocks.0.conv.weight", state.pop("blocks.0.conv.conv.weight", None))
    torch.save(state, path)
    with pytest.raises(BadInput, match=r"blocks\.0\.conv.*is missing"):
        encoders.load(name, weights=tmp_path)
    torch.save({"weights": tmp_path}, path)  # a path is code to torch
    with pytest.raises(BadInput, match="wants code of its own to be run"):
        encoders.load(name, weights=path)
    path.write_text("nothing")
    with pytest.raises(BadInput, match="is not a file of weights"):
        encoders.load(name, weights=path)


def test_wespeaker_files(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    for bands, rank, reason in ((40, 3, r"hears \[\['batch', 'time', 40\]\]"), (80, 2, "hears")):
        onnx_network(path, bands, rank)
        with pytest.raises(BadInput, match=reason):
            encoders.load("wespeaker", weights=path)
    path.write_bytes(b"none")
    with pytest.raises(BadInput, match="not an ONNX file"):
        encoders.load("wespeaker", weights=path)
    with pytest.raises(BadInput, match=r"holds no voxceleb_resnet34_LM\.onnx"):
        encoders.load("wespeaker", weights=tmp_path)
    onnx_network(tmp_path / "voxceleb_resnet34_LM.onnx", bands="bands")
    assert encoders.load("wespeaker", weights=tmp_path).dimension == 7


def test_the_two_files_of_the_speech_embedding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two networks of the published shapes that only take means."""
    mel, embedding = _speech_networks()
    monkeypatch.setattr(speech_embedding, "MEL_FILE", len(mel))
    monkeypatch.setattr(speech_embedding, "_CHUNK", 50)
    hear = speech_embedding.SpeechEmbedding(mel + embedding)
    samples = voice(3)
    frames = np.lib.stride_tricks.sliding_window_view(samples * 32_768, 512)[::160].mean(axis=1) / 10 + 2
    np.testing.assert_allclose(hear.mel(samples)[:, 5], frames, atol=1e-2)
    found = hear(samples)
    expected = [frames[first : first + 76].mean() for first in range(0, len(frames) - 75, 8)]
    np.testing.assert_allclose(found[:, 7], expected, atol=1e-2)
    assert hear(samples[:0]).shape == (0, 96)
    for short in (1, 100, 12_000, 12_511, 12_512):
        filled = np.pad(samples[:short], (0, 12_512 - short))
        np.testing.assert_array_equal(hear(samples[:short]), hear(filled))
        assert hear(filled).shape == (1, 96)
    with pytest.raises(BadInput, match="are not the two networks"):
        speech_embedding.SpeechEmbedding(b"nothing")
    with pytest.raises(BadInput, match="pip install --no-deps openwakeword"):
        encoders.load("speech-embedding")


def _speech_networks() -> tuple[bytes, bytes]:
    def model(nodes: list[onnx.NodeProto], heard: list, given: list, constants: list[np.ndarray]) -> bytes:
        graph = helper.make_graph(
            nodes, "g", [helper.make_tensor_value_info("input" if len(heard) == 2 else "input_1", 1, heard)],
            [helper.make_tensor_value_info("output", 1, given)],
            [onnx.numpy_helper.from_array(value, f"c{k}") for k, value in enumerate(constants)],
        )  # fmt: skip
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9
        ).SerializeToString()

    mean = np.full((32, 1, 512), 1 / 512, np.float32)
    mel = model(
        [
            helper.make_node("Unsqueeze", ["input", "c1"], ["a"]),
            helper.make_node("Conv", ["a", "c0"], ["b"], strides=[160]),
            helper.make_node("Transpose", ["b"], ["c"], perm=[0, 2, 1]),
            helper.make_node("Unsqueeze", ["c", "c1"], ["output"]),
        ],
        ["batch", "samples"], ["batch", 1, "time", 32], [mean, np.array([1])],
    )  # fmt: skip
    embedding = model(
        [
            helper.make_node("ReduceMean", ["input_1", "c0"], ["a"], keepdims=1),
            helper.make_node("Expand", ["a", "c1"], ["output"]),
        ],
        ["batch", 76, 32, 1], ["batch", 1, 1, 96], [np.array([1, 2, 3]), np.array([1, 1, 1, 96])],
    )  # fmt: skip
    return mel, embedding


def test_distill_mos_hears_segments_evenly() -> None:
    samples = np.arange(distill_mos.SEGMENT + 40_000, dtype=np.float32)
    assert [int(part[0]) for part in distill_mos.segments(samples)] == [0, 13_333, 26_666, 40_000]
    short = distill_mos.segments(np.ones(5, np.float32))
    assert len(short) == 1
    assert short[0].sum() == 5
    network = distill_mos.DistillMos().eval().requires_grad_(False)
    opinion = network.opinion(network(torch.from_numpy(voice(7.68)[None])))
    assert 1 <= float(opinion) <= 5
