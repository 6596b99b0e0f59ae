"""Splices: true borders, one level, no clicks, both directions, the same again from the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.recording import Recording
from earwitness.errors import BadInput
from earwitness.making.splicing import Spliced, Splicing, splice

RATE = 16_000


def talk(hertz: float, seconds: float = 6.0, level: float = 0.1, rate: int = RATE) -> Recording:
    """A tone in syllables of 0.3 s with pauses of 0.1 s."""
    t = np.arange(int(seconds * rate)) / rate
    voiced = (t % 0.4) < 0.3
    return Recording.of((level * np.sin(2 * np.pi * hertz * t) * voiced).astype(np.float32), rate)


def heard(made: Spliced, start: float, end: float) -> float:
    """The loudest frequency of a stretch, in Hz."""
    part = made.samples[round(start * made.sample_rate) : round(end * made.sample_rate)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    return float(spectrum.argmax() * made.sample_rate / len(part))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    pieces=st.integers(2, 4),
    first=st.sampled_from(["host", "donor", "any"]),
    aligned=st.booleans(),
    rate=st.sampled_from([8_000, 16_000, 22_050]),
)
def test_every_stretch_is_of_whom_its_label_says(
    seed: int, pieces: int, first: str, aligned: bool, rate: int
) -> None:
    how = Splicing(pieces=pieces, first=first, shortest=0.8)
    host, donor = talk(400), talk(1500, level=0.01, rate=rate)
    made = splice(host, donor, np.random.default_rng(seed), aligned=aligned, settings=how)
    labels = [segment.label for segment in made.segments]
    assert len(labels) == pieces
    assert labels == [labels[place % 2] for place in range(pieces)]
    assert set(labels) == {"bona fide", "spoof"}
    if first != "any":
        assert labels[0] == ("bona fide" if first == "host" else "spoof")
    ends = [segment.end for segment in made.segments]
    assert [segment.start for segment in made.segments] == [0.0, *ends[:-1]]
    assert ends[-1] == pytest.approx(len(made.samples) / RATE)
    assert made.sample_rate == RATE
    assert ends[-1] == pytest.approx(6.0, abs=1e-9 if aligned else 0.2 * 2 * pieces)
    for segment in made.segments:
        assert segment.end - segment.start >= 0.6
        pitch = heard(made, segment.start + 0.02, segment.end - 0.02)
        assert pitch == pytest.approx(400 if segment.label == "bona fide" else 1500, rel=0.02)
        part = made.samples[round(segment.start * RATE) : round(segment.end * RATE)]
        assert np.abs(part).max() == pytest.approx(0.1, rel=0.15)  # the quiet donor was brought up


def test_cuts_lie_where_it_is_quiet() -> None:
    for seed in range(10):
        made = splice(talk(400), talk(1500), np.random.default_rng(seed), aligned=True)
        for segment in made.segments[:-1]:
            assert 0.3 - 1e-6 <= segment.end % 0.4 <= 0.4 + 1e-6


def test_a_splice_of_a_recording_with_itself_is_the_recording() -> None:
    host = talk(400)
    made = splice(host, host, np.random.default_rng(3), aligned=True)
    np.testing.assert_allclose(made.samples, host.samples, atol=1e-6)


def test_no_click_at_a_border_even_in_steady_sound() -> None:
    t = np.arange(6 * RATE) / RATE
    host, donor = (
        Recording.of((0.1 * np.sin(2 * np.pi * f * t)).astype(np.float32), RATE) for f in (300, 310)
    )
    made = splice(host, donor, np.random.default_rng(0))
    steepest = np.abs(np.diff(host.samples)).max()
    assert np.abs(np.diff(made.samples)).max() < 1.6 * steepest


def test_same_seed_same_splice_and_it_says_how_it_was_made() -> None:
    host, donor = talk(400), talk(1500)
    one, two = (splice(host, donor, np.random.default_rng(7)) for _ in range(2))
    assert (one.samples == two.samples).all()
    assert one.segments == two.segments
    assert one.recording.sha256 == two.recording.sha256
    assert one.provenance.engine == one.provenance.family == "splice"
    assert one.provenance.source == host.sha256
    assert one.provenance.settings["donor"] == donor.sha256
    assert len(str(one.provenance.settings["pieces"]).split()) == 3
    other = splice(host, donor, np.random.default_rng(8))
    assert other.segments != one.segments


def test_either_direction() -> None:
    made = splice(
        talk(400),
        talk(1500),
        np.random.default_rng(1),
        labels=("spoof", "bona fide"),
        settings=Splicing(first="host"),
    )
    assert [segment.label for segment in made.segments] == ["spoof", "bona fide", "spoof"]


def test_what_cannot_be_spliced_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(BadInput, match="too short"):
        splice(talk(400, 2.0), talk(1500), rng)
    with pytest.raises(BadInput, match="too short"):
        splice(talk(400), talk(1500, 0.5), rng)
    with pytest.raises(BadInput, match="silent"):
        splice(talk(400), Recording.of(np.zeros(RATE * 6), RATE), rng)
    pause = np.concatenate([talk(400, 2.0).samples, np.zeros(8 * RATE, np.float32)])
    with pytest.raises(BadInput, match="too little speech"):
        splice(Recording.of(pause, RATE), talk(1500, 10), rng, settings=Splicing(pieces=4))
    for wrong in ({"pieces": 1}, {"donor_share": (0.0, 0.5)}, {"shortest": 0.01}):
        with pytest.raises(BadInput):
            Splicing(**wrong)
