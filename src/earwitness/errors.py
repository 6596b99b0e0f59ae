"""The two ways in which a user's request is refused, each in one line."""

from __future__ import annotations

import importlib
from types import ModuleType


class BadInput(Exception):  # noqa: N818 - it is the user's input that is bad, not the program
    """What was given cannot be used; the message says what is wrong, where, and what to do.

    The command line prints the message as one line and ends with exit code 2.

    Args:
        reason: what is wrong, without the place.
        where: the file, field or option it is about, or `None`.

    Example:
        >>> str(BadInput("holds no samples", where="call.wav"))
        'call.wav: holds no samples'
    """

    def __init__(self, reason: str, *, where: str | None = None) -> None:
        self.reason = reason
        self.where = where
        super().__init__(f"{where}: {reason}" if where else reason)


class MissingExtra(BadInput):
    """An optional part of earwitness is not installed."""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra brings it.

    Args:
        module: dotted name of the module to import.
        extra: the extra of earwitness that installs it.

    Returns:
        The imported module.

    Raises:
        MissingExtra: when the module is not installed.

    Example:
        >>> require("json", "train").__name__
        'json'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise MissingExtra(f"needs {missing}; install it with: pip install 'earwitness[{extra}]'") from error
