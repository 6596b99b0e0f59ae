"""The peers' benchmark on a miniature corpus of noise: the same rounds, resumable."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest
import soundfile
import torch

from earwitness.systems.aasist import Aasist
from earwitness.systems.detection_table import read_rows
from earwitness.systems.lfcc_gmm import Recipe
from earwitness.training.rounds import crossed_rounds, even_folds

SMALL = Recipe(components=2, rounds=2)


@pytest.fixture(scope="module")
def peers() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "peers.py"
    spec = importlib.util.spec_from_file_location("benchmarks_peers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three sources of smooth noise, two families of rough noise, a family of copies."""
    rng = np.random.default_rng(0)
    rows = []
    kinds = [("bona fide", "", source, 0.8) for source in ("x", "y", "z")]
    kinds += [("spoof", "a", "a", -0.8), ("spoof", "b", "b", -0.5)]
    kinds += [("spoof", "copy", source, -0.8) for source in ("x", "y", "z")]
    for label, family, source, smooth in kinds:
        for number in range(4):
            name = f"{family or 'real'}-{source}-{number}"
            noise = rng.standard_normal(8001) * 0.1
            soundfile.write(tmp_path / f"{name}.wav", noise[1:] + smooth * noise[:-1], 16_000)
            copied = label == "bona fide" or family == "copy"
            rows.append(
                {
                    "id": name, "path": f"{name}.wav", "start": 0.0, "end": None, "split": "train",
                    "label": label, "family": family, "engine": family,
                    "source": source, "language": "en", "speaker": f"{source}-{number % 2}",
                    "voice": "" if copied else f"{family}-{number % 2}",
                    "group": f"{source}-{number}" if copied else name,
                }
            )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    return tmp_path


def test_every_beginning_of_the_order_is_mixed(peers: ModuleType, corpus: Path) -> None:
    table, rows = read_rows(corpus)
    order = peers.evenly_mixed(table, rows)
    assert sorted(order) == list(range(len(table)))
    stratum = np.where(rows.bona_fide, rows.source, rows.family)[order]
    assert set(stratum[:6]) == {"x", "y", "z", "a", "b", "copy"}


def test_lfcc_gmm_of_every_round(
    peers: ModuleType, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, rows = read_rows(corpus)
    every = np.arange(len(table))
    rounds = crossed_rounds(rows, every, even_folds(rows, every, 2))
    trained: list[tuple[int, int]] = []
    train = peers.lfcc_gmm.train

    def spy(real: list[np.ndarray], fake: list[np.ndarray], *rest: object, **named: object) -> object:
        trained.append((len(real), len(fake)))
        return train(real, fake, *rest, **named)

    monkeypatch.setattr(peers.lfcc_gmm, "train", spy)
    peers.score_lfcc_gmm(table, rows, rounds, corpus, tmp_path, SMALL)
    expected = [(int(rows.bona_fide[r.train].sum()), int((~rows.bona_fide[r.train]).sum())) for r in rounds]
    assert trained == expected
    found = pl.read_parquet(tmp_path / "lfcc_gmm.parquet")
    assert len(found) == sum(len(one.test) for one in rounds)
    peers.score_lfcc_gmm(table, rows, rounds, corpus, tmp_path, SMALL)
    assert len(trained) == len(rounds), "a finished round is not trained again"
    assert found.equals(pl.read_parquet(tmp_path / "lfcc_gmm.parquet"))
    place = {name: row for row, name in enumerate(table["id"].to_list())}
    scores = {"lfcc_gmm": {(r["round"], place[r["id"]]): r["score"] for r in found.to_dicts()}}
    figures = peers.figures(table, rows, rounds, scores)
    assert set(figures["lfcc_gmm"]["families"]) == {"a", "b", "copy"}
    assert figures["lfcc_gmm"]["mean_eer"] < 0.2


def test_aasist_takes_over_what_is_scored(
    peers: ModuleType, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(peers, "load", lambda wheel: Aasist().eval())
    table, _ = read_rows(corpus)
    first = peers.score_aasist(table, [0, 5], corpus, tmp_path, Path("any.whl"))
    again = peers.score_aasist(table, [5, 0, 9], corpus, tmp_path, Path("any.whl"))
    assert (first["scored"], again["scored"]) == (2, 1)
    found = pl.read_parquet(tmp_path / "aasist.parquet")
    assert sorted(found["id"].to_list()) == sorted(table["id"].to_list()[row] for row in (0, 5, 9))
    assert found["score"].is_finite().all()
