"""`earwitness doctor`: names what is broken, and what to do."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path

import pytest

from earwitness.cli import doctor
from earwitness.cli.main import main
from earwitness.evidence import equipment, instrument


@pytest.fixture(autouse=True)
def made_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    place: Path = request.getfixturevalue("instrument")
    for module in (instrument, equipment):
        monkeypatch.setattr(module, "shipped", lambda: place)


def checks(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, object]]]:
    code = main(["doctor", "--json"])
    content = json.loads(capsys.readouterr().out)
    assert content["works"] == (code == 0)
    return code, {check["name"]: check for check in content["checks"]}


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = checks(capsys)
    assert code == 0, found
    assert found["weights silero-vad"]["works"]
    assert "made-up 0" in str(found["instrument"]["detail"])
    assert "analysed twice alike" in str(found["self-test"]["detail"])
    assert main(["doctor"]) == 0
    assert "Everything works." in capsys.readouterr().out


def test_what_is_missing_or_broken_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    really = importlib.metadata.version

    def version(name: str) -> str:
        if name in ("av", "soxr"):
            raise importlib.metadata.PackageNotFoundError(name)
        return really(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    for module in (instrument, equipment):
        monkeypatch.setattr(module, "shipped", lambda: tmp_path)
    code, found = checks(capsys)
    assert code == 1
    assert found["soxr"]["works"] is False
    assert found["extra av"]["works"] is None
    assert "pip install 'earwitness[av]'" in str(found["extra av"]["detail"])
    assert found["instrument"]["works"] is False
    assert found["self-test"]["works"] is False
    assert doctor.doctor() == 1
    printed = capsys.readouterr().out
    assert "BROKEN soxr" in printed
    assert "Traceback" not in printed
