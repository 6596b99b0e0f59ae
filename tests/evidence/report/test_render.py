"""The page as text: deterministic, escaped, self-contained, and never half-written."""

from __future__ import annotations

import html.parser
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from earwitness.errors import BadInput
from earwitness.evidence.finding import Findings, RecordingFinding
from earwitness.evidence.manifest import Manifest
from earwitness.evidence.picture import Picture
from earwitness.evidence.report import render

Case = tuple[Findings, dict[str, Picture], Path]


class Outline(html.parser.HTMLParser):
    """Tags with their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def only(findings: Findings, *numbers: int) -> Findings:
    chosen = tuple(findings.recordings[n] for n in numbers)
    return msgspec.structs.replace(findings, recordings=chosen, errors=())


def test_the_same_input_gives_the_same_bytes(case: Case, manifest: Manifest, tmp_path: Path) -> None:
    findings, pictures, folder = case
    told = {"command": "earwitness analyze x", "manifest": manifest}
    first = render(findings, pictures, out=folder / "one.html", **told)  # type: ignore[arg-type]
    again = render(findings, pictures, out=folder / "two.html", **told)  # type: ignore[arg-type]
    assert first.read_bytes() == again.read_bytes()
    assert render(findings, pictures, out=tmp_path / "new" / "folder", **told).name == "report.html"  # type: ignore[arg-type]


def test_a_date_is_there_only_if_it_was_given(case: Case, tmp_path: Path) -> None:
    findings, pictures, _ = case
    page = render(only(findings, 0), pictures, out=tmp_path, command="x", with_sound=False).read_text()
    assert 'class="date"' not in page
    page = render(only(findings, 0), pictures, out=tmp_path, command="x", date="23 November 2026").read_text()
    assert '<span class="date">23 November 2026</span>' in page


def test_the_page_asks_for_nothing(case: Case, manifest: Manifest, tmp_path: Path) -> None:
    findings, pictures, _ = case
    page = render(findings, pictures, out=tmp_path, command="x", manifest=manifest).read_text()
    for tag, attributes in Outline(page).tags:
        for name in ("src", "href", "action", "poster", "data", "srcset"):
            address = attributes.get(name) or ""
            assert address.startswith(("data:", "#")) or not address, f"{tag} {name} {address[:80]}"
        assert not [name for name in attributes if name.startswith("on")], tag
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "http://" not in page
    assert "https://" not in page


def test_names_and_reasons_stay_text(case: Case, manifest: Manifest, tmp_path: Path) -> None:
    findings, pictures, _ = case
    hostile = "</script><script>alert(1)</script>\n\u202e\udce9&\"'"
    first = findings.recordings[0]
    detection = msgspec.structs.replace(first.detection, reasons=(hostile,), verbal=hostile)
    recording = msgspec.structs.replace(first, path=hostile, detection=detection, limits=(hostile,))
    for copies in (1, 13):
        told = msgspec.structs.replace(findings, recordings=(recording,) * copies)
        page = render(told, pictures, out=tmp_path, command=hostile, manifest=manifest).read_text()
        tags = [tag for tag, _ in Outline(page).tags]
        assert tags.count("script") == 1 + (copies if copies > 12 else 0)
        assert "alert(1)</script>" not in page
        assert "\u202e" not in page


def test_numbers_of_the_finding_are_on_the_page(case: Case, manifest: Manifest, tmp_path: Path) -> None:
    findings, pictures, _ = case
    page = render(only(findings, 1), pictures, out=tmp_path, command="x", manifest=manifest).read_text()
    recording = findings.recordings[1]
    for text in (recording.sha256, recording.file_sha256, "\u22122.40", "11:1 synthetic", *recording.limits):
        assert text in page
    assert "A toy, for tests only." in page


def test_without_pictures_sound_or_manifest_it_still_speaks(case: Case, tmp_path: Path) -> None:
    findings, _, _ = case
    page = render(findings, {}, out=tmp_path, command="x", with_sound=False).read_text()
    assert "No waveform and spectrogram were kept" in page
    assert "were not given to this report" in page
    assert "<audio" not in page


def test_nothing_but_errors_is_a_report_too(case: Case, tmp_path: Path) -> None:
    findings, _, _ = case
    nothing = msgspec.structs.replace(findings, recordings=())
    page = render(nothing, {}, out=tmp_path, command="x").read_text()
    assert "Of 0 recordings" in page
    assert "text renamed to .wav" in page


def test_many_recordings_rest_as_data(
    make_finding: Callable[..., RecordingFinding], case: Case, manifest: Manifest, tmp_path: Path
) -> None:
    findings, pictures, _ = case
    many = tuple(make_finding(f"call-{n}.wav", llr=n / 50 - 4, timeline=()) for n in range(400))
    told = msgspec.structs.replace(findings, recordings=many)
    path = render(told, pictures, out=tmp_path, command="x", manifest=manifest)
    page = path.read_text()
    assert page.count("<article") == 0
    stored = re.findall(r'<script type="application/json" class="detail" id="data-\d+">(.*?)</script>', page)
    assert len(stored) == 400
    assert all("call-" in json.loads(detail) for detail in stored)
    assert path.stat().st_size / 400 < 30_000


def test_nothing_half_written_is_left(case: Case, tmp_path: Path) -> None:
    findings, pictures, _ = case
    broken = msgspec.structs.replace(findings.recordings[0], sha256=None)  # type: ignore[arg-type]
    told = msgspec.structs.replace(findings, recordings=(findings.recordings[1], broken))
    with pytest.raises(TypeError):
        render(told, {}, out=tmp_path, command="x", with_sound=False)
    assert not list(tmp_path.iterdir())
    (tmp_path / "report.html").mkdir()
    with pytest.raises(BadInput, match="cannot be written"):
        render(findings, pictures, out=tmp_path, command="x", with_sound=False)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot be written"):
        render(findings, pictures, out=tmp_path / "file" / "sub", command="x", with_sound=False)
