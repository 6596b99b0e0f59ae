"""Write docs/third-party.md from the catalogue of shipped files.

python tools/third_party.py
"""

from __future__ import annotations

import json
from pathlib import Path

from earwitness.assets import asset, catalogue

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "third-party.md"


def page() -> str:
    """The whole page; every file is found and its SHA-256 checked on the way."""
    lines = [
        "# Shipped files",
        "",
        "Written by `python tools/third_party.py` from `src/earwitness/assets/catalogue.json`. Each file is",
        "checked against its SHA-256 before use. Licence texts stand in `src/earwitness/assets/licences`.",
        "",
        "| name | file | MB | licence | source | SHA-256 |",
        "|---|---|---|---|---|---|",
    ]
    total = 0
    for name, entry in sorted(catalogue().items()):
        size = asset(name).stat().st_size
        total += size
        source = entry.source.replace("|", "\\|").replace("\n", " ")
        lines.append(
            f"| {name} | `{entry.file}` | {size / 1e6:.1f} | {entry.licence} | {source} | `{entry.sha256}` |"
        )
    for path in sorted((ROOT / "src/earwitness/assets/instruments").glob("*/manifest.json")):
        manifest = json.loads(path.read_bytes())
        head = path.with_name(manifest["head"]["file"])
        total += head.stat().st_size
        detector = path.parent.name == "detection"
        command = "earwitness train detector" if detector else "python tools/side_instruments.py"
        lines.append(
            f"| {path.parent.name} | `instruments/{path.parent.name}/{head.name}` | "
            f"{head.stat().st_size / 1e6:.1f} | Apache-2.0 | trained by `{command}` on "
            f"open-voices, {manifest['name']} {manifest['version']} | `{manifest['head']['sha256']}` |"
        )
    lines += ["", "The recordings in `examples/` have their table in `examples/README.md`."]
    lines += ["", f"Together {total / 1e6:.1f} MB."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
