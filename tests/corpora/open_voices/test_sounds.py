"""Environmental sounds and cries, out of the archives of games, and what their files are licensed under."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from earwitness.corpora.open_voices import environment, vocalisations
from earwitness.corpora.open_voices.debian_licence import licence_of, licence_rules
from earwitness.corpora.open_voices.packed_sounds import take_out
from earwitness.corpora.open_voices.qt_resource import files
from earwitness.errors import BadInput


def test_environment_holds_no_voices_and_nothing_twice(sources: Path) -> None:
    found = environment.scan(sources)
    clips = {clip.id: clip for clip in found.clips}
    assert Counter(clip.source for clip in found.clips) == {
        "tuxpaint": 1, "gcompris": 2, "openarena": 3, "nexuiz": 1, "warzone2100": 1,
    }  # fmt: skip
    assert clips["openarena/sound/sound/world/fire1.wav"].label == "world"
    assert clips["gcompris/sound/gcompris/src/activities/canal/resource/lock.wav"].label == "canal"
    assert clips["warzone2100/sound/audio/sfx/weapons/can.ogg"].label == "weapons"
    assert clips["tuxpaint/sound/animals/frog.ogg"].label == "animals"
    left = {path.rpartition("/")[2] for path in found.unmatched}
    assert {"fire2.wav", "growl1.wav", "click.wav", "scream.ogg", "newt.ogg", "pain25.ogg"} <= left
    assert "voc_you.wav" not in left  # never taken out


def test_one_sound_in_two_games_is_one_group(sources: Path, tmp_path: Path) -> None:
    clips = environment.scan(sources).clips
    assert len({clip.role for clip in clips}) == len(clips)
    for package in ("openarena-data", "nexuiz-data"):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            archive.write(sources / next(c.parts[0] for c in clips if c.source == "nexuiz"), "x.ogg")
            data = archive.read("x.ogg")
        place = tmp_path / package / "a.pk3"
        place.parent.mkdir()
        with zipfile.ZipFile(place, "w") as archive:
            # The same sound, but not the same file.
            archive.writestr("sound/weapons/x.ogg", data + b"\0" * (package == "nexuiz-data"))
    twins = environment.scan(tmp_path).clips
    assert len(twins) == 2
    assert len({clip.role for clip in twins}) == 1


def test_licences_are_those_of_the_files(sources: Path) -> None:
    licences = {clip.id.rpartition("/")[2]: clip.licence for clip in environment.scan(sources).clips}
    assert licences["lock.wav"] == "GPL-3.0-or-later"
    assert licences["win.wav"] == "CC-BY-3.0"
    assert licences["can.ogg"] == "GPL-2.0-or-later"
    assert licence_rules(sources / "nowhere") == []
    assert licence_of("a", [], "NOASSERTION") == "NOASSERTION"
    assert licence_of("a", [("*", "free-art")], "x") == "LicenseRef-free-art"
    assert licence_of("a", [("*", "GPL-2+"), ("b", "GPL-3")], "x") == "GPL-2.0-or-later"


def test_cries_are_labelled_by_the_letters_of_their_names(sources: Path) -> None:
    found = vocalisations.scan(sources)
    assert {(clip.speaker, clip.label) for clip in found.clips} == {
        ("openarena-sarge", "death"), ("openarena-sarge", "pain"), ("openarena-sarge", "taunt"),
        ("openarena-liz", "falling"), ("openarena-liz", "gasp"), ("nexuiz-marine", "pain"),
    }  # fmt: skip
    left = {"/".join(path.split("/")[-2:]) for path in found.unmatched}
    assert left == {"sarge/talk.wav", "penguin/death1.wav", "coms/attack.ogg"}
    assert vocalisations.scan(sources / "nowhere").clips == ()


def test_sounds_are_taken_out_once_and_whole(tmp_path: Path) -> None:
    package = tmp_path / "game"
    package.mkdir()
    with zipfile.ZipFile(package / "a.pk3", "w") as archive:
        archive.writestr("sound/x.wav", b"one")
        archive.writestr("music/y.ogg", b"two")
    (package / "sounds.part").mkdir()
    (package / "sounds.part/stale").touch()
    folder = take_out(package, ("sound/",))
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.*")] == ["a/sound/x.wav"]
    before = folder.stat().st_mtime_ns
    assert take_out(package, ("",)).stat().st_mtime_ns == before
    for name, data, reason in (("b.pk3", b"no zip", "cannot be opened"), ("b.rcc", b"no", "not a Qt")):
        other = tmp_path / name
        other.mkdir()
        (other / name).write_bytes(data)
        with pytest.raises(BadInput, match=reason):
            take_out(other)
        assert not (other / "sounds").exists()
    outside = tmp_path / "outside"
    outside.mkdir()
    with zipfile.ZipFile(outside / "a.pk3", "w") as archive:
        archive.writestr("../../../escaped.wav", b"x")
    with pytest.raises(BadInput, match="leads out of it"):
        take_out(outside)
    assert not list(tmp_path.parent.glob("escaped.wav"))


def test_a_resource_is_read_or_refused(resource: Callable[[dict[str, bytes]], bytes]) -> None:
    held = {"a/b/one.wav": b"1" * 100, "a/two.png": b"2"}
    assert dict(files(resource(held))) == held
    for damaged in (resource(held)[:40], resource(held)[:-30], b"qres" + bytes(20)):
        with pytest.raises(BadInput):
            assert dict(files(damaged)) == held
