from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput
from earwitness.systems.ledger.catalogue import REPRODUCTIONS, reproduction
from earwitness.systems.ledger.entry import Difference, Entry, data_of, judged, read_entry

LEDGER = Path(__file__).parents[3] / "ledger"


def between(value: float, low: float, high: float, *, lower: bool) -> Difference:
    return Difference(
        first="a", other="b", on="folds", metric="m", lower=lower, value=value, low=low, high=high, n=9
    )


@pytest.mark.parametrize(
    ("value", "low", "high", "least", "word"),
    [
        (0.1, 0.05, 0.2, 0.0, "reproduced"),
        (0.1, 0.05, 0.2, 0.11, "direction only"),
        (0.1, -0.01, 0.2, 0.0, "direction only"),
        (0.0, -0.1, 0.1, 0.0, "not reproduced"),
        (-0.1, -0.2, -0.05, 0.0, "not reproduced"),
    ],
)
def test_verdicts(value: float, low: float, high: float, least: float, word: str) -> None:
    assert judged("a beats b", between(value, low, high, lower=False), least=least).word == word
    assert judged("a beats b", between(-value, -high, -low, lower=True), least=least).word == word


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_difference_bears_out_a_claim_and_its_contrary(value: float, below: float, above: float) -> None:
    words = {
        judged("", between(value, value - below, value + above, lower=lower)).word for lower in (True, False)
    }
    assert "not reproduced" in words


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_every_experiment_keeps_the_contract(name: str) -> None:
    found = reproduction(name)
    assert found.Size() == found.Size()
    assert callable(found.reproduce)
    path = LEDGER / f"{name}.json"
    if path.exists():
        entry = read_entry(path)
        assert entry.name == name
        assert entry.verdicts
        assert set(entry.size) == set(found.Size.__struct_fields__)


def test_an_unknown_claim_is_told_what_there_is() -> None:
    with pytest.raises(BadInput, match=r"there are: .*nes2net"):
        reproduction("perpetual-motion")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(BadInput, match="is not an entry of the ledger"):
        read_entry(tmp_path / "a.json")
    assert Entry.__struct_config__.forbid_unknown_fields


def test_a_corpus_called_as_its_file_tells_no_folders(voices: Path) -> None:
    assert data_of(Corpus.read(voices), "noise").name == "corpus.parquet"
