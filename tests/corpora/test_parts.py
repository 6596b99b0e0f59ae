from __future__ import annotations

import polars as pl

from earwitness.corpora.check import check
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.parts import only, parts_of


def test_parts_are_kept_apart() -> None:
    several = pl.DataFrame({"part": ["speech", "codec", "emotion"], "split": ["train", "train", "test"]})
    table = several.with_row_index("n").select(
        pl.concat_str("part", "n").alias("id"), pl.lit("a.wav").alias("path"), pl.lit(0.0).alias("start"),
        pl.lit(1.0).alias("end"), "split", pl.lit("s").alias("speaker"),
        pl.concat_str("part", "n").alias("group"), "part",
    )  # fmt: skip
    assert parts_of(table) == ["speech", "codec", "emotion"]
    assert only(table, "codec")["id"].to_list() == ["codec1"]
    assert parts_of(table.drop("part")) == ["speech"]
    assert only(table.drop("part")).equals(table.drop("part"))
    # One speaker in the training rows of one part and the test rows of another is no leak.
    assert check(Corpus(table), None).leaks == {}
    assert check(Corpus(table.drop("part")), None).leaks == {"speaker": 1}
