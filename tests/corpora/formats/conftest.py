"""Clips for data of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def clips(tmp_path: Path) -> Callable[..., Path]:
    """Writes clips of a second each below the test's folder, and gives the folder."""

    def write(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, np.full(16_000, 0.01), 16_000)
        return tmp_path

    return write
