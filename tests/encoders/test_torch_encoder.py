"""Every class of the family through the paths of a frozen encoder, with random weights."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earwitness import encoders
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.frame_stream import FrameStream, frames_of_blocks, stream_frames
from earwitness.encoders.torch_encoder import TorchEncoder

LOADED: dict[str, TorchEncoder] = {}


def loaded(tiny_hub: Callable, kind: str) -> TorchEncoder:
    if kind not in LOADED:
        LOADED[kind] = encoders.load(f"tiny/{kind}", weights=tiny_hub(kind).folder, threads=1)  # type: ignore[assignment]
    return LOADED[kind]


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def apart(given: np.ndarray, expected: np.ndarray) -> float:
    assert given.shape == expected.shape
    return float(np.abs(given - expected).max() / (np.abs(expected).max() + 1e-9)) if given.size else 0.0


def test_what_it_says_of_itself(tiny_hub: Callable, kind: str) -> None:
    encoder = loaded(tiny_hub, kind)
    assert isinstance(encoder, Encoder)
    (given,) = encoder.encode([noise(16_000)], 16_000)
    assert given.dtype == np.float32
    if kind == "clap":
        assert given.shape == (16,)
        assert encoder.frame_rate is None
        assert encoder.layers == ()
    else:
        assert encoder.layers == (0, 1, 2, 3)
        assert given.shape[0] == 4
        assert given.shape[2] == encoder.dimension
        assert given.shape[1] == pytest.approx(encoder.frame_rate, abs=3)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lengths=st.lists(st.integers(1, 24_000), min_size=1, max_size=4),
    again=st.integers(0, 3),
    data=st.data(),
)
def test_company_and_order_change_nothing(
    tiny_hub: Callable, kind: str, lengths: list[int], again: int, data: st.DataObject
) -> None:
    """A clip is the same alone, in any batch and in any order, beside clips of its own length, too."""
    encoder = loaded(tiny_hub, kind)
    clips = [noise(n, seed) for seed, n in enumerate(lengths + lengths[:1] * again)]
    order = data.draw(st.permutations(range(len(clips))))
    together = encoder.encode([clips[k] for k in order], 16_000)
    for k, found in zip(order, together, strict=True):
        assert apart(found, encoder.encode([clips[k]], 16_000)[0]) < 1e-4


@pytest.mark.parametrize(
    "family", ["wav2vec2", "xls-r", "hubert", "wavlm", "wavlm-large", "unispeech", "unispeech-sat"]
)
@pytest.mark.parametrize("normalise", ["none", "processor"])
def test_the_wav2vec_family_agrees_with_transformers(tiny_hub: Callable, family: str, normalise: str) -> None:
    model, folder, extractor = tiny_hub(family)
    encoder = encoders.load("tiny/model", weights=folder, threads=1, normalise=normalise)  # type: ignore[arg-type]
    samples = noise(20_000) + np.float32(0.05)
    heard = torch.from_numpy(samples[None])
    if normalise == "processor":
        heard = extractor(samples, sampling_rate=16_000, return_tensors="pt").input_values
    with torch.no_grad():
        theirs = model(heard, output_hidden_states=True)
    (ours,) = encoder.encode([samples], 16_000)
    for layer in range(3):
        assert apart(ours[layer], theirs.hidden_states[layer][0].numpy()) < 1e-5
    assert apart(ours[3], theirs.last_hidden_state[0].numpy()) < 1e-5


def test_the_others_agree_with_transformers(tiny_hub: Callable) -> None:
    samples = noise(20_000)
    for kind in ("w2v-bert", "ast"):
        model, _, extractor = tiny_hub(kind)
        with torch.no_grad():
            heard = extractor(samples, sampling_rate=16_000, return_tensors="pt")
            theirs = model(**heard).last_hidden_state[0].numpy()
        (ours,) = loaded(tiny_hub, kind).encode([samples], 16_000)
        theirs = theirs[: len(theirs) - (kind == "w2v-bert")]  # half a frame, which is masked
        if kind == "ast":  # two tokens, then rows of frequencies; the columns of the clip are kept
            theirs = theirs[2:].reshape(9, 18, 32).mean(axis=0)[: ours.shape[1]]
        assert apart(ours[3], theirs) < 1e-5
    model, _, _ = tiny_hub("clap")
    encoder = loaded(tiny_hub, "clap")
    high = noise(60_000)
    with torch.no_grad():
        heard = torch.from_numpy(encoder.front(high))[None]
        theirs = model(heard, is_longer=torch.zeros(1, 1, dtype=torch.bool)).audio_embeds[0].numpy()
    assert apart(encoder.encode([high], 48_000)[0], theirs) < 1e-5


def test_padded_whisper_agrees_with_transformers(tiny_hub: Callable) -> None:
    model, folder, extractor = tiny_hub("whisper")
    encoder = encoders.load("tiny/whisper", weights=folder, threads=1, policy="padded-30")
    samples = noise(40_000)
    heard = extractor(samples, sampling_rate=16_000, return_tensors="pt").input_features
    with torch.no_grad():
        theirs = model.encoder(heard, output_hidden_states=True)
    (ours,) = encoder.encode([samples], 16_000)
    assert ours.shape == (4, 125, 64)
    for layer in range(4):
        whole = theirs.hidden_states[layer] if layer < 3 else theirs.last_hidden_state
        assert apart(ours[layer], whole[0, :125].numpy()) < 1e-4
    assert encoder.policy == "padded-30"
    cropped = loaded(tiny_hub, "whisper")
    assert apart(cropped.encode([samples], 16_000)[0], ours) > 1e-3


def test_any_layer_alone(tiny_hub: Callable, deep: str) -> None:
    folder = tiny_hub(deep).folder
    clip = noise(12_000)
    (whole,) = loaded(tiny_hub, deep).encode([clip], 16_000)
    for layer in range(4):
        one = encoders.load("tiny/model", weights=folder, threads=1, layers=layer)
        assert apart(one.encode([clip], 16_000)[0], whole[layer]) < 1e-5
    some = encoders.load("tiny/model", weights=folder, threads=1, layers=[2, 0])
    assert apart(some.encode([clip], 16_000)[0], whole[[2, 0]]) < 1e-5
    assert some.revision == loaded(tiny_hub, deep).revision


def test_a_long_recording_is_its_chunks(tiny_hub: Callable) -> None:
    encoder = loaded(tiny_hub, "wav2vec2")
    whole = noise(60 * 16_000)
    (given,) = encoder.encode([whole], 16_000)
    assert given.shape[1] == encoder.front.frames(len(whole))
    first = encoder.encode_chunk(whole[: 29 * 16_000])
    np.testing.assert_allclose(given[:, : 28 * 50], first[:, : 28 * 50], atol=1e-5)
    np.testing.assert_array_equal(encoder.submit(whole[:9000]).result(), encoder.encode_chunk(whole[:9000]))


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(samples=st.integers(1, 66 * 16_000), cuts=st.lists(st.integers(1, 20 * 16_000), max_size=4))
def test_the_same_whole_and_streamed(tiny_hub: Callable, kind: str, samples: int, cuts: list[int]) -> None:
    """Of every front end, group norms and mean-normalised filter banks included."""
    encoder = loaded(tiny_hub, kind)
    recording = noise(samples)
    stream, given, at = FrameStream(encoder), [], 0
    for cut in [*cuts, samples]:
        given += stream.push(recording[at : at + cut])
        at += cut
    given += stream.finish()
    (whole,) = encoder.encode([recording], encoder.sample_rate)
    whole = whole[None, None] if kind == "clap" else whole
    found = np.concatenate([whole[:, :0], *given], axis=1)
    assert apart(found, whole) < 1e-5


def test_frames_of_blocks_close_up(tiny_hub: Callable, kind: str) -> None:
    encoder = loaded(tiny_hub, kind)
    recording = noise(50 * 16_000 + 123)
    found = frames_of_blocks(encoder, np.array_split(recording, 7), len(recording), "float32")
    (whole,) = encoder.encode([recording], encoder.sample_rate)
    assert found.flags.c_contiguous
    assert apart(found, whole[None, None] if kind == "clap" else whole) < 1e-5
    assert frames_of_blocks(encoder, [], 0, "float16").size == 0


def test_streaming_a_long_file_holds_memory_flat(tiny_hub: Callable, tmp_path: Path) -> None:
    encoder = loaded(tiny_hub, "wav2vec2")
    path = tmp_path / "long.wav"
    tracemalloc.start()
    try:
        peaks = []
        for minutes in (2, 8):
            with soundfile.SoundFile(path, "w", 16_000, 1) as file:
                for _ in range(minutes):
                    file.write(np.tile(noise(16_000), 60))
            tracemalloc.reset_peak()
            before, frames = tracemalloc.get_traced_memory()[0], 0
            for given in stream_frames(encoder, path):
                frames += given.shape[1]
                del given
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
            assert frames == encoder.front.frames(minutes * 60 * 16_000)
    finally:
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] < 60e6  # samples alone would be 31 MB for 8 minutes; frames as much


def test_an_empty_recording_has_no_frames(tiny_hub: Callable) -> None:
    given = loaded(tiny_hub, "wav2vec2").encode([noise(0), noise(300)], 16_000)
    assert [frames.shape for frames in given] == [(4, 0, 32)] * 2
    (vector,) = loaded(tiny_hub, "clap").encode([noise(0)], 16_000)
    assert vector.shape == (16,)
    assert not vector.any()


def test_threads_are_put_back(tiny_hub: Callable) -> None:
    before = torch.get_num_threads()
    encoder = encoders.load("tiny/model", weights=tiny_hub("wav2vec2").folder, threads=before + 1)
    encoder.encode([noise(1000)], 16_000)
    assert torch.get_num_threads() == before


def test_a_clip_is_the_same_whichever_processor_hears_it(tiny_hub: Callable, kind: str) -> None:
    before = torch.get_num_threads()
    encoder = encoders.load("tiny/model", weights=tiny_hub(kind).folder, threads=3)
    clips = [noise(samples, samples) for samples in (16_000, 900, 24_000, 16_000, 5_000, 12_345, 7_000)]
    together = encoder.encode(clips, 16_000)
    assert torch.get_num_threads() == before
    for clip, found in zip(clips, together, strict=True):
        assert apart(loaded(tiny_hub, kind).encode([clip], 16_000)[0], found) < 1e-4


@pytest.mark.parametrize(("precision", "nearest"), [("bf16", 0.995), ("int8", 0.98)])
def test_other_precisions_stay_near_and_ignore_company(
    tiny_hub: Callable, kind: str, precision: str, nearest: float
) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub(kind).folder, threads=1, precision=precision)  # type: ignore[arg-type]
    clips = [noise(8_000, 1), noise(8_000, 2), noise(5_000, 3)]
    together = encoder.encode(clips, 16_000)
    for clip, found in zip(clips, together, strict=True):
        (exact,) = loaded(tiny_hub, kind).encode([clip], 16_000)
        cosine = (found * exact).sum(-1) / (np.linalg.norm(found, axis=-1) * np.linalg.norm(exact, axis=-1))
        assert cosine.mean() > nearest
        assert apart(encoder.encode([clip], 16_000)[0], found) < 0.05
    assert encoder.precision == precision
