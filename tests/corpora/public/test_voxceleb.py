"""VoxCeleb1 and 2: folders of speakers and videos, tables of people, trial lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.catalogue import scan
from earwitness.corpora.public.voxceleb1 import LISTS, trials
from earwitness.errors import BadInput

META1 = (
    "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\nid10001\tA.J._Buckley\tm\tIreland\tdev\n"
    "id10270\tEartha_Kitt\tf\tUSA\ttest\n"
)
META2 = "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid00012 ,n000012 ,m ,dev \nid00017 ,n000017 ,f ,test \n"
PAIRS = (
    "1 id10270/x6uYqmx31kE/00001.wav id10270/8jEAjG6SegY/00008.wav\n"
    "0 id10270/x6uYqmx31kE/00001.wav id10001/1zcIwhmdeo4/00001.wav\n"
)


@pytest.fixture
def first(tmp_path: Path, clip: Callable[[str], Path]) -> Path:
    clip("vox1/dev/wav/id10001/1zcIwhmdeo4/00001.wav")
    clip("vox1/test/wav/id10270/x6uYqmx31kE/00001.wav")
    clip("vox1/test/wav/id10270/8jEAjG6SegY/00008.wav")
    meta = tmp_path / "vox1/meta"
    meta.mkdir()
    (meta / "vox1_meta.csv").write_text(META1)
    (meta / "iden_split.txt").write_text(
        "1 id10001/1zcIwhmdeo4/00001.wav\n3 id10270/x6uYqmx31kE/00001.wav\n2 id10270/8jEAjG6SegY/00008.wav\n"
    )
    for name in LISTS.values():
        (meta / name).write_text(PAIRS)
    return tmp_path / "vox1"


def test_utterances(first: Path) -> None:
    corpus = scan("voxceleb1", first)
    columns = ("id", "speaker", "split", "session", "gender", "nationality")
    assert corpus.table.sort("id").select(columns).rows() == [
        ("id10001/1zcIwhmdeo4/00001", "id10001", "train", "id10001/1zcIwhmdeo4", "male", "Ireland"),
        ("id10270/8jEAjG6SegY/00008", "id10270", "test", "id10270/8jEAjG6SegY", "female", "USA"),
        ("id10270/x6uYqmx31kE/00001", "id10270", "test", "id10270/x6uYqmx31kE", "female", "USA"),
    ]  # fmt: skip
    assert not corpus.report.notes


def test_the_split_for_identification(first: Path) -> None:
    table = scan("voxceleb1", first, split="identification").table
    assert sorted(table["split"]) == ["test", "train", "validation"]


def test_without_tables_the_folders_tell(first: Path) -> None:
    (first / "meta/vox1_meta.csv").unlink()
    corpus = scan("voxceleb1", first)
    assert sorted(corpus.table["split"]) == ["test", "test", "train"]
    assert corpus.report.notes[0].startswith("vox1_meta.csv is not there")


def test_lists_beside_the_scanned_folder(first: Path) -> None:
    corpus = scan("voxceleb1", first / "test")
    assert corpus.table["gender"].unique().to_list() == ["female"]
    assert len(trials(first / "test", "O")) == 2


@pytest.mark.parametrize("name", sorted(LISTS))
def test_trials(first: Path, name: str) -> None:
    found = trials(first, name)
    assert found.table.rows() == [
        ("id10270/x6uYqmx31kE/00001", "id10270/8jEAjG6SegY/00008", "target"),
        ("id10270/x6uYqmx31kE/00001", "id10001/1zcIwhmdeo4/00001", "nontarget"),
    ]
    kept, left_out = found.within(scan("voxceleb1", first))
    assert (len(kept), left_out) == (2, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PAIRS.replace("1 id", "2 id", 1), "has the label '2'; known are 0, 1"),
        (PAIRS.replace("1 id10270/", "1 /etc/id10270/", 1), "has a path outside of the corpus folder"),
        (PAIRS.replace("1 id10270/", "1 ../id10270/", 1), "has a path outside of the corpus folder"),
        ("1 id10270/x6uYqmx31kE/00001.wav\n", "line 1 has 2 columns, not 3"),
        (PAIRS + PAIRS.replace("1 id", "0 id", 1), "two labels"),
    ],
)
def test_a_wrong_list_is_refused(first: Path, text: str, told: str) -> None:
    (first / "meta/veri_test2.txt").write_text(text)
    with pytest.raises(BadInput, match=told):
        trials(first, "O")


def test_a_missing_list_is_told(first: Path) -> None:
    (first / "meta/veri_test2.txt").unlink()
    with pytest.raises(BadInput, match=r"has no veri_test2\.txt"):
        trials(first, "O")
    with pytest.raises(BadInput, match="is no trial list; there are: O, E, H"):
        trials(first, "Q")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("vox1_meta.csv", META1.replace("\tm\t", "\tx\t"), "column 'Gender' holds 'x', not m or f"),
        ("vox1_meta.csv", META1.replace("id10270", "id10001"), "names the speaker 'id10001' more than once"),
        ("iden_split.txt", "4 id10001/1zcIwhmdeo4/00001.wav\n", "has the part '4'; known are 1, 2, 3"),
    ],
)
def test_a_wrong_table_is_refused(first: Path, name: str, text: str, told: str) -> None:
    (first / "meta" / name).write_text(text)
    with pytest.raises(BadInput, match=told):
        scan("voxceleb1", first, split="identification")


def test_a_stranger_is_told(first: Path, clip: Callable[[str], Path]) -> None:
    clip("vox1/dev/wav/id10002/1zcIwhmdeo4/00001.wav")
    assert scan("voxceleb1", first).report.notes == ("1 speakers are not in vox1_meta.csv",)


def test_the_second_corpus(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    for part, name in (("dev", "id00012/21Uxsk56VDQ"), ("test", "id00017/01dfn2spqyE")):
        folder = tmp_path / part / "aac" / name
        folder.mkdir(parents=True)
        (folder / "00001.m4a").write_bytes(b"not decoded by a scan")
    clip("dev/aac/readme.wav")
    (tmp_path / "vox2_meta.csv").write_text(META2)
    corpus = scan("voxceleb2", tmp_path)
    assert corpus.table.sort("id").select("id", "split", "gender", "path").rows() == [
        ("id00012/21Uxsk56VDQ/00001", "train", "male", "dev/aac/id00012/21Uxsk56VDQ/00001.m4a"),
        ("id00017/01dfn2spqyE/00001", "test", "female", "test/aac/id00017/01dfn2spqyE/00001.m4a"),
    ]
    assert corpus.report.unknown.examples == ("dev/aac/readme.wav",)
