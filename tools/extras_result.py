"""Run the tests of the extras that have an environment of their own, and keep what came of it.

    python tools/extras_result.py FOLDER...

Run it with the Python of that environment (`make test-extras` does). For each folder of
`tests_extras` it runs pytest and writes `tests_extras/results/FOLDER.json`: how many tests passed,
failed and were skipped, and the versions that they ran with.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "cluster": ("ray", "fsspec", "numpy", "polars", "onnxruntime"),
    "opensmile": ("opensmile", "numpy"),
    "physio": ("neurokit2", "numpy", "pandas"),
    "trillsson": ("tensorflow", "numpy"),
}


def result(folder: str) -> dict[str, object]:
    """What came of the tests in a folder."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        command = [
            sys.executable, "-m", "pytest", str(ROOT / "tests_extras" / folder), "-q",
            "-p", "no:cacheprovider", "--timeout", "300", f"--junit-xml={report}",
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=False)
        suite = next(ElementTree.parse(report).iter("testsuite"))
    counts = {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
    return {
        **counts,
        "cases": sorted(case.get("name", "") for case in suite.iter("testcase")),
        "seconds": round(float(suite.get("time", 0))),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in PACKAGES[folder]},
    }


def main(folders: list[str]) -> int:
    """Run, write and say whether all passed and nothing was skipped."""
    good = True
    for folder in folders:
        found = result(folder)
        path = ROOT / "tests_extras" / "results" / f"{folder}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, indent=2) + "\n")
        good = good and found["tests"] != 0 and not any(found[k] for k in ("failures", "errors", "skipped"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
