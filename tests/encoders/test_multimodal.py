"""Audio towers of ImageBind and LanguageBind, on random weights under the published names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from earwitness import encoders
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.filterbank import filterbank
from earwitness.encoders.imagebind import clip_images
from earwitness.encoders.language_bind import view_image
from earwitness.encoders.licence_notice import LicenceWarning
from earwitness.errors import BadInput

pytestmark = pytest.mark.filterwarnings("ignore::earwitness.encoders.licence_notice.LicenceWarning")


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def drawn(*shape: int) -> Tensor:
    return 0.2 * torch.randn(*shape)


def imagebind_state(width: int = 128, blocks: int = 2) -> dict[str, Tensor]:
    """The published names; a tower of another modality lies beside, as in the whole checkpoint."""
    stem, head = "modality_preprocessors.audio.", "modality_heads.audio."
    state = {
        f"{stem}cls_token": drawn(1, 1, width),
        f"{stem}rgbt_stem.proj.weight": drawn(width, 1, 16, 16) / 10,
        f"{stem}rgbt_stem.norm_layer.weight": 1 + drawn(width),
        f"{stem}rgbt_stem.norm_layer.bias": drawn(width),
        f"{stem}pos_embedding_helper.pos_embed": drawn(1, 12 * 19 + 1, width),
        f"{head}0.weight": 1 + drawn(width),
        f"{head}0.bias": drawn(width),
        f"{head}2.weight": drawn(6, width),
        "modality_postprocessors.audio.1.log_logit_scale": torch.tensor(20.0).log(),
        "modality_heads.vision.0.weight": drawn(3),
    }
    for k in range(blocks):
        for name, shape in {
            "attn.in_proj_weight": (3 * width, width), "attn.in_proj_bias": (3 * width,),
            "attn.bias_k": (1, 1, width), "attn.bias_v": (1, 1, width),
            "attn.out_proj.weight": (width, width), "attn.out_proj.bias": (width,),
            "norm_1.weight": (width,), "norm_1.bias": (width,),
            "mlp.fc1.weight": (10, width), "mlp.fc1.bias": (10,),
            "mlp.fc2.weight": (width, 10), "mlp.fc2.bias": (width,),
            "norm_2.weight": (width,), "norm_2.bias": (width,),
        }.items():  # fmt: skip
            state[f"modality_trunks.audio.blocks.{k}.{name}"] = drawn(*shape)
    return state


VISION = {
    "hidden_size": 16, "intermediate_size": 20, "num_attention_heads": 2, "num_hidden_layers": 2,
    "patch_size": 14, "num_channels": 3, "projection_dim": 5, "image_size": 28, "hidden_act": "gelu",
}  # fmt: skip
AUDIO = {
    "num_mel_bins": 28, "target_length": 56, "audio_mean": -4.2677393, "audio_std": 4.5689974,
    "audio_sample_rate": 16000, "add_time_attn": False, "lora_r": 0, "lora_alpha": 6,
}  # fmt: skip


def clip_tower() -> nn.Module:
    """transformers' own CLIP vision tower, whose names LanguageBind keeps."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(1)
    tower = CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION | {"image_size": 28})).eval()
    for value in tower.parameters():
        value.data += drawn(*value.shape)
    return tower


def write_languagebind(folder: Path, state: dict[str, Tensor], **changes: object) -> Path:
    folder.mkdir(exist_ok=True)
    config = {"model_type": "LanguageBindAudio", "vision_config": VISION | AUDIO | changes}
    (folder / "config.json").write_text(json.dumps(config))
    save_file({name: value.contiguous() for name, value in state.items()}, folder / "model.safetensors")
    return folder


