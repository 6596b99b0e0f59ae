"""The finding of a recording is the same however, and beside whatever, it is analysed."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earwitness.audio.activity import speech_probability, speech_segments
from earwitness.audio.decode import decode
from earwitness.errors import BadInput
from earwitness.evidence import hearing
from earwitness.evidence.analysis import analyze
from earwitness.evidence.equipment import Equipment
from earwitness.evidence.hearing import analyze_one
from earwitness.evidence.speech_mask import SpeechMask
from earwitness.evidence.windows import grid, starts

Voices = dict[str, Path]


def test_the_score_is_that_of_its_definition(voices: Voices, equipment: Equipment) -> None:
    """Whole recording, whole mask, every window by hand."""
    finding, _ = analyze_one(voices["long"], equipment)
    samples = decode(voices["long"]).samples
    (frames,) = equipment.encoder.encode([samples])
    segments = speech_segments(speech_probability(samples))
    middles = (np.arange(frames.shape[1]) + 0.5) / 50
    mask = np.array([any(a <= t < b for a, b in segments) for t in middles])
    total = weight = 0.0
    for start in starts(grid(2.0, 50), 200, frames.shape[1]):
        here, speech = frames[:, start : start + 200], mask[start : start + 200]
        missing = 200 - len(speech)
        if speech.sum() >= 25:
            score = equipment.detection.score(
                np.pad(here, ((0, 0), (0, missing), (0, 0)))[None], np.pad(speech, (0, missing))[None]
            )
            total += float(score[0]) * speech.sum()
            weight += speech.sum()
    assert finding.detection.llr == pytest.approx(total / weight, abs=1e-3)
    assert finding.speech == pytest.approx(sum(b - a for a, b in segments), abs=0.05)


def test_alone_beside_others_in_a_folder_and_on_any_threads(
    voices: Voices, instrument: Path, equipment: Equipment, tmp_path: Path
) -> None:
    alone = {name: analyze_one(path, equipment)[0] for name, path in voices.items()}
    for path in voices.values():
        shutil.copy(path, tmp_path)
    together = analyze(list(voices.values()), equipment=equipment)
    two = Equipment(instrument, threads=2)
    folder = analyze(tmp_path, equipment=two)
    again = analyze(tmp_path, equipment=two)
    assert folder == again
    by_sha = {finding.sha256: finding for finding in folder.recordings}
    for name, one in zip(voices, together.recordings, strict=True):
        assert one == alone[name]
        assert by_sha[one.sha256].detection == one.detection


def test_blocks_of_any_size(voices: Voices, equipment: Equipment, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = analyze_one(voices["long"], equipment)[0]
    for block in (777, 1 << 22):
        monkeypatch.setattr(hearing, "_BLOCK", block)
        assert analyze_one(voices["long"], equipment)[0] == whole


@pytest.mark.parametrize("hop", [0.1, 0.73, 4.0])
def test_the_hop_changes_the_timeline_alone(voices: Voices, equipment: Equipment, hop: float) -> None:
    coarse = analyze_one(voices["long"], equipment, hop=0.5)[0].detection
    other = analyze_one(voices["long"], equipment, hop=hop)[0].detection
    assert (other.llr, other.decision, other.reasons, other.segments) == (
        coarse.llr, coarse.decision, coarse.reasons, coarse.segments,
    )  # fmt: skip
    assert [w.start for w in other.timeline] == pytest.approx(
        [k * hop for k in range(len(other.timeline))], abs=0.011
    )
    same = {w.start: w.llr for w in coarse.timeline}
    assert all(same.get(w.start, w.llr) == w.llr for w in other.timeline)


def test_the_prior_changes_the_probability_alone(voices: Voices, equipment: Equipment) -> None:
    even = analyze_one(voices["five"], equipment)[0].detection
    other = analyze_one(voices["five"], equipment, prior=0.01)[0].detection
    assert (other.llr, other.decision, other.timeline) == (even.llr, even.decision, even.timeline)
    assert other.llr is not None
    assert other.probability_bona_fide is not None
    odds = math.log(other.probability_bona_fide / (1 - other.probability_bona_fide))
    assert odds == pytest.approx(other.llr + math.log(0.01 / 0.99))


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(64_000),
        0.5 * np.sin(2 * np.pi * 440 * np.arange(64_000) / 16_000),
        0.1 * np.random.default_rng(0).standard_normal(64_000),
        np.zeros(1),
        np.full(319, 0.1),
        sum(np.sin(2 * np.pi * f * np.arange(160_000) / 16_000) for f in (262, 330, 392)) / 4,
    ],
    ids=["silence", "tone", "noise", "one sample", "under a frame", "chord"],
)
def test_no_speech_no_verdict(samples: np.ndarray, equipment: Equipment, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", samples, 16_000, subtype="FLOAT")
    finding, picture = analyze_one(tmp_path / "x.wav", equipment)
    assert finding.detection.decision == "inconclusive"
    assert finding.detection.llr is None
    assert finding.detection.probability_bona_fide is None
    assert finding.speech == 0
    assert all(window.llr is None for window in finding.detection.timeline)
    assert len(picture.envelope)
    assert finding.limits


def test_a_reference_brings_a_comparison(voices: Voices, instrument: Path) -> None:
    findings = analyze(
        voices["five"], reference=[voices["five"], voices["long"]], equipment=Equipment(instrument)
    )
    (finding,) = findings.recordings
    assert finding.voice is not None
    assert len(finding.voice.references) == 2
    assert finding.voice.similarity is not None
    assert finding.voice.similarity > 0.8


def test_options_out_of_range(voices: Voices, equipment: Equipment) -> None:
    for options in ({"prior": 0.0}, {"prior": 1.0}, {"prior": math.nan}, {"hop": 0.0}, {"hop": 4.1}):
        with pytest.raises(BadInput, match="--"):
            analyze(voices["five"], equipment=equipment, **options)
    with pytest.raises(BadInput, match="nothing to analyse"):
        analyze([], equipment=equipment)


def test_the_mask_arrives_as_the_whole_recording_has_it() -> None:
    rng = np.random.default_rng(0)
    # Slowly varying, so that stretches begin, pause and end as in speech.
    probabilities = np.clip(np.repeat(rng.random(400), rng.integers(1, 12, 400)) * 1.2 - 0.1, 0, 1)
    whole = SpeechMask(50.0)
    whole.push(probabilities)
    whole.finish()
    frames = int(len(probabilities) * 0.032 * 50)
    expected = whole.take(frames)
    parts, mask = [], SpeechMask(50.0)
    first = 0
    while first < len(probabilities):
        mask.push(probabilities[first : first + 100])
        first += 100
        parts.append(mask.take(mask.decided - sum(map(len, parts))))
    mask.finish()
    parts.append(mask.take(frames - sum(map(len, parts))))
    assert np.array_equal(np.concatenate(parts), expected)


def test_quality_only_when_asked(voices: Voices, instrument: Path) -> None:
    with_quality, without = (
        analyze_one(voices["short"], Equipment(instrument, quality=wanted))[0] for wanted in (True, False)
    )
    assert with_quality.properties.quality is not None
    assert without.properties.quality is None
    assert without.detection == with_quality.detection
