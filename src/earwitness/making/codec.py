"""Codec round trips: a recording coded and decoded again by the ffmpeg or sox program."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from collections.abc import Iterable

import numpy as np

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.making.codec_grid import GRID, Coding
from earwitness.making.maker import Made, Provenance

_MUXED = re.compile(r"packets muxed \((\d+) bytes\)")
_FFMPEG = ["-hide_banner", "-nostdin", "-loglevel", "verbose"]
_AMR_HEADER, _AMR_FRAME = 6, 0.02


class CodecRoundTrip:
    """A codec at one setting, as a way of making a recording.

    The codec's delay is not undone. The program's own resampler and dither have no part: samples come
    to it, and leave it, at the codec's rate, as 16-bit PCM.

    Args:
        coding: which codec and setting.

    Example:
        >>> CodecRoundTrip(GRID["opus-16-48"]).engine
        'opus'
    """

    def __init__(self, coding: Coding) -> None:
        self.coding = coding

    @property
    def engine(self) -> str:
        """Name of the codec."""
        return self.coding.codec

    @property
    def family(self) -> str:
        """Codecs of its nature."""
        return f"codec-{self.coding.family}"

    def make(self, source: str | Recording, rng: np.random.Generator | None = None) -> Made:  # noqa: ARG002
        """Code and decode a recording.

        Args:
            source: a recording of any rate.
            rng: nothing is left to chance.

        Returns:
            The recording as decoded, at the codec's rate, as long as what came in. The settings tell the
            coding's name, the bit rate that is true of it and the one measured, in bit/s: the bits of the
            packets, without their container, over the duration.

        Raises:
            BadInput: when the source is a text or empty, the program is missing or has no such encoder,
                or it fails.
        """
        if isinstance(source, str) or not len(source.samples):
            raise BadInput("needs a recording that is not empty", where=self.coding.name)
        coding = self.coding
        samples = resample(source.samples, source.sample_rate, coding.sample_rate)
        given = (np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes()
        seconds = len(samples) / coding.sample_rate
        if coding.program == "sox":
            heard, payload = _by_sox(given, coding, seconds)
        else:
            heard, payload = _by_ffmpeg(given, coding)
        decoded = np.frombuffer(heard[: len(heard) // 2 * 2], "<i2").astype(np.float32) / 32768
        if not len(decoded):
            raise BadInput(f"{coding.program} decoded nothing", where=coding.name)
        decoded = np.pad(decoded[: len(samples)], (0, max(0, len(samples) - len(decoded))))
        measured = round(payload * 8 / seconds)
        return Made(
            samples=decoded.astype(np.float32),
            sample_rate=coding.sample_rate,
            provenance=Provenance(
                engine=self.engine,
                family=self.family,
                source=source.sha256,
                settings={
                    "coding": coding.name,
                    "bit_rate": coding.bit_rate if coding.constant else measured,
                    "measured_bit_rate": measured,
                },
            ),
        )


def missing_encoders(codings: Iterable[Coding] = GRID.values()) -> dict[str, list[str]]:
    """Program -> encoders wanted of it that it lacks; all of them where it is not installed.

    Args:
        codings: that are wanted.

    Returns:
        Empty when every coding can be had.
    """
    lacking: dict[str, set[str]] = {}
    for coding in codings:
        if coding.encoder not in _encoders(coding.program):
            lacking.setdefault(coding.program, set()).add(coding.encoder)
    return {program: sorted(names) for program, names in sorted(lacking.items())}


def _encoders(program: str) -> frozenset[str]:
    """Encoders of the installed ffmpeg, or file types of the installed sox."""
    return _encoders_of(program, shutil.which(program))


@functools.cache
def _encoders_of(program: str, path: str | None) -> frozenset[str]:
    if path is None:
        return frozenset()
    words = ["-hide_banner", "-encoders"] if program == "ffmpeg" else ["--help"]
    # sox ends its help with exit code 1.
    done = subprocess.run([path, *words], capture_output=True, text=True, check=False, timeout=60)
    if program == "ffmpeg":
        return frozenset(re.findall(r"^ A[.A-Z]{5} (\S+)", done.stdout, re.MULTILINE))
    found = re.search(r"AUDIO FILE FORMATS: (.*)", done.stdout + done.stderr)
    return frozenset(found[1].split()) if found else frozenset()


def _by_ffmpeg(given: bytes, coding: Coding) -> tuple[bytes, int]:
    """Decoded PCM, and the bytes of all packets as ffmpeg counts them."""
    rate = str(coding.sample_rate)
    plain = ["-f", "s16le", "-ar", rate, "-ac", "1"]
    exact = ["-threads", "1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    stream, told = _run(
        "ffmpeg",
        [
            *_FFMPEG,
            *plain,
            "-i",
            "pipe:0",
            *exact,
            "-c:a",
            coding.encoder,
            *coding.options,
            "-f",
            coding.container,
            "pipe:1",
        ],
        given,
        coding,
    )
    muxed = _MUXED.search(told)
    demuxer = {"adts": "aac"}.get(coding.container, coding.container)
    heard, _ = _run(
        "ffmpeg",
        [
            *_FFMPEG,
            "-f",
            demuxer,
            *coding.decoding,
            "-i",
            "pipe:0",
            *exact,
            "-f",
            "s16le",
            "-ac",
            "1",
            "-ar",
            rate,
            "pipe:1",
        ],
        stream,
        coding,
    )
    return heard, int(muxed[1]) if muxed else len(stream)


def _by_sox(given: bytes, coding: Coding, seconds: float) -> tuple[bytes, int]:
    """Decoded PCM, and the bytes of the stream; AMR's header and its byte a frame are none of them."""
    plain = ["-t", "raw", "-r", str(coding.sample_rate), "-e", "signed", "-b", "16", "-c", "1", "-"]
    stream, _ = _run("sox", ["-D", *plain, "-t", coding.container, *coding.options, "-"], given, coding)
    heard, _ = _run("sox", ["-D", "-t", coding.container, "-", *plain], stream, coding)
    extra = _AMR_HEADER + round(seconds / _AMR_FRAME) if coding.codec == "amr-nb" else 0
    return heard, len(stream) - extra


def _run(program: str, words: list[str], given: bytes, coding: Coding) -> tuple[bytes, str]:
    """What a program wrote and what it said, or a refusal in one line."""
    lacking = missing_encoders([coding])
    if lacking:
        raise BadInput(f"cannot be had here: {missing_line(lacking)}", where=coding.name)
    path = shutil.which(program)
    assert path is not None
    try:
        done = subprocess.run([path, *words], input=given, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        raise BadInput(f"{program} took over two minutes", where=coding.name) from None
    told = done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        raise BadInput(f"{program} failed: {' '.join(told.strip().splitlines()[-1:])}", where=coding.name)
    return done.stdout, told


def missing_line(lacking: dict[str, list[str]]) -> str:
    """What is missing and how to have it, in one line.

    Args:
        lacking: from `missing_encoders`.

    Example:
        >>> "libsox-fmt-all" in missing_line({"sox": ["amr-nb"]})
        True
    """
    told = "; ".join(
        f"{program} {'lacks' if shutil.which(program) else 'is not installed, for'} {', '.join(names)}"
        for program, names in lacking.items()
    )
    return f"{told} (on Debian: apt-get install ffmpeg sox libsox-fmt-all)"
