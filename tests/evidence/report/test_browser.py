"""The page in a real browser: it loads in silence, plays, seeks, is operable by keys and fits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page

from earwitness.evidence.finding import Findings, RecordingFinding
from earwitness.evidence.manifest import Manifest
from earwitness.evidence.picture import Picture
from earwitness.evidence.report import render

Case = tuple[Findings, dict[str, Picture], Path]
Visit = Callable[..., "object"]

POSITION = "document.querySelector('.seek').getAttribute('aria-valuenow')"
AUDIO = "document.querySelector('audio')"

UNNAMED = """[...document.querySelectorAll(
    'svg, img, table, select, input, button, figure, article, nav, section, [role=region]')]
  .filter(e => !(e.closest('[aria-hidden]') || e.getAttribute('aria-label') || e.alt || e.closest('label')
    || e.querySelector('caption, figcaption') || (e.tagName === 'BUTTON' && e.textContent.trim())
    || document.getElementById(e.getAttribute('aria-labelledby'))?.textContent.trim()))
  .map(e => e.outerHTML.slice(0, 120))"""
TWICE = """(ids => ids.filter((id, i) => ids.indexOf(id) !== i))(
  [...document.querySelectorAll('[id]')].map(e => e.id))"""
BROKEN = """[...document.querySelectorAll('[aria-labelledby], [aria-describedby], a[href^="#"]')]
  .flatMap(e => [e.getAttribute('aria-labelledby'), e.getAttribute('aria-describedby'),
    e.getAttribute('href')?.slice(1)])
  .filter(id => id && !document.getElementById(id))"""
SMALL = """[...document.querySelectorAll('body *')]
  .filter(e => e.checkVisibility() && e.children.length === 0 && e.textContent.trim()
    && parseFloat(getComputedStyle(e).fontSize) < 11)
  .map(e => e.outerHTML.slice(0, 80))"""


def holds(page: Page, condition: str) -> None:
    """Wait until a condition holds, in one call: the page's policy forbids to evaluate text."""
    page.evaluate(
        "new Promise((done, fail) => {"
        f"const look = () => ({condition}) ? done() : requestAnimationFrame(look);"
        f"setTimeout(() => fail(Error('never held: ' + {condition!r})), 60000); look(); }})"
    )


@pytest.fixture(scope="session")
def everything(case: Case, manifest: Manifest) -> Path:
    findings, pictures, folder = case
    return render(
        findings, pictures, out=folder / "all.html", command="earwitness analyze .", manifest=manifest
    )


@pytest.fixture(scope="session")
def splice(case: Case, manifest: Manifest) -> Path:
    findings, pictures, folder = case
    told = msgspec.structs.replace(findings, recordings=(findings.recordings[1],), errors=())
    return render(
        told, pictures, out=folder / "splice.html", command="earwitness analyze .", manifest=manifest
    )


@pytest.fixture(scope="session")
def many(case: Case, manifest: Manifest, make_finding: Callable[..., RecordingFinding]) -> Path:
    findings, pictures, folder = case
    recordings = [make_finding(f"call-{n:03}.wav", llr=n / 40 - 4) for n in range(300)]
    recordings[7] = msgspec.structs.replace(findings.recordings[1], speech=25.0)
    told = msgspec.structs.replace(findings, recordings=tuple(recordings))
    return render(told, pictures, out=folder / "many.html", command="earwitness analyze .", manifest=manifest)


def test_loads_without_complaint_or_request(everything: Path, visit: Visit) -> None:
    seen = visit(everything)
    holds(seen.page, "[...document.querySelectorAll('audio')].every(a => a.readyState > 0)")
    assert seen.complaints == []
    assert [address for address in seen.asked if not address.startswith(("file:", "data:"))] == []
    assert [address for address in seen.asked if address.startswith("file:")] == [everything.as_uri()]
    assert seen.page.locator("img").count() == 4
    assert seen.page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


def test_the_policy_forbids_the_network(splice: Path, visit: Visit) -> None:
    seen = visit(splice)
    refused = seen.page.evaluate("fetch('http://127.0.0.1:9/x').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in text for text in seen.complaints)


def test_plays_and_the_playhead_follows(splice: Path, visit: Visit) -> None:
    seen = visit(splice)
    seen.page.get_by_role("button", name="Play").click()
    holds(seen.page, f"{AUDIO}.currentTime > 0.2 && {POSITION} > 0.2")
    assert seen.page.locator(".toggle").get_attribute("aria-pressed") == "true"
    seen.page.get_by_role("button", name="Pause").click()
    holds(seen.page, f"{AUDIO}.paused")
    assert seen.complaints == []


def test_a_click_seeks_and_plays_from_there(splice: Path, visit: Visit) -> None:
    seen = visit(splice)
    seen.page.evaluate(
        f"window.sought = []; {AUDIO}.addEventListener('seeking', e => sought.push(e.target.currentTime))"
    )
    slider = seen.page.get_by_role("slider", name="Position in the recording")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    seen.page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 40)
    holds(seen.page, f"{AUDIO}.currentTime > 9.1")
    assert seen.page.evaluate("sought[0]") == pytest.approx(9.0, abs=0.06)
    assert seen.page.evaluate("parseFloat(document.querySelector('.playhead').style.left)") > 29.9
    assert "synthetic" in slider.get_attribute("aria-valuetext") or seen.page.evaluate(f"{POSITION} > 12")


def test_a_finger_seeks_too(splice: Path, visit: Visit) -> None:
    seen = visit(splice, width=390, height=844, has_touch=True, is_mobile=True)
    slider = seen.page.locator(".seek")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    seen.page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 60)
    holds(seen.page, f"{AUDIO}.currentTime > 14")


