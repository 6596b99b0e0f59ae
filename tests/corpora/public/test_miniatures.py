"""Every public corpus in its own layout, whole and then wrong in each of the ways that copies are wrong."""

from __future__ import annotations

import importlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest
from miniature import Miniature, every, sound, write

from earwitness.corpora.catalogue import CORPORA, card, scan
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_card import Expected
from earwitness.corpora.file_record import recorded_hashes
from earwitness.errors import BadInput

EVERY = every()
Scan = Callable[[], Corpus]


def each(*miniatures: Miniature) -> pytest.MarkDecorator:
    seen: dict[str, int] = {}
    names = []
    for mini in miniatures:
        seen[mini.corpus] = seen.get(mini.corpus, 0) + 1
        names.append(mini.corpus + (f"-{seen[mini.corpus]}" if seen[mini.corpus] > 1 else ""))
    return pytest.mark.parametrize("mini", miniatures, ids=names)


every_one = each(*EVERY)
with_keys = each(*(mini for mini in EVERY if mini.keys))
with_lines = each(*(mini for mini in EVERY if mini.keys and mini.lines))
with_words = each(*(mini for mini in EVERY if mini.words))
with_names = each(*(mini for mini in EVERY if mini.named))
with_doubles = each(*(mini for mini in EVERY if mini.double))


@pytest.fixture
def root(mini: Miniature, tmp_path: Path) -> Path:
    return mini.build(tmp_path / "copy")


@pytest.fixture
def scan_it(mini: Miniature, root: Path) -> Scan:
    return lambda: scan(mini.corpus, root, **mini.options)


def left_out(corpus: Corpus) -> int:
    report = corpus.report
    kinds = (report.unknown, report.missing, report.extra, report.empty, report.unreadable)
    return sum(noted.count for noted in kinds)


def test_every_corpus_has_a_card_and_a_miniature() -> None:
    assert {mini.corpus for mini in EVERY} == set(CORPORA)
    for name in CORPORA:
        known = card(name)
        assert known.tasks, name
        assert known.licence, name
        assert known.get, name
        # A corpus that grows, or is one's own, has no count that a copy could be held against: it says so.
        assert known.expected or any(
            word in " ".join(known.notes) for word in ("count", "our choice", "Files are")
        ), name


@every_one
def test_a_whole_copy(mini: Miniature, root: Path, scan_it: Scan) -> None:
    corpus = scan_it()
    assert len(corpus) == mini.count
    assert left_out(corpus) == 0, corpus.report.lines()
    assert all((root / path).is_file() for path in corpus.table["path"])
    for column, values in card(mini.corpus).labels.items():
        assert set(corpus.table[column].drop_nulls()) - {""} <= set(values), column
    if "label" in corpus.table.columns and "detection" in card(mini.corpus).tasks:
        assert set(corpus.table["label"]) <= {"bona fide", "spoof"}
        assert (corpus.table["synthetic"] == (corpus.table["label"] == "spoof")).all()


@every_one
def test_it_comes_back_from_its_file(tmp_path: Path, scan_it: Scan) -> None:
    corpus = scan_it()
    assert Corpus.read(corpus.write(tmp_path)).table.equals(corpus.table)


@every_one
def test_a_table_written_into_the_copy_changes_nothing(mini: Miniature, root: Path, scan_it: Scan) -> None:
    corpus = scan_it()
    recorded_hashes(corpus.table["path"].unique(), root, corpus.write(root))
    again = scan_it()
    assert again.table.equals(corpus.table)
    assert left_out(again) == 0


@with_keys
@pytest.mark.parametrize(
    ("encoding", "ends"),
    [("utf-8", "\r\n"), ("utf-8", "\r"), ("utf-8-sig", "\n"), ("utf-16", "\r\n"), ("utf-8", "\n\n")],
    ids=["CRLF", "CR", "BOM", "UTF-16", "blank lines"],
)
def test_keys_from_another_system(
    mini: Miniature, root: Path, scan_it: Scan, encoding: str, ends: str
) -> None:
    whole = scan_it()
    for name, text in mini.keys.items():
        write(root / name, text.replace("\n", ends).encode(encoding))
    assert scan_it().table.equals(whole.table)


