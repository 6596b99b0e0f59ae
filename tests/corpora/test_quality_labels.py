from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.audio.recording import Samples
from earwitness.cli.main import main
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.quality_labels import (
    label_quality,
    quality_classes,
    quantile_thresholds,
    with_quality,
)
from earwitness.errors import BadInput


class Loudness:
    """A predictor whose answers can be foretold."""

    name = "loudness"

    def __init__(self, most: int = 99) -> None:
        self.left, self.seen = most, 0

    def predict(self, samples: Samples) -> float:
        if not self.left:
            raise BadInput("stopped")
        self.left -= 1
        self.seen += 1
        return round(10 * float(np.abs(samples).max()), 2)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for at in range(12):
        wave = np.concatenate([np.full(400, (at + 1) / 20), np.full(400, 0.9)])
        soundfile.write(folder / f"{at}.wav", wave, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.025, "speaker": "s",
             "group": f"g{at}", "label": "spoof" if at % 3 == 2 else "bona fide",
             "split": "train" if at < 6 else "test"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


def test_quantiles_are_of_bona_fide_training_rows_alone(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "quality.parquet"
    labels = label_quality(corpus, out, Loudness(), workers=2)
    made = Corpus.read(out)
    assert made.table["mos_loudness"].to_list() == [round((at + 1) / 2, 2) for at in range(12)]
    assert labels.thresholds == (1.5,)  # of 0.5, 1, 2 and 2.5: rows 0, 1, 3 and 4
    assert (labels.predictor, labels.fitted_on) == ("loudness", 4)
    assert made.table["quality"].to_list() == ["0", "0"] + ["1"] * 10
    assert labels.counts == {"bona fide": {"0": 2, "1": 6}, "spoof": {"0": 0, "1": 4}}
    assert made.root == corpus.resolve()
    changed = Corpus.read(corpus).table.with_columns(
        mos_loudness=pl.when(pl.col("split") == "test").then(0.0).otherwise(made.table["mos_loudness"])
    )
    again = with_quality(Corpus(changed), "mos_loudness")[1]
    assert (again.thresholds, again.fitted_on_sha256) == (labels.thresholds, labels.fitted_on_sha256)


def test_a_protocol_may_name_its_own_training_rows(corpus: Path, tmp_path: Path) -> None:
    label_quality(corpus, tmp_path / "q.parquet", Loudness())
    made = Corpus.read(tmp_path / "q.parquet")
    labels = with_quality(made, "mos_loudness", training=np.arange(12) >= 9)[1]
    assert (labels.thresholds, labels.fitted_on) == ((5.25,), 2)


def test_what_was_measured_is_kept_over_a_stop_and_for_other_classes(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "quality.parquet"
    with pytest.raises(BadInput, match="stopped"):
        label_quality(corpus, out, Loudness(most=5))
    assert not out.exists()
    rest, told = Loudness(), []
    label_quality(corpus, out, rest, progress=lambda done, of: told.append((done, of)))
    assert rest.seen == 7
    assert told == [(done, 12) for done in range(5, 13)]
    assert [path.name for path in tmp_path.iterdir()] == ["quality.parquet"]
    more = Loudness(most=0)
    labels = label_quality(corpus, out, more, thresholds=[1.0, 2.5])
    assert labels.fitted_on == 0
    assert Corpus.read(out).table["quality"].to_list() == ["0", "1", "1", "1"] + ["2"] * 8


@given(st.lists(st.floats(1, 5), min_size=2, max_size=40, unique=True), st.integers(min_value=2, max_value=4))
@settings(max_examples=80, deadline=None)
def test_classes_rise_with_quality_and_none_is_empty(values: list[float], classes: int) -> None:
    if len(values) < 2 * classes:
        values = [*values, *(6.0 + extra for extra in range(2 * classes))]
    found = quality_classes(values, quantile_thresholds(values, classes))
    assert set(found) == {str(number) for number in range(classes)}
    order = np.argsort(values)
    assert sorted(found) == [found[at] for at in order]  # type: ignore[type-var]


def test_the_published_threshold_belongs_to_the_high_class() -> None:
    assert quality_classes([2.4999, 2.5, None], [2.5]) == ["0", "1", None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--thresholds", "3", "2"], "ascending"),
        (["--classes", "1"], "2 or more"),
        (["--workers", "0"], "1 or more"),
        (["--predictor", "ears"], "ears"),
    ],
)
def test_refuses_in_one_line(
    corpus: Path, words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpora", "quality", str(corpus), str(tmp_path / "q.parquet"), *words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_refuses_what_cannot_be_cut(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="different values"):
        quantile_thresholds([3.0, 3.0, 3.0], 2)
    with pytest.raises(BadInput, match="give thresholds"):
        quantile_thresholds([], 2)
    with pytest.raises(BadInput, match=r"\.parquet"):
        label_quality(corpus, tmp_path, Loudness())


def test_the_command_measures_with_the_proxy(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for at in range(6):
        wave = np.repeat([0.0, 0.1] * 5, 800) * rng.standard_normal(8_000)
        wave += 0.0005 * 3**at * rng.standard_normal(8_000)
        soundfile.write(tmp_path / f"{at}.wav", wave, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.5, "speaker": "s", "group": f"g{at}",
             "label": "bona fide", "split": "train"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    out = tmp_path / "quality.parquet"
    words = ["corpora", "quality", str(tmp_path), str(out), "--predictor", "signal"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"bona fide": {"0": 3, "1": 3}}
    assert Corpus.read(out).table["quality"].to_list() == ["1"] * 3 + ["0"] * 3
    assert main([*words, "--thresholds", "5.1"]) == 0
    assert "bona fide: 6 of class 0, 0 of class 1" in capsys.readouterr().out