def wide(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Positions for an image of 28 bands and 56 frames, as LanguageBind stores them."""
    torch.manual_seed(3)
    name = "vision_model.embeddings.position_embedding.weight"
    kept = {key: value for key, value in state.items() if not key.endswith("position_ids")}
    return kept | {name: drawn(2 * 4 + 1, 16)}


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, Path]:
    torch.manual_seed(0)
    torch.save(imagebind_state(), tmp_path / "imagebind_huge.pth")
    language = write_languagebind(tmp_path / "languagebind", wide(clip_tower().state_dict()))
    return {"imagebind": tmp_path / "imagebind_huge.pth", "languagebind": language}


@pytest.mark.parametrize(("name", "dimension", "length"), [("imagebind", 6, None), ("languagebind", 5, 1.0)])
def test_company_and_order_change_nothing(
    name: str, dimension: int, length: float | None, weights: dict[str, Path]
) -> None:
    encoder = encoders.load(name, weights=weights[name])
    assert isinstance(encoder, Encoder)
    assert encoder.dimension == dimension
    clips = [noise(n, n) for n in (50_000, 100, 20_000, 0)] + [np.zeros(8000, np.float32)]
    alone = [encoder.encode([clip], 16_000)[0] for clip in clips]
    for found, expected in zip(encoder.encode(clips[::-1], 16_000)[::-1], alone, strict=True):
        assert found.shape == (dimension,)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        assert length is None or abs(np.linalg.norm(found) - length) < 1e-5
    assert np.abs(alone[0] - alone[2]).max() > 1e-3


def test_three_clips_from_beginning_to_end(weights: dict[str, Path]) -> None:
    samples = noise(80_001)
    images = clip_images(samples)
    for k, first in enumerate((0, 24_000, 48_001)):
        clip = samples[first : first + 32_000]
        mel = filterbank(clip - clip.mean(), bands=128, window="hann")
        np.testing.assert_allclose(images[k, 0, :, : len(mel)], (mel.T + 4.268) / 9.138, atol=1e-5)
        np.testing.assert_allclose(images[k, 0, :, len(mel) :], 4.268 / 9.138, rtol=1e-5)
    encoder = encoders.load("imagebind", weights=weights["imagebind"])
    same = np.tile(noise(16_000), 2)  # one clip, three times: the mean keeps the published length
    assert abs(np.linalg.norm(encoder.encode([same], 16_000)[0]) - 20) < 1e-3


def test_the_tower_is_clip(tmp_path: Path) -> None:
    """A square image, which transformers' own class can hear, goes through both."""
    tower = clip_tower()
    folder = write_languagebind(tmp_path / "square", tower.state_dict(), target_length=28)
    encoder = encoders.load("languagebind", weights=folder)
    samples = noise(9000)
    image = (view_image(samples, 28, 28) + 4.2677393) / (2 * 4.5689974)
    with torch.no_grad():
        expected = tower(torch.from_numpy(image.astype(np.float32))[None]).image_embeds[0].numpy()
    (found,) = encoder.encode([samples], 16_000)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_adapters_are_merged(tmp_path: Path) -> None:
    plain = wide(clip_tower().state_dict())
    stem = "vision_model.encoder.layers.1.self_attn.v_proj"
    torch.manual_seed(4)
    down, up = drawn(3, 16), drawn(16, 3)
    merged = plain | {f"{stem}.weight": plain[f"{stem}.weight"] + 6 / 3 * up @ down}
    adapted = {}
    for name, value in plain.items():
        if name.startswith(stem):
            name = name.replace("v_proj.", "v_proj.base_layer.")
        adapted[name.replace("vision_model.encoder.", "vision_model.encoder.base_model.model.")] = value
    deep = stem.replace("encoder.", "encoder.base_model.model.")
    adapted |= {f"{deep}.lora_A.default.weight": down, f"{deep}.lora_B.default.weight": up}
    given = [
        encoders.load("languagebind", weights=write_languagebind(tmp_path / name, state)).encode(
            [noise(30_000)], 16_000
        )[0]
        for name, state in (("merged", merged), ("adapted", adapted), ("plain", plain))
    ]
    np.testing.assert_allclose(given[0], given[1], atol=1e-5)
    assert np.abs(given[0] - given[2]).max() > 1e-4


def test_views_of_short_and_long_recordings() -> None:
    short = noise(5000)
    mel = filterbank(short - short.mean(), bands=28, window="hann").T
    views = view_image(short, 28, 56)
    np.testing.assert_allclose(views[0], np.tile(mel, (1, 3))[:, :56], atol=1e-5)
    np.testing.assert_array_equal(views[0], views[2])
    long = noise(20_000)
    whole = filterbank(long - long.mean(), bands=28, window="hann").T
    places = [third[0] for third in np.array_split(np.arange(whole.shape[1] - 55), 3)]
    for view, place in zip(view_image(long, 28, 56), places, strict=True):
        np.testing.assert_allclose(view, whole[:, place : place + 56], atol=1e-5)


def test_the_licence_is_told(weights: dict[str, Path]) -> None:
    with pytest.warns(LicenceWarning, match=r"imagebind: .*CC-BY-NC-SA-4\.0: no commercial use"):
        encoders.load("imagebind", weights=weights["imagebind"])


def test_refusals(weights: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EARWITNESS_WEIGHTS", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    with pytest.raises(BadInput, match="get them with: curl"):
        encoders.load("imagebind")
    with pytest.raises(BadInput, match="get them with: earwitness encoders get languagebind"):
        encoders.load("languagebind")
    for name, path in weights.items():
        with pytest.raises(BadInput, match="SHA-256 of the weights"):
            encoders.load(name, weights=path, sha256="0" * 64)
        with pytest.raises(BadInput, match="no layers"):
            encoders.load(name, weights=path, layers=[1])
    path = tmp_path / "other.pth"
    for content, reason in (
        ({"head": drawn(2)}, "holds no audio tower"),
        (imagebind_state() | {"modality_trunks.audio.blocks.0.more": drawn(2)}, "does not fit: .*more"),
        ({"weights": tmp_path}, "wants code of its own to be run"),
    ):
        torch.save(content, path)
        with pytest.raises(BadInput, match=reason):
            encoders.load("imagebind", weights=path)
    with pytest.raises(BadInput, match=r"no imagebind_huge\.pth here; get it with: curl"):
        encoders.load("imagebind", weights=weights["languagebind"])
    state = wide(clip_tower().state_dict())
    for changes, reason in (
        ({"add_time_attn": True}, "is not the configuration"),
        ({"hidden_act": "relu"}, "activation relu"),
        ({"audio_sample_rate": 48_000}, "hears 48000 Hz"),
        ({"num_hidden_layers": 3}, r"encoder\.layers\.2.* is missing"),
    ):
        folder = write_languagebind(tmp_path / "changed", state, **changes)
        with pytest.raises(BadInput, match=reason):
            encoders.load("languagebind", weights=folder)
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="not a file of weights"):
        encoders.load("languagebind", weights=folder)
