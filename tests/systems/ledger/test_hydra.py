"""The experiment behind HYDRA in small: clips drawn alike, three kinds of folds, errors in native units."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.errors import BadInput
from earwitness.systems.ledger.drawn import drawn
from earwitness.systems.ledger.hydra import HELD_BACK, UNSEEN, Size, nearest_right, reproduce

FAMILIES = ("none", "one", "two", "three")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(96):
        family = FAMILIES[at % 4]
        rate = {"none": None, "one": 8_000, "two": 16_000, "three": 24_000}[family]
        wave = 0.1 * np.sin(np.arange(6_400) / 16_000 * (rate or 4_000)) + 0.01 * rng.standard_normal(6_400)
        soundfile.write(tmp_path / f"{at}.wav", wave, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.4, "split": "train",
             "speaker": f"s{at // 8}", "group": f"g{at // 8}", "codec": family, "codec_family": family,
             "codec_rate": rate, "bit_rate": rate and rate * (1 + at % 3),
             "quantizers": 2 ** (at % 3) if family in ("two", "three") else None}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_the_experiment_in_small(corpus: Path, tmp_path: Path) -> None:
    size = Size(
        clips=60,
        seeds=(1, 2),
        ablation_seeds=(1,),
        unseen_seeds=(1,),
        folds=2,
        epochs=1,
        encoder="log-mel",
        layer=None,
        second="log-mel",
    )
    entry = reproduce(corpus, tmp_path / "store", tmp_path / "out", size=size)
    assert entry.data.rows == 60
    assert {one.what for one in entry.measured if one.on == HELD_BACK} >= {
        "hyperbolic",
        "euclidean",
        "two-encoders",
    }
    unseen = [one for one in entry.measured if one.on == UNSEEN]
    assert [one.what for one in unseen] == ["hyperbolic", "euclidean"]
    assert unseen[0].n == 60  # every clip is tested once, by a network that never heard its family
    assert entry.verdicts[0].claim.split(",")[0] == "HYDRA errs less than its Euclidean twin"
    assert {row[2] for row in entry.tables[0].rows} == {"bit_rate", "quantizers", "codec_rate"}
    with pytest.raises(BadInput, match="no column 'engine'"):
        drawn(corpus, tmp_path / "none", by="engine", clips=3)


def test_classes_are_drawn_alike_and_small_ones_whole(corpus: Path, tmp_path: Path) -> None:
    table = pl.read_parquet(corpus / "corpus.parquet")
    fewer = table.filter((pl.col("codec") != "one") | (pl.int_range(pl.len()) < 12))
    fewer.write_parquet(corpus / "corpus.parquet")
    found = pl.read_parquet(drawn(corpus, tmp_path / "drawn", by="codec", clips=33) / "corpus.parquet")
    assert dict(found["codec"].value_counts().iter_rows()) == {"one": 3, "two": 15, "three": 15}


def test_the_nearest_value_counts() -> None:
    assert nearest_right(np.array([8_000.0, 44_100.0]), np.array([9_000.0, 18_000.0])) == 0.5
