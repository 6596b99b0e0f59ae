"""A miniature of every source, in the exact layout of its package."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile


def sound(path: Path, seconds: float, rate: int, seed: int, **kind: str) -> None:
    """A hum with a beat, of a pitch of its own, in a little noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(int(seconds * rate)) / rate
    rng = np.random.default_rng(seed)
    turn = 2 * np.pi * (100 + 10 * (seed % 12)) * t
    hum = sum(np.sin(k * turn) / k for k in range(1, 12)) * (np.sin(2 * np.pi * 2 * t + seed) > -0.4)
    soundfile.write(path, 0.1 * hum + 1e-3 * rng.standard_normal(len(t)), rate, **kind)


def queen_file(folder: Path) -> bytes:
    """The game's single file with two talks and their voices."""

    def strings(lines: list[tuple[int, str]]) -> bytes:
        part = b""
        for number, text in lines:
            entry = struct.pack(">IB", number, len(text)) + text.encode("latin-1")
            part += entry + b"\0" * (-(len(part) + len(entry)) % 4)
        return part

    def talk(key: int, joe: list[tuple[int, str]], other: list[tuple[int, str]]) -> bytes:
        start = 32 + 96
        said = strings(joe)
        head = struct.pack(">5h", 1, 1, key, 0, 0).ljust(22, b"\0") + struct.pack(">H", start + len(said))
        return bytes(20) + head.ljust(start, b"\0") + said + strings(other)

    files = {
        "BOB1.DOG": talk(
            6, [(7, "Would you have a phone I could use?*03")], [(7, "No.*01She has one*04, I think.")]
        ),
        "DOG.DOG": talk(14, [], [(1, "Grrr!")]),
    }
    for number, name in enumerate(
        ("060007J1.SB", "060007P1.SB", "060007P2.SB", "060007P9.SB", "140001P1.SB", "C1.SB")
    ):
        sound(folder / "voice.mp3", 2.2 + number / 9, 11_025, number, format="MP3")
        files[name] = (folder / "voice.mp3").read_bytes()
    table, body = b"", b""
    start = 15 + 21 * len(files)
    for name, data in files.items():
        table += name.encode().ljust(12, b"\0") + b"\1" + struct.pack(">II", start + len(body), len(data))
        body += data
    return b"QTBLCEM10\0\0\0\1" + struct.pack(">H", len(files)) + table + body


def qt_resource(files: dict[str, bytes]) -> bytes:
    """A Qt resource collection (version 3): a tree of folders, level by level, the first file compressed."""
    nodes: list[tuple[str, ...]] = [()]
    for depth in range(1, 1 + max(name.count("/") + 1 for name in files)):
        nodes += sorted({tuple(name.split("/")[:depth]) for name in files if name.count("/") + 1 >= depth})
    # The children of a folder stand side by side.
    nodes.sort(key=lambda node: (len(node), node))
    names, contents, tree = b"", b"", b""
    called: dict[str, int] = {}
    for number, node in enumerate(nodes):
        name = node[-1] if node else ""
        if node and name not in called:
            called[name] = len(names)
            names += struct.pack(">HI", len(name), 0) + name.encode("utf-16-be")
        at = called.get(name, 0)
        children = [place for place, other in enumerate(nodes) if other[:-1] == node and other]
        data = files.get("/".join(node))
        if data is None:
            tree += struct.pack(">IHIIQ", at, 2, len(children), children[0], 0)
            continue
        squeezed = not contents
        tree += struct.pack(">IHHHIQ", at, int(squeezed), 0, 1, len(contents), 0)
        data = struct.pack(">I", len(data)) + zlib.compress(data) if squeezed else data
        contents += struct.pack(">I", len(data)) + data
        assert number
    places = 24, 24 + len(tree), 24 + len(tree) + len(contents)
    return b"qres" + struct.pack(">5I", 3, *places, 0) + tree + contents + names


