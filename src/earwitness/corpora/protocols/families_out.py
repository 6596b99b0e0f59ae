"""Each spoof family (engine, codec) left out, crossed with bona fide rows never trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from earwitness.corpora.corpus import Corpus, require_columns
from earwitness.corpora.protocols.dealing import counts_of, deal
from earwitness.corpora.protocols.leaks import LeakCheck, coded, coded_values
from earwitness.corpora.protocols.split import Split
from earwitness.errors import BadInput


def leave_families_out(
    corpus: Corpus,
    *,
    by: str = "family",
    disjoint: str = "source",
    folds: int = 3,
    seed: int = 0,
    allow: Sequence[str] = (),
) -> list[Split]:
    """Leave each spoof family out, crossed with rows of no family whose sources were never trained on.

    A round holds back one family and one fold of the values of `disjoint` (sources, speakers or
    languages). It is tested on that family and on rows of no family (bona fide, uncoded) of that
    fold; it trains on the other families and folds. Spoofs copied from a held-back clip, or sent
    through its channel (column `partner`), go with it. Text-to-speech rows, which come from no
    source, are tested in the fold of the clip whose channel they have. Where every row has a family (a
    regression of what coded rows have, say), a round is tested on the held-back family alone.

    Args:
        corpus: with the columns of `by` and `disjoint`; spoofs keep the values of the clip they
            were made from.
        by: `family`, `engine`, `attack`, `codec` or `codec_family`; empty where a row has none.
        disjoint: `source`, `speaker`, `group` or `language`.
        folds: at least 2; fewer where there are fewer values.
        seed: deals the values to folds.
        allow: columns that may overlap between the sides ("speaker").

    Returns:
        A round for each family and fold; over the folds of a family every row of it and every row
        of no family is tested once.

    Raises:
        BadInput: when columns are missing, there are fewer than two families or values, a side or
            class would be empty, or a speaker or group would leak.
    """
    require_columns(corpus, (by, disjoint))
    if folds < 2:
        raise BadInput("needs at least 2 folds", where=by)
    family, families = coded(corpus, by)
    real = family < 0
    alone = not real.any()
    home, names = _homes(corpus, real, disjoint)
    values = np.unique(home if alone else home[real])
    values = values[values >= 0]
    if len(families) < 2 or len(values) < 2:
        raise BadInput(
            f"needs two values of {by!r}, and rows of none (or all) with two values of {disjoint!r}",
            where=corpus.name,
        )
    folds = min(folds, len(values))
    counts = counts_of(np.where(real | alone, home, -1), len(names))[values]
    fold_of = np.full(len(names) + 1, -1)  # the last place is that of rows without a home
    fold_of[values] = deal(counts, folds, seed)
    fold = fold_of[home]
    group, groups = coded(corpus, "group")
    check = LeakCheck(corpus, ("group", "speaker"), allow)
    splits = []
    for held, family_name in enumerate(families):
        for number in range(folds):
            inside = fold == number
            test = inside & (real | (family == held))
            train = ~inside & (real | (family != held))
            tested = np.zeros(len(groups), bool)
            tested[group[test]] = True
            train &= ~tested[group]
            told = ", ".join(names[value] for value in values if fold_of[value] == number)
            split = Split(
                name=f"{family_name}, fold {number + 1} of {folds}",
                train=np.flatnonzero(train),
                test=np.flatnonzero(test),
                how=f"{by} {family_name} left out, {disjoint} disjoint: {_short(told)} held back, "
                f"seed {seed}",
            )
            mixed = alone or (real[split.test].any() and not real[split.test].all())
            if not len(split.train) or not len(split.test) or not mixed:
                raise BadInput("leaves a side or a class empty; take fewer folds", where=split.name)
            splits.append(check.refuse(split))
    return splits


def _homes(corpus: Corpus, real: np.ndarray, disjoint: str) -> tuple[np.ndarray, list[str]]:
    """The value of each row's source clip: for text-to-speech, that of the clip whose channel it has."""
    if "partner" not in corpus.table.columns:
        return coded(corpus, disjoint)
    table = corpus.table.select(
        pl.col("partner", disjoint).cast(pl.String).fill_null(""), pl.Series("real", real)
    )
    owner = table.filter("real").unique("partner", keep="last", maintain_order=True)
    owner = owner.filter(pl.col("partner") != "").select("partner", pl.col(disjoint).alias("owner"))
    homes = table.join(owner, on="partner", how="left", maintain_order="left").select(
        pl.when("real").then(disjoint).otherwise(pl.col("owner").fill_null(pl.col(disjoint))).alias("home")
    )
    return coded_values(homes["home"])


def _short(words: str, most: int = 200) -> str:
    return words if len(words) <= most else words[: words.rfind(", ", 0, most)] + ", ..."
