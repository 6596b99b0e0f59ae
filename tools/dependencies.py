"""Write docs/dependencies.md from pyproject.toml, tools/dependencies.toml and what is installed here.

    python tools/dependencies.py [BASE]

Run it in the development environment; extras with an environment of their own (`make test-extras`)
are found when its site-packages folder is on PYTHONPATH. BASE is a fresh
environment with the base install alone (`.venv-base` of `make demo`), whose whole size is stated.
"""

from __future__ import annotations

import sys
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "dependencies.md"
REASONS = tomllib.loads((ROOT / "tools" / "dependencies.toml").read_text())


def direct() -> dict[str, list[str]]:
    """Group ("base" or the name of an extra) -> names of its direct dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = {"base": project["dependencies"], **project["optional-dependencies"]}
    return {group: [canonicalize_name(Requirement(r).name) for r in names] for group, names in groups.items()}


def closure(names: list[str]) -> set[str]:
    """The packages that come with some packages, themselves included."""
    found: set[str] = set()
    waiting = [(name, frozenset[str]()) for name in names]
    while waiting:
        name, extras = waiting.pop()
        name = canonicalize_name(name)
        if name in found and not extras:
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in (extras or {""})):
                waiting.append((needed.name, frozenset(needed.extras)))
    return found


def megabytes(name: str) -> float:
    """Size of an installed package without compiled bytecode, in MB (10^6 bytes)."""
    files = metadata.files(name) or []
    paths = {Path(str(file.locate())) for file in files if file.suffix != ".pyc"}
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def licence(name: str) -> str:
    """As the package's metadata says, else as tools/dependencies.toml does."""
    given = REASONS.get(name, {}).get("licence")
    about = metadata.metadata(name)
    classified = [
        line.rpartition(" :: ")[2].removesuffix(" License")
        for line in about.get_all("Classifier") or []
        if line.startswith("License :: OSI Approved :: ")
    ]
    return str(
        given or about.get("License-Expression") or ", ".join(classified) or about.get("License") or "?"
    )


def row(name: str) -> str:
    """One line of the table."""
    version = metadata.version(name).partition("+")[0]
    alive = "no" if REASONS[name]["a_year_ago"] == version else "yes"
    return (
        f"| {name} | {version} | {licence(name)} | {alive} | {megabytes(name):.1f} | {REASONS[name]['why']} |"
    )


def whole(environment: Path) -> str:
    """What a fresh environment takes in all."""
    size = sum(path.lstat().st_size for path in environment.rglob("*") if not path.is_dir()) / 1e6
    packages = len(list(environment.glob("lib/python*/site-packages/*.dist-info")))
    return (
        f"A fresh base environment takes {size:.0f} MB with bytecode, pip and {packages} packages, "
        "earwitness itself counted among them."
    )


def page(base_environment: Path | None) -> str:
    """The whole page."""
    groups = direct()
    base = closure(groups["base"])
    lines = [
        "# Dependencies",
        "",
        "Written by `python tools/dependencies.py`; the reasons stand in `tools/dependencies.toml`.",
        "Sizes are of the installed packages without bytecode, on x86-64 Linux, in MB. *Alive*: has had a",
        "release since 2025-11-23. Versions are those of `constraints.txt`.",
    ]
    if base_environment is not None:
        lines += ["", whole(base_environment)]
    for group, names in groups.items():
        added = closure(names) - (set() if group == "base" else base)
        size = sum(megabytes(name) for name in added)
        title = "Base install" if group == "base" else f"Extra `{group}`"
        brings = f"{len(added)} packages, {size:.0f} MB" + ("" if group == "base" else " beside the base")
        lines += [
            "",
            f"## {title}: {brings}",
            "",
            "| package | version | licence | alive | MB | why |",
            "|---|---|---|---|---|---|",
            *(row(name) for name in sorted(names)),
        ]
        if further := sorted(added - set(names)):
            lines += ["", "Through them: " + ", ".join(f"{n} ({licence(n)})" for n in further) + "."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
