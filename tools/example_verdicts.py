"""Write what the shipped detector says of the examples beside what they are.

    python tools/example_verdicts.py

changes the table between the marks in `examples/README.md`; misses stay in it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import earwitness
from earwitness.evidence.finding import Findings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "examples" / "README.md"
BEGIN, END = "<!-- verdicts: written by tools/example_verdicts.py -->\n", "<!-- end of verdicts -->"


def truths() -> dict[str, str]:
    """File -> what it is, from the last column of the first table of the page."""
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    kinds = ("bona fide", "spoof")
    return {name: last for name, last in rows if last.startswith(kinds)}


def judged(truth: str, decision: str) -> str:
    """Whether a decision is right, wrong or none, for what a recording is."""
    if decision == "inconclusive":
        return "none given"
    return "right" if truth == decision else "**wrong**"


def table(findings: Findings) -> str:
    """The table as Markdown."""
    known = truths()
    lines = ["| file | what it is | decision | LLR | verdict |", "|---|---|---|---|---|"]
    for finding in findings.recordings:
        name, said = Path(finding.path).name, finding.detection
        llr = "" if said.llr is None else f"{said.llr:+.1f}"
        truth = known[name]
        lines.append(f"| `{name}` | {truth} | {said.decision} | {llr} | {judged(truth, said.decision)} |")
    return "\n".join([*lines, "", f"Detector: {findings.model.name} {findings.model.version}.", ""])


if __name__ == "__main__":
    os.chdir(ROOT)
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(before + BEGIN + table(earwitness.analyze("examples")) + END + after, encoding="utf-8")
