"""What a scan saw beside its rows: nothing is guessed, everything left out is counted and named."""

from __future__ import annotations

import msgspec
import polars as pl

SHOWN = 10
"""Names kept of each kind of finding, the first in order."""


class Noted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of file or row that is not in the table.

    Args:
        count: how many.
        examples: the first of them in order, at most `SHOWN`.
    """

    count: int = 0
    examples: tuple[str, ...] = ()


def noted(names: pl.Series) -> Noted:
    """How many names there are, and the first of them in order."""
    return Noted(len(names), tuple(names.sort().head(SHOWN).to_list()))


class ScanReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a scan left out, and how its counts compare with those of a complete copy.

    Args:
        unknown: files whose names follow none of the corpus' rules.
        missing: rows of the key whose file is not there; they are not in the table.
        extra: audio files that no key names; they are not in the table.
        empty: files of no bytes; they are not in the table.
        unreadable: files that were to be opened and cannot be decoded; they are not in the table.
        dropped: rows that the corpus' own rules leave out (said in its card).
        notes: what else is to be known of this copy, one line each.
        differences: expected counts that were not found, one line each.
    """

    unknown: Noted = Noted()
    missing: Noted = Noted()
    extra: Noted = Noted()
    empty: Noted = Noted()
    unreadable: Noted = Noted()
    dropped: Noted = Noted()
    notes: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The report in words, one line a finding; none when there is nothing to tell.

        Example:
            >>> ScanReport(unknown=Noted(1, ("readme.wav",))).lines()
            ['1 file with an unknown name, left out: readme.wav']
        """
        told = (
            (self.unknown, "file with an unknown name, left out", "files with unknown names, left out"),
            (self.missing, "row of the key has no file, left out", "rows of the key have no file, left out"),
            (self.extra, "audio file that no key names, left out", "audio files that no key names, left out"),
            (self.empty, "file of no bytes, left out", "files of no bytes, left out"),
            (
                self.unreadable,
                "file that cannot be decoded, left out",
                "files that cannot be decoded, left out",
            ),
            (self.dropped, "row left out by the corpus' rules", "rows left out by the corpus' rules"),
        )
        found = []
        for noted, one, several in told:
            if noted.count:
                more = ", ..." if noted.count > len(noted.examples) else ""
                what = one if noted.count == 1 else several
                found.append(f"{noted.count:,} {what}: {', '.join(noted.examples)}{more}")
        return [*found, *self.notes, *self.differences]
