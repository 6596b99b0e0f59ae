"""MATA, SCAR and TANGO put to the test in small: every rival on every kind of folds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.systems.ledger import mata, scar, tango
from earwitness.systems.ledger.fusions import best_single

SMALL: dict[str, Any] = {
    "epochs": 1, "seeds": (1,), "ablation_seeds": (1,), "first": "log-mel", "first_layer": None,
    "second": "lfcc", "filters": (2, 4),
}  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten speakers, two emotions, each clip as spoken and converted by one of two converters."""
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    rows = []
    for at in range(80):
        speaker, emotion, spoof = at % 10, "ab"[at // 10 % 2], at // 20 % 2
        tone = np.sin(2 * np.pi * (300 + 900 * (emotion == "b")) * np.arange(4_800) / 16_000)
        soundfile.write(folder / f"{at}.wav", 0.05 * rng.standard_normal(4_800) + 0.2 * tone, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.3, "split": "train",
             "speaker": f"s{speaker}", "group": f"g{at % 20 + 20 * (at // 40)}", "emotion": emotion,
             "label": "spoof" if spoof else "bona fide", "attack": f"x{at // 40}" if spoof else ""}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


def test_mata(corpus: Path, tmp_path: Path) -> None:
    size = mata.Size(target="emotion", **SMALL)
    entry = mata.reproduce(corpus, tmp_path / "store", tmp_path / "out", size=size)
    assert {row.what for row in entry.measured} == {
        "mata", "log-mel alone", "lfcc alone", "concat", "transport, no attention"
    }  # fmt: skip
    assert {row.on for row in entry.measured} == set(mata.FOLDS)
    assert len(entry.verdicts) == 6
    assert entry.data.rows == 80
    for on in mata.FOLDS:
        name = best_single(entry.measured, size, on)
        reached = {row.what: row.value for row in entry.measured if row.on == on}
        assert reached[name] == max(reached["log-mel alone"], reached["lfcc alone"])


def test_scar(corpus: Path, tmp_path: Path) -> None:
    entry = scar.reproduce(corpus, tmp_path / "store", tmp_path / "out", size=scar.Size(**SMALL))
    assert {row.what for row in entry.measured} == {"scar", "log-mel alone", "lfcc alone", *scar.PARTS}
    assert {row.metric for row in entry.measured} == {"eer"}
    assert {row.on for row in entry.measured} == set(scar.FOLDS)
    assert any("converters by rule" in note for note in entry.notes)


def test_tango(corpus: Path, tmp_path: Path) -> None:
    entry = tango.reproduce(corpus, tmp_path / "store", tmp_path / "out", size=tango.Size(**SMALL))
    by_metric = {
        row.metric: {one.what for one in entry.measured if one.metric == row.metric} for row in entry.measured
    }
    assert by_metric["accuracy"] == {"tango", "log-mel alone", "lfcc alone", *tango.PARTS}
    alone = {"log-mel alone", "lfcc alone", "one view, one task"}
    assert by_metric["accuracy of speaker"] == by_metric["accuracy"] - alone
    # the class is the speaker, so clips are resampled
    assert not any(
        "only 1 " in note for row in entry.measured if "speaker" in row.metric for note in row.notes
    )
    recipe = (tmp_path / "out" / "random-folds-speakers-overlap-tango" / "recipe.json").read_text()
    assert '"select": "primary"' in recipe
    assert entry.verdicts[0].claim.startswith("a second task costs")
    assert len(entry.verdicts) == 9
