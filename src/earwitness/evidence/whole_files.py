"""Write files whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from earwitness.audio.path_names import one_line
from earwitness.errors import BadInput


def refusal(error: OSError, path: str | os.PathLike[str]) -> BadInput:
    """One line for a failed write: what happened and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "the disk is full; what was finished is kept, so free some space and run the same again"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        reason = "no permission to write there; name another folder with --out"
    else:
        reason = f"cannot be written: {(error.strerror or str(error)).lower()}"
    return BadInput(reason, where=one_line(path))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let something write to a temporary name beside a file, then put it in the file's place.

    Args:
        path: of the file; what it held stays until the new content is complete.
        write: writes to the path that it is given.

    Raises:
        BadInput: when it cannot be written; then nothing half-written is left.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
        write(Path(temporary))
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        os.replace(temporary, path)  # noqa: PTH105 - the same as Path.replace, by the name people look for
        temporary = ""
    except OSError as error:
        raise refusal(error, path) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def writable_folder(folder: Path) -> Path:
    """Make a folder, and prove that files can be written in it.

    Args:
        folder: may exist.

    Raises:
        BadInput: when it is something else, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"earwitness")
            trial.flush()
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput("is not a folder", where=one_line(folder)) from error
    except OSError as error:
        raise refusal(error, folder) from error
    return folder
