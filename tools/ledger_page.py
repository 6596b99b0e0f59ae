"""Write docs/ledger.md from the entries in ledger/.

python tools/ledger_page.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from earwitness.systems.ledger.catalogue import REPRODUCTIONS
from earwitness.systems.ledger.entry import Entry, Measured, Published, read_entry

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ledger.md"
KINDS = {
    "real": "real recordings",
    "simulated": "SIMULATED signals",
    "miniature": "a MINIATURE: it checks the machinery and says nothing about the claim",
}


def entries() -> list[Entry]:
    """Entries that are there, by name."""
    paths = [ROOT / "ledger" / f"{name}.json" for name in sorted(REPRODUCTIONS)]
    return [read_entry(path) for path in paths if path.exists()]


def page() -> str:
    """The whole page."""
    found = entries()
    missing = sorted(set(REPRODUCTIONS) - {one.name for one in found})
    lines = [
        "# The ledger: what papers claim, and what could be shown on open data",
        "",
        "Written by `python tools/ledger_page.py` from `ledger/*.json`; each of these was written by",
        "`earwitness reproduce NAME --corpus CORPUS --out DIR`. The experiments are small (they fit two",
        "cores) and run on other data and mostly other encoders than the papers': a claim that does not",
        "show here is not refuted, and a claim that shows here is not proved at the paper's scale.",
        "",
        "*reproduced*: the paired 95 % interval lies on the claimed side of zero, and the effect is as",
        "large as claimed where a size is claimed. *direction only*: the mean lies on the claimed side.",
        "*not tested*: the data at hand cannot tell.",
        "",
        *rows(
            ("experiment", "claim", "verdict", "data"),
            (
                (
                    f"[{one.name}](#{one.name})", verdict.claim, f"**{verdict.word}**",
                    KINDS[one.data.kind].split(":")[0],
                )
                for one in found
                for verdict in one.verdicts
            ),
        ),
    ]  # fmt: skip
    if missing:
        lines += ["", f"Not run yet: {', '.join(missing)}."]
    for one in found:
        lines += ["", *section(one)]
    return "\n".join(lines) + "\n"


def section(one: Entry) -> list[str]:
    """One experiment."""
    lines = [
        f"## {one.name}",
        "",
        f"{one.paper}.",
        "",
        f"Claim: {one.claim}.",
        "",
        *(f"- **{verdict.word}**: {verdict.claim}. {verdict.because}." for verdict in one.verdicts),
        "",
        f"Data: {one.data.name}, {KINDS[one.data.kind]}; {one.data.rows:,} rows. {one.data.what}.",
        f"Table's SHA-256: `{one.data.sha256}`; {_audio(one)}. Seeds {', '.join(map(str, one.seeds))}; "
        f"{max(1, round(one.seconds / 60))} min on {one.threads} thread{'s' * (one.threads > 1)}; "
        f"earwitness {one.version}.",
    ]
    lines += ["", *rows(("published", "figure", "value", "on", "where"), map(_published, one.published))]
    lines += [
        "",
        *rows(
            (
                "measured here", "folds", "figure", "mean over seeds", "95 % interval", "best seed", "n",
                "parameters",
            ),
            map(_measured, one.measured),
        ),
    ]  # fmt: skip
    if one.differences:
        lines += [
            "",
            *rows(
                ("difference", "folds", "figure", "value", "paired 95 % interval"),
                (
                    (
                        f"{each.first} − {each.other}", each.on, _metric(each.metric, each.lower),
                        f"{each.value:+.4f}", f"{each.low:+.4f} to {each.high:+.4f}",
                    )
                    for each in one.differences
                ),
            ),
        ]  # fmt: skip
    for table in one.tables:
        lines += ["", f"{table.title}:", "", *rows(table.columns, table.rows)]
    told = [f"{each.on}: {note}" for each in one.measured for note in each.notes]
    if one.notes or told:
        lines += ["", *(f"- {note.rstrip('.')}." for note in dict.fromkeys((*one.notes, *told)))]
    return lines


def rows(columns: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown."""
    return [
        "| " + " | ".join(columns) + " |",
        "|" + "---|" * len(columns),
        *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells),
    ]


def _audio(one: Entry) -> str:
    return (
        f"of the audio: `{one.data.audio_sha256}`"
        if one.data.audio_sha256
        else "that of the audio was not taken"
    )


def _published(one: Published) -> tuple[str, ...]:
    return one.what, one.metric, f"{one.value:g}", one.on, one.source


def _measured(one: Measured) -> tuple[str, ...]:
    return (
        one.what, one.on, _metric(one.metric, one.lower), f"{one.value:.4f}",
        f"{one.low:.4f} to {one.high:.4f}", f"{one.best:.4f}", f"{one.n:,}", f"{one.parameters:,}",
    )  # fmt: skip


def _metric(name: str, lower: bool) -> str:
    return f"{name} {'↓' if lower else '↑'}"


if __name__ == "__main__":
    PAGE.write_text(page())
