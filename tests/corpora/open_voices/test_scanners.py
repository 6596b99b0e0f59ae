"""The six sources, each on a miniature in the exact layout of its package."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from earwitness.corpora.open_voices import asterisk, fillets, gcin, polish, queen, tuxpaint
from earwitness.corpora.open_voices.contents import SOURCES
from earwitness.corpora.open_voices.plan_parts import plain
from earwitness.errors import BadInput


def test_asterisk(sources: Path) -> None:
    found = asterisk.scan(sources)
    clips = {clip.id: clip for clip in found.clips}
    assert len(clips) == 7
    assert clips["asterisk/en/vm-hello"].transcript == "Welcome to the voice mail system."
    assert clips["asterisk/en/digits/3"].seconds == pytest.approx(1.1)
    assert {clip.speaker for clip in found.clips} == {"allison-smith"}
    assert sorted(path.rpartition("/")[2] for path in found.unmatched) == ["beep.wav", "unlisted.wav"]


def test_tuxpaint_leaves_spanish_out(sources: Path) -> None:
    found = tuxpaint.scan(sources)
    assert {clip.language for clip in found.clips} == {"en", "fr", "da"}
    assert {clip.id: clip.transcript for clip in found.clips}[
        "tuxpaint/fr/animals/newt"
    ] == "Une grenouille 1."
    assert len(found.clips) == 9
    names = sorted(path.rpartition("/")[2] for path in found.unmatched)
    assert names == [
        "frog_desc_da.ogg.ogg",
        "frog_desc_es.ogg",
        "frog_desc_lt.ogg",
        "newt_desc_es.ogg",
        "toad_desc_es.ogg",
    ]


def test_gcin_knows_two_speakers(sources: Path) -> None:
    found = gcin.scan(sources)
    assert {(clip.speaker, clip.licence) for clip in found.clips} == {
        ("gcin-3", "GPL-3.0-only OR LGPL-3.0-only"), ("gcin-5", "CC-BY-3.0"),
    }  # fmt: skip
    assert len(found.unmatched) == 7


def test_fillets_takes_roles_from_the_script(sources: Path) -> None:
    found = fillets.scan(sources)
    clips = {clip.id: clip for clip in found.clips}
    assert sorted(clips) == [
        f"fillets/{tag}/city/{tag}/{name}" for tag in ("cs", "nl") for name in ("a-hello", "d-quote")
    ]
    assert clips["fillets/cs/city/cs/d-quote"].transcript == 'Řekl "ne" a šel domů.'
    assert clips["fillets/nl/city/nl/a-hello"].role == "fillets-nl-small"
    assert len(found.unmatched) == 4
    assert fillets.levels(sources) == ["city"]


def test_polish_labels(sources: Path) -> None:
    found = polish.scan(sources)
    assert next((clip.speaker, clip.emotion, clip.transcript) for clip in found.clips) == (
        "polish-m1",
        "anger",
        "nie",
    )
    assert len(found.clips) == 4
    assert len(found.unmatched) == 1


def test_queen_matches_lines_and_segments(sources: Path) -> None:
    found = queen.scan(sources)
    assert {clip.id: (clip.role, clip.transcript) for clip in found.clips} == {
        "queen/060007J1": ("queen-joe", "Would you have a phone I could use?"),
        "queen/060007P1": ("queen-bob", "No."),
        "queen/060007P2": ("queen-bob", "She has one"),
    }
    assert sorted(path.rpartition("/")[2] for path in found.unmatched) == [
        "060007P9.mp3",
        "140001P1.mp3",
        "C1.mp3",
    ]
    assert all(clip.seconds > 2 for clip in found.clips)


def test_another_game_file_is_refused() -> None:
    with pytest.raises(BadInput, match="talkie"):
        queen.contents(b"QTBX" + bytes(20))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__.rpartition(".")[2])
def test_missing_packages_give_no_clips(source: ModuleType, tmp_path: Path) -> None:
    assert source.scan(tmp_path).clips == ()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__.rpartition(".")[2])
def test_scans_are_sorted_unique_and_below_the_root(source: ModuleType, sources: Path) -> None:
    clips = source.scan(sources).clips
    assert len({clip.id for clip in clips}) == len(clips) > 0
    assert all((sources / part).is_file() for clip in clips for part in clip.parts)
    assert clips == source.scan(sources).clips


def test_polish_takes_that_are_there_twice_are_one_group(tmp_path: Path) -> None:
    folder = tmp_path / "nkululeko/nkululeko-1.14.1/data/polish/POLISH"
    folder.mkdir(parents=True)
    for name, content in (
        ("m1.a_nie_1", b"x"),
        ("m1.a_nie_2", b"x"),
        ("m1.a_nie_3", b"y"),
        ("m2.a_nie_1", b"x"),
    ):
        (folder / f"{name}.wav").write_bytes(content)
    (folder.parent / "polish_test.csv").write_text("file,speaker\nPOLISH/m2.a_nie_1.wav,m2\n")
    clips = polish.scan(tmp_path).clips
    same = polish.repeated(clips, tmp_path)
    assert same == {"polish/m1.a_nie_2": "polish/m1.a_nie_1"}  # not that of another split
    groups = [row.group for row in plain("emotion", clips, 0, same)]
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3
