"""What is known of a public corpus before anybody has it: licence, access, citation, expected counts."""

from __future__ import annotations

from typing import Literal

import msgspec

Access = Literal["open", "registration", "request", "paid"]
Known = Literal["established", "recalled"]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many rows a complete copy has.

    Args:
        rows: their number.
        where: column -> value that the counted rows have; all rows when empty.
        known: `established` from public material, or `recalled` and to be taken with care.
    """

    rows: int
    where: dict[str, str] = {}
    known: Known = "recalled"


class CorpusCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One public corpus.

    Args:
        name: by which it is scanned ("asvspoof2019-la").
        title: as its authors call it.
        tasks: what it is used for ("detection", "emotion", "speaker" ...).
        licence: SPDX name, or in words.
        access: `open` to anybody, after `registration`, on `request`, or `paid`.
        get: how to get it, one line.
        citation: authors, title, venue, year.
        languages: BCP 47 tags.
        hours: of audio; `None` where not established.
        expected: counts of a complete copy.
        labels: label column -> its values; of a detection corpus, "label" begins with "bona fide".
        notes: what a user must know (polarity, traps, choices made in the scan).
    """

    name: str
    title: str
    tasks: tuple[str, ...]
    licence: str
    access: Access
    get: str
    citation: str
    languages: tuple[str, ...] = ()
    hours: float | None = None
    expected: tuple[Expected, ...] = ()
    labels: dict[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()
