"""The house: imports run downwards, and the base install is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "earwitness"
FLOORS = {
    "cli": 8, "service": 8, "systems": 7, "training": 6, "evidence": 6, "encoders": 5, "corpora": 4,
    "making": 3, "audio": 2, "metrics": 2, "layers": 2, "language": 2, "assets": 1, "task": 1,
    "whole_file": 1, "errors": 0,
}  # fmt: skip
TORCH_FREE = ("assets", "audio", "cli", "corpora", "evidence", "metrics", "task", "errors")
VAGUE = {"utils.py", "helpers.py", "common.py", "misc.py", "base.py"}
FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.name[0] != "_")


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Rooms and outside packages that a file names in an import, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            if node.module == "earwitness":
                names.update(f"earwitness.{alias.name}" for alias in node.names)
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downwards(path: Path) -> None:
    own = room(path)
    upward = []
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "earwitness" or len(parts) == 1:
            continue
        other = parts[1]
        if other not in FLOORS:  # a name re-exported by the top, such as earwitness.__version__
            continue
        if other != own and FLOORS[other] >= FLOORS[own]:
            upward.append(name)
    assert not upward, f"{own} (floor {FLOORS[own]}) must not import {upward}"


@pytest.mark.parametrize(
    "path", [p for p in FILES if room(p) in TORCH_FREE], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_rooms_without_torch(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {"torch", "transformers"}


def test_every_room_stands_on_a_floor() -> None:
    assert {room(path) for path in FILES} <= set(FLOORS)


def test_files_are_named_by_what_they_do() -> None:
    assert not [path for path in FILES if path.name in VAGUE]


def test_files_can_be_held_in_the_head() -> None:
    long = {str(p.relative_to(SOURCE)): n for p in FILES if (n := len(p.read_text().splitlines())) > 320}
    assert not long


def test_import_loads_nothing_heavy() -> None:
    code = "import sys, earwitness; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("torch", "onnxruntime", "numpy", "polars", "scipy", "transformers"):
        assert f"'{heavy}'" not in loaded


def test_help_loads_no_torch() -> None:
    code = (
        "import sys; from earwitness.cli.main import main; code = main(['--help']);"
        "print('torch' in sys.modules, 'onnxruntime' in sys.modules, code)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "False False 0"
