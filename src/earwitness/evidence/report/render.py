"""Write the report: one HTML file that carries all it shows and asks the network for nothing."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path

import jinja2
import msgspec
from markupsafe import Markup

from earwitness.errors import BadInput
from earwitness.evidence.finding import Findings
from earwitness.evidence.manifest import Manifest
from earwitness.evidence.picture import Picture
from earwitness.evidence.report import wording
from earwitness.evidence.report.listening import Sound, sound
from earwitness.evidence.report.overview import overview
from earwitness.evidence.report.page import RecordingPage, Scale, background, recording_page
from earwitness.evidence.report.verdict import GLOSS, voice_sentence

OPEN_AT_ONCE = 12
"""Up to so many recordings stand in the page in full; of more, one is opened at a time."""

_FOLDER = files("earwitness.evidence.report") / "templates"


def render(
    findings: Findings,
    pictures: Mapping[str, Picture],
    *,
    out: Path,
    command: str,
    manifest: Manifest | None = None,
    date: str | None = None,
    with_sound: bool = True,
) -> Path:
    """Write the findings as a page for a lay reader and an examiner.

    The same input gives the same bytes: nothing of the clock or the machine goes in. The page
    is written beside its place and then moved there, so that it is never half there; recordings
    are worked out one after the other, so that only one picture need be in memory at a time.

    Args:
        findings: of one analysis.
        pictures: envelope and spectrogram by `path` of the finding; any may be missing.
        out: folder for `report.html`, or the page's own path if it ends in `.html`.
        command: the command line, for the record.
        manifest: of the detection instrument; without it, no validation is drawn.
        date: of the analysis as it shall be printed; without it, none is.
        with_sound: whether the page may carry or link the recordings themselves.

    Returns:
        Path of the page.

    Raises:
        BadInput: when it cannot be written.
    """
    page = Path(out) if Path(out).suffix == ".html" else Path(out) / "report.html"
    many = len(findings.recordings) > OPEN_AT_ONCE
    drawn = background(manifest) if manifest else None
    environment = _environment()
    detail = environment.get_template("recording.html.j2")
    script = _text("player.js") + (_text("table.js") if len(findings.recordings) > 1 else "")
    names: dict[str, object] = {
        "findings": findings,
        "manifest": manifest,
        "drawn": drawn,
        "command": wording.visible(command),
        "date": date,
        "many": many,
        "lone": len(findings.recordings) == 1,
    }

    def pages() -> Iterator[RecordingPage]:
        scale, spent = Scale.of(len(findings.recordings)), 0
        for number, finding in enumerate(findings.recordings, 1):
            heard = Sound("", "The sound was left out of this page.")
            if with_sound:
                heard = sound(finding, folder=page.parent, spent=spent)
            spent += heard.carried
            picture = pictures.get(finding.path)
            yield recording_page(number, finding, picture, heard, manifest=manifest, drawn=drawn, scale=scale)

    def details() -> Iterator[Markup]:
        for recording in pages():
            html = detail.render(r=recording, **names)
            yield Markup(_data(html) if many else html)

    parts = environment.get_template("report.html.j2").generate(
        **names,
        overview=overview(findings, drawn),
        details=details(),
        style=Markup(_text("report.css")),
        script=Markup(script),
        script_hash=_hash(script),
    )
    _write(page, parts)
    return page


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("earwitness.evidence.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        visible=wording.visible,
        clock=wording.clock,
        lasting=wording.lasting,
        signed=wording.signed,
        plain=wording.plain,
        percent=wording.percent,
        odds=wording.odds,
        counted=wording.counted,
        figures=wording.figures,
        kind=lambda decision: decision.replace(" ", "-"),
        voice_sentence=voice_sentence,
        compact=lambda values: msgspec.json.encode(values).decode(),
    )
    environment.globals["gloss"] = GLOSS
    return environment


def _text(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _data(html: str) -> str:
    """HTML as JSON that no parser mistakes for markup: it rests in the page until it is opened."""
    return msgspec.json.encode(html).decode().replace("<", "\\u003c")


def _write(page: Path, parts: Iterator[str]) -> None:
    temporary = page.with_name(f".{page.name}.{os.getpid()}")
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.writelines(parts)
        temporary.replace(page)
    except OSError as error:
        raise BadInput(f"the report cannot be written ({error.strerror})", where=str(page)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
