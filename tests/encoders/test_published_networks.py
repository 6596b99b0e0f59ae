"""PaSST, Audio Mamba and SpeechBrain's tuned wav2vec 2.0, on random weights in their published layouts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from earwitness import encoders
from earwitness.encoders import audio_mamba, passt
from earwitness.encoders.encoder import Encoder
from earwitness.errors import BadInput
from earwitness.layers.selective_scan import MambaMixer


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def random_state(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Weights drawn by numpy, so that the same can be put into the published code."""
    rng = np.random.default_rng(3)
    state = {}
    for name, shape in shapes.items():
        value = 0.3 * rng.standard_normal(shape) + (1.0 if "norm" in name and "weight" in name else 0.0)
        state[name] = torch.tensor(value, dtype=torch.float32)
    return state


def passt_shapes(width: int = 128, inner: int = 160, depth: int = 2) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "cls_token": (1, 1, width), "dist_token": (1, 1, width), "new_pos_embed": (1, 2, width),
        "freq_new_pos_embed": (1, width, 12, 1), "time_new_pos_embed": (1, width, 1, 99),
        "patch_embed.proj.weight": (width, 1, 16, 16), "patch_embed.proj.bias": (width,),
    }  # fmt: skip
    for k in range(depth):
        for name, shape in {
            "norm1": (width,), "attn.qkv": (3 * width, width), "attn.proj": (width, width), "norm2": (width,),
            "mlp.fc1": (inner, width), "mlp.fc2": (width, inner),
        }.items():  # fmt: skip
            shapes |= {f"blocks.{k}.{name}.weight": shape, f"blocks.{k}.{name}.bias": shape[:1]}
    return shapes | {"norm.weight": (width,), "norm.bias": (width,)}


def mamba_shapes(width: int = 32, channels: int = 96, depth: int = 2) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "cls_token": (1, 1, width), "pos_embed": (1, 251, width),
        "patch_embed.proj.weight": (width, 1, 4, 16), "patch_embed.proj.bias": (width,),
        "encoder_norm.weight": (width,), "encoder_norm.bias": (width,),
    }  # fmt: skip
    for k in range(depth):
        shapes |= {f"blocks.{k}.norm.weight": (width,), f"blocks.{k}.norm.bias": (width,)}
        shapes |= {
            f"blocks.{k}.mixer.{name}": shape
            for name, shape in {
                "A_log": (channels, 24), "D": (channels,), "in_proj.weight": (2 * channels, width),
                "conv1d.weight": (channels, 1, 4), "conv1d.bias": (channels,),
                "x_proj.weight": (50, channels), "dt_proj.weight": (channels, 2), "dt_proj.bias": (channels,),
                "out_proj.weight": (width, channels),
            }.items()
        }  # fmt: skip
    return shapes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("published")
    heads = {"head.0.weight": torch.zeros(128), "head_dist.bias": torch.zeros(527)}
    torch.save(random_state(passt_shapes()) | heads, root / "passt-s-f128-p16-s10-ap.476-swa.pt")
    for number in (9, 100):
        checkpoints = root / "audio-mamba" / "ssam_tiny_200_16x4_4x256_fp16_r1" / "checkpoints"
        checkpoints.mkdir(parents=True, exist_ok=True)
        state = random_state(mamba_shapes()) | {"mask_token": torch.zeros(1, 1, 32)}
        if number == 9:
            state["cls_token"] += 1
        torch.save({"model": state, "epoch": number}, checkpoints / f"checkpoint-{number}.pth")
    return root


@pytest.mark.parametrize(
    ("name", "dimension", "rate"), [("passt", 128, 32_000), ("audio-mamba-tiny", 160, 16_000)]
)
def test_company_order_and_length(
    folder: Path, name: str, dimension: int, rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EARWITNESS_WEIGHTS", str(folder))
    encoder = encoders.load(name)
    assert isinstance(encoder, Encoder)
    assert (encoder.sample_rate, encoder.dimension, encoder.frame_rate) == (rate, dimension, None)
    clips = [noise(2 * rate, 1), noise(100, 2), noise(31 * rate, 3)]
    alone = [encoder.encode([clip], rate)[0] for clip in clips]
    for found, expected in zip(encoder.encode(clips[::-1], rate)[::-1], alone, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert all(vector.shape == (dimension,) and np.isfinite(vector).all() for vector in alone)
    halves = np.split(clips[2], 4 if name == "passt" else 2)
    mean = np.mean([encoder.encode([half], rate)[0] for half in halves], axis=0)
    np.testing.assert_allclose(alone[2], mean, atol=1e-5)  # a long recording is its equal parts
    with pytest.raises(BadInput, match="no layers to choose from"):
        encoders.load(name, layers=[1])
    with pytest.raises(BadInput, match=r"SHA-256 of the weights is .*not loaded"):
        encoders.load(name, sha256="0" * 64)


@pytest.mark.parametrize("name", ["passt", "audio-mamba-tiny"])
def test_refusals_are_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EARWITNESS_WEIGHTS", raising=False)
    with pytest.raises(BadInput, match=r"weights are not here; get them with: (curl|pip install gdown)"):
        encoders.load(name)
    with pytest.raises(BadInput, match=r"holds no \*\*"):
        encoders.load(name, weights=tmp_path)
    torch.save({"model": {"x": torch.zeros(1)}, "code": Path("x")}, tmp_path / "code.pth")
    with pytest.raises(BadInput, match="wants code of its own to be run"):
        encoders.load(name, weights=tmp_path / "code.pth")
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(BadInput, match=r"does not fit: .* is missing"):
        encoders.load(name, weights=tmp_path / "other.pth")


def test_the_mamba_layer_is_that_of_transformers() -> None:
    """Their slow path in plain torch: another hand, the same equations."""
    from transformers import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaMixer as Theirs

    config = MambaConfig(hidden_size=32, state_size=24, expand=3, conv_kernel=4, time_step_rank=2)
    theirs = Theirs(config, layer_idx=0).eval()
    ours = MambaMixer(32, channels=96)
    state = {
        name.removeprefix("blocks.0.mixer."): value
        for name, value in random_state(mamba_shapes()).items()
        if name.startswith("blocks.0.mixer.")
    }
    ours.load_state_dict(state)
    theirs.load_state_dict(state)
    tokens = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 40, 32)).astype(np.float32))
    with torch.no_grad():
        np.testing.assert_allclose(ours(tokens), theirs(tokens), rtol=1e-4, atol=1e-4)
        later = tokens.clone()
        later[:, 30:] = 0
        np.testing.assert_array_equal(ours(later)[:, :30], ours(tokens)[:, :30])  # causal


