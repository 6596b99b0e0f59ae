from __future__ import annotations

import numpy as np
import pytest

from earwitness.corpora.class_probe import class_probe
from earwitness.errors import BadInput


def test_a_class_that_shows_is_found() -> None:
    rng = np.random.default_rng(0)
    labels = ["a", "b", "c"] * 80
    properties = rng.standard_normal((240, 4))
    properties[::3, 0] += 6
    found = class_probe(properties, labels, [str(at) for at in range(240)])
    assert found.recall["a"] > 0.9
    assert found.chance == pytest.approx(1 / 3)
    assert found.accuracy.low <= found.accuracy.value <= found.accuracy.high
    assert 0.3 < found.gain < 0.9


def test_chance_is_chance_however_rare_a_class_is() -> None:
    rng = np.random.default_rng(1)
    labels = (["often"] * 9 + ["rare"]) * 60
    found = class_probe(rng.standard_normal((600, 3)), labels, [str(at) for at in range(600)])
    assert found.accuracy.low < 0.5 < found.accuracy.high


def test_groups_are_kept_apart() -> None:
    rng = np.random.default_rng(2)
    properties = np.repeat(rng.standard_normal((60, 4)), 8, axis=0)
    labels = np.repeat(rng.choice(["a", "b", "c"], 60), 8).tolist()
    found = class_probe(properties, labels, np.repeat(np.arange(60), 8).astype(str).tolist())
    assert found.accuracy.value < 0.55


def test_rare_classes_are_left_out_by_name() -> None:
    labels = ["a", "b"] * 20 + ["rare", ""]
    noise = np.random.default_rng(0).standard_normal((42, 2))
    found = class_probe(noise, labels, [str(at) for at in range(42)])
    assert found.left_out == ("rare",)
    assert found.rows == 40
    with pytest.raises(BadInput, match="two classes of at least 5 groups"):
        class_probe(np.zeros((6, 2)), ["a"] * 5 + ["b"], list("abcdef"))
