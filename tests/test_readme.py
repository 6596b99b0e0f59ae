"""What the README says of the shipped detector is what its card says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

from earwitness.systems.instrument_card import card_text, limits
from earwitness.systems.search_card import search_summary
from earwitness.training.run import plain

ROOT = Path(__file__).parents[1]


def test_the_readme_and_the_card_say_the_same() -> None:
    spec = importlib.util.spec_from_file_location("readme_figures", ROOT / "tools" / "readme_figures.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    card = json.loads(tool.CARD.read_bytes())
    said = tool.figures(card)
    assert said in tool.PAGE.read_text(encoding="utf-8"), "run: python tools/readme_figures.py"
    assert tool.CARD.with_suffix(".md").read_text(encoding="utf-8") == card_text(card)
    ledger = json.loads((ROOT / "ledger" / "detector-search.json").read_bytes())
    assert plain(search_summary(ledger)) == card["search"], "run: python tools/ship_run.py"
    manifest = json.loads((tool.CARD.parent / "manifest.json").read_bytes())
    notes = list(limits(card["figures"], card["splices"]))
    assert manifest["notes"] == card["limits"] == notes
    # the constants that `analyze` uses are those that were chosen, and the report says how far they go
    if places := card["splices"].get("places"):
        assert {name: manifest["changes"][name] for name in places["search"]} == places["search"]
        assert manifest["changes"]["note"] in said
    assert manifest["thresholds"]["least_window"] == card["splices"]["least_window"]
