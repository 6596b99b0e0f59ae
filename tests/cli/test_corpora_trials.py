"""Trial lists through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from earwitness.cli.main import main
from earwitness.corpora.trials import Trials

LIST = "1 id10270/a/00001.wav id10270/b/00002.wav\n0 id10270/a/00001.wav id10300/c/00003.wav\n"


def test_a_list_becomes_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "veri_test2.txt").write_text(LIST)
    out = tmp_path / "trials.parquet"
    assert (
        main(["corpora", "trials", "voxceleb1", str(tmp_path), "--list", "O", "--out", str(out), "--json"])
        == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert told["labels"] == {"nontarget": 1, "target": 1}
    assert len(Trials.read(out)) == 2


@pytest.mark.parametrize(
    ("name", "which", "told"),
    [
        ("ravdess", "O", "ravdess: has no trial lists; these have: asvspoof5, voxceleb1"),
        ("voxceleb1", "X", "has no trial list 'X'; there are: O, E, H"),
        ("voxceleb1", "E", "list_test_all2.txt"),
    ],
)
def test_what_is_not_there(
    tmp_path: Path, name: str, which: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "t.parquet"
    assert main(["corpora", "trials", name, str(tmp_path), "--list", which, "--out", str(out)]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()
