from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.corpora.channel_probe import NAMES, measure
from earwitness.corpora.check import check, sampled
from earwitness.corpora.check_pictures import pictures
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
    assert len(found.problems) == 5
    assert "1 contents have several values of 'label'" in found.problems
    assert "40 rows have the same content as another" in found.problems
    tied = check(Corpus(table.with_columns(group=pl.lit("one"), split=pl.lit("train"))), None)
    assert "40 rows have the same content as another; they are in one group, so no protocol parts them" in (
        tied.problems
    )


def test_missing_audio_and_labels_are_refused(tmp_path: Path) -> None:
    good = corpus(tmp_path, 1.0)
    with pytest.raises(BadInput, match="no column 'label'"):
        check(Corpus(good.table.drop("label")), tmp_path)
    (tmp_path / "3.wav").unlink()
    with pytest.raises(BadInput, match=r"3\.wav: is missing"):
        check(good, tmp_path)


def test_a_container_that_tells_is_a_problem(tmp_path: Path) -> None:
    good = corpus(tmp_path, 1.0)
    assert check(good, tmp_path, container=True).container.eer.value > 0.35
    for number in range(1, 40, 2):
        noise = 0.05 * np.random.default_rng(number).standard_normal(4000)
        soundfile.write(tmp_path / f"{number}.wav", noise, 22_050)
    found = check(good, tmp_path, container=True)
    assert found.container.eer.value < 0.1
    assert any(line.startswith("the container alone tells the classes apart") for line in found.problems)


def test_any_label_can_be_probed(tmp_path: Path) -> None:
    whole = corpus(tmp_path, 1.0).table.with_columns(mood=pl.Series(["calm", "glad", "wild", "sad"] * 10))
    ticks: list[int] = []
    found = check(Corpus(whole), tmp_path, lambda: ticks.append(1), label="mood", container=True)
    assert set(found.classes) == {"channel", "container"}
    assert (found.channel, found.container, found.label, found.measured) == (None, None, "mood", 40)
    assert found.classes["channel"].chance == 0.25
    assert len(ticks) == 80
    assert set(pictures(found)) == {"channel-mood.svg", "container-mood.svg"}
    assert set(pictures(check(Corpus(whole), tmp_path))) == {"channel.svg"}


def test_a_sample_keeps_the_classes_whatever_the_order() -> None:
    rows = pl.DataFrame({"id": [f"r{at:03}" for at in range(300)], "label": ["a", "b", "b"] * 100})
    kept = sampled(rows, "label", 30, 0)
    assert kept["label"].value_counts().sort("label").rows() == [("a", 10), ("b", 20)]
    assert set(sampled(rows.reverse(), "label", 30, 0)["id"]) == set(kept["id"])
    assert set(sampled(rows, "label", 30, 1)["id"]) != set(kept["id"])
    assert sampled(rows, "label", 300, 0) is rows


def test_rows_that_are_parts_of_a_file_are_measured_as_parts(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    loud = np.concatenate([0.01 * rng.standard_normal(8000), 0.3 * rng.standard_normal(8000)])
    soundfile.write(tmp_path / "long.wav", loud, 16_000)
    table = pl.DataFrame({"path": ["long.wav"] * 3, "start": [0.0, 0.5, 0.0], "end": [0.5, None, None]})
    level = measure(table, str(tmp_path))[:, NAMES.index("level")]
    assert level == pytest.approx([-40, -10.5, -10.5], abs=0.7)
    with pytest.raises(BadInput, match=r"ends at 1\.00 s, a row starts at 2 s"):
        measure(table.with_columns(start=pl.lit(2.0), end=pl.lit(None, pl.Float64)), str(tmp_path))
