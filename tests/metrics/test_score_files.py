"""Score files: every layout read and written, every bad one refused with line and column."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from earwitness.errors import BadInput
from earwitness.metrics.score_files import matched, read_key, read_scores, write_scores

ROWS = pl.DataFrame(
    {
        "id": ["LA_E_1", "LA_E_2", "LA_E_3"],
        "score": [0.1, -2.5e-7, 3.0],
        "attack": ["A07", "-", "A19"],
        "label": ["spoof", "bona fide", "spoof"],
    }
)
PAIRS = pl.DataFrame(
    {
        "id": ["s1 a.wav", "s1 b.wav", "s2 a.wav"],
        "score": [1.5, float("inf"), -1.0],
        "cm_score": [1.0, None, 2.0],
        "asv_score": [0.5, None, -3.0],
    }
)


def file(tmp_path: Path, text: str | bytes, name: str = "file.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("rows", "layout", "read_as"),
    [
        (ROWS, "two-column", "two columns"),
        (ROWS, "asvspoof2021", "two columns"),
        (ROWS, "asvspoof2019", "ASVspoof 2019"),
        (ROWS, "asvspoof5-track1", "columns with a header"),
        (PAIRS, "asvspoof5-track2", "ASVspoof 5 track 2, header"),
        (PAIRS, "voxceleb", "VoxCeleb trials"),
        (ROWS, "parquet", "Parquet"),
    ],
)
def test_written_is_read(tmp_path: Path, rows: pl.DataFrame, layout: str, read_as: str) -> None:
    path = write_scores(rows, tmp_path / ("s.parquet" if layout == "parquet" else "s.txt"), layout)
    found = read_scores(path)
    assert found.layout == read_as
    assert found.rows["id"].to_list() == rows["id"].to_list()
    assert found.rows["score"].to_list() == rows["score"].to_list()
    if layout == "asvspoof5-track2":
        assert found.rows["cm_score"].to_list() == [1.0, None, 2.0]
        assert found.rows["asv_score"].to_list() == [0.5, None, -3.0]
    assert [part.name for part in tmp_path.iterdir()] == [path.name]


def test_a_writer_never_appends(tmp_path: Path) -> None:
    path = write_scores(ROWS, tmp_path / "s.txt", "two-column")
    with pytest.raises(BadInput, match="never appended"):
        write_scores(ROWS, path, "two-column")
    write_scores(ROWS.head(1), path, "two-column", replace=True)
    assert path.read_text() == "LA_E_1 0.1\n"
    for rows, message in (
        (pl.concat([ROWS, ROWS]), "more than once"),
        (ROWS.with_columns(score=float("nan")), "NaN"),
        (ROWS.drop("attack"), "needs the column"),
    ):
        with pytest.raises(BadInput, match=message):
            write_scores(rows, tmp_path / "other.txt", "asvspoof2019")
    assert not (tmp_path / "other.txt").exists()


@pytest.mark.parametrize(
    ("text", "layout", "columns"),
    [
        ("a bonafide\nb spoof\n", "two columns", {}),
        ("S1 a - - bonafide\nS2 b - A07 spoof\n", "ASVspoof 2019", {"attack": ["-", "A07"]}),
        (
            "S1 a alaw ita_tx bonafide bonafide notrim eval\nS2 b gsm loc_tx A07 spoof notrim eval\n",
            "ASVspoof 2021 LA",
            {"codec": ["alaw", "gsm"], "transmission": ["ita_tx", "loc_tx"], "attack": ["bonafide", "A07"]},
        ),
        (
            "S1 a nocodec asvspoof - bonafide notrim eval - - - - -\n"
            "S2 b low_mp3 vcc2020 T10 spoof notrim eval neural_vocoder_autoregressive - - - E-F\n"
            "S2 c low_mp3 vcc2020 T10 spoof notrim progress - - - - -\n",
            "ASVspoof 2021 DF",
            {"source": ["asvspoof", "vcc2020"], "codec": ["nocodec", "low_mp3"]},
        ),
        (
            "T1 a F - - - - bonafide bonafide -\nT1 b M C03 2 - AC3 A05 spoof -\n",
            "ASVspoof 5 track 1",
            {"gender": ["F", "M"], "attack": ["bonafide", "A05"]},
        ),
        ("filename\tcm-label\na\tbonafide\nb\tspoof\n", "columns with a header", {}),
        ("file,speaker,label\na,Alec,bona-fide\nb,Bernie,spoof\n", "columns with a header", {}),
        ("kising s1 a - - bonafide\nkising s1 b - A09 deepfake\n", "CtrSVDD", {"attack": ["-", "A09"]}),
    ],
)
def test_keys(tmp_path: Path, text: str, layout: str, columns: dict[str, list[str]]) -> None:
    found = read_key(file(tmp_path, text))
    assert found.layout == layout
    assert found.rows["id"].to_list() == ["a", "b"]
    assert found.rows["label"].to_list() == ["bona fide", "spoof"]
    for name, values in columns.items():
        assert found.rows[name].to_list() == values


def test_keys_of_pairs(tmp_path: Path) -> None:
    for text in ("1 a b\n0 a c\n", "a b target\na c nontarget\n"):
        found = read_key(file(tmp_path, text))
        assert found.rows["id"].to_list() == ["a b", "a c"]
        assert found.rows["label"].to_list() == ["target", "nontarget"]
    text = (
        "spk\tfilename\tcm-label\tasv-label\ns a bonafide target\ns b bonafide nontarget\ns c spoof spoof\n"
    )
    found = read_key(file(tmp_path, text.replace(" ", "\t")))
    assert found.rows["id"].to_list() == ["s a", "s b", "s c"]
    assert found.rows["label"].to_list() == ["target", "nontarget", "spoof"]


def test_phases(tmp_path: Path) -> None:
    line = "S1 {} alaw ita_tx - bonafide notrim {}\n"
    path = file(tmp_path, line.format("a", "eval") + line.format("b", "progress"))
    assert read_key(path).rows["id"].to_list() == ["a"]
    assert read_key(path, phase="progress").rows["id"].to_list() == ["b"]
    assert len(read_key(path, phase=None).rows) == 2
    with pytest.raises(BadInput, match="it has eval, progress"):
        read_key(path, phase="hidden")


def test_columns_are_recognised_however_they_are_spaced(tmp_path: Path) -> None:
    for text in ("a 1\nb 2", "\n\na  1 \r\n b 2\r\n\n", "a\t1\nb\t2\n", "\ufeffa 1\nb 2\n", "a,1\nb,2\n"):
        assert read_scores(file(tmp_path, text)).rows["score"].to_list() == [1, 2]
    assert read_scores(file(tmp_path, "1.5 a b\n2 c d\n")).rows["id"].to_list() == ["a b", "c d"]
    assert read_scores(file(tmp_path, "a b 1.5 target\nc d 2 nontarget\n")).rows["score"].to_list() == [
        1.5,
        2,
    ]
    assert read_scores(file(tmp_path, "a inf\nb -Infinity\n")).rows["score"].to_list() == [
        float("inf"),
        float("-inf"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a 1\nb\n", "line 2, column 2: 1 fields where the first line has 2 .is the file cut off"),
        (b"\na 1\nb 2 3\n", "line 3, column 3: 3 fields where the first line has 2"),
        (b"a 1\n\nb 2\n", "line 2, column 1: 0 fields"),
        (b"a,1\nb,\n", "line 2, column 2: is empty"),
        (b"a 1\nb \x00\x01\n", "line 2, column 3: byte 0x00 is no text"),
        (b"a 1\nb\xff 2\n", "line 2, column 2: byte 0xff is no text"),
        (b"PAR1\x15\x04", "line 1, column 5: byte 0x15 is no text"),
        (b"a 1\nb nan\n", "line 2, column 2: the score is NaN"),
        (b"a 1\nb high\n", "line 2, column 2: 'high' is no number"),
        (b"filename\tcm-score\na\t1\nb\tx\n", "line 3, column 2: 'x' is no number"),
        (b"a 1\nb 2\na 3\n", "names 1 trials more than once: a; was it appended to"),
        (b"a b c d e\n", "5 columns and no header"),
    ],
)
def test_bad_score_files(tmp_path: Path, text: bytes, message: str) -> None:
    path = file(tmp_path, text)
    with pytest.raises(BadInput, match=message) as refusal:
        read_scores(path)
    assert refusal.value.where == str(path)
    assert "\n" not in str(refusal.value)


def test_a_long_file_names_the_line_too(tmp_path: Path) -> None:
    lines = [f"utt{at} {at}.5" for at in range(5000)]
    assert len(read_scores(file(tmp_path, "\n".join(lines))).rows) == 5000
    lines[4321] = "utt4321"
    with pytest.raises(BadInput, match="line 4322, column 2"):
        read_scores(file(tmp_path, "\n".join(lines)))


def test_bad_keys_and_parquet(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="more than once"):
        read_key(file(tmp_path, "a bonafide\na spoof\n"))
    with pytest.raises(BadInput, match="no key layout is known"):
        read_key(file(tmp_path, "a b c d e f g\n"))
    with pytest.raises(BadInput, match="cannot be read"):
        read_key(tmp_path / "none.txt")
    with pytest.raises(BadInput, match="cannot be read"):
        read_scores(file(tmp_path, "no parquet", "x.parquet"))
    pl.DataFrame({"id": ["a"], "other": [1]}).write_parquet(tmp_path / "y.parquet")
    with pytest.raises(BadInput, match="no columns id and score; it has id, other"):
        read_scores(tmp_path / "y.parquet")
    for rows, message in (
        ({"id": ["a", None], "label": ["spoof", "spoof"]}, "row 2 has no id"),
        ({"id": ["a", "b"], "label": ["spoof", None]}, "no label for 1 trials: b"),
        ({"id": [], "label": []}, "is empty"),
    ):
        pl.DataFrame(rows, schema={"id": pl.String, "label": pl.String}).write_parquet(tmp_path / "k.parquet")
        with pytest.raises(BadInput, match=message):
            read_key(tmp_path / "k.parquet")
    pl.DataFrame({"id": ["a"], "score": [float("nan")]}).write_parquet(tmp_path / "z.parquet")
    with pytest.raises(BadInput, match="score of a is NaN"):
        read_scores(tmp_path / "z.parquet")


def test_missing_and_extra_trials_are_named() -> None:
    scores = pl.DataFrame({"id": list("abcde"), "score": [1.0] * 5})
    key = pl.DataFrame({"id": list("abxyzw"), "label": ["spoof"] * 6})
    with pytest.raises(BadInput, match=r"no score for 4 of 6 trials: x, y, z \.\.\."):
        matched(scores, key, where="s")
    with pytest.raises(BadInput, match="scores 3 trials that the key does not have: c, d, e"):
        matched(scores, key.head(2), where="s")
    assert len(matched(scores, key.head(2), where="s", subset=True)) == 2


def test_scores_of_classes_are_written_as_a_table_only(tmp_path: Path) -> None:
    rows = pl.DataFrame({"id": ["a"], "score:x": [0.25], "score:y": [0.75]})
    path = write_scores(rows, tmp_path / "s.parquet", "parquet")
    assert pl.read_parquet(path).equals(rows)
    with pytest.raises(BadInput, match="one for each class"):
        write_scores(rows, tmp_path / "s.txt", "two-column")
    with pytest.raises(BadInput, match="NaN"):
        write_scores(
            rows.with_columns(pl.lit(float("nan")).alias("score:y")), tmp_path / "t.parquet", "parquet"
        )
    with pytest.raises(BadInput, match="it has none"):
        write_scores(rows.select("id"), tmp_path / "t.parquet", "parquet")
