"""Protocols by name, as a command line or a recipe gives them: "speaker-folds:5", "official" ..."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from earwitness.corpora.corpus import Corpus
from earwitness.corpora.protocols.cross_corpus import cross_corpus
from earwitness.corpora.protocols.families_out import leave_families_out
from earwitness.corpora.protocols.grouped_folds import grouped_folds
from earwitness.corpora.protocols.holding_back import SHARE, hold_validation
from earwitness.corpora.protocols.label_space import SPACES, LabelTable, read_mapping
from earwitness.corpora.protocols.leave_one_out import MOST, leave_one_out
from earwitness.corpora.protocols.official import official
from earwitness.corpora.protocols.open_set import open_set
from earwitness.corpora.protocols.random_folds import random_folds
from earwitness.corpora.protocols.split import Split, SplitRecord, split_record
from earwitness.errors import BadInput

FOLDS = tuple(f"{by}-folds" for by in ("speaker", "group", "session", "source", "language"))
CROSSED = ("engine", "family", "attack", "codec", "codec_family")
"""Columns that bona fide (or uncoded) rows lack: leaving a value out is crossed with such rows."""

EVERY = {
    "validation": "share of the training speakers held back, 0 for none",
    "validation-by": "speaker, or group",
    "seed": "of every draw",
    "label": "column of the classes",
    "allow": "columns that may be on two sides, joined by +",
}
"""Settings that every protocol takes."""

PROTOCOLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "official": ("the split that the corpus came with", ()),
    "random-folds": ("random-folds:5 - stratified, speakers overlap: to compare with published figures", ()),
    **{
        name: (f"{name}:5 - no {name.removesuffix('-folds')} on both sides, balanced by class", ("unnamed",))
        for name in FOLDS
    },
    "leave-one-out": (
        "leave-one-out:session - each value of a column in its turn; an engine, family, attack or codec "
        "is crossed with folds of another column",
        ("disjoint", "folds", "most"),
    ),
    "cross-corpus": (
        "cross-corpus, or cross-corpus:A>B - trained on one corpus, tested on another, on shared labels",
        ("by", "classes", "mapping", "merge", "same"),
    ),
    "open-set": (
        "open-set:attack,unknown=A17+A18 - classes never trained on (or a share: unknown=0.2)",
        ("unknown", "base"),
    ),
}
"""Name -> what it does, and the settings that are its own."""


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """One round of a protocol, ready to be trained on.

    Args:
        split: rows of `corpus`.
        corpus: that was split; of a cross-corpus round, with the shared labels in the label column.
        labels: how labels of two corpora were brought together; `None` where nothing was.
    """

    split: Split
    corpus: Corpus
    labels: LabelTable | None = None


class ProtocolRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a run keeps of its protocol.

    Args:
        protocol: as it was named.
        split: counts and hashes of the round.
        labels: how labels were brought together.
    """

    protocol: str
    split: SplitRecord
    labels: LabelTable | None = None


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way of splitting, as named.

    Args:
        name: key of `PROTOCOLS`.
        first: what follows its colon; "" for the default.
        settings: setting -> value, as text.
    """

    name: str
    first: str = ""
    settings: dict[str, str] = {}

    @property
    def text(self) -> str:
        """As `named` reads it."""
        rest = "".join(f",{key}={value}" for key, value in sorted(self.settings.items()))
        return f"{self.name}{':' if self.first else ''}{self.first}{rest}"

    def divide(self, corpus: Corpus, *, label: str | None = None) -> list[Division]:
        """All rounds of the protocol, each with training, validation and test rows.

        Args:
            corpus: to be split.
            label: column of the classes; that of the setting `label`, or "label", without it.

        Raises:
            BadInput: when the corpus does not fit, or a speaker or group leaks that was not allowed
                by name.

        Example:
            >>> import polars as pl
            >>> table = pl.DataFrame([dict(id=i, path=i, start=0.0, end=1.0, split="", speaker=i, group=i)
            ...     for i in "abcdefgh"])
            >>> rounds = named("speaker-folds:4,validation=0.5").divide(Corpus(table))
            >>> len(rounds), [len(rounds[0].split.train), len(rounds[0].split.validation)]
            (4, [3, 3])
        """
        column = self.settings.get("label", label)
        if column is None and "label" in corpus.table.columns:
            column = "label"
        rounds = _rounds(self, corpus, column)
        share, by = _share(self.settings), self.settings.get("validation-by", "speaker")
        seed = _whole(self.settings, "seed", 0, least=0)
        if share:
            rounds = [
                msgspec.structs.replace(
                    one,
                    split=hold_validation(one.corpus, one.split, share=share, by=by, seed=seed, label=column),
                )
                for one in rounds
            ]
        return rounds

    def record(self, division: Division, label: str | None = None) -> ProtocolRecord:
        """What a run keeps of one round.

        Args:
            division: of this protocol.
            label: column that is counted by class.
        """
        column = label or self.settings.get("label", "label")
        return ProtocolRecord(
            protocol=self.text,
            split=split_record(division.corpus, division.split, column),
            labels=division.labels,
        )


def named(text: str) -> Protocol:
    """The protocol of a name: `NAME[:FIRST][,SETTING=VALUE ...]`.

    Raises:
        BadInput: when there is none of that name, or it has no such setting.

    Example:
        >>> named("leave-one-out:engine,disjoint=speaker").settings
        {'disjoint': 'speaker'}
    """
    head, *rest = (part.strip() for part in text.split(","))
    name, _, first = head.partition(":")
    if name not in PROTOCOLS:
        raise BadInput(f"no such protocol; there are: {', '.join(PROTOCOLS)}", where=text)
    settings: dict[str, str] = {}
    for part in rest:
        key, sign, value = part.partition("=")
        if not sign or not value or key in settings:
            raise BadInput(f"has {part!r} where SETTING=VALUE stands once", where=text)
        known = (*PROTOCOLS[name][1], *EVERY)
        if key not in known:
            raise BadInput(f"has no setting {key!r}; there are: {', '.join(known)}", where=text)
        settings[key] = value
    protocol = Protocol(name=name, first=first, settings=settings)
    if first and name == "official":
        raise BadInput("takes nothing after a colon", where=text)
    if name == "open-set" and not (first and "unknown" in settings):
        raise BadInput("says which classes are unknown: open-set:attack,unknown=A17+A18", where=text)
    _share(settings)
    return protocol


def _rounds(protocol: Protocol, corpus: Corpus, label: str | None) -> list[Division]:
    settings, first = protocol.settings, protocol.first
    seed = _whole(settings, "seed", 0, least=0)
    allow = tuple(part for part in settings.get("allow", "").split("+") if part)
    needs: Callable[[], str] = lambda: _needed(label, protocol.text)  # noqa: E731
    if protocol.name == "cross-corpus":
        return _across(protocol, corpus, needs(), seed, allow)
    if protocol.name == "official":
        splits = official(corpus, allow=allow)
    elif protocol.name == "random-folds":
        splits = random_folds(corpus, label=needs(), folds=_folds(first), seed=seed)
    elif protocol.name in FOLDS:
        splits = grouped_folds(
            corpus, by=protocol.name.removesuffix("-folds"), seed=seed, label=label, allow=allow,
            folds=_folds(first), unnamed=_yes(settings, "unnamed"),
        )  # fmt: skip
    elif protocol.name == "leave-one-out":
        by = first or "session"
        if by == "corpus" and by not in corpus.table.columns:
            by = "source"
        if by in CROSSED:
            splits = leave_families_out(
                corpus, by=by, disjoint=settings.get("disjoint", "speaker"),
                folds=_whole(settings, "folds", 3), seed=seed, allow=allow,
            )  # fmt: skip
        else:
            if {"disjoint", "folds"} & set(settings):
                raise BadInput(f"is crossed only for {', '.join(CROSSED)}", where=protocol.text)
            splits = leave_one_out(corpus, by=by, allow=allow, most=_whole(settings, "most", MOST))
    else:
        base = named(settings.get("base", "official").replace(";", ","))
        if base.name not in ("official", *FOLDS, "random-folds"):
            raise BadInput("open sets stand on the official split or on folds", where=protocol.text)
        inherited = {"seed": str(seed), "allow": "+".join(allow)}
        base = msgspec.structs.replace(base, settings=inherited | base.settings)
        whole = [one.split for one in _rounds(base, corpus, label)]
        splits = open_set(corpus, whole, column=first, unknown=_unknown(settings["unknown"]), seed=seed)
    return [Division(split=split, corpus=corpus) for split in splits]


def _across(
    protocol: Protocol, corpus: Corpus, label: str, seed: int, allow: tuple[str, ...]
) -> list[Division]:
    settings = protocol.settings
    by = settings.get("by", "corpus" if "corpus" in corpus.table.columns else "source")
    one, sign, other = protocol.first.partition(">")
    if protocol.first and not (sign and one and other):
        raise BadInput("names a pair as A>B", where=protocol.text)
    classes = settings.get("classes")
    found = cross_corpus(
        corpus, label=label, by=by, pairs=[(one, other)] if protocol.first else None,
        mapping=read_mapping(settings["mapping"]) if "mapping" in settings else None,
        classes=SPACES.get(classes, tuple(classes.split("+"))) if classes else None,
        merges=tuple(part for part in settings.get("merge", "").split("+") if part),
        same=_whole(settings, "same", 0, least=0), seed=seed, allow=allow,
    )  # fmt: skip
    return [
        Division(
            split=each.split,
            corpus=Corpus(corpus.table.with_columns(each.labels.alias(label)), corpus.name, corpus.report),
            labels=each.table,
        )
        for each in found
    ]


def _needed(label: str | None, text: str) -> str:
    if label is None:
        raise BadInput("needs the column of the classes: label=COLUMN", where=text)
    return label


def _unknown(text: str) -> float | list[str]:
    try:
        return float(text)
    except ValueError:
        return text.split("+")


def _share(settings: Mapping[str, str]) -> float:
    text = settings.get("validation", str(SHARE))
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise BadInput(f"is a share from 0 to below 1, not {text!r}", where="validation")
    return share


def _whole(settings: Mapping[str, str], key: str, default: int, least: int = 2) -> int:
    text = settings.get(key, str(default))
    if not text.isdecimal() or int(text) < least:
        raise BadInput(f"is a whole number of at least {least}, not {text!r}", where=key)
    return int(text)


def _folds(text: str) -> int:
    return _whole({"folds": text or "5"}, "folds", 5)


def _yes(settings: Mapping[str, str], key: str) -> bool:
    text = settings.get(key, "no")
    if text not in ("yes", "no"):
        raise BadInput(f"is yes or no, not {text!r}", where=key)
    return text == "yes"
