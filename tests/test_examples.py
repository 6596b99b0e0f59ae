"""The examples: as listed, as licensed, and judged as their page says."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import earwitness

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
RECORDINGS = sorted(path for path in FOLDER.iterdir() if path.suffix != ".md")


def test_every_recording_stands_on_the_page_with_its_hash() -> None:
    assert len(RECORDINGS) == 6
    for path in RECORDINGS:
        assert f"| `{path.name}` | `{hashlib.sha256(path.read_bytes()).hexdigest()}` |" in PAGE


def test_the_page_says_what_the_detector_says() -> None:
    spec = importlib.util.spec_from_file_location("example_verdicts", ROOT / "tools" / "example_verdicts.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    known = tool.truths()
    assert set(known) == {path.name for path in RECORDINGS}
    for finding in earwitness.analyze([str(path) for path in RECORDINGS]).recordings:
        name, decision = Path(finding.path).name, finding.detection.decision
        row = f"| `{name}` | {known[name]} | {decision} |"
        assert row in PAGE, "run: python tools/example_verdicts.py"
