"""What has been found so far, line by line on disk, so that an interrupted analysis goes on."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np

from earwitness.audio.path_names import written
from earwitness.errors import BadInput
from earwitness.evidence.finding import RecordingFinding
from earwitness.evidence.picture import Picture
from earwitness.evidence.whole_files import refusal, write_whole


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    options: str
    finding: RecordingFinding


class Journal:
    """`findings.jsonl` in the output folder: one line a finished recording.

    A line counts for a file of the same bytes, analysed by the same model with the same options.
    A torn last line, from a kill or a full disk, is cut off.

    Args:
        folder: of the output, writable.
        options: hash of the model and of all options that change a finding.

    Raises:
        BadInput: when the file cannot be opened.
    """

    def __init__(self, folder: Path, options: str) -> None:
        self._path = folder / "findings.jsonl"
        self._options = options
        self._found: dict[str, RecordingFinding] = {}
        try:
            self._file = self._path.open("a+b")
            self._file.seek(0)
            end = 0
            for line in self._file:
                if not line.endswith(b"\n"):
                    break
                end += len(line)
                self._take(line)
            self._file.truncate(end)
            self._file.seek(end)
            self._end = end
        except OSError as error:
            raise refusal(error, self._path) from error

    def _take(self, line: bytes) -> None:
        try:
            entry = msgspec.json.decode(line, type=_Entry)
        except msgspec.DecodeError:  # of an earlier version; what it found will be found again
            return
        if entry.options == self._options:
            self._found[entry.finding.file_sha256] = entry.finding

    def find(self, path: str) -> RecordingFinding | None:
        """The finding of a file with these bytes, if it was made before, under the name it has now.

        Args:
            path: of the file; anything but a readable, regular file gives `None`.
        """
        if not self._found:
            return None
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a Path cannot hold any bytes
                return None
            with open(path, "rb") as file:  # noqa: PTH123
                found = self._found.get(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError:
            return None
        return None if found is None else msgspec.structs.replace(found, path=written(path))

    def add(self, finding: RecordingFinding) -> None:
        """Write one finding down.

        Raises:
            BadInput: when it cannot be written; the journal then ends with the finding before.
        """
        line = msgspec.json.encode(_Entry(self._options, finding)) + b"\n"
        try:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._cut()
            raise refusal(error, self._path) from error
        self._end += len(line)
        self._found[finding.file_sha256] = finding

    def _cut(self) -> None:
        """Forget what could not be written whole, also what the buffer still holds."""
        try:
            os.ftruncate(self._file.fileno(), self._end)
            self._file.close()
        except OSError:  # closing tries to write the buffer once more
            pass
        os.truncate(self._path, self._end)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


class Pictures(Mapping[str, Picture]):
    """Pictures of the recordings, on disk, so that thousands need no memory.

    Args:
        folder: for the pictures; made when the first one comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, Path] = {}

    def add(self, finding: RecordingFinding, picture: Picture) -> None:
        """Keep the picture of a recording.

        Raises:
            BadInput: when it cannot be written.
        """
        place = self._place(finding)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise refusal(error, self._folder) from error

        def write(temporary: Path) -> None:
            with temporary.open("wb") as file:
                np.savez_compressed(
                    file,
                    envelope=picture.envelope,
                    spectrogram=picture.spectrogram,
                    seconds=np.float64(picture.seconds),
                )

        write_whole(place, write)
        self._places[finding.path] = place

    def has(self, finding: RecordingFinding) -> bool:
        """Whether the picture was kept in an earlier run; it then counts as one of this."""
        place = self._place(finding)
        if place.is_file():
            self._places[finding.path] = place
        return finding.path in self._places

    def _place(self, finding: RecordingFinding) -> Path:
        return self._folder / f"{finding.file_sha256}.npz"

    def __getitem__(self, path: str) -> Picture:
        place = self._places[path]
        try:
            with np.load(place, allow_pickle=False) as kept:
                return Picture(kept["envelope"], kept["spectrogram"], float(kept["seconds"]))
        except (OSError, ValueError, KeyError) as error:
            raise BadInput("this picture is damaged; delete it and run again", where=str(place)) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
