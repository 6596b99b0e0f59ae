"""What the report says: the verdict, the arguments, the measures, the counts."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.evidence.finding import (
    Decision,
    Failure,
    Findings,
    Model,
    RecordingFinding,
    Segment,
    Voice,
    Window,
)
from earwitness.evidence.manifest import Manifest
from earwitness.evidence.report.balance import balance
from earwitness.evidence.report.density import Standing
from earwitness.evidence.report.measures import measures
from earwitness.evidence.report.overview import overview
from earwitness.evidence.report.page import background
from earwitness.evidence.report.verdict import updated, verdict, voice_sentence

Make = Callable[..., RecordingFinding]
PLACE = Standing(bona_fide=200, spoof=100, bona_fide_below=90, spoof_above=3)
CASES: list[tuple[float, Decision]] = [(5.5, "bona fide"), (-5.5, "spoof"), (0.4, "inconclusive")]


@pytest.mark.parametrize(("llr", "decision"), CASES)
def test_every_verdict_has_the_same_parts(make_finding: Make, llr: float, decision: Decision) -> None:
    said = verdict(make_finding("a.wav", llr=llr, decision=decision).detection, PLACE)
    assert said.decision == decision
    assert said.headline.endswith(".")
    assert said.headline.count(".") == 1
    assert len(said.means_not) == 3
    assert len(said.means) >= 3
    assert all(sentence.endswith(".") for sentence in (*said.means, *said.means_not))


def test_the_strength_is_said_in_plain_numbers(make_finding: Make) -> None:
    said = verdict(make_finding("a.wav", llr=-math.log(240)).detection, None)
    assert "about 240 times more probable if the voice is synthetic" in said.lead
    said = verdict(make_finding("a.wav", llr=30.0).detection, None)
    assert "is more than 1\u202f000\u202f000 times more probable if the voice is real" in said.lead
    said = verdict(make_finding("a.wav", llr=0.01).detection, None)
    assert "about equally probable" in said.lead


def test_an_inconclusive_score_is_not_sold_as_a_lean(make_finding: Make) -> None:
    said = verdict(make_finding("a.wav", llr=1.1).detection, PLACE)
    assert "does not carry a verdict" in said.lead
    assert "times more probable" not in said.lead


def test_without_speech_nothing_is_said_about_a_voice(make_finding: Make) -> None:
    finding = make_finding("a.wav", llr=None)
    said = verdict(finding.detection, None)
    assert "too little speech" in said.headline
    assert said.lead == ""
    argued = balance(finding, None, measures(finding, None))
    assert argued.real == argued.synthetic == ()


def test_a_splice_is_said_to_be_one(make_finding: Make) -> None:
    stretch = Segment(start=6.0, end=12.0, llr=-3.0, label="spoof")
    timeline = tuple(
        Window(start=float(s), end=s + 4.0, llr=-3.0 if 6 < s + 2 < 12 else 2.0) for s in range(27)
    )
    told = {"llr": -2.5, "decision": "spoof", "segments": (stretch,), "timeline": timeline}
    finding = make_finding("a.wav", seconds=30.0, **told)
    said = verdict(finding.detection, None)
    assert said.headline.startswith("Part of this recording")
    assert "One stretch leans to a synthetic voice, unlike the rest: 0:06.0–0:12.0." in said.lead
    argued = balance(finding, None, measures(finding, None))
    assert any((point.at, point.until) == (6.0, 12.0) for point in argued.synthetic)
    assert any("22 of 27 windows" in point.text for point in argued.real)


def test_parts_that_disagree_are_the_headline(make_finding: Make) -> None:
    for label, most in (("spoof", "real"), ("bona fide", "synthetic")):
        stretch = Segment(start=6.0, end=12.0, llr=-3.0, label=label)
        told = make_finding("a.wav", llr=0.4, decision="inconclusive", segments=(stretch,))
        said = verdict(told.detection, PLACE)
        assert f"disagree: most of it leans to a {most} voice" in said.headline
        assert said.means_not[0].startswith("Not proof of a splice")


def test_a_spoof_throughout_is_not_called_a_part(make_finding: Make) -> None:
    stretch = Segment(start=6.0, end=12.0, llr=-6.0, label="spoof")
    said = verdict(make_finding("a.wav", llr=-4.0, segments=(stretch,)).detection, None)
    assert said.headline.startswith("The evidence points")


def test_a_rare_score_speaks_and_a_usual_one_is_silent(make_finding: Make) -> None:
    finding = make_finding("a.wav", llr=3.0, timeline=())
    argued = balance(finding, PLACE, [])
    assert [point.text for point in argued.synthetic] == []
    assert any("Few of the synthetic recordings" in point.text for point in argued.real)


def test_what_lies_outside_of_the_validation_is_flagged(
    make_finding: Make, make_properties: Callable[..., object], manifest: Manifest
) -> None:
    poor = make_properties(bandwidth_hz=2800.0, clipped=0.2, snr_db=3.0)
    finding = make_finding("a.wav", properties=poor, speech=0.5)
    measured = measures(finding, manifest.validated)
    flagged = {measure.name for measure in measured if measure.outside}
    assert flagged == {"Speech", "Bandwidth", "Speech over noise", "Clipped samples"}
    assert len(balance(finding, None, measured).weakens) == 4
    fine = measures(make_finding("a.wav"), manifest.validated)
    assert not any(measure.outside for measure in fine)


def test_what_could_not_be_measured_is_left_out(
    make_finding: Make, make_properties: Callable[..., object]
) -> None:
    names = ("level_dbfs", "peak_dbfs", "bandwidth_hz", "noise_floor_dbfs", "snr_db", "quality")
    silent = make_properties(**dict.fromkeys(names))
    measured = measures(make_finding("a.wav", llr=None, properties=silent), None)
    assert all("None" not in measure.value for measure in measured)
    assert len(measured) == len(measures(make_finding("a.wav"), None)) - 8


@given(st.floats(-800, 800), st.floats(0.001, 0.999))
def test_beliefs_follow_bayes(llr: float, prior: float) -> None:
    ((_, after),) = updated(llr, (prior,))
    if abs(llr) < 3:
        exact = 1 / (1 + math.exp(-llr) * (1 - prior) / prior)
        shown = float(after.replace("\u202f%", "").removeprefix("under ").removeprefix("over "))
        assert shown == pytest.approx(100 * exact, abs=0.51)


def test_voices_are_put_into_words() -> None:
    told = Voice(
        references=("r.wav",), similarity=0.3, llr=-2.3, probability_same=0.1,
        decision="different", reasons=(), verbal="",
    )  # fmt: skip
    assert "another voice" in voice_sentence(told)
    assert "10 times more probable if the voices are different" in voice_sentence(told)


def test_the_overview_counts(make_finding: Make, manifest: Manifest) -> None:
    recordings = (
        make_finding("a.wav", llr=3.0),
        make_finding("b.wav", llr=-3.0),
        make_finding("c.wav", llr=None),
    )
    model = Model(name="toy", version="1", sha256="0" * 64, earwitness="0")
    failed = (Failure(path="d", reason="x"),)
    told = overview(Findings(model=model, recordings=recordings, errors=failed), background(manifest))
    assert told.sentence == (
        "Of 3 recordings, one points to a real voice, one to a synthetic or altered one, "
        "and one is not settled. One more file could not be analysed."
    )
    assert [(strip.decision, strip.number, strip.without) for strip in told.strips] == [
        ("bona fide", 1, 0), ("inconclusive", 1, 1), ("spoof", 1, 0)
    ]  # fmt: skip
    assert told.lines[2].notes == "too little speech"
