"""`earwitness doctor`: what is installed, and whether it works."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

import earwitness
from earwitness.assets import asset, catalogue
from earwitness.audio.path_names import one_line
from earwitness.errors import BadInput

_SECONDS = 5.0


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Args:
        name: what.
        works: whether it works; `None` for an optional part that is not installed.
        detail: what was found; what to do, where it does not work.
    """

    name: str
    works: bool | None
    detail: str


def doctor(*, json: Annotated[bool, Parameter(negative=())] = False) -> int:
    """Say what is installed and whether it works.

    Args:
        json: Print JSON, and nothing else.

    Returns:
        0 when all works, 1 when something is broken.
    """
    checks = [
        Check("earwitness", True, f"{earwitness.__version__}, Python {platform.python_version()}"),
        *_packages(),
        *_weights(),
        _guarded("instrument", _instrument),
        Check("processors", True, f"{len(os.sched_getaffinity(0))} free to us"),
        _guarded("temporary files", _temporary),
        _guarded("self-test", _self_test),
    ]
    broken = [check for check in checks if check.works is False]
    if json:
        content = msgspec.json.encode({"works": not broken, "checks": checks})
        sys.stdout.write(msgspec.json.format(content, indent=2).decode() + "\n")
    else:
        _tell(checks)
    return 1 if broken else 0


def _packages() -> list[Check]:
    """Packages that the base install needs, and one line for each extra."""
    base: list[Check] = []
    extras: dict[str, list[str]] = {}
    for line in importlib.metadata.requires("earwitness") or []:
        name = re.match(r"[A-Za-z0-9._-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", line)
        if name is None:
            continue
        if extra is not None:
            extras.setdefault(extra.group(1), []).append(name.group())
        elif (version := _version(name.group())) is not None:
            base.append(Check(name.group(), True, version))
        else:
            base.append(Check(name.group(), False, "is not installed; run: pip install earwitness"))
    for extra_name, names in sorted(extras.items()):
        missing = [name for name in names if _version(name) is None]
        label = f"extra {extra_name}"
        if missing:
            todo = f"not installed ({', '.join(missing)}); to have it: pip install 'earwitness[{extra_name}]'"
            base.append(Check(label, None, todo))
        else:
            base.append(Check(label, True, ", ".join(f"{name} {_version(name)}" for name in names)))
    return base


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _weights() -> list[Check]:
    def check(name: str) -> str:
        path = asset(name)
        return f"{path.stat().st_size / 1e6:.1f} MB, SHA-256 as in the catalogue"

    return [_guarded(f"weights {name}", lambda name=name: check(name)) for name in sorted(catalogue())]  # type: ignore[misc]


def _instrument() -> str:
    from earwitness.evidence.instrument import Instrument, shipped

    instrument = Instrument(shipped())
    return f"{instrument.manifest.name} {instrument.manifest.version}, SHA-256 as in its manifest"


def _temporary() -> str:
    with tempfile.TemporaryFile() as trial:
        trial.write(bytes(1 << 20))
        trial.flush()
    return f"can be written in {one_line(tempfile.gettempdir())}"


def _self_test() -> str:
    """Analyse a made-up recording twice: everything must run, and say the same."""
    import soundfile

    from earwitness.evidence.equipment import Equipment
    from earwitness.evidence.hearing import analyze_one
    from earwitness.evidence.self_test import SAMPLE_RATE, speech_like

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "self-test.wav"
        soundfile.write(path, speech_like(_SECONDS), SAMPLE_RATE)
        begun = time.perf_counter()
        equipment = Equipment()
        loaded = time.perf_counter()
        first, second = (analyze_one(path, equipment)[0] for _ in range(2))
        ended = time.perf_counter()
    if first != second:
        raise BadInput("the same recording was analysed twice with two results; please report it")
    if first.detection.llr is None:
        raise BadInput("no speech was found in the test recording; reinstall earwitness")
    return (
        f"{_SECONDS:g} s of made-up sound were analysed twice alike; loading took {loaded - begun:.2f} s, "
        f"each analysis {(ended - loaded) / 2:.2f} s"
    )


def _guarded(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except BadInput as refusal:
        return Check(name, False, one_line(str(refusal)))
    except Exception as error:  # whatever is broken must be named, not end the examination
        return Check(name, False, one_line(f"{type(error).__name__}: {error}"))


def _tell(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    words: dict[Any, tuple[str, str]] = {
        True: ("works  ", "green"),
        False: ("BROKEN ", "bold red"),
        None: ("absent ", "yellow"),
    }
    for check in checks:
        line = Text.assemble(words[check.works], (f"{check.name}: ", "bold"), check.detail)
        console.print(line, soft_wrap=True)
    broken = sum(check.works is False for check in checks)
    console.print()
    console.print("Everything works." if not broken else f"{broken} things are broken.", soft_wrap=True)