@with_keys
@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"\x00\x01\xff\xfe\x00", b"\xff\xfea", "a b".encode("utf-16-le")],
    ids=["empty", "blank", "binary", "cut UTF-16", "UTF-16 without mark"],
)  # fmt: skip
def test_keys_that_are_none(mini: Miniature, root: Path, scan_it: Scan, content: bytes) -> None:
    for name in mini.keys:
        write(root / name, content)
    with pytest.raises(BadInput):
        scan_it()


@with_keys
def test_keys_that_cannot_be_read(
    mini: Miniature, root: Path, scan_it: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.is_relative_to(root):
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BadInput, match="cannot be read: Permission denied"):
        scan_it()


@with_lines
def test_a_line_that_is_cut_off(mini: Miniature, root: Path, scan_it: Scan) -> None:
    name = mini.named[0] if mini.named else next(iter(mini.keys))
    lines = mini.keys[name].rstrip("\n").split("\n")
    mark = next(mark for mark in "|\t, " if mark in lines[-1])
    cut = lines[-1].rfind(mark)
    write(root / name, "\n".join([*lines[:-1], lines[-1][:cut]]).encode())
    with pytest.raises(BadInput, match=f"line {len(lines)} "):
        scan_it()


@with_lines
def test_an_id_that_stands_there_twice(mini: Miniature, root: Path, scan_it: Scan) -> None:
    name = mini.named[0] if mini.named else next(iter(mini.keys))
    text = mini.keys[name].rstrip("\n")
    write(root / name, f"{text}\n{text.splitlines()[-1]}\n".encode())
    with pytest.raises(BadInput, match="more than once"):
        scan_it()


@with_names
@pytest.mark.parametrize("name", ["/etc/passwd", "../../outside", "C:\\windows\\x", "..", "a/../../b"])
def test_a_key_that_leads_out(mini: Miniature, root: Path, scan_it: Scan, name: str) -> None:
    assert mini.named is not None
    key, text = mini.named
    assert text in mini.keys[key]
    ending = Path(text).suffix
    write(root.parent / f"outside{ending}", sound(".wav"))
    write(root / key, mini.keys[key].replace(text, name + ending).encode())
    try:
        corpus = scan_it()
    except BadInput:
        return
    assert corpus.report.missing.count == 1
    assert len(corpus) == mini.count - mini.lost
    assert not corpus.table["path"].str.contains(r"\.\.|^/|:").any()


@with_words
def test_other_words_are_refused(mini: Miniature, root: Path, scan_it: Scan) -> None:
    assert mini.words is not None
    real = mini.words[0]
    assert any(real in text for text in mini.keys.values())
    mini.rewrite(root, lambda text: text.replace(real, re.sub(r"[\w-]+", "echt", real, count=1)))
    with pytest.raises(BadInput, match="has the label 'echt'"):
        scan_it()


