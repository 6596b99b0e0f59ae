"""PNG from an array, with nothing but zlib: the same array always gives the same bytes."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, payload: bytes) -> bytes:
    check = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", check)


def ink(levels: NDArray[np.uint8], *, steps: int = 32) -> bytes:
    r"""Write an image in one ink on nothing: the stronger the value, the more ink.

    Paper stays transparent, so that the picture takes the colour of the page it lies on.

    Args:
        levels: strength of every pixel, `(rows, columns)`, first row at the top.
        steps: how many strengths are told apart, 2 to 256; fewer make a smaller file.

    Returns:
        The bytes of a palette PNG with transparency.

    Raises:
        ValueError: if `levels` is not a picture with at least one pixel.

    Reference:
        W3C, Portable Network Graphics (PNG) Specification, Third Edition, sections 5 and 11.

    Example:
        >>> ink(np.zeros((2, 3), np.uint8))[:8]
        b'\x89PNG\r\n\x1a\n'
    """
    if levels.ndim != 2 or not levels.size:
        raise ValueError(f"a picture is (rows, columns), got {levels.shape}")
    rows, columns = levels.shape
    index = (levels.astype(np.uint32) * steps // 256).astype(np.uint8)
    scanlines = np.concatenate([np.zeros((rows, 1), np.uint8), index], axis=1)  # filter 0 on every line
    header = struct.pack(">IIBBBBB", columns, rows, 8, 3, 0, 0, 0)
    opacity = bytes(round(255 * step / (steps - 1)) for step in range(steps))
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(3 * steps)),
            _chunk(b"tRNS", opacity),
            _chunk(b"IDAT", zlib.compress(scanlines.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )
