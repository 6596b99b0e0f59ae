from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earwitness.corpora.key_file import WHITE, column_count, read_key, read_text, relabel
from earwitness.errors import BadInput


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("key") / "key.txt"


def plainly(text: str, width: int, separator: str | None) -> list[tuple[str, ...]] | str:
    """What a plain reader makes of it: rows, or the line that it stumbles over."""
    rows = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line.strip():
            rows.append(tuple(line.split(separator)))
            if len(rows[-1]) != width:
                return f"line {number} has {len(rows[-1])} columns, not {width}"
    return rows or "has no rows"


CELLS = st.text(st.sampled_from("ab-é" + WHITE), max_size=5)
LINES = st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    separator=st.sampled_from([None, ",", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    width=st.integers(1, 3),
)
def test_it_reads_as_a_plain_reader_does(
    file: Path, lines: list[list[str]], separator: str | None, end: str, encoding: str, width: int
) -> None:
    text = end.join((separator or " ").join(cells) for cells in lines)
    file.write_bytes(text.encode(encoding))
    expected = plainly(text, width, separator)
    columns = [f"c{at}" for at in range(width)]
    if isinstance(expected, str):
        with pytest.raises(BadInput, match=expected):
            read_key(file, columns, separator=separator)
    else:
        assert read_key(file, columns, separator=separator).rows() == expected


def test_the_header_is_passed_over(file: Path) -> None:
    file.write_text("\nname label\n\na spoof\n")
    assert read_key(file, ("name", "label"), header=True).rows() == [("a", "spoof")]
    assert column_count(file) == 2
    file.write_text("name label\n")
    with pytest.raises(BadInput, match="has no rows"):
        read_key(file, ("name", "label"), header=True)


def test_what_is_no_text_is_refused(file: Path) -> None:
    for content, told in (
        (b"\xff\xfea", "is not utf-16 text"),
        (b"a\xff", r"is not utf-8 text \(byte 1\)"),
        (b"a\0b", "byte-order mark"),
    ):
        file.write_bytes(content)
        with pytest.raises(BadInput, match=told):
            read_text(file)
    with pytest.raises(BadInput, match="cannot be read"):
        read_text(file.parent)
    file.write_text("\n")
    with pytest.raises(BadInput, match="has no rows"):
        column_count(file)


def test_another_polarity_is_refused(file: Path) -> None:
    key = pl.DataFrame({"label": ["bonafide", "0"]})
    with pytest.raises(BadInput, match="has the label '0'; known are bonafide, spoof"):
        relabel(key, "label", {"bonafide": "bona fide", "spoof": "spoof"}, file)
