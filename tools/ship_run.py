"""Make the instrument of a run of `earwitness train detector` the shipped one.

    earwitness train detector --corpus open-voices --store store --out runs/detector
    python tools/ship_run.py open-voices runs/detector
    python benchmarks/splices.py open-voices splices --store store --ship
    python tools/example_verdicts.py && python tools/ledger_origin.py

Head, manifest and card come from the run; its figures are computed anew from its held-back scores. Rivals
that the run did not score stay as the card before had them, and the card says so: AASIST alone takes
an hour. What else was tried comes from `ledger/detector-search.json`; without corpus and run, that alone is
brought into the card, and then `tools/readme_figures.py` is to be run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from earwitness.errors import BadInput
from earwitness.evidence.manifest import Manifest, to_json
from earwitness.systems.detection_table import corpus_hash, read_rows
from earwitness.systems.held_back_figures import held_back_figures
from earwitness.systems.held_back_table import read_held_back
from earwitness.systems.instrument_card import card_text, limits
from earwitness.systems.search_card import search_summary
from earwitness.training.run import plain
from earwitness.whole_file import write_whole

ROOT = Path(__file__).parents[1]
INSTRUMENT = ROOT / "src/earwitness/assets/instruments/detection"
LEDGER = ROOT / "ledger/detector-search.json"


def read(path: Path) -> dict[str, Any]:
    """A JSON file."""
    found: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return found


def shipped(old: dict[str, Any], corpus: Path, run: Path) -> dict[str, Any]:
    """The run's card, with the rivals and the search of the one before.

    Raises:
        BadInput: when they are of different corpora, or the run has no scores.
    """
    card = read(run / "instrument" / "card.json")
    table, rows = read_rows(corpus)
    if not corpus_hash(table) == card["data"]["corpus_sha256"] == old["data"]["corpus_sha256"]:
        raise BadInput("run, card and corpus are not of the same clips", where=str(run))
    held = read_held_back(run, table)
    if held is None:
        raise BadInput("holds no scores", where=str(run))
    figures = plain(held_back_figures(held, rows, table, {}))
    figures["without_copies"] = card["figures"]["without_copies"]
    figures["rivals"] = card["figures"]["rivals"] or {
        name: {**found, "earlier_run": True} for name, found in old["figures"]["rivals"].items()
    }
    search = plain(search_summary(read(LEDGER)))
    return {**card, "figures": figures, "search": search, "limits": list(limits(figures))}


def main() -> None:
    """Read the run, write the instrument."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("corpus", type=Path, nargs="?")
    parser.add_argument("run", type=Path, nargs="?")
    given = parser.parse_args()
    if given.run is None:
        write_card({**read(INSTRUMENT / "card.json"), "search": plain(search_summary(read(LEDGER)))})
        return
    card = shipped(read(INSTRUMENT / "card.json"), given.corpus, given.run)
    folder = given.run / "instrument"
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    changed = msgspec.structs.replace(manifest, notes=tuple(card["limits"]))
    write_whole(INSTRUMENT / "head.onnx", (folder / "head.onnx").read_bytes())
    write_whole(INSTRUMENT / "manifest.json", to_json(changed))
    write_card(card)


def write_card(card: dict[str, Any]) -> None:
    """As JSON and as Markdown."""
    write_whole(INSTRUMENT / "card.json", msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    write_whole(INSTRUMENT / "card.md", card_text(card).encode())


if __name__ == "__main__":
    main()
