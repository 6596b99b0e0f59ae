"""Miniatures of public corpora: exact layouts and names, a tenth of a second of noise in each file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

sys.path.insert(0, str(Path(__file__).parent))  # `miniature` and `miniatures`, importable by name


@pytest.fixture
def clip(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a small sound file below the test's folder, in the format of its ending."""
    rng = np.random.default_rng(0)

    def write(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.standard_normal(1600) * 0.01, 16_000)
        return path

    return write
