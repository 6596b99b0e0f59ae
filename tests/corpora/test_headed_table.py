"""Tables with a first line of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from earwitness.corpora.headed_table import numbers, read_headed
from earwitness.errors import BadInput

TEXT = 'id,"said, by whom",age\n1," a ""b"" ",20\n\n2,c,\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(TEXT.replace("\n", end).encode(encoding))
    table = read_headed(path, ("id",))
    assert table.rows() == [("1", 'a "b"', "20"), ("2", "c", "")]
    assert numbers(table, "age", path).to_list() == [20.0, None]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_separators(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a{separator}b\n1{separator}2\n")
    assert read_headed(path).to_dicts() == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n", "has no rows"),
        ("", "has no rows"),
        ("a,b\n1\n", "line 2 has 1 cells, not 2"),
        ("a,a\n1,2\n", "names a column twice"),
        ('a,b\n1,"2\n', "line 2 cannot be read: unexpected end of data"),
        ("b,c\n1,2\n", "has no column 'a'; its first line names: b, c"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=told):
        read_headed(path, ("a",))


@pytest.mark.parametrize("cell", ["x", "nan", "inf", "1,5"])
def test_numbers_are_numbers(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a\tb\n{cell}\t2\n")
    with pytest.raises(BadInput, match=f"column 'a' holds '{cell}', not a number"):
        numbers(read_headed(path, separator="\t"), "a", path)
