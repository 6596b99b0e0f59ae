from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness import encoders
from earwitness.encoders import ge2e
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.ge2e import VoiceStream, embed_windows
from earwitness.encoders.ge2e_encoder import embed_voice, speech_mask
from earwitness.encoders.ge2e_graph import BANDS, HIDDEN, LAYERS, ge2e_graph
from earwitness.errors import BadInput


def buzz(seconds: float, pitch: float = 120.0) -> np.ndarray:
    time = np.arange(int(seconds * 16_000)) / 16_000
    harmonics = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 30))
    return (0.1 * harmonics * (1 + np.sin(2 * np.pi * 4 * time))).astype(np.float32)


def embed(samples: np.ndarray, mask: np.ndarray) -> ge2e.VoiceEmbedding | None:
    stream = VoiceStream()
    stream.push(samples)
    stream.push_mask(mask)
    return stream.finish()


def test_the_graph_is_the_network() -> None:
    torch.manual_seed(0)
    lstm, linear = torch.nn.LSTM(BANDS, HIDDEN, LAYERS, batch_first=True), torch.nn.Linear(HIDDEN, HIDDEN)
    state = {f"lstm.{name}": value.numpy() for name, value in lstm.state_dict().items()}
    state |= {f"linear.{name}": value.numpy() for name, value in linear.state_dict().items()}
    mel = torch.rand(3, 30, BANDS)
    with torch.no_grad():
        raw = torch.relu(linear(lstm(mel)[1][0][-1]))
        theirs = (raw / raw.norm(dim=1, keepdim=True)).numpy()
    session = onnxruntime.InferenceSession(ge2e_graph(state), providers=["CPUExecutionProvider"])
    (ours,) = session.run(None, {"mel": mel.numpy().transpose(1, 0, 2).copy()})
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    del state["lstm.bias_hh_l2"]
    with pytest.raises(BadInput, match="bias_hh_l2 has the shape None"):
        ge2e_graph(state)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 40_000), max_size=6), st.lists(st.integers(1, 200), max_size=6))
def test_the_same_however_it_is_cut(samples_cuts: list[int], mask_cuts: list[int]) -> None:
    samples = buzz(7)
    mask = np.random.default_rng(0).random(len(samples) // 320) < 0.8
    whole = embed(samples, mask)
    stream, at, place = VoiceStream(), 0, 0
    for k in range(7):
        step = samples_cuts[k] if k < len(samples_cuts) else len(samples)
        stream.push(samples[at : at + step])
        at += step
        step = mask_cuts[k] if k < len(mask_cuts) else len(mask)
        stream.push_mask(mask[place : place + step])
        place += step
    cut = stream.finish()
    assert whole is not None
    assert cut is not None
    np.testing.assert_array_equal(cut.vector, whole.vector)
    assert cut[1:] == whole[1:]


def test_silence_between_speech_does_not_matter() -> None:
    samples, silence = buzz(4), np.zeros(32_000, np.float32)
    mask = np.ones(200, bool)
    plain = embed(samples, mask)
    gap = np.zeros(100, bool)
    parted = embed(
        np.concatenate([samples[:32_000], silence, samples[32_000:]]),
        np.concatenate([mask[:100], gap, mask[100:]]),
    )
    assert plain is not None
    assert parted is not None
    np.testing.assert_array_equal(plain.vector, parted.vector)
    assert plain.speech == parted.speech == 4.0


def test_level_does_not_matter() -> None:
    samples = buzz(3)
    loud, quiet = (embed(samples * np.float32(gain), np.ones(150, bool)) for gain in (1, 0.01))
    assert loud is not None
    assert quiet is not None
    np.testing.assert_allclose(loud.vector, quiet.vector, atol=1e-3)


@pytest.mark.parametrize(("seconds", "heard"), [(0.0, False), (0.78, False), (0.84, True), (1.6, True)])
def test_too_little_speech_gives_nothing(seconds: float, heard: bool) -> None:
    found = embed(buzz(2), np.arange(100) < round(seconds * 50))
    assert (found is not None) == heard
    if found is not None:
        assert found.windows == 1
        assert abs(np.linalg.norm(found.vector) - 1) < 1e-5


def test_long_recordings_are_sampled_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ge2e, "MOST", 8)
    monkeypatch.setattr(ge2e, "BATCH", 4)
    found = embed(buzz(40), np.ones(2000, bool))
    assert found is not None
    assert 4 <= found.windows <= 12
    assert found.speech == 40.0


def test_embeddings_have_length_one() -> None:
    vectors = embed_windows(np.stack([buzz(1.6, pitch)[:25_600] for pitch in (90, 200)]))
    assert vectors.shape == (2, 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_as_an_encoder(tmp_path: Path) -> None:
    encoder = encoders.load("ge2e")
    assert isinstance(encoder, Encoder)
    (silent,) = encoder.encode([np.zeros(16_000, np.float32)], 16_000)
    np.testing.assert_array_equal(silent, np.zeros(256, np.float32))
    assert embed_voice(np.zeros(100, np.float32)) is None
    assert speech_mask(np.zeros(16_000, np.float32)).sum() == 0
    with pytest.raises(BadInput, match="shipped with its weights"):
        encoders.load("ge2e", weights=tmp_path)
