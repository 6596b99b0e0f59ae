"""Numbers and names in the report: nothing hides, nothing rounds to a false certainty."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from earwitness.evidence.report import wording


@given(st.text(st.characters(codec=None)))
def test_what_is_shown_prints_on_one_line_and_can_be_written(text: str) -> None:
    shown = wording.visible(text)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert not set("\n\r\t\x00\u202e\u2066\u200b\ufeff") & set(shown)


def test_bytes_that_are_not_utf8_are_written_as_the_finding_writes_them() -> None:
    assert wording.visible(b"caf\xe9.wav".decode("utf-8", "surrogateescape")) == "caf\\xe9.wav"


@given(st.floats(0, 1))
def test_only_nothing_is_none_and_only_everything_is_all(share: float) -> None:
    text = wording.percent(share).replace("\u202f", " ")
    assert (text == "0 %") == (share == 0)
    assert (text == "100 %") == (share == 1)


@given(st.floats(0, 4e5))
def test_a_clock_can_be_read_back(seconds: float) -> None:
    parts = [float(part) for part in wording.clock(seconds).split(":")]
    back = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    assert abs(back - seconds) <= 0.0501
    assert all(part < 60 for part in parts[1:])


@given(st.floats(-60, 60))
def test_odds_name_the_side_of_the_score_and_stop_at_a_million(llr: float) -> None:
    text = wording.odds(llr)
    if text == "even":
        assert abs(llr) < 0.05
        return
    assert text.endswith("real" if llr > 0 else "synthetic")
    amount = float(text.partition(":")[0].lstrip(">").replace("\u202f", ""))
    assert amount <= 1e6
    if abs(llr) < math.log(1e6):
        assert abs(amount - math.exp(abs(llr))) <= 0.051 * math.exp(abs(llr))


@given(st.floats(-1e3, 1e3))
def test_a_sign_is_never_on_a_zero(value: float) -> None:
    text = wording.signed(value)
    assert (text[0] in "+\u2212") == (float(text.replace("\u2212", "-")) != 0)