def test_everything_by_keys(splice: Path, visit: Visit) -> None:
    seen = visit(splice)
    page = seen.page
    page.locator(".seek").focus()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    steps = {"ArrowRight": 1, "Shift+ArrowRight": 6, "ArrowLeft": 5, "End": 30, "Home": 0, "]": 6.2}
    for key, place in steps.items():
        page.keyboard.press(key)
        assert float(page.evaluate(POSITION)) == pytest.approx(place, abs=0.02), key
    page.keyboard.press(" ")
    holds(page, f"!{AUDIO}.paused")
    page.keyboard.press(" ")
    holds(page, f"{AUDIO}.paused")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "toggle"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert outline == "solid"
    page.keyboard.press("Enter")
    holds(page, f"!{AUDIO}.paused")


def test_a_stretch_is_played_to_its_end(splice: Path, visit: Visit) -> None:
    seen = visit(splice)
    seen.page.locator(".segments .hear").click()
    holds(seen.page, f"{AUDIO}.currentTime > 6.2")
    seen.page.evaluate(f"{AUDIO}.currentTime = 11.75")
    holds(seen.page, f"{AUDIO}.paused")
    assert 11.7 < seen.page.evaluate(f"{AUDIO}.currentTime") < 20


def test_zoom_widens_the_figure_inside_its_frame(splice: Path, visit: Visit) -> None:
    seen = visit(splice)
    before = seen.page.locator(".canvas").bounding_box()["width"]
    seen.page.get_by_label("Zoom").select_option("4")
    assert seen.page.locator(".canvas").bounding_box()["width"] == pytest.approx(4 * before)
    assert overflow(seen.page) == 0


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_every_width(everything: Path, visit: Visit, scheme: str) -> None:
    seen = visit(everything, color_scheme=scheme)
    for width in (1280, 768, 390, 320):
        seen.page.set_viewport_size({"width": width, "height": 900})
        assert overflow(seen.page) == 0, width
    ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(21, 22, 25)") == (scheme == "dark")
    assert seen.complaints == []


def test_a_screen_reader_finds_its_way(everything: Path, visit: Visit) -> None:
    page = visit(everything).page
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for question in (UNNAMED, TWICE, BROKEN, SMALL):
        assert page.evaluate(question) == [], question
    assert page.get_by_role("slider").count() == 4
    assert page.evaluate("document.documentElement.lang") == "en"


def test_speaks_without_scripts(everything: Path, visit: Visit) -> None:
    page = visit(everything, java_script_enabled=False).page
    assert page.get_by_text("Part of this recording points to a synthetic or altered voice.").is_visible()
    assert page.locator("audio[controls]").first.is_visible()
    assert not page.get_by_role("button", name="Listen").first.is_visible()


def test_prints_in_dark_ink_without_clipping(splice: Path, visit: Visit, tmp_path: Path) -> None:
    page = visit(splice, width=680, height=1000, color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('.spectrum img')).filter") == "none"
    assert not page.locator(".player").is_visible()
    assert overflow(page) == 0
    content = page.pdf(path=tmp_path / "report.pdf", format="A4", prefer_css_page_size=True)
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") <= 4


def test_many_are_sorted_filtered_and_opened_one_by_one(many: Path, visit: Visit) -> None:
    seen = visit(many)
    page = seen.page
    rows = page.locator(".recordings tbody tr")
    assert rows.count() == 100
    page.get_by_role("button", name="LLR").click()
    assert "call-000.wav" in rows.first.inner_text()
    page.get_by_role("button", name="LLR").click()
    assert "call-299.wav" in rows.first.inner_text()
    assert page.locator("th[aria-sort=descending]").inner_text() == "LLR"
    page.get_by_role("button", name="Next →").click()
    assert "call-199.wav" in rows.first.inner_text()
    page.get_by_label("Show").select_option("inconclusive")
    assert rows.count() == 100
    page.get_by_label("Find").fill("call-16")
    assert page.locator("#shown").inner_text() == "10 of 300"
    page.get_by_label("Find").fill("splice")
    page.get_by_label("Show").select_option("spoof")
    assert rows.count() == 1
    page.get_by_role("link", name="splice.wav").click()
    page.wait_for_selector("article")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.get_by_role("button", name="Play").click()
    holds(page, f"{AUDIO}.currentTime > 0.1")
    page.get_by_label("Find").fill("")
    page.get_by_label("Show").select_option("")
    page.evaluate("location.hash = '#r10'")
    holds(page, "document.querySelector('article').id === 'r10'")
    page.get_by_role("link", name="Next →").click()
    holds(page, "document.querySelector('article').id === 'r9'")
    assert page.locator("article").count() == 1
    assert overflow(page) == 0
    assert seen.complaints == []


def test_a_link_to_one_of_many_opens_it(many: Path, visit: Visit) -> None:
    page = visit(many).page
    page.goto(many.as_uri() + "#r42")
    page.reload()
    page.wait_for_selector("#r42")
    assert "call-041.wav" in page.locator("article .file").inner_text()


def test_a_linked_recording_plays_from_its_file(case: Case, visit: Visit) -> None:
    findings, pictures, folder = case
    recording = findings.recordings[3]
    long = msgspec.structs.replace(recording, duration=601.0)  # longer than what a page carries
    told = msgspec.structs.replace(findings, recordings=(long,), errors=())
    path = render(told, pictures, out=folder / "linked.html", command="x")
    seen = visit(path)
    assert "data:" not in seen.page.locator("audio").get_attribute("src")
    seen.page.get_by_role("button", name="Play").click()
    holds(seen.page, f"{AUDIO}.currentTime > 0.1")
    assert seen.complaints == []
