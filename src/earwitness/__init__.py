"""earwitness: speech forensics and paralinguistics.

Importing this package loads neither torch nor onnxruntime; every public name is
fetched from its room at first use.

Example:
    >>> import earwitness
    >>> earwitness.__version__
    '0.1.0'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from earwitness.audio.decode import decode
    from earwitness.audio.recording import Recording
    from earwitness.evidence.analysis import analyze
    from earwitness.task import Target, Task

_HOMES = {
    "Recording": "earwitness.audio.recording",
    "Target": "earwitness.task",
    "Task": "earwitness.task",
    "analyze": "earwitness.evidence.analysis",
    "decode": "earwitness.audio.decode",
}

__all__ = ["Recording", "Target", "Task", "analyze", "decode"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'earwitness' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
