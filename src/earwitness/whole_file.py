"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from earwitness.errors import BadInput


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Args:
        path: of the file; its folder must exist.
        content: its bytes.

    Raises:
        BadInput: when it cannot be written; nothing half-written is left.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BadInput(f"cannot be written: {error.strerror}", where=str(path)) from error
