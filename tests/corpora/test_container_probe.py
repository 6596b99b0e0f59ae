from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.corpora.container_probe import container_properties
from earwitness.errors import BadInput


def test_headers_are_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
    soundfile.write(tmp_path / "b.flac", np.zeros((11_264, 2)), 22_050)
    soundfile.write(tmp_path / "c.wav", np.zeros(1_234), 16_000)
    ticks: list[int] = []
    table = pl.DataFrame({"path": ["a.wav", "b.flac", "c.wav", "a.wav"]})
    values, names = container_properties(table, tmp_path, lambda: ticks.append(1))
    rows = [dict(zip(names, row, strict=True)) for row in values]
    assert len(ticks) == 3
    assert rows[3] == rows[0]
    assert [row["rate"] for row in rows[:3]] == [16.0, 22.05, 16.0]
    assert [row["channels"] for row in rows[:3]] == [1.0, 2.0, 1.0]
    assert [row["length in 1 s"] for row in rows[:3]] == [1.0, 0.0, 0.0]
    assert [row["length in 10 ms"] for row in rows[:3]] == [1.0, 0.0, 0.0]
    assert [row["length in 1024 samples"] for row in rows[:3]] == [0.0, 1.0, 0.0]
    assert [row["FLAC PCM_16"] for row in rows[:3]] == [0.0, 1.0, 0.0]
    assert np.isfinite(values).all()
    (tmp_path / "c.wav").write_bytes(b"RIFF")
    with pytest.raises(BadInput, match=r"c\.wav"):
        container_properties(table, tmp_path)