@with_words
def test_a_key_turned_round_is_told(
    mini: Miniature, root: Path, scan_it: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mini.words is not None
    real, spoof = mini.words
    table = scan_it().table
    counts = {label: int((table["label"] == label).sum()) for label in ("bona fide", "spoof")}
    assert counts["bona fide"] != counts["spoof"]
    assert min(counts.values()) > 0
    known = tuple(
        Expected(rows=count, where={"label": label}, known="established") for label, count in counts.items()
    )
    module = importlib.import_module(f"earwitness.corpora.public.{CORPORA[mini.corpus]}")
    monkeypatch.setattr(module, "CARD", msgspec.structs.replace(module.CARD, expected=known))
    assert not scan_it().report.differences
    mini.rewrite(root, lambda text: text.replace(real, "\v").replace(spoof, real).replace("\v", spoof))
    assert "this key may have the other polarity" in scan_it().report.differences[0]


@every_one
def test_a_strange_file_is_told(mini: Miniature, root: Path, scan_it: Scan) -> None:
    write(root / mini.stranger, sound(Path(mini.stranger).suffix))
    corpus = scan_it()
    assert len(corpus) == mini.count
    report = corpus.report
    assert report.unknown.count + report.extra.count == 1
    assert mini.stranger in " ".join(report.lines())


@every_one
def test_a_file_that_is_not_there(mini: Miniature, root: Path, scan_it: Scan) -> None:
    (root / mini.files[0]).unlink()
    corpus = scan_it()
    assert len(corpus) == mini.count - mini.lost
    listed = mini.named is not None if mini.listed is None else mini.listed
    assert corpus.report.missing.count == (mini.lost if listed else 0)


@every_one
@pytest.mark.parametrize("how", ["no bytes", "link to nowhere", "link to itself"])
def test_a_file_of_no_bytes_is_told(mini: Miniature, root: Path, scan_it: Scan, how: str) -> None:
    path = root / mini.files[0]
    path.unlink()
    if how == "no bytes":
        path.touch()
    else:
        path.symlink_to("nowhere" if how == "link to nowhere" else path.name)
    corpus = scan_it()
    assert len(corpus) == mini.count - mini.lost
    assert corpus.report.empty.examples[0] == mini.files[0]


@every_one
def test_only_files_of_no_bytes(mini: Miniature, root: Path, scan_it: Scan) -> None:
    for name in mini.files:
        (root / name).write_bytes(b"")
    with pytest.raises(BadInput, match="holds nothing of"):
        scan_it()


@with_doubles
def test_two_files_for_one_row_are_refused(mini: Miniature, root: Path, scan_it: Scan) -> None:
    write(root / mini.double, sound(Path(mini.double).suffix))
    with pytest.raises(BadInput, match=r"fits two files|twice"):
        scan_it()


@every_one
def test_links_in_a_circle_end(mini: Miniature, root: Path, scan_it: Scan) -> None:
    whole = scan_it()
    (root / "zz-again").symlink_to(root, target_is_directory=True)
    inside = (root / mini.files[-1]).parent
    (inside / "zz-up").symlink_to(root.parent, target_is_directory=True)
    assert scan_it().table.equals(whole.table)


@every_one
def test_folders_that_cannot_be_read(
    mini: Miniature, root: Path, scan_it: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir
    closed = (root / mini.files[0]).parent

    def refuse(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(BadInput, match="cannot be read: Permission denied"):
        scan_it()


@every_one
@pytest.mark.parametrize("what", ["empty", "missing", "a file"])
def test_another_folder_is_refused(mini: Miniature, root: Path, scan_it: Scan, what: str) -> None:
    shutil.rmtree(root)
    if what == "empty":
        root.mkdir()
    elif what == "a file":
        root.write_bytes(b"x")
    with pytest.raises(BadInput) as caught:
        scan_it()
    assert "\n" not in str(caught.value)


@every_one
def test_a_name_that_is_not_utf_8_is_told(mini: Miniature, root: Path, scan_it: Scan) -> None:
    first = root / mini.files[0]
    name = os.fsencode(first.with_suffix("")) + b"\xff\xfe" + os.fsencode(first.suffix)
    with open(name, "wb") as stream:  # noqa: PTH123 - no text, no Path
        stream.write(sound(".wav"))
    corpus = scan_it()
    assert len(corpus) == mini.count
    assert corpus.report.unknown.count + corpus.report.extra.count == 1


@every_one
def test_rows_of_one_group_stay_together(scan_it: Scan) -> None:
    groups = scan_it().table.group_by("group").agg(pl.col("split").n_unique().alias("splits"))
    assert groups["splits"].max() == 1