def test_passt_is_that_of_its_authors() -> None:
    """Numbers of the network in hear21passt 0.0.26 on the same weights and spectrogram."""
    state = random_state(passt_shapes())
    network = passt.Passt(state)
    network.load_state_dict(state)
    with torch.no_grad():
        found = network(torch.from_numpy(passt.spectrogram(noise(5200, 7)))[None])[0, :6]
    theirs = [-0.4503317, 0.5979164, -1.2888517, 0.6967089, -0.8828526, -0.2572976]
    np.testing.assert_allclose(found, theirs, atol=2e-5)


def test_a_scene_of_audio_mamba_is_folded_as_released() -> None:
    network = audio_mamba.AudioMamba(random_state(mamba_shapes()))
    network.load_state_dict(random_state(mamba_shapes()))
    network.eval()
    frames = torch.from_numpy(audio_mamba.spectrogram(noise(16_000)))  # 101 frames
    with torch.no_grad():
        tokens = network(torch.nn.functional.pad(frames, (0, 0, 0, 99))[None])[0]
        folded = tokens.reshape(5, 50, 32).permute(1, 0, 2).reshape(50, 160)
        np.testing.assert_allclose(network.scene(frames), folded[: 50 - 24].mean(0), atol=1e-5)


def test_the_spectrograms_are_level_and_of_the_right_size() -> None:
    assert passt.spectrogram(noise(320_000)).shape == (128, 1000)
    given = audio_mamba.spectrogram(noise(32_000))
    assert given.shape == (201, 80)
    assert abs(given.mean()) < 1e-5
    assert given.std(ddof=1) == pytest.approx(1, abs=1e-4)
    tone = np.sin(2 * np.pi * 4000 * np.arange(64_000) / 32_000).astype(np.float32)
    loudest = passt.spectrogram(tone)[:, 50].argmax()
    assert loudest == round(129 * np.log(1 + 4000 / 700) / np.log(1 + 15_000 / 700)) - 1


def test_speechbrains_tuned_wav2vec2(tiny_hub: Callable, tmp_path: Path) -> None:
    model, source, _ = tiny_hub("wav2vec2")
    state = {f"model.{name}": value for name, value in model.state_dict().items()}
    older = {  # as written by torch before 2.0
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for name, value in state.items()
    }
    assert older.keys() != state.keys()
    torch.save(older, tmp_path / "wav2vec2.ckpt")
    (tmp_path / "config.json").write_bytes((source / "config.json").read_bytes())
    (tmp_path / "hyperparams.yaml").write_text("# as on the hub\n")
    encoder = encoders.load("wav2vec2-base-emotion", weights=tmp_path, threads=1)
    assert encoder.layers == (0, 1, 2, 3)
    (ours,) = encoder.encode([noise(20_000)], 16_000)
    with torch.no_grad():
        theirs = model(torch.from_numpy(noise(20_000)[None])).last_hidden_state[0].numpy()
    np.testing.assert_allclose(ours[3], theirs, atol=1e-5)
    one = encoders.load("wav2vec2-base-emotion", weights=tmp_path, threads=1, layers=2, normalise="unit")
    assert one.encode([noise(20_000)], 16_000)[0].shape == ours[2].shape
    assert one.revision != encoder.revision
    with pytest.raises(BadInput, match="has the layers 0 to 3"):
        encoders.load("wav2vec2-base-emotion", weights=tmp_path, layers=[4])
    with pytest.raises(BadInput, match="not loaded"):
        encoders.load("wav2vec2-base-emotion", weights=tmp_path, sha256="0" * 64)
    torch.save({"model.x": torch.zeros(1)}, tmp_path / "wav2vec2.ckpt")
    with pytest.raises(BadInput, match="does not fit"):
        encoders.load("wav2vec2-base-emotion", weights=tmp_path)
    torch.save({"model.x": Path("x")}, tmp_path / "wav2vec2.ckpt")
    with pytest.raises(BadInput, match="wants code of its own"):
        encoders.load("wav2vec2-base-emotion", weights=tmp_path)
    (tmp_path / "wav2vec2.ckpt").unlink()
    with pytest.raises(BadInput, match=r"holds no wav2vec2\.ckpt; get it with: earwitness encoders get"):
        encoders.load("wav2vec2-base-emotion", weights=tmp_path)
