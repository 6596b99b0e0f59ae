from __future__ import annotations

from pathlib import Path

import pytest

from earwitness.cli.main import main


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["nothing", "--corpus", "x", "--out", "y"], "there is: detector"),
        (["detector", "--corpus", "{tmp}", "--out", "{tmp}/run"], "corpora build"),
        (["detector", "--corpus", "{tmp}", "--out", "{tmp}/run", "--recipe", "{tmp}/r.yaml"], ".toml"),
    ],
)
def test_refuses_in_one_line(
    words: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *(word.replace("{tmp}", str(tmp_path)) for word in words)]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()
