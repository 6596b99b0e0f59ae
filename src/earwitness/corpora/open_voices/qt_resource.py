"""Files inside a Qt resource collection (`.rcc`), in which gcompris ships its sounds.

Reference: the layout that Qt's resource compiler `rcc --binary` writes, versions 1 to 3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from earwitness.errors import BadInput

_FOLDER, _ZLIB, _ZSTD = 0x02, 0x01, 0x04


def files(data: bytes, where: str = "resource") -> Iterator[tuple[str, bytes]]:
    """Path and content of every file.

    Args:
        data: "qres", then big-endian uint32 version and the offsets of the tree, of the contents and
            of the names. A node of the tree is the offset of its name (uint32), flags (uint16), then
            for a folder the number of children and of the first one (uint32 each), for a file country
            and language (uint16 each) and the offset of its content (uint32); from version 2 on a
            time of 8 bytes follows.
        where: what the collection is called in a refusal.

    Raises:
        BadInput: when it is no such collection, is cut short, or a content is compressed by Zstandard.
    """
    if data[:4] != b"qres" or len(data) < 20:
        raise BadInput("is not a Qt resource collection", where=where)
    version, tree, contents, names = struct.unpack(">4I", data[4:20])
    size = 22 if version >= 2 else 14

    def name(at: int) -> str:
        (length,) = struct.unpack(">H", data[names + at : names + at + 2])
        return data[names + at + 6 : names + at + 6 + 2 * length].decode("utf-16-be")

    def walk(node: int, above: str, depth: int) -> Iterator[tuple[str, bytes]]:
        entry = data[tree + node * size : tree + node * size + 14]
        called, flags = struct.unpack(">IH", entry[:6])
        path = f"{above}/{name(called)}" if node else ""
        if depth > 40:
            raise BadInput("holds folders within folders without end", where=where)
        if flags & _FOLDER:
            count, first = struct.unpack(">II", entry[6:14])
            for child in range(first, first + count):
                yield from walk(child, path, depth + 1)
            return
        start = contents + int.from_bytes(entry[10:14], "big")
        length = int.from_bytes(data[start : start + 4], "big")
        content = data[start + 4 : start + 4 + length]
        if not node or len(content) < length:
            raise BadInput("is damaged: cut short, or no tree of files", where=where)
        if flags & _ZSTD:
            raise BadInput(f"{path} is compressed by Zstandard, which is not read", where=where)
        yield path.lstrip("/"), zlib.decompress(content[4:]) if flags & _ZLIB else content

    try:
        yield from walk(0, "", 0)
    except (struct.error, zlib.error, UnicodeDecodeError) as error:
        raise BadInput(f"is damaged: {error}", where=where) from error
