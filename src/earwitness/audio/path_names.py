"""A file's name in words: any bytes can be shown, on one line, and nothing is lost."""

from __future__ import annotations

import os

FileName = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def written(path: FileName) -> str:
    r"""The path as text; bytes that are not UTF-8 are written as `\xNN`.

    Args:
        path: any path the operating system can hold.

    Returns:
        Text that can be encoded as UTF-8. Line ends are kept.

    Example:
        >>> written(b"call\xff.wav")
        'call\\xff.wav'
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def one_line(path: FileName) -> str:
    r"""The path as text on one line: control characters are written as escapes, too.

    Args:
        path: any path the operating system can hold.

    Returns:
        Printable text without line ends.

    Example:
        >>> one_line("two\nlines.wav")
        'two\\nlines.wav'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in written(path)
    )
