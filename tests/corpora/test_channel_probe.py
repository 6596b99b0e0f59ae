from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.audio.recording import Recording
from earwitness.corpora.channel_probe import NAMES, channel_properties, measure, probe, telling
from earwitness.errors import BadInput


def labels(count: int) -> list[str]:
    return ["bona fide", "spoof"] * (count // 2)


def test_a_telling_channel_is_found_and_named() -> None:
    rng = np.random.default_rng(0)
    properties = rng.standard_normal((400, len(NAMES)))
    properties[::2, 6] += 3
    families = ["", "near"] * 200
    found = probe(properties, labels(400), [str(n // 2) for n in range(400)], families)
    assert found.eer.value < 0.12
    assert found.eer.low <= found.eer.value <= found.eer.high
    assert found.families["near"].value == found.eer.value
    assert telling(properties, labels(400))[0][0] == NAMES[6]


def test_squares_and_products_are_seen_too() -> None:
    rng = np.random.default_rng(0)
    properties = rng.standard_normal((600, 3))
    real = properties[:, 0] * properties[:, 1] > 0
    said = ["bona fide" if one else "spoof" for one in real]
    assert probe(properties, said, [str(n) for n in range(600)]).eer.value < 0.15


def test_groups_are_kept_apart() -> None:
    # Each group has values of its own, and all its rows one label: only memory could tell them.
    rng = np.random.default_rng(1)
    properties = np.repeat(rng.standard_normal((60, 5)), 10, axis=0)
    said = np.repeat(["bona fide", "spoof"] * 30, 10).tolist()
    found = probe(properties, said, np.repeat(np.arange(60), 10).astype(str).tolist())
    assert found.eer.value > 0.3


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(BadInput, match="at least 5"):
        probe(np.zeros((4, 2)), labels(4), list("abcd"))


@pytest.mark.parametrize("count", [1, 100, 16_000])
def test_properties_of_anything_are_finite(count: int) -> None:
    for samples in (
        np.zeros(count),
        np.random.default_rng(0).standard_normal(count) * 0.1,
        np.ones(count) * 0.5,
    ):
        found = channel_properties(Recording.of(samples.astype(np.float32), 16_000))
        assert found.shape == (len(NAMES),)
        assert np.isfinite(found).all()


def test_properties_say_what_they_are_named_after() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(32_000) * 0.1
    noise[:8000] = rng.standard_normal(8000) * 1e-5
    found = dict(zip(NAMES, channel_properties(Recording.of(noise.astype(np.float32), 16_000)), strict=True))
    assert found["leading"] == pytest.approx(0.5, abs=0.07)
    assert found["trailing"] == 0
    assert found["pauses"] == pytest.approx(0.25, abs=0.03)
    assert found["level"] == pytest.approx(-20, abs=0.5)
    assert found["noise_floor"] < -90


def test_measure_reads_the_rows(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.random.default_rng(0).standard_normal(8000) * 0.1, 16_000)
    ticks: list[int] = []
    found = measure(pl.DataFrame({"path": ["a.wav", "a.wav"]}), str(tmp_path), lambda: ticks.append(1))
    assert found.shape == (2, len(NAMES))
    assert len(ticks) == 2
