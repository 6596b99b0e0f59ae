"""`earwitness corpora list`: which corpora can be scanned or built, and how to get them."""

from __future__ import annotations

from typing import Any

import msgspec

from earwitness.corpora.catalogue import CORPORA, FORMATS, card, scan_options
from earwitness.corpora.corpus_card import CorpusCard
from earwitness.corpora.open_voices.archives import missing_managers
from earwitness.corpora.open_voices.contents import archives_of
from earwitness.corpora.open_voices.plan import SUBSETS


def listed(name: str | None = None, *, json: bool = False) -> int:
    """Say which corpora can be scanned or built here, how large they are, and how to get them.

    Args:
        name: only this one, with all that is known of it.
        json: print JSON.
    """
    if name is not None:
        known = card(name)
        print(_json(known, name) if json else "\n".join(_told(known, name)))
        return 0
    cards = {each: card(each) for each in sorted(CORPORA)}
    if json:
        record = {
            "schema": "earwitness.corpora/1",
            "scan": [msgspec.to_builtins(known) for known in cards.values()],
            "own": [msgspec.to_builtins(card(each)) for each in FORMATS],
            "build": [_subset(subset) for subset in SUBSETS],
        }
        print(msgspec.json.format(msgspec.json.encode(record), indent=2).decode())
        return 0
    wide = max(map(len, cards))
    for each, known in cards.items():
        hours = "hours not known" if known.hours is None else f"{known.hours:g} h"
        print(f"{each:{wide}}  {', '.join(known.tasks)}; {known.licence}; {known.access}; {hours}")
        print(f"{'':{wide}}  {known.get}")
    print("data of your own:")
    for each in FORMATS:
        print(f"{each:{wide}}  {card(each).get}")
    print("scan a copy with: earwitness corpora scan NAME FOLDER")
    print()
    for subset in SUBSETS:
        found = _subset(subset)
        print(
            f"open-voices --subset {subset}: {found['packages']} packages, {found['megabytes']} MB to fetch"
        )
        for manager, names in found["missing"].items():
            print(f"  without {manager} these cannot be had: {', '.join(names)}")
    print("build one with: earwitness corpora build open-voices FOLDER --subset tiny")
    return 0


def _subset(subset: Any) -> dict[str, Any]:
    archives = archives_of(subset)
    return {
        "name": "open-voices",
        "subset": subset,
        "packages": len(archives),
        "megabytes": round(sum(archive.size for archive in archives) / 1e6),
        "missing": {manager: list(names) for manager, names in missing_managers(archives).items()},
    }


def _json(known: CorpusCard, name: str) -> str:
    record = msgspec.to_builtins(known) | {"options": scan_options(name)}
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode()


def _told(known: CorpusCard, name: str) -> list[str]:
    lines = [
        f"{known.title} ({', '.join(known.tasks)})",
        f"licence: {known.licence}; access: {known.access}",
        f"get: {known.get}",
    ]
    if known.hours is not None:
        lines.append(f"hours: {known.hours:g}")
    if known.languages:
        lines.append(f"languages: {', '.join(known.languages)}")
    if known.citation:
        lines.append(f"cite: {known.citation}")
    for expected in known.expected:
        what = ", ".join(f"{column} {value}" for column, value in expected.where.items()) or "a complete copy"
        memory = "" if expected.known == "established" else " (a figure from memory)"
        lines.append(f"rows of {what}: {expected.rows:,}{memory}")
    lines += [f"{column}: {', '.join(values)}" for column, values in known.labels.items() if values]
    lines += [f"note: {note}" for note in known.notes]
    options = scan_options(name)
    told = " ".join(f"--set {option}={value}" for option, value in options.items())
    return [*lines, f"scan: earwitness corpora scan {name} FOLDER {told}".rstrip()]
