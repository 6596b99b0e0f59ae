"""The fuzz command, in small: the whole of it is `python tools/fuzz.py`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from earwitness.errors import BadInput

TOOL = Path(__file__).parents[2] / "tools" / "fuzz.py"


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_mutated_files_are_decoded_or_refused(
    fuzz: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = fuzz.sources()
    path = tmp_path / "mutated"
    outcomes = set()
    for number in range(150):
        data, name, done = fuzz.mutate(pool, 7, number)
        path.write_bytes(data)
        outcome, reason = fuzz.examine(path)
        assert outcome in ("decoded", "refused"), f"{number}: {name} {done} {reason}"
        outcomes.add(outcome)
    assert outcomes == {"decoded", "refused"}
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""


def test_a_mutation_depends_on_seed_and_number_alone(fuzz: ModuleType) -> None:
    pool = fuzz.sources()
    assert fuzz.mutate(pool, 7, 3) == fuzz.mutate(pool, 7, 3)
    assert fuzz.mutate(pool, 7, 3) != fuzz.mutate(pool, 8, 3)


def test_tracebacks_are_found(fuzz: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sound"
    path.write_bytes(fuzz.sources()["WAV.PCM_16"])

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("at once")

    def careless(*_: object, **__: object) -> None:
        raise BadInput("two\nlines", where=str(path))

    for failure in (broken, careless):
        monkeypatch.setattr(fuzz, "stream", failure)
        assert fuzz.examine(path)[0] == "traceback"


# Python 3.12 and later warn of any fork beside the threads of a library.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_hangs_and_crashes_are_found(fuzz: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import time

    def fail(path: Path) -> tuple[str, str]:
        number = int(Path(path).read_bytes())
        if number == 1:
            time.sleep(60)
        if number == 2:
            os._exit(3)
        return "decoded", ""

    monkeypatch.setattr(fuzz, "examine", fail)
    monkeypatch.setattr(fuzz, "mutate", lambda pool, seed, number: (str(number).encode(), "", []))
    monkeypatch.setattr(fuzz, "sources", dict)
    monkeypatch.setattr(fuzz, "LIMIT_SECONDS", 3.0)
    summary = fuzz.run(6, 0, 1)
    assert summary["outcomes"] == {"crash": 1, "decoded": 4, "hang": 1}
