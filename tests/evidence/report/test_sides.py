"""What may have made it and what it went through: on the page where it is known, nowhere where not."""

from __future__ import annotations

from pathlib import Path

import msgspec

from earwitness.evidence.finding import CodecHistory, Estimate, Findings, Likeness, Source
from earwitness.evidence.picture import Picture
from earwitness.evidence.report import render

Case = tuple[Findings, dict[str, Picture], Path]
SOURCE = Source(
    decision="engine <x>", nearest=(Likeness(name="engine <x>", typical=0.62),), reasons=("It is like x.",)
)
CODEC = CodecHistory(
    decision="found", nearest=(), reasons=("It is nearer to coded speech.",),
    estimates=(Estimate(name="bit rate", value=18.3, low=5.01, high=1320.0, unit="kbit/s"),),
)  # fmt: skip


def page(case: Case, out: Path, **changes: object) -> str:
    findings, pictures, _ = case
    one = msgspec.structs.replace(findings.recordings[0], **changes)
    told = msgspec.structs.replace(findings, recordings=(one,), errors=())
    return render(told, pictures, out=out, command="earwitness analyze x").read_text("utf-8")


def test_both_are_told_with_their_intervals(case: Case, tmp_path: Path) -> None:
    text = page(case, tmp_path / "a.html", source=SOURCE, codec=CODEC)
    assert "What may have made it" in text
    assert "engine &lt;x&gt;" in text
    assert "62\u202f%" in text
    assert "18.3 kbit/s" in text
    assert "5.01 to 1320 kbit/s" in text


def test_one_alone_and_none(case: Case, tmp_path: Path) -> None:
    only = page(case, tmp_path / "b.html", source=None, codec=CODEC)
    assert "Lossy coding" in only
    assert "Generator of the voice" not in only
    assert "What may have made it" not in page(case, tmp_path / "c.html", source=None, codec=None)
