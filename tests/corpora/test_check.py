from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.corpora.check import check
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput


def corpus(folder: Path, loud: float) -> Corpus:
    """Twenty rows of noise, the spoofs at another level."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(40):
        spoof = number % 2 == 1
        scale = 0.05 * (1 + rng.random()) * (loud if spoof else 1)
        soundfile.write(folder / f"{number}.wav", scale * rng.standard_normal(4000), 16_000)
        rows.append(
            {
                "id": str(number), "path": f"{number}.wav", "start": 0.0, "end": 0.25, "split": "train",
                "speaker": f"s{number}", "group": f"g{number}", "label": "spoof" if spoof else "bona fide",
                "family": "x" if spoof else "", "voice": "v" if spoof else "",
                "transcript": f"t{number // 4}",
                "sha256": str(number),
            }
        )  # fmt: skip
    return Corpus(pl.DataFrame(rows))


def test_a_channel_that_tells_is_a_problem(tmp_path: Path) -> None:
    found = check(corpus(tmp_path, 8.0), tmp_path)
    assert found.channel is not None
    assert found.channel.eer.value < 0.2
    assert len(found.problems) == 1
    assert "channel alone" in found.problems[0]
    assert found.telling[0][0] in ("level", "peak", "noise_floor")
    assert found.both_classes == 10


def test_leaks_and_repeats_are_counted(tmp_path: Path) -> None:
    table = corpus(tmp_path, 1.0).table.with_columns(
        speaker=pl.lit("one"), sha256=pl.lit("same"), split=pl.col("label")
    )
    found = check(Corpus(table), None)
    assert found.channel is None
    assert found.leaks == {"speaker": 1, "sha256": 1, "transcript": 10}
    assert found.repeats == 40
    assert len(found.problems) == 4


def test_missing_audio_and_labels_are_refused(tmp_path: Path) -> None:
    good = corpus(tmp_path, 1.0)
    with pytest.raises(BadInput, match="no column 'label'"):
        check(Corpus(good.table.drop("label")), tmp_path)
    (tmp_path / "3.wav").unlink()
    with pytest.raises(BadInput, match=r"3\.wav: is missing"):
        check(good, tmp_path)
