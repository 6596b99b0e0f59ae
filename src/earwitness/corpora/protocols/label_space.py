"""The labels that two corpora share, and the table by which they were brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from earwitness.corpora.emotions import FIVE, FOUR, MERGES, WORDS
from earwitness.errors import BadInput

SPACES = {"five": FIVE, "four": FOUR}
"""Named spaces of emotions."""

DETECTION = {
    "bona fide": "bona fide", "bonafide": "bona fide", "bona-fide": "bona fide", "genuine": "bona fide",
    "real": "bona fide", "spoof": "spoof", "fake": "spoof", "deepfake": "spoof",
}  # fmt: skip
"""Words of keys -> ours, for tables of one's own; scanned corpora have ours."""

Mapped = Mapping[str, str | None]
"""Label of a corpus -> shared label, or `None`: its rows are on no side."""


class LabelTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the labels of a pair of corpora were brought together.

    Args:
        train: name of the corpus that is trained on.
        test: name of the other.
        column: of the labels.
        classes: the shared labels, in order.
        rows: (shared label or "" where left out, label in train, rows there, label in test, rows there).
    """

    train: str
    test: str
    column: str
    classes: tuple[str, ...]
    rows: tuple[tuple[str, str, int, str, int], ...]

    def lines(self) -> list[str]:
        """The table in words, one line a label.

        Example:
            >>> LabelTable(train="a", test="b", column="emotion", classes=("anger",),
            ...     rows=(("anger", "angry", 3, "anger", 2),)).lines()
            ['a -> b, emotion: anger', '  anger: angry (3 rows) | anger (2 rows)']
        """
        told = [f"{self.train} -> {self.test}, {self.column}: {', '.join(self.classes)}"]
        for shared, one, count, other, number in self.rows:
            left = f"{one} ({count:,} rows)" if one else "-"
            right = f"{other} ({number:,} rows)" if other else "-"
            told.append(f"  {shared or 'left out'}: {left} | {right}")
        return told


def intersect(
    train: tuple[str, Mapping[str, int]],
    test: tuple[str, Mapping[str, int]],
    *,
    column: str,
    mapping: Mapping[str, Mapped] | None = None,
    merges: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> tuple[LabelTable, Mapped, Mapped]:
    """The labels that two corpora share; all others are left out on both sides.

    Args:
        train: name of a corpus, and its labels with their rows.
        test: the same of the other.
        column: of the labels, for the table.
        mapping: corpus -> label -> shared label; what it does not name goes by the usual words for
            emotions and for bona fide and spoof, or stays as it is.
        merges: of `emotions.MERGES`, by name ("calm" counts as neutral, "excitement" as happiness).
        classes: the shared labels that are wanted; all that both have without it.

    Returns:
        The table, and for each of the two: label -> shared label or `None`.

    Raises:
        BadInput: when fewer than two labels are shared, a wanted one is missing in a corpus, or the
            mapping names a label that is not there.

    Example:
        >>> table, one, other = intersect(("a", {"happy": 2, "anger": 1, "calm": 1}),
        ...     ("b", {"happiness": 3, "anger": 2}), column="emotion")
        >>> table.classes, one["calm"], other["happiness"]
        (('anger', 'happiness'), None, 'happiness')
    """
    strange = [label for label in merges if label not in MERGES]
    if strange:
        raise BadInput(f"is not merged by name; there are: {', '.join(MERGES)}", where=strange[0])
    named = [_named(name, labels, (mapping or {}).get(name, {}), merges) for name, labels in (train, test)]
    both = sorted(set(named[0].values()) & set(named[1].values()) - {None}, key=str)
    shared = tuple(str(label) for label in both)
    if classes is not None:
        lacking = [label for label in classes if label not in shared]
        if lacking:
            raise BadInput(f"do not both have {lacking[0]!r}", where=f"{train[0]}, {test[0]}")
        shared = tuple(classes)
    if len(shared) < 2:
        raise BadInput(
            f"share {'the label ' + shared[0] if shared else 'no labels'} of {column!r}; "
            "a mapping can bring labels together",
            where=f"{train[0]}, {test[0]}",
        )
    one, other = ({k: v if v in shared else None for k, v in names.items()} for names in named)
    return (
        LabelTable(
            train=train[0], test=test[0], column=column, classes=shared,
            rows=tuple(_rows(shared, (train[1], one), (test[1], other))),
        ),
        one,
        other,
    )  # fmt: skip


def read_mapping(path: str) -> Mapping[str, Mapped]:
    """Labels of corpora brought together by hand: TOML or JSON, `[corpus]`, `label = "shared label"`.

    A label mapped to "" is left out.

    Raises:
        BadInput: when the file cannot be read or is not of that form.
    """
    try:
        content = Path(path).read_bytes()
        decode = msgspec.json.decode if path.endswith(".json") else msgspec.toml.decode
        found = decode(content, type=dict[str, dict[str, str]])
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=path) from error
    except msgspec.MsgspecError as error:
        raise BadInput(f"is no mapping of labels: {error}", where=path) from error
    return {name: {label: to or None for label, to in labels.items()} for name, labels in found.items()}


def _named(
    name: str, labels: Mapping[str, int], mapping: Mapped, merges: Sequence[str]
) -> dict[str, str | None]:
    strange = sorted(set(mapping) - set(labels))
    if strange:
        there = ", ".join(sorted(labels))
        raise BadInput(f"maps {strange[0]!r}, which {name} does not have; it has {there}", where="mapping")
    found: dict[str, str | None] = {}
    for label in labels:
        word = label.strip().lower()
        usual = WORDS.get(word) or DETECTION.get(word) or label
        found[label] = mapping[label] if label in mapping else MERGES[usual] if usual in merges else usual
    return found


def _rows(
    shared: Sequence[str], train: tuple[Mapping[str, int], Mapped], test: tuple[Mapping[str, int], Mapped]
) -> list[tuple[str, str, int, str, int]]:
    rows = []
    for label in (*shared, None):
        sides = [
            [(name, count) for name, count in sorted(labels.items()) if mapped[name] == label]
            for labels, mapped in (train, test)
        ]
        for at in range(max(map(len, sides))):
            left, right = (side[at] if at < len(side) else ("", 0) for side in sides)
            rows.append((label or "", *left, *right))
    return rows
