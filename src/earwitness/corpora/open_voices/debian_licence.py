"""The licence of a single file, from the machine-readable copyright file of its Debian package."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

_NAMES = {
    "GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3": "GPL-3.0-only",
    "GPL-3+": "GPL-3.0-or-later", "LGPL-3": "LGPL-3.0-only",
}  # fmt: skip
_SAME = re.compile(r"CC-BY(-SA)?-\d\.\d|CC0-1\.0")
"""Debian's short names that are SPDX identifiers, too."""

Rules = list[tuple[str, str]]


def licence_rules(path: Path) -> Rules:
    """Pattern and licence of every paragraph, in order; empty when there is no such file.

    Args:
        path: of a copyright file in Debian's machine-readable format 1.0 (DEP-5).
    """
    if not path.is_file():
        return []
    rules: Rules = []
    for paragraph in path.read_text(encoding="utf-8", errors="replace").split("\n\n"):
        fields: dict[str, str] = {}
        last = ""
        for line in paragraph.splitlines():
            if line[:1] in (" ", "\t"):
                fields[last] = f"{fields.get(last, '')} {line.strip()}"
            elif ":" in line:
                last, _, value = line.partition(":")
                fields[last] = value.strip()
        # The text of a licence follows its name on further lines.
        name = next((line for line in paragraph.splitlines() if line.startswith("License:")), "License:")
        short = name.partition(":")[2].strip()
        rules += [(pattern, short) for pattern in fields.get("Files", "").split()]
    return rules


def licence_of(name: str, rules: Rules, default: str) -> str:
    """SPDX identifier of a file's licence: the last pattern that matches counts.

    Args:
        name: path of the file in the source package.
        rules: from `licence_rules`.
        default: where nothing matches.

    Returns:
        An identifier; `LicenseRef-` and Debian's name where SPDX has none.

    Example:
        >>> licence_of("a/win.wav", [("*", "GPL-3+"), ("a/*.wav", "CC-BY-3.0")], "NOASSERTION")
        'CC-BY-3.0'
    """
    found = [short for pattern, short in rules if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        return default
    last = found[-1]
    return last if _SAME.fullmatch(last) else _NAMES.get(last, "LicenseRef-" + "-".join(last.split()))
