"""What the documentation shows runs, names what exists, and is up to date."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from earwitness.cli.main import VERBS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
MODULES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in (SOURCE / "earwitness").rglob("*.py")
    if path.name != "__main__.py"
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, text=True, check=True
    ).stdout.split("\0")
    if name
]
MEGABYTE = 1_000_000


def blocks(page: Path, language: str) -> list[str]:
    """Fenced examples of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def shell_lines() -> list[tuple[str, str]]:
    """(page, command) of every line of every shell example."""
    return [
        (page.name, line.strip())
        for page in PAGES
        for block in blocks(page, "sh")
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip() and not line.strip().startswith("#")
    ]


def is_binary(path: Path) -> bool:
    """As git tells it: a NUL byte near the beginning."""
    with path.open("rb") as stream:
        return b"\0" in stream.read(8192)


def tool(name: str) -> ModuleType:
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(example, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


@pytest.mark.parametrize(
    ("page", "code"), [(page.name, code) for page in PAGES for code in blocks(page, "python")]
)
def test_python_examples_run(page: str, code: str) -> None:
    # From the root of the repository, where the examples stand; a warning is an error here too.
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(("page", "line"), shell_lines())
def test_shell_examples_name_what_exists(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "earwitness":
        assert words[1].startswith("-") or words[1] in VERBS
    elif words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert set(words[1:]) <= set(targets)
    elif words[0] == "python" and words[1] != "-m":
        assert (ROOT / words[1]).is_file()
    elif words[:2] == ["pip", "install"]:
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        named = {extra for word in words for extra in re.findall(r"earwitness\[([\w,]+)\]", word)}
        assert {extra for part in named for extra in part.split(",")} <= set(extras)


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{page.name}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if not link.startswith(("http:", "https:", "mailto:")) and not (page.parent / link).exists()
    ]
    assert not dead


def test_table_of_shipped_files_is_up_to_date() -> None:
    third_party = tool("third_party")
    assert third_party.PAGE.read_text() == third_party.page(), "run: python tools/third_party.py"


def test_page_of_corpora_is_up_to_date() -> None:
    corpora_page = tool("corpora_page")
    assert corpora_page.PAGE.read_text() == corpora_page.page(), "run: python tools/corpora_page.py"


def test_page_of_encoders_is_up_to_date() -> None:
    encoders_page = tool("encoders_page")
    assert encoders_page.PAGE.read_text() == encoders_page.page(), "run: python tools/encoders_page.py"


def test_page_of_the_ledger_is_up_to_date() -> None:
    ledger_page = tool("ledger_page")
    assert ledger_page.PAGE.read_text() == ledger_page.page(), "run: python tools/ledger_page.py"


def test_every_dependency_is_accounted_for() -> None:
    dependencies = tool("dependencies")
    named = {name for names in dependencies.direct().values() for name in names}
    assert named == set(dependencies.REASONS), "say why in tools/dependencies.toml"
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    page = dependencies.PAGE.read_text()
    missing = [name for name in sorted(named) if f"| {name} | {pinned[name]} |" not in page]
    assert not missing, "run: python tools/dependencies.py"


def test_no_host_of_a_registry_and_no_path_of_a_machine() -> None:
    # Put together here, so that this file does not name them either.
    hosts = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"))]
    folders = [f"/{name}/" for name in ("work", "root", "home", "opt")]
    pattern = re.compile("|".join([*map(re.escape, hosts), *(rf"(?<![\w.]){f}" for f in folders)]))
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TRACKED
        if path.is_file() and not is_binary(path)
        if (match := pattern.search(path.read_text(errors="replace")))
    ]
    assert not found


def test_the_repository_stays_light() -> None:
    sizes = {path: path.stat().st_size for path in TRACKED if path.is_file()}
    large = {path: size for path, size in sizes.items() if size > 50 * MEGABYTE}
    assert not large
    assert sum(size for path, size in sizes.items() if is_binary(path)) < 120 * MEGABYTE


def test_documentation_is_read_as_intended() -> None:
    # Guards the guards: an empty list of examples would pass everything above.
    assert len(MODULES) > 20
    assert any(line.startswith("earwitness ") for _, line in shell_lines())
