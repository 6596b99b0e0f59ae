from __future__ import annotations

import itertools
import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from earwitness.cli.main import main
from earwitness.corpora.open_voices import estimate as estimates
from earwitness.corpora.open_voices.archive_list import ARCHIVES
from earwitness.corpora.open_voices.contents import PARTS, archives_of
from earwitness.corpora.open_voices.estimate import COSTS, estimate, require_space
from earwitness.errors import BadInput

MEASURED = Path(__file__).parents[3] / "benchmarks" / "results" / "open_voices.json"
Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize("subset", ["tiny", "small"])
def test_estimates_are_near_what_was_measured(subset: str, tmp_path: Path) -> None:
    measured = json.loads(MEASURED.read_text())[subset]
    for part, rows in measured["rows"].items():
        planned = COSTS[subset][part].rows
        assert rows <= planned <= 1.05 * rows, part  # a few cannot be made
    found = estimate(subset, tuple(PARTS), tmp_path, tmp_path)
    assert found.audio / 1e6 == pytest.approx(measured["megabytes_of_audio"], rel=0.1)
    seconds = sum(cost.cpu_seconds for cost in COSTS[subset].values())
    assert 0.5 < seconds / measured["cpu_seconds"] < 2


def test_more_is_more(tmp_path: Path) -> None:
    found = [estimate(subset, tuple(PARTS), tmp_path, tmp_path) for subset in ("tiny", "small", "full")]
    for less, more in itertools.pairwise(found):
        for what in ("rows", "fetched", "unpacked", "audio", "minutes"):
            assert getattr(less, what) < getattr(more, what)
    assert found[0].fetched < 80e6
    assert found[0].minutes < 2
    alone = estimate("full", ("emotion",), tmp_path, tmp_path)
    assert (alone.rows, alone.packages) == (450, 1)
    assert estimate("full", tuple(PARTS), tmp_path, tmp_path, workers=8).minutes < found[2].minutes / 2


def test_what_is_there_counts_as_done(tmp_path: Path) -> None:
    before = estimate("tiny", tuple(PARTS), tmp_path, tmp_path / "archives")
    assert "4 packages to fetch, 70 MB" in before.line()
    (tmp_path / "archives").mkdir()
    first, *_ = archives_of("tiny")
    (tmp_path / "archives" / first.file).touch()
    (tmp_path / "sources" / first.package).mkdir(parents=True)
    (tmp_path / "audio/ab").mkdir(parents=True)
    (tmp_path / "audio/ab/x.flac").write_bytes(bytes(10_000_000))
    after = estimate("tiny", tuple(PARTS), tmp_path, tmp_path / "archives")
    assert before.fetched - after.fetched == first.size
    assert before.unpacked > after.unpacked
    assert before.audio_left - after.audio_left == 10_000_000
    assert before.minutes > after.minutes
    for archive in ARCHIVES:
        (tmp_path / "archives" / archive.file).touch()
    assert "nothing to fetch" in estimate("tiny", tuple(PARTS), tmp_path, tmp_path / "archives").line()


def test_a_full_disk_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = estimate("small", tuple(PARTS), tmp_path / "not/there", tmp_path / "archives")
    require_space(found, tmp_path / "not/there", tmp_path / "archives")
    monkeypatch.setattr(estimates.shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**9))
    with pytest.raises(BadInput, match=r"has 1\.0 GB free, and the build needs about 2\.\d GB"):
        require_space(found, tmp_path / "not/there", tmp_path / "archives")
    assert main(["corpora", "build", "open-voices", str(tmp_path / "new"), "--subset", "full"]) == 2
    told = capsys.readouterr().err
    assert "48,865 utterances" in " ".join(told.split())  # the estimate comes before the refusal
    assert "free some, take another folder, a smaller --subset or fewer --parts" in told
    assert not (tmp_path / "new/archives").exists()
    assert not (tmp_path / "new/build.json").exists()
    assert shutil.disk_usage(tmp_path).free == 10**9
