"""Mutate recordings and decode them: no traceback, no hang, no crash, and one line for each that is refused.

Usage: python tools/fuzz.py [--files 10000] [--seed 20261123] [--out benchmarks/results/fuzz.json]

The sources are the recordings in `examples/`, and the first of them written in every format that
libsndfile (and PyAV, where installed) can write. Mutation number n depends on the seed and n alone, so
`--only n` repeats one; `--keep FOLDER` writes it there.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import importlib.util
import io
import json
import multiprocessing
import multiprocessing.connection
import os
import platform
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path

import numpy as np
import soundfile

from earwitness.audio.activity import SpeechActivity
from earwitness.audio.decode import stream
from earwitness.audio.properties import PropertyMeter
from earwitness.errors import BadInput

HERE = Path(__file__).parents[1]
FORMATS = [
    ("WAV", "PCM_16"), ("WAV", "PCM_U8"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAV", "DOUBLE"),
    ("WAV", "ULAW"), ("WAV", "ALAW"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"),
    ("WAV", "G721_32"), ("WAVEX", "PCM_16"), ("RF64", "PCM_16"), ("W64", "PCM_16"), ("AIFF", "PCM_16"),
    ("AU", "PCM_16"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"), ("NIST", "PCM_16"), ("VOC", "PCM_16"),
    ("PAF", "PCM_16"),
    ("SVX", "PCM_16"), ("IRCAM", "PCM_16"), ("SDS", "PCM_16"), ("XI", "DPCM_16"), ("HTK", "PCM_16"),
    ("MAT4", "PCM_16"), ("MAT5", "PCM_16"), ("PVF", "PCM_16"), ("AVR", "PCM_16"), ("MPC2K", "PCM_16"),
    ("FLAC", "PCM_16"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip
TRACKS = [("mp4", "aac"), ("webm", "libopus"), ("matroska", "pcm_s16le"), ("adts", "aac"), ("mpegts", "aac")]
EXTREMES = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    100,
    384000,
)
LIMIT_SECONDS = 20.0


def sources() -> dict[str, bytes]:
    """Recordings to be mutated, by name."""
    found = {}
    folder = HERE / "examples"
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix.lower() in (".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".gsm"):
            found[path.name] = path.read_bytes()
    time_ = np.arange(24000) / 16000
    sound = 0.3 * np.sin(2 * np.pi * 150 * time_) * np.sin(2 * np.pi * 3 * time_) ** 2
    sound += 0.01 * np.random.default_rng(0).standard_normal(len(sound))
    for container, encoding in FORMATS:
        buffer = io.BytesIO()
        soundfile.write(buffer, sound, 16000, format=container, subtype=encoding)
        found[f"{container}.{encoding}"] = buffer.getvalue()
    if importlib.util.find_spec("av"):
        for form, codec in TRACKS:
            found[f"{form}.{codec}"] = track(sound, form, codec)
    return found


def track(sound: np.ndarray, form: str, codec: str) -> bytes:
    """The sound as PyAV writes it."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        out = container.add_stream(codec, rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate = 16000
        resampler = av.AudioResampler(out.codec_context.format, out.layout, out.rate, 1024)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(out.encode(part))
        container.mux(out.encode(None))
    return buffer.getvalue()


def mutate(pool: dict[str, bytes], seed: int, number: int) -> tuple[bytes, str, list[str]]:
    """One mutated file: its bytes, its source, and what was done to it."""
    rng = np.random.default_rng([seed, number])
    names = sorted(pool)
    name = names[int(rng.integers(len(names)))]
    data = bytearray(pool[name])
    done = []
    for _ in range(int(rng.integers(1, 4))):
        kind = str(
            rng.choice(["cut", "flip", "head", "field", "splice", "drop", "double", "zero", "tail", "front"])
        )
        done.append(kind)
        size = max(1, len(data))
        at = int(rng.integers(size))
        length = int(rng.integers(1, max(2, min(size - at, 4096) + 1)))
        if kind == "cut":
            del data[at:]
        elif kind == "flip":
            for place in rng.integers(size, size=int(rng.integers(1, 65))):
                data[place : place + 1] = bytes([int(rng.integers(256))])
        elif kind == "head":
            for place in rng.integers(min(size, 256), size=int(rng.integers(1, 9))):
                data[place : place + 1] = bytes([int(rng.integers(256))])
        elif kind == "field":
            place = int(rng.integers(min(size, 128)))
            value = int(rng.choice(EXTREMES))
            data[place : place + 4] = struct.pack(str(rng.choice(["<I", ">I"])), value)
        elif kind == "splice":
            other = pool[names[int(rng.integers(len(names)))]]
            begin = int(rng.integers(len(other)))
            data[at : at + length * int(rng.integers(2))] = other[begin : begin + length]
        elif kind == "drop":
            del data[at : at + length]
        elif kind == "double":
            data[at:at] = data[at : at + length]
        elif kind == "zero":
            data[at : at + length] = bytes(min(length, size - at))
        elif kind == "tail":
            data += rng.bytes(length)
        else:
            other = pool[names[int(rng.integers(len(names)))]]
            data[: min(64, size)] = other[:64]
    return bytes(data), name, done


