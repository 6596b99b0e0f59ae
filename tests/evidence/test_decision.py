"""No verdict without a reason, and none where the instrument was not validated."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.evidence.decision import decide, probability
from earwitness.evidence.finding import Properties, Segment, Window
from earwitness.evidence.manifest import Thresholds, Validated

GOOD = Properties(
    container="WAV",
    encoding="PCM_16",
    sample_rate=16_000,
    channels=1,
    level_dbfs=-20.0,
    peak_dbfs=-3.0,
    clipped=0.0,
    bandwidth_hz=7000.0,
    noise_floor_dbfs=-60.0,
    snr_db=40.0,
    dc=0.0,
    digital_silence=0.0,
    codec_hints=(),
    quality=None,
)
THRESHOLDS = Thresholds(spoof_below=-1.0, bona_fide_above=2.0)
VALIDATED = Validated(
    min_speech_seconds=2.0, min_bandwidth_hz=3300.0, max_clipped=0.01, llr_range=(-6.0, 6.0), min_snr_db=10.0
)


def decided(llr: float | None, *, speech: float = 5.0, **changes: object) -> tuple[str, str]:
    properties = msgspec.structs.replace(
        GOOD, **{k: v for k, v in changes.items() if k in Properties.__struct_fields__}
    )
    others = {k: v for k, v in changes.items() if k not in Properties.__struct_fields__}
    decision, reasons = decide(
        llr, speech=speech, properties=properties, thresholds=THRESHOLDS, validated=VALIDATED, **others
    )
    assert reasons
    assert all(reason.endswith(".") for reason in reasons)
    return decision, " ".join(reasons)


@pytest.mark.parametrize(
    ("llr", "decision"),
    [(-6.0, "spoof"), (-1.0, "spoof"), (-0.99, "inconclusive"), (1.99, "inconclusive"), (2.0, "bona fide")],
)
def test_thresholds(llr: float, decision: str) -> None:
    assert decided(llr)[0] == decision


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"speech": 1.9}, "Too little speech"),
        ({"clipped": 0.02}, "Clipped"),
        ({"bandwidth_hz": 3000.0}, "Band-limited beyond validation"),
        ({"snr_db": 5.0}, "Noisy"),
        (
            {"segments": (Segment(start=1.0, end=3.0, llr=-3.0, label="spoof"),)},
            "Conflicting windows: 1.0-3.0 s",
        ),
        ({"timeline": tuple(Window(start=k, end=k + 4, llr=-2.0 + 6 * (k > 1)) for k in range(4))}, "2 of 4"),
    ],
)
def test_what_forbids_a_verdict(changes: dict[str, object], word: str) -> None:
    decision, reasons = decided(4.0, **changes)
    assert decision == "inconclusive"
    assert word in reasons


@pytest.mark.parametrize("llr", [-6.5, 7.0])
def test_out_of_the_validated_range(llr: float) -> None:
    decision, reasons = decided(llr)
    assert decision == "inconclusive"
    assert "out of the validated range" in reasons


@given(
    st.one_of(st.none(), st.floats(-50, 50)),
    st.booleans(),
    st.floats(0, 1),
    st.one_of(st.none(), st.floats(0, 8000)),
)
def test_no_speech_no_verdict(llr: float | None, some: bool, clipped: float, bandwidth: float | None) -> None:
    speech = 1.0 if some else 0.0
    assert decided(llr, speech=speech, clipped=clipped, bandwidth_hz=bandwidth)[0] == "inconclusive"
    assert decided(None)[0] == "inconclusive"


def test_a_threshold_beyond_all_scores_is_said() -> None:
    decision, reasons = decide(
        1.0,
        speech=5.0,
        properties=GOOD,
        thresholds=Thresholds(spoof_below=-1.0, bona_fide_above=7.0),
        validated=VALIDATED,
    )
    assert decision == "inconclusive"
    assert "never decides bona fide" in " ".join(reasons)


def test_what_is_unknown_forbids_nothing() -> None:
    assert decided(3.0, bandwidth_hz=None, snr_db=None)[0] == "bona fide"


@given(st.floats(-800, 800), st.floats(1e-6, 1 - 1e-6))
def test_probability_is_bayes(llr: float, prior: float) -> None:
    posterior = probability(llr, prior)
    assert 0 <= posterior <= 1
    if abs(llr) < 20:
        odds = math.exp(llr) * prior / (1 - prior)
        assert posterior == pytest.approx(odds / (1 + odds))


def test_a_bona_fide_verdict_needs_every_window() -> None:
    thresholds = msgspec.structs.replace(THRESHOLDS, least_window=0.75)

    def said(llr: float, lowest: float | None) -> tuple[str, str]:
        window = None if lowest is None else Window(start=3.0, end=5.0, llr=lowest)
        decision, reasons = decide(
            llr, speech=5.0, properties=GOOD, thresholds=thresholds, validated=VALIDATED, lowest=window
        )
        return decision, " ".join(reasons)

    assert said(3.0, 0.75)[0] == "bona fide"
    assert said(3.0, None)[0] == "bona fide"
    decision, why = said(3.0, 0.74)
    assert decision == "inconclusive"
    assert "Conflicting windows" in why
    assert "3.0-5.0 s" in why
    assert said(-3.0, -9.0)[0] == "spoof"  # it is a rule for one side
    assert "Conflicting" not in said(0.0, -9.0)[1]
