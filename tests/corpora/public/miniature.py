"""The frame of the miniatures: one small copy of each public corpus, broken in every usual way.

A corpus joins by a file `miniatures/<anything>.py` with

    from miniature import Miniature

    MINIATURES = (Miniature(corpus="ravdess", files=("Actor_12/03-01-06-01-02-01-12.wav", ...), ...),)

and `test_miniatures.py` then builds it and scans it: whole, without a file, with a strange one, with a
file of no bytes, with links in a circle, with keys from other systems, with keys that lie, and so on.
What the rows must hold is for a test of the corpus' own; it can build the same copy by `build(root)`.
"""

from __future__ import annotations

import functools
import importlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from earwitness.audio.resample import resample

EXAMPLE = Path(__file__).parents[3] / "examples" / "human-english.wav"
FORMATS = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".mp3": "MP3", ".aiff": "AIFF"}


@dataclass(frozen=True)
class Miniature:
    """A small copy of a public corpus in its exact layout.

    Args:
        corpus: key of the catalogue.
        files: its sound files; the first is the one that is taken away, emptied and so on. It should
            be one whose loss leaves the rest to be a corpus.
        stranger: a sound file that belongs to no row: in no key, or with a name of no rule.
        keys: key and protocol files -> their text; each must be needed for the copy to be whole.
        others: further files -> their bytes (labels in `.npy`, tables that may be missing).
        rows: of a scan; one for each file when `None`.
        lost: rows that go with the first file.
        double: where a second copy of the first file is refused; "" where a path makes the row, or a
            second place is passed over.
        named: `(key, text)`: how that key names the first file, to be turned into paths that lead
            out of the corpus; `None` without keys.
        words: `(bona fide, spoof)` as the keys say it, with what makes them unmistakable around them
            (" bonafide\n"); `None` where labels come from elsewhere. The copy then has another number of
            bona fide rows than of spoofs.
        listed: whether a key names the first file; when `None`, as `named` says.
        lines: whether keys are tables of one row a line, with one key at least whose last line can be cut
            and doubled.
        options: of the scan.
    """

    corpus: str
    files: tuple[str, ...]
    stranger: str
    keys: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, bytes] = field(default_factory=dict)
    rows: int | None = None
    lost: int = 1
    double: str = ""
    named: tuple[str, str] | None = None
    words: tuple[str, str] | None = None
    listed: bool | None = None
    lines: bool = True
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return len(self.files) if self.rows is None else self.rows

    def build(self, root: Path) -> Path:
        """Write the copy below a folder."""
        for name in self.files:
            write(root / name, sound(Path(name).suffix))
        for name, content in self.others.items():
            write(root / name, content)
        for name, text in self.keys.items():
            write(root / name, text.encode())
        return root

    def rewrite(self, root: Path, change: Callable[[str], str]) -> None:
        """Write the keys anew, each changed."""
        for name, text in self.keys.items():
            write(root / name, change(text).encode())


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@functools.cache
def sound(ending: str) -> bytes:
    """A tenth of a second of real speech in the format of an ending; bytes of no meaning for other endings.

    It is cut from a clip of open-voices (asterisk-en, `examples/human-english.wav`).
    """
    if ending.lower() not in FORMATS:
        return b"x"
    speech, rate = soundfile.read(EXAMPLE, dtype="float32")
    speech = resample(speech, rate, 16_000)
    middle = int(np.abs(speech).argmax())
    buffer = io.BytesIO()
    soundfile.write(buffer, speech[middle - 800 : middle + 800], 16_000, format=FORMATS[ending.lower()])
    return buffer.getvalue()


def every() -> list[Miniature]:
    """The miniatures of all files in the folder `miniatures`, in order of their names."""
    names = sorted(path.stem for path in (Path(__file__).parent / "miniatures").glob("[a-z]*.py"))
    return [mini for name in names for mini in importlib.import_module(f"miniatures.{name}").MINIATURES]


def of(corpus: str) -> Miniature:
    """The first miniature of a corpus."""
    return next(mini for mini in every() if mini.corpus == corpus)
