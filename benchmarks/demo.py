"""`make demo` in a fresh clone: how long, how large, how many packages, and no torch among them.

    python benchmarks/demo.py [--python python3.11]

Clones what is committed here into a temporary folder; packages come from the index that pip is set to.
Writes benchmarks/results/demo.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from earwitness.whole_file import write_whole

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "demo.json"
LIMITS = {"seconds": 180, "megabytes": 600, "packages": 45}
OWN = {"pip", "setuptools"}
"""What venv brings by itself."""


def size(folder: Path) -> float:
    """Megabytes (10^6 bytes) of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


def measured(python: str) -> dict[str, Any]:
    """One run in a fresh clone."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        began = time.perf_counter()
        done = subprocess.run(
            ["make", "demo", f"PYTHON={python}"], cwd=clone, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
        inside = clone / ".venv-base" / "bin" / "python"
        listed = subprocess.run(
            [str(inside), "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
        )
        names = sorted({one["name"].lower() for one in json.loads(listed.stdout)} - OWN)
        return {
            "seconds": round(seconds, 1),
            "megabytes": round(size(clone / ".venv-base")),
            "packages": len(names),
            "torch": any(name.startswith("torch") for name in names),
            "names": names,
            "last_lines": done.stdout.replace(str(clone), ".").splitlines()[-12:],
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default="python3")
    found = measured(parser.parse_args().python)
    held = not found["torch"] and all(found[name] < most for name, most in LIMITS.items())
    record = {"limits": LIMITS, "held": held, "python": platform.python_version(), **found}
    write_whole(RESULT, (json.dumps(record, indent=1) + "\n").encode())
    print(json.dumps({name: found[name] for name in (*LIMITS, "torch")}), "held" if held else "NOT held")


if __name__ == "__main__":
    main()
