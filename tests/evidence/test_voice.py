from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.encoders.ge2e import VoiceEmbedding
from earwitness.encoders.ge2e_encoder import Ge2eEncoder, embed_voice
from earwitness.errors import BadInput
from earwitness.evidence.voice import NO_SPEECH, reference_voice, voice, voice_limits
from earwitness.evidence.voice_calibration import VoiceCalibration, voice_calibration


@pytest.fixture
def calibration() -> VoiceCalibration:
    return voice_calibration()


def embedding(angle: float, speech: float = 5.0) -> VoiceEmbedding:
    vector = np.zeros(256, np.float32)
    vector[:2] = np.cos(angle), np.sin(angle)
    return VoiceEmbedding(vector, speech, 3)


def at(similarity: float, **other: float) -> VoiceEmbedding:
    return embedding(float(np.arccos(similarity)), **other)


def test_the_likeness_decides(calibration: VoiceCalibration) -> None:
    same = voice(at(0.97), [("a.wav", embedding(0))])
    different = voice(at(0.4), [("a.wav", embedding(0))])
    assert (same.decision, different.decision) == ("same", "different")
    assert same.llr == calibration.bound
    assert different.llr == -calibration.bound
    assert same.similarity == pytest.approx(0.97, abs=1e-6)
    assert same.verbal.endswith("support for the same voice over a different voice")
    assert len(same.reasons) == len(different.reasons) == 1


def test_between_the_thresholds_nothing_is_said(calibration: VoiceCalibration) -> None:
    middle = (calibration.same_above + calibration.different_below) / 2
    found = voice(at((middle - calibration.offset) / calibration.scale), [("a.wav", embedding(0))])
    assert found.decision == "inconclusive"
    assert found.llr == pytest.approx(middle, abs=1e-4)
    assert "lies between" in found.reasons[0]


def test_the_prior_moves_the_probability_alone() -> None:
    even, doubtful = (voice(at(0.8), [("a", embedding(0))], prior=prior) for prior in (0.5, 0.1))
    assert even.llr == doubtful.llr
    assert even.llr is not None
    assert even.probability_same == pytest.approx(1 / (1 + np.exp(-even.llr)))
    assert doubtful.probability_same == pytest.approx(1 / (1 + 9 * np.exp(-even.llr)))


def test_references_are_averaged() -> None:
    apart = [("a", embedding(0.2)), ("b", embedding(-0.2)), ("empty", None)]
    found = voice(embedding(0), apart)
    assert found.similarity == pytest.approx(1)
    assert found.references == ("a", "b", "empty")


@pytest.mark.parametrize(
    ("heard", "references", "where"),
    [(None, [("a", embedding(0))], "recording"), (embedding(0), [("a", None)], "reference")],
)
def test_without_speech_nothing_is_said(
    heard: VoiceEmbedding | None, references: list[tuple[str, VoiceEmbedding | None]], where: str
) -> None:
    found = voice(heard, references)
    assert (found.decision, found.llr, found.similarity, found.probability_same) == (
        "inconclusive", None, None, None,
    )  # fmt: skip
    assert found.verbal == NO_SPEECH
    assert where in found.reasons[0]


def test_short_speech_gives_no_verdict() -> None:
    found = voice(at(0.99, speech=1.0), [("a", embedding(0, speech=1.5))])
    assert found.decision == "inconclusive"
    assert found.llr is not None
    assert len(found.reasons) == 2
    assert "Only 1.0 s of speech in the recording" in found.reasons[0]


def test_a_reference_read_as_a_stream_is_the_whole_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    time = np.arange(16_000 * 20) / 16_000
    harmonics = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    samples = 0.1 * harmonics * (np.sin(2 * np.pi * 0.5 * time) > 0) + 1e-4 * rng.standard_normal(len(time))
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")
    whole = embed_voice(samples.astype(np.float32))
    streamed = reference_voice(str(tmp_path / "a.wav"))
    if whole is None:
        assert streamed is None
    else:
        assert streamed is not None
        np.testing.assert_array_equal(streamed.vector, whole.vector)
        assert streamed.speech == whole.speech


def test_a_reference_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(BadInput):
        reference_voice(str(tmp_path / "a.wav"))


def test_what_is_shipped_fits_together(calibration: VoiceCalibration) -> None:
    assert calibration.encoder == Ge2eEncoder().revision
    assert calibration.different_below < 0 < calibration.same_above
    assert max(calibration.same_above, -calibration.different_below) <= calibration.bound
    assert calibration.cllr.low <= calibration.cllr.value <= calibration.cllr.high
    assert calibration.min_cllr <= calibration.cllr.value < 1
    assert f"{calibration.speakers} speakers" in voice_limits()[0]
