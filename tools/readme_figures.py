"""Write what the shipped detector's card says of its weak sides into the README.

    python tools/readme_figures.py

changes what stands between the marks in `README.md`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from earwitness.systems.card_table import percent
from earwitness.systems.search_card import heads_sentence
from earwitness.systems.splice_card import place_note
from earwitness.systems.verdict_card import promise
from earwitness.systems.verdict_figures import MOST

ROOT = Path(__file__).parents[1]
CARD = ROOT / "src/earwitness/assets/instruments/detection/card.json"
PAGE = ROOT / "README.md"
BEGIN, END = "<!-- figures: written by tools/readme_figures.py -->\n", "<!-- end of figures -->"


def figures(card: dict[str, Any]) -> str:
    """Three points, as Markdown."""
    places = card["splices"].get("places")
    return "\n".join(
        [
            f"- **Wrong verdicts.** At most {percent(MOST)} % of the verdicts given on engines never heard "
            f"were to be wrong. {promise(card['figures']['verdicts'])}",
            *([f"- **Splices.** {place_note(places)}"] if places else []),
            f"- **Choosing.** {heads_sentence(card['search']['heads'])}",
            "",
        ]
    )


def main() -> None:
    """Rewrite the README."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END, 1)[1]
    PAGE.write_text(head + BEGIN + figures(json.loads(CARD.read_bytes())) + END + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
