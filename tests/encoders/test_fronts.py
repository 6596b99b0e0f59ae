from __future__ import annotations

import msgspec
import numpy as np
import pytest
import transformers
from hypothesis import given
from hypothesis import strategies as st

from earwitness.encoders.chunking import chunks
from earwitness.encoders.fronts import (
    ClapFront,
    FilterbankFront,
    Front,
    PatchFront,
    WaveformFront,
    WhisperFront,
)

WAVEFORM = WaveformFront(kernels=(10, 3, 3, 3, 3, 2, 2), strides=(5, 2, 2, 2, 2, 2, 2))
FRONTS = [
    WAVEFORM,
    WhisperFront(),
    WhisperFront(policy="padded-30"),
    FilterbankFront(),
    PatchFront(),
    ClapFront(),
]


def noise(samples: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)


def test_w2v_bert_hears_what_its_own_extractor_gives() -> None:
    samples = noise(30_001)
    theirs = transformers.SeamlessM4TFeatureExtractor()(samples, sampling_rate=16_000, return_tensors="np")
    ours = FilterbankFront()(samples)
    assert len(ours) == FilterbankFront().frames(len(samples))
    np.testing.assert_allclose(ours, theirs.input_features[0], atol=1e-4)


@pytest.mark.filterwarnings("ignore:At least one mel filter")  # as published
@pytest.mark.parametrize("samples", [5_000, 163_840, 200_000])
def test_ast_hears_what_its_own_extractor_gives(samples: int) -> None:
    theirs = transformers.ASTFeatureExtractor()(noise(samples), sampling_rate=16_000, return_tensors="np")
    np.testing.assert_allclose(PatchFront()(noise(samples)), theirs.input_values[0], atol=1e-5)


@pytest.mark.parametrize("fusion", [False, True])
@pytest.mark.parametrize("samples", [100_000, 480_000])
def test_clap_hears_what_its_own_extractor_gives(samples: int, fusion: bool) -> None:
    extractor = transformers.ClapFeatureExtractor(truncation="fusion" if fusion else "rand_trunc")
    theirs = extractor(noise(samples), sampling_rate=48_000, return_tensors="np")
    np.testing.assert_allclose(ClapFront(fusion=fusion)(noise(samples)), theirs.input_features[0], atol=1e-4)


def test_padded_whisper_hears_what_its_own_extractor_gives() -> None:
    theirs = transformers.WhisperFeatureExtractor()(noise(40_000), sampling_rate=16_000, return_tensors="np")
    ours = WhisperFront(policy="padded-30")(noise(40_000))
    np.testing.assert_allclose(ours, theirs.input_features[0], atol=1e-4)


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: f"{type(front).__name__} {front.policy}")
@given(samples=st.integers(1, 3_000_000))
def test_chunks_give_the_frames_of_the_whole(front: Front, samples: int) -> None:
    """Cores lie end to end, and each chunk has the frames that are taken from it."""
    places = chunks(samples, front.chunking)
    assert [place.core_start for place in places[1:]] == [place.core_end for place in places[:-1]]
    assert places[-1].core_end == samples
    if isinstance(front, ClapFront):
        return
    kept = 0
    for place in places:
        given = range(front.frames(place.end - place.start))[place.kept]
        if place is not places[-1]:
            assert len(given) == (place.core_end - place.core_start) // front.hop
        kept += len(given)
    if isinstance(front, WaveformFront | FilterbankFront):
        assert kept == front.frames(samples)
    else:
        assert abs(kept - samples // front.hop) <= 1


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: f"{type(front).__name__} {front.policy}")
def test_a_front_survives_being_written(front: Front) -> None:
    assert msgspec.json.decode(msgspec.json.encode(front), type=Front) == front


def test_what_is_too_short_has_no_frames() -> None:
    assert [front.frames(0) for front in FRONTS] == [0] * len(FRONTS)
    assert FilterbankFront()(noise(100)).shape == (0, 160)
    assert PatchFront().frames(400) == 1