def examine(path: Path) -> tuple[str, str]:
    """Decode and measure one file: ("decoded" | "refused" | "traceback", reason)."""
    try:
        meters: list[PropertyMeter] = []
        with stream(path, native=lambda block: meters[0].update(block)) as blocks:
            meters.append(PropertyMeter(blocks.info))
            activity = SpeechActivity()
            speech = []
            for index, block in enumerate(blocks):
                if index < 8:  # half a minute: the network has no view on file formats
                    speech.append(activity.update(block))
        speech.append(activity.finish())
        result = meters[0].result(np.concatenate(speech))
        json.dumps([result.level_dbfs, result.bandwidth_hz, result.dc, result.clipped], allow_nan=False)
        return "decoded", ""
    except BadInput as bad:
        line = str(bad)
        if "\n" in line or not line.startswith(str(path)) or len(line) > 1000:
            return "traceback", f"not one line that names the file: {line!r}"
        return "refused", bad.reason
    except Exception:
        return "traceback", traceback.format_exc()


def work(pipe: multiprocessing.connection.Connection, seed: int, folder: str) -> None:
    """Take numbers from the pipe, give outcomes; what the decoders print counts, too."""
    flush = ctypes.CDLL(None).fflush  # C's own buffers
    pool = sources()
    path = Path(folder) / f"{os.getpid()}.bin"
    printed = os.open(Path(folder) / f"{os.getpid()}.err", os.O_RDWR | os.O_CREAT)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    while (number := pipe.recv()) is not None:
        data, name, done = mutate(pool, seed, number)
        path.write_bytes(data)
        began = time.monotonic()
        outcome, reason = examine(path)
        seconds = time.monotonic() - began
        flush(None)
        chatter = os.pread(printed, 2000, 0)
        os.ftruncate(printed, 0)
        os.lseek(printed, 0, os.SEEK_SET)
        pipe.send((outcome, reason, name, done, seconds, chatter))


class Worker:
    """A process that examines files, and is replaced when it hangs or dies."""

    def __init__(self, seed: int, folder: str) -> None:
        self.pipe, far = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=work, args=(far, seed, folder))
        self.process.start()
        far.close()
        self.number = -1
        self.since = 0.0

    def give(self, number: int) -> None:
        """Start on a file."""
        self.number, self.since = number, time.monotonic()
        self.pipe.send(number)

    def stop(self) -> int | None:
        """End the process; gives how it ended."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return self.process.exitcode


def run(files: int, seed: int, workers: int) -> dict[str, object]:
    """Examine all files; the summary."""
    outcomes: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[str] = collections.Counter()
    bad: list[dict[str, object]] = []
    slowest = 0.0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        crew = [Worker(seed, folder) for _ in range(workers)]
        following = iter(range(files))
        for worker in crew:
            worker.give(next(following))
        left = files
        while left:
            multiprocessing.connection.wait([worker.pipe for worker in crew if worker.number >= 0], 1.0)
            for index, worker in enumerate(crew):
                if worker.number < 0:
                    continue
                outcome, reason, name, done, chatter = "", "", "", [], b""
                if worker.pipe.poll():
                    try:
                        outcome, reason, name, done, seconds, chatter = worker.pipe.recv()
                        slowest = max(slowest, seconds)
                    except EOFError:
                        outcome, reason = "crash", f"process ended with {worker.stop()}"
                elif time.monotonic() - worker.since > LIMIT_SECONDS:
                    worker.stop()
                    outcome, reason = "hang", f"no answer in {LIMIT_SECONDS:g} s"
                if not outcome:
                    continue
                left -= 1
                outcomes[outcome] += 1
                if outcome == "refused":
                    reasons["".join("#" if c.isdigit() else c for c in reason)[:90]] += 1
                if chatter:
                    outcomes["printed by a decoder"] += 1
                if outcome not in ("decoded", "refused") or chatter:
                    bad.append({"number": worker.number, "outcome": outcome, "reason": reason, "source": name,
                                "mutations": done, "printed": chatter.decode(errors="replace")})  # fmt: skip
                if outcome in ("crash", "hang"):
                    crew[index] = worker = Worker(seed, folder)
                worker.number = -1
                if (number := next(following, None)) is not None:
                    worker.give(number)
                if (files - left) % 1000 == 0:
                    print(f"{files - left} of {files}: {dict(outcomes)}", file=sys.stderr)
        for worker in crew:
            worker.stop()
    return {
        "schema": "earwitness.fuzz/1",
        "files": files,
        "seed": seed,
        "sources": sorted(sources()),
        "time_limit_seconds": LIMIT_SECONDS,
        "outcomes": dict(sorted(outcomes.items())),
        "unwanted": bad,
        "reasons": dict(reasons.most_common()),
        "slowest_seconds": round(slowest, 3),
        "seconds": round(time.monotonic() - began, 1),
        "versions": {"python": platform.python_version(), "soundfile": soundfile.__version__,
                     "libsndfile": soundfile.__libsndfile_version__},
    }  # fmt: skip


def main() -> int:
    """Run the command; 0 when nothing unwanted happened."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=HERE / "benchmarks" / "results" / "fuzz.json")
    parser.add_argument("--only", type=int, help="examine this one mutation, in this process")
    parser.add_argument("--keep", type=Path, help="folder for the file of --only")
    chosen = parser.parse_args()
    if chosen.only is not None:
        data, name, done = mutate(sources(), chosen.seed, chosen.only)
        with tempfile.TemporaryDirectory() as folder:
            path = (chosen.keep or Path(folder)) / f"{chosen.only}.bin"
            path.write_bytes(data)
            print(name, done, *examine(path))
        return 0
    summary = run(chosen.files, chosen.seed, chosen.workers)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    partial = chosen.out.with_suffix(".partial")
    partial.write_text(json.dumps(summary, indent=2) + "\n")
    partial.replace(chosen.out)
    print(json.dumps(summary["outcomes"]))
    return 1 if summary["unwanted"] else 0


if __name__ == "__main__":
    sys.exit(main())
