"""The sound of a recording for the page: carried inside it where it is short, else linked."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import soundfile

from earwitness.audio.decode import decode
from earwitness.audio.recording import Samples
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.evidence.finding import RecordingFinding

LONGEST = 600.0
"""Longest recording whose sound is carried inside the page, in seconds."""

_LOSSLESS_BYTES = 2_500_000
_BUDGET_BYTES = 32_000_000
_MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)


@dataclass(frozen=True)
class Sound:
    """Where the page's player gets its sound from.

    Args:
        source: address for the player; empty where there is no sound.
        note: what a listener must know about this copy, one or two sentences.
        carried: bytes of the page it takes, 0 for a link.
    """

    source: str
    note: str
    carried: int = 0


def located(path: str) -> Path | None:
    r"""Find the file a finding speaks of, also where its name is not UTF-8.

    Args:
        path: as written in a finding, with bytes that are not UTF-8 as `\xNN`.

    Returns:
        The file, or `None` when there is none by that name.
    """
    raw = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(0xDC00 + int(found[1], 16)), path)
    for name in (path, raw):
        try:
            if (candidate := Path(name)).is_file():
                return candidate
        except (OSError, ValueError):  # a name that this system can't hold
            continue
    return None


def sound(finding: RecordingFinding, *, folder: Path, spent: int = 0) -> Sound:
    """Choose how the page plays a recording.

    A copy is carried inside the page only if the file still has the hash that was analysed:
    lossless where that is small, MP3 where it is not.

    Args:
        finding: of the recording.
        folder: where the page will lie; links are relative to it.
        spent: bytes of sound that the page carries already.

    Returns:
        The sound and what to know about it.
    """
    file = located(finding.path)
    if file is None:
        return Sound("", "The file is no longer where it was analysed, so it can't be played from here.")
    if finding.duration > LONGEST or spent >= _BUDGET_BYTES:
        return _linked(file, folder)
    try:
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != finding.file_sha256:
            return Sound("", "The file has changed since it was analysed, so it is not played here.")
        del content
        recording = decode(file)
        kind, encoded = _encoded(recording.samples, recording.sample_rate)
    except (OSError, BadInput, soundfile.LibsndfileError):
        return _linked(file, folder)
    source = f"data:audio/{kind};base64,{base64.b64encode(encoded).decode()}"
    note = "A lossless mono copy at 16 bit, carried inside this page."
    if kind == "mpeg":
        note = "A lossy mono copy (MP3), carried inside this page; judge fine detail on the file itself."
    return Sound(source, note, len(source))


def _linked(file: Path, folder: Path) -> Sound:
    relative = os.path.relpath(file.absolute(), folder.absolute())
    note = "Played from the file itself, which must stay where it is beside this page."
    return Sound(quote(os.fsencode(Path(relative).as_posix())), note)


def _encoded(samples: Samples, rate: int) -> tuple[str, bytes]:
    peak = float(np.abs(samples).max(initial=0.0))
    level = samples if peak <= 1.0 else samples / np.float32(peak)  # a float file may exceed full scale
    if 8000 <= rate <= 48000:
        lossless = _written(level, rate, "FLAC", "PCM_16")
        if len(lossless) <= _LOSSLESS_BYTES:
            return "flac", lossless
    if rate not in _MP3_RATES:
        wanted = next((r for r in _MP3_RATES if r >= rate), 48000)
        level, rate = np.clip(resample(level, rate, wanted), -1.0, 1.0), wanted
    return "mpeg", _written(level, rate, "MP3", "MPEG_LAYER_III")


def _written(samples: Samples, rate: int, container: str, encoding: str) -> bytes:
    target = io.BytesIO()
    settings = {"bitrate_mode": "CONSTANT", "compression_level": 0.7} if container == "MP3" else {}
    with soundfile.SoundFile(target, "w", rate, 1, encoding, format=container, **settings) as file:
        file.write(samples)
    return target.getvalue()
