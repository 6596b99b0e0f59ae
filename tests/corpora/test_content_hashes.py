from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from earwitness.corpora.content_hashes import content_hashes
from earwitness.errors import BadInput


def test_only_files_of_equal_size_are_read(tmp_path: Path) -> None:
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two"), ("d", b"longer")):
        (tmp_path / name).write_bytes(content)
    table = pl.DataFrame({"path": list("abcdaa"), "start": [0.0, 0.0, 0.0, 0.0, 0.0, 1.0]}).with_columns(
        end=pl.Series([None, None, None, None, 1.0, None], dtype=pl.Float64)
    )
    told: list[tuple[int, int]] = []
    found = content_hashes(table, tmp_path, lambda done, of: told.append((done, of))).to_list()
    assert told[-1] == (3, 3)
    assert found[0] == found[1] != found[2]
    assert found[3] == ""
    assert found[4] == f"{found[0]}@0.0-1.0"
    assert found[5] == f"{found[0]}@1.0-"
    (tmp_path / "c").unlink()
    with pytest.raises(BadInput, match="c: is missing"):
        content_hashes(table, tmp_path)
