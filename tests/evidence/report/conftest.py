"""Recordings, findings and a browser for the tests of the report."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, Page, sync_playwright

from earwitness.evidence.finding import (
    Detection,
    Failure,
    Findings,
    Model,
    Properties,
    Quality,
    RecordingFinding,
    Segment,
    Voice,
    Window,
)
from earwitness.evidence.manifest import (
    Calibrator,
    Distributions,
    EncoderUse,
    Head,
    Manifest,
    Thresholds,
    Validated,
)
from earwitness.evidence.picture import Picture, PictureMaker

RATE = 16_000
MODEL = Model(name="toy-detector", version="0.0.1", sha256="ab" * 32, earwitness="0.1.0")


def voice(seconds: float, *, seed: int = 0) -> np.ndarray:
    """Something with pitch, formants and pauses, `(samples,)` float32 at 16 kHz."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 110 + 25 * np.sin(2 * np.pi * 0.31 * time) + 8 * np.sin(2 * np.pi * 1.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formant = 900 + 500 * np.sin(2 * np.pi * 0.9 * time + seed)
    tone = sum(np.sin(k * phase) * np.exp(-(((k * pitch - formant) / 700) ** 2)) for k in range(1, 30))
    hiss = rng.normal(size=time.size) * (np.sin(2 * np.pi * 1.3 * time) > 0.7)
    speaking = np.clip(4 * np.sin(2 * np.pi * 0.45 * time + 0.4) + 2.5, 0, 1)
    noise = 0.002 * rng.normal(size=time.size)
    return (0.16 * speaking * (tone + 0.25 * hiss) + noise).astype(np.float32)


def picture(samples: np.ndarray) -> Picture:
    maker = PictureMaker()
    maker.update(samples)
    return maker.result()


def windows(seconds: float, score: Callable[[float], float | None], hop: float = 0.5) -> tuple[Window, ...]:
    starts = np.arange(0, max(seconds - 4, 0) + 1e-6, hop)
    return tuple(
        Window(start=float(s), end=float(min(s + 4, seconds)), llr=score(float(s) + 2)) for s in starts
    )


def finding(
    path: str, *, llr: float | None = 3.2, seconds: float = 12.4, **changes: object
) -> RecordingFinding:
    """A finding about a recording; `changes` go to the detection where it has such a field."""
    decision = "inconclusive"
    if llr is not None and abs(llr) > 2:
        decision = "bona fide" if llr > 0 else "spoof"

    def score(at: float) -> float | None:
        return None if llr is None else llr + 1.4 * math.sin(1.1 * at) + 0.5 * math.sin(3.7 * at)

    detection: dict[str, object] = {
        "llr": llr,
        "probability_bona_fide": None if llr is None else 1 / (1 + math.exp(-llr)),
        "prior": 0.5,
        "decision": decision,
        "reasons": () if decision != "inconclusive" else ("The score lies between the thresholds.",),
        "verbal": "moderate support for bona fide" if llr is not None and llr > 0 else "",
        "timeline": windows(seconds, score),
        "segments": (),
    }
    detection |= {key: changes.pop(key) for key in list(changes) if key in detection}
    whole: dict[str, object] = {
        "path": path,
        "sha256": "1f" * 32,
        "file_sha256": "2e" * 32,
        "duration": seconds,
        "speech": 0.76 * seconds if llr is not None else 0.0,
        "detection": Detection(**detection),  # type: ignore[arg-type]
        "voice": None,
        "properties": properties(),
        "limits": (
            "It says nothing about what is said, nor whether the recording was cut.",
            "Generators that did not exist when it was validated may pass.",
        ),
    }
    return RecordingFinding(**(whole | changes))  # type: ignore[arg-type]


def properties(**changes: object) -> Properties:
    usual: dict[str, object] = {
        "container": "WAV",
        "encoding": "PCM_16",
        "sample_rate": 16000,
        "channels": 1,
        "level_dbfs": -23.4,
        "peak_dbfs": -6.1,
        "clipped": 0.0,
        "bandwidth_hz": 7400.0,
        "noise_floor_dbfs": -58.2,
        "snr_db": 34.8,
        "dc": 0.0001,
        "digital_silence": 0.0,
        "codec_hints": (),
        "quality": Quality(signal=3.61, background=4.02, overall=3.24, windows=3),
    }
    return Properties(**(usual | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def make_finding() -> Callable[..., RecordingFinding]:
    return finding


@pytest.fixture(scope="session")
def make_properties() -> Callable[..., Properties]:
    return properties


@pytest.fixture(scope="session")
def make_voice() -> Callable[..., np.ndarray]:
    return voice


@pytest.fixture(scope="session")
def manifest() -> Manifest:
    rng = np.random.default_rng(7)
    real = np.concatenate([rng.normal(3.1, 1.5, 700), rng.normal(0.8, 1.2, 150)])
    fake = np.concatenate([rng.normal(-2.9, 1.7, 700), rng.normal(0.6, 1.0, 220)])
    return Manifest(
        name="toy-detector",
        version="0.0.1",
        task="detection",
        encoder=EncoderUse(asset="toy", layers=(1,), frame_rate=50.0, dimension=8),
        head=Head(file="head.onnx", sha256="0" * 64),
        window_seconds=4.0,
        scoring_hop_seconds=2.0,
        min_window_speech=0.8,
        calibrator=Calibrator(scale=1.0, offset=0.0, fitted_on="pooled out-of-fold scores of toy engines"),
        thresholds=Thresholds(spoof_below=-1.9, bona_fide_above=2.2),
        validated=Validated(
            min_speech_seconds=2.0, min_bandwidth_hz=3000.0, max_clipped=0.01, llr_range=(-9, 9), min_snr_db=5
        ),
        distributions=Distributions(
            bona_fide=tuple(real.round(3).tolist()), spoof=tuple(fake.round(3).tolist())
        ),
        notes=("A toy, for tests only.",),
    )


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[Findings, dict[str, Picture], Path]:
    """Four recordings (real, spliced, silent, with a hostile name) with their files, and an error."""
    folder = tmp_path_factory.mktemp("case")

    def written(name: str, samples: np.ndarray, **told: object) -> RecordingFinding:
        path = folder / name
        with path.open("wb") as file:
            soundfile.write(file, samples, RATE, format="WAV", subtype="PCM_16")
        sha = hashlib.sha256(path.read_bytes()).hexdigest()
        return finding(str(path), seconds=len(samples) / RATE, file_sha256=sha, **told)  # type: ignore[arg-type]

    def spliced(at: float) -> float | None:
        wave = 0.5 * math.sin(2.3 * at)
        return None if 18 < at < 22 else 2.4 - 6.3 * math.exp(-(((at - 9) / 3) ** 4)) + wave

    stretch = Segment(start=6.2, end=11.8, llr=-3.6, label="spoof")
    compared = Voice(
        references=("known/anna.wav",), similarity=0.83, llr=2.9, probability_same=0.948,
        decision="same", reasons=(), verbal="moderate support for the same voice",
    )  # fmt: skip
    sounds = {
        "real.wav": voice(12.4),
        "splice.wav": voice(30.0, seed=1),
        "silence.wav": voice(2.0) * 0,
        "<img src=x onerror=alert(1)>\n\u202egnp.wav": voice(5.0, seed=2),
    }
    names = list(sounds)
    recordings = (
        written(names[0], sounds[names[0]], llr=3.2, voice=compared),
        written(names[1], sounds[names[1]], llr=-2.4, segments=(stretch,), timeline=windows(30.0, spliced)),
        written(names[2], sounds[names[2]], llr=None),
        written(
            names[3],
            sounds[names[3]],
            llr=0.7,
            properties=properties(bandwidth_hz=2800.0, codec_hints=("low-pass at 2.8 kHz",), clipped=0.03),
            reasons=("band-limited to 2.8 kHz, validated from 3.0 kHz",),
        ),
    )
    errors = (Failure(path="broken\n<b>.wav", reason="text renamed to .wav; give a recording"),)
    pictures = {f.path: picture(s) for f, s in zip(recordings, sounds.values(), strict=True)}
    return Findings(model=MODEL, recordings=recordings, errors=errors), pictures, folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    arguments = (
        "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments.split())
        yield browser
        browser.close()


class Visit:
    """A page in the browser, with all it complained about and all it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url.split(",")[0][:200]))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def opened(path: Path, *, width: int = 1280, height: int = 900, **settings: object) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)  # type: ignore[arg-type]
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.set_default_timeout(60_000)  # a bound for a busy machine, not a wait
        seen.page.goto(path.as_uri())
        return seen

    yield opened
    for context in contexts:
        context.close()
