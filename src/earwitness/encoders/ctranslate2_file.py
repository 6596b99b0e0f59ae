"""Read the arrays of a CTranslate2 model file without CTranslate2.

CTranslate2's own `encode` returns the last layer only; the file holds the weights of all.
"""

from __future__ import annotations

import struct

import numpy as np

from earwitness.errors import BadInput

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def read(content: bytes, *, prefix: str = "") -> dict[str, np.ndarray]:
    """All variables of a CTranslate2 `model.bin` whose name starts with a prefix.

    The file is little-endian: uint32 version, string specification, uint32 revision, uint32
    count; per variable a string name, uint8 rank, uint32 dimensions, uint8 type, uint32 size in
    bytes and the data; then uint32 count of aliases, each two strings. A string is a uint16
    length that includes the final NUL, and its bytes.

    Args:
        content: bytes of the file.
        prefix: which variables to keep, for instance `"encoder/"`.

    Returns:
        Name (with the prefix) -> read-only array on the given bytes; aliases are resolved.

    Raises:
        BadInput: when the bytes end too early or hold an unknown type.

    Example:
        >>> name, value = b"a" + bytes(1), np.float32([1.5]).tobytes()
        >>> head = struct.pack("<IH2sII", 6, 2, b"S" + bytes(1), 1, 1)
        >>> entry = struct.pack("<H2sBIBI", 2, name, 1, 1, 0, 4) + value
        >>> read(head + entry + struct.pack("<I", 0))["a"].tolist()
        [1.5]
    """
    arrays = {}
    try:
        at = 4
        _, at = _string(content, at)
        _, count = struct.unpack_from("<II", content, at)
        at += 8
        for _ in range(count):
            name, at = _string(content, at)
            rank = content[at]
            shape = struct.unpack_from(f"<{rank}I", content, at + 1)
            at += 1 + 4 * rank
            kind, size = struct.unpack_from("<BI", content, at)
            at += 5
            if at + size > len(content):
                raise BadInput(f"the model file ends within {name}; get it again")
            if kind not in _TYPES:
                raise BadInput(f"the model file holds an unknown type {kind} in {name}")
            if name.startswith(prefix):
                width = np.dtype(_TYPES[kind]).itemsize
                arrays[name] = np.frombuffer(content, _TYPES[kind], size // width, at).reshape(shape)
            at += size
        (count,) = struct.unpack_from("<I", content, at)
        at += 4
        for _ in range(count):
            alias, at = _string(content, at)
            name, at = _string(content, at)
            if alias.startswith(prefix) and name in arrays:
                arrays[alias] = arrays[name]
    except (struct.error, IndexError, ValueError) as error:
        raise BadInput("not a whole CTranslate2 model file; get it again") from error
    return arrays


def _string(content: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<H", content, at)
    return content[at + 2 : at + 1 + length].decode(), at + 2 + length