@pytest.fixture
def resource() -> Callable[[dict[str, bytes]], bytes]:
    """Writes a Qt resource collection."""
    return qt_resource


def games(root: Path, folder: Path) -> None:
    """Sounds and cries in the archives of the four games, in miniature."""

    def heard(name: str, seconds: float, rate: int, seed: int, **kind: str) -> bytes:
        sound(folder / name, seconds, rate, seed, **kind)
        return (folder / name).read_bytes()

    def packed(path: Path, names: dict[str, bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in names.items():
                archive.writestr(name, data)

    def cries(character: str, seed: int, names: tuple[str, ...]) -> dict[str, bytes]:
        return {
            f"sound/player/{character}/{name}.wav": heard("cry.wav", 0.4, 22_050, seed + n)
            for n, name in enumerate(names)
        }

    fire = heard("fire.wav", 1.2, 22_050, 100)
    packed(
        root / "openarena-data/usr/share/games/openarena/baseoa/pak0.pk3",
        {
            "sound/world/fire1.wav": fire,
            "sound/world/fire2.wav": fire,
            "sound/world/growl1.wav": heard("growl.wav", 1.2, 22_050, 101),
            "sound/weapons/click.wav": heard("click.wav", 0.1, 22_050, 102),
            "sound/weapons/rocket/fly.wav": heard("fly.wav", 1.4, 44_100, 103),
            "sound/items/hum.wav": heard("hum.wav", 0.9, 11_025, 104),
            "sound/feedback/voc_you.wav": heard("voc.wav", 1.0, 22_050, 105),
            **cries("sarge", 110, ("death1", "Pain100_1", "taunt", "talk")),
        },
    )
    packed(
        root / "openarena-081-players/usr/share/games/openarena/baseoa/pak2-players.pk3",
        {**cries("liz", 120, ("falling1", "gasp")), **cries("penguin", 130, ("death1",))},
    )
    spoken = heard("spoken.ogg", 0.7, 44_100, 140)
    packed(
        root / "nexuiz-data/usr/share/games/nexuiz/data/data.pk3",
        {
            "sound/ambient/wind.ogg": heard("wind.ogg", 1.3, 22_050, 141),
            "sound/player/marine/player/pain25.ogg": heard("pain.ogg", 0.7, 44_100, 142),
            "sound/player/marine/coms/attack.ogg": spoken,
        },
    )
    packed(
        root / "warzone2100-data/usr/share/games/warzone2100/base.wz",
        {
            "audio/sfx/weapons/can.ogg": heard("can.ogg", 1.1, 16_000, 143),
            "audio/sfx/misc/scream.ogg": spoken,
        },
    )
    path = root / "gcompris-qt-data/usr/share/gcompris-qt/rcc/canal.rcc"
    path.parent.mkdir(parents=True)
    names = {
        "gcompris/src/activities/canal/resource/lock.wav": heard("lock.wav", 1.1, 44_100, 144),
        "gcompris/src/core/resource/win.wav": heard("win.wav", 0.8, 44_100, 145),
        "gcompris/src/core/resource/a.png": b"no sound",
    }
    path.write_bytes(qt_resource(names))
    told = root / "gcompris-qt-data/usr/share/doc/gcompris-qt-data/copyright"
    told.parent.mkdir(parents=True)
    told.write_text(
        "Format: 1.0\n\nFiles: *\nCopyright: all\nLicense: GPL-3+\n\n"
        "Files: src/core/resource/win.wav\n  src/other/*\nCopyright: one\nLicense: CC-BY-3.0\n text\n"
    )


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of unpacked packages, in miniature; tests must not write into it."""
    root = tmp_path_factory.mktemp("sources")
    place = root / "asterisk-core-sounds-en/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    place.parent.mkdir(parents=True)
    words = "; a comment\n\nvm-hello: Welcome to the voice mail system.\nbeep: [a tone]\n"
    words += "".join(f"digits/{n}: This is the number {n}, thank you.\n" for n in range(6))
    place.write_bytes(gzip.compress(words.encode()))
    voice = root / "asterisk-core-sounds-en-wav/usr/share/asterisk/sounds/en_US_f_Allison"
    sound(voice / "vm-hello.wav", 2.5, 8000, 1)
    sound(voice / "beep.wav", 2.5, 8000, 2)
    sound(voice / "unlisted.wav", 2.5, 8000, 3)
    for n in range(6):
        sound(voice / f"digits/{n}.wav", 1.1, 8000, 10 + n)
    stamps = root / "tuxpaint-stamps-default/usr/share/tuxpaint/stamps/animals"
    for n, name in enumerate(("frog", "newt", "toad")):
        for tag in ("", "_fr", "_es", "_da"):
            sound(stamps / f"{name}_desc{tag}.ogg", 2.1, 44_100, 20 + n + len(tag) * 7)
        lines = f"A {name} on a stone.\nda.utf8=En dyr nummer {n}.\n"
        lines += f"es.utf8=Una rana {n}.\nfr.utf8=Une grenouille {n}.\n"
        (stamps / f"{name}.txt").write_text(lines, encoding="utf-8")
    sound(stamps / "frog_desc_da.ogg.ogg", 2.1, 44_100, 29)
    sound(stamps / "frog_desc_lt.ogg", 2.1, 44_100, 30)
    for n, syllable in enumerate(("ㄅㄚ", "ㄊㄢ3", "ㄕ", "ㄇㄚ4", "ㄌㄜ4", "ㄍㄨ", "ㄏㄠ3")):
        for who in ("3", "5", "7"):
            sound(root / f"gcin-voice/usr/share/gcin-voice/ogg/{syllable}/{who}.ogg", 0.5, 44_100, 40 + n)
    for tag in ("cs", "nl"):
        levels = root / f"fillets-ng-data-{tag}/usr/share/games/fillets-ng/sound/city/{tag}"
        for n, name in enumerate(("a-hello", "b-both", "c-unlisted", "d-quote")):
            sound(levels / f"{name}.ogg", 2.4, 22_050, 50 + n)
        script = root / f"fillets-ng-data/usr/share/games/fillets-ng/script/city/dialogs_{tag}.lua"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(
            'dialogId("a-hello", "font_small", "Hello.")\ndialogStr("Ahoj, jak se máš?")\n\n'
            'dialogId("b-both", "font_both", "Both.")\ndialogStr("Obě.")\n'
            'dialogId("d-quote", "font_big", "He said \\"no\\".")\ndialogStr("Řekl \\"ne\\" a šel domů.")\n',
            encoding="utf-8",
        )
    folder = root / "nkululeko/nkululeko-1.14.1/data/polish/POLISH"
    for n, name in enumerate(("m1.a_nie_1", "m1.n_tak_2", "m1.a_stop_3", "m2.s_oddaj_1", "m6.a_nie_1")):
        sound(folder / f"{name}.wav", 0.9, 16_000, 60 + n)
    for split, speaker in (("train", "m1"), ("dev", "m3"), ("test", "m2")):
        listed = "".join(
            f"POLISH/{path.name},POLISH_{speaker},male,x,polish\n"
            for path in sorted(folder.glob(f"{speaker}.*.wav"))
        )
        (folder.parent / f"polish_{split}.csv").write_text("file,speaker,gender,emotion,language\n" + listed)
    sound(stamps / "frog.ogg", 1.5, 44_100, 70)
    sound(stamps / "newt.ogg", 0.3, 44_100, 71)
    sound(stamps.parent / "symbols/a.ogg", 1.5, 44_100, 72)
    games(root, tmp_path_factory.mktemp("games"))
    game = root / "flight-of-the-amazon-queen/usr/share/scummvm/flight-of-the-amazon-queen/queen.1c"
    game.parent.mkdir(parents=True)
    game.write_bytes(queen_file(tmp_path_factory.mktemp("queen")))
    return root
