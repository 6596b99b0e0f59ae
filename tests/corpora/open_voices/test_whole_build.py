"""The whole command on the miniature packages: made, gone on with, finished, cleared away."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import corpus_hashes
from earwitness.corpora.open_voices import build_record, splices, whole_build
from earwitness.corpora.open_voices.archives import Opened
from earwitness.corpora.open_voices.card import Card, written
from earwitness.corpora.open_voices.plan import Sizes
from earwitness.corpora.open_voices.plan_parts import PartSizes
from earwitness.corpora.open_voices.whole_build import Progress, build_open_voices
from earwitness.errors import BadInput

SIZES = Sizes(speaker=1, role=1, cast=1, copies=0, espeak=0, flite=0, kokoro=0)
PART_SIZES = PartSizes(hosts=0, sounds=4, resyntheses=1, coded=0)
PARTS = ("environment", "vocalisation")


class Fetched:
    """Stands for the indexes and the unpacking; counts how often something was wanted of them."""

    def __init__(self, sources: Path) -> None:
        self.sources = sources
        self.times = 0

    def obtain(self, folder: Path, *_: object) -> None:
        self.times += 1
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.deb").touch()

    def unpack(self, folder: Path, into: Path, *_: object) -> Opened:
        assert (folder / "package.deb").is_file()
        shutil.copytree(self.sources, into, dirs_exist_ok=True)
        return Opened(sources=into, kokoro=into / "kokoro")


@pytest.fixture
def fetched(sources: Path, monkeypatch: pytest.MonkeyPatch) -> Fetched:
    found = Fetched(sources)
    monkeypatch.setattr(whole_build, "obtain", found.obtain)
    monkeypatch.setattr(whole_build, "unpack", found.unpack)
    for module in (whole_build, build_record):
        monkeypatch.setattr(module, "sizes_of", lambda _: (SIZES, PART_SIZES))
    return found


def built(folder: Path, parts: tuple[str, ...] = PARTS, **options: object) -> Card:
    return build_open_voices(folder, "tiny", parts=parts, workers=0, **options)  # type: ignore[arg-type]


def test_packages_are_deleted_when_all_is_made(tmp_path: Path, fetched: Fetched) -> None:
    lines: list[str] = []
    card = built(tmp_path / "a", progress=Progress(tell=lines.append))
    assert "4 packages to fetch" in lines[0] or "1 packages to fetch" in lines[0]
    assert not (tmp_path / "a/sources").exists()
    assert not (tmp_path / "a/archives").exists()
    table = Corpus.read(tmp_path / "a")
    assert card.hashes == corpus_hashes(table)
    assert card.hashes.audio_of == "samples"
    assert card.hashes.audio_sha256 in written(card)
    # Built again: nothing is fetched, and the card is that of before.
    again = built(tmp_path / "a", progress=Progress(tell=lines.append))
    assert again == card
    assert lines[-1] == "all of it was built already"
    assert fetched.times == 1
    # Another part, or a clip that was lost, is made from packages that are fetched again.
    built(tmp_path / "a", ("environment",))
    assert fetched.times == 2
    next((tmp_path / "a/audio").glob("*/*.flac")).unlink()
    assert built(tmp_path / "a").hashes == card.hashes
    assert fetched.times == 3


def test_packages_may_be_kept(tmp_path: Path, fetched: Fetched) -> None:
    first = built(tmp_path / "a", keep_sources=True)
    assert (tmp_path / "a/sources").is_dir()
    assert (tmp_path / "a/archives").is_dir()
    assert built(tmp_path / "a") == first  # and stay when it is called again
    assert (tmp_path / "a/sources").is_dir()
    own = tmp_path / "own"
    assert built(tmp_path / "b", archives=own).hashes == first.hashes
    assert (own / "package.deb").is_file()
    assert not (tmp_path / "b/sources").exists()
    assert built(tmp_path / "b", archives=own, keep_sources=True).hashes == first.hashes
    assert (tmp_path / "b/sources").is_dir()  # wanted afterwards: opened again, nothing made twice
    assert fetched.times == 3


def test_a_build_killed_while_it_deletes_goes_on_deleting(
    tmp_path: Path, fetched: Fetched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(whole_build, "_clear", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            built(tmp_path)
    assert (tmp_path / "sources").is_dir()
    card = built(tmp_path)
    assert not (tmp_path / "sources").exists()
    assert card.rows == len(Corpus.read(tmp_path))
    assert fetched.times == 1


def test_a_record_of_before_and_of_nothing(tmp_path: Path) -> None:
    (tmp_path / build_record.FILE).write_text('{"subset":"small","seed":0}')
    assert not build_record.is_finished(tmp_path, build_record.begin(tmp_path, "small", 0), PARTS)
    with pytest.raises(BadInput, match="begun as small with seed 0, not as small with seed 1; take another"):
        build_record.begin(tmp_path, "small", 1)
    (tmp_path / build_record.FILE).write_text("nonsense")
    with pytest.raises(BadInput, match="is no record of a build"):
        build_record.begin(tmp_path, "small", 0)
    done = build_record.BuildRecord(
        subset="tiny", seed=0, finished=build_record.fingerprint("tiny", ("codec",))
    )
    build_record.write(tmp_path, done)
    (tmp_path / "corpus.parquet").write_bytes(b"no parquet")
    assert not build_record.is_finished(tmp_path, done, ("codec",))


def test_splices_say_how_to_have_the_packages(tmp_path: Path) -> None:
    (tmp_path / build_record.FILE).write_bytes(
        msgspec.json.encode(build_record.BuildRecord(subset="tiny", seed=0))
    )
    with pytest.raises(BadInput, match="build it with --keep-sources first"):
        splices.splice_open_voices(tmp_path, tmp_path / "splices")
