"""LFCC-GMM tells two kinds of noise apart, the same way twice, and counts strata alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.systems import lfcc_gmm
from earwitness.systems.lfcc_gmm import RECIPE, Recipe, frames_of, restore, save, score, train

SMALL = Recipe(components=4, rounds=5)


def clips(seed: int, smooth: float, count: int = 6) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        noise = rng.standard_normal(12_000) * 0.1
        made.append(frames_of(noise[1:] + smooth * noise[:-1], 16_000))
    return made


def test_settings_are_those_of_the_baseline() -> None:
    assert (RECIPE.components, RECIPE.rounds) == (512, 10)
    assert frames_of(np.zeros(64_600), 16_000).shape == (268, 60)


def test_unseen_clips_fall_on_their_side() -> None:
    model = train(clips(0, 0.5), clips(1, -0.5), SMALL)
    assert all(score(model, clip) > 0 for clip in clips(2, 0.5))
    assert all(score(model, clip) < 0 for clip in clips(3, -0.5))


def test_polarity_turns_with_the_classes() -> None:
    recipe = Recipe(components=1, rounds=2)
    one = train(clips(0, 0.5), clips(1, -0.5), recipe)
    other = train(clips(1, -0.5), clips(0, 0.5), recipe)
    clip = clips(4, 0.2)[0]
    assert score(one, clip) == pytest.approx(-score(other, clip), abs=1e-4)


def test_same_seed_same_score_and_files_keep_it(tmp_path: Path) -> None:
    clip = clips(2, 0.5)[0]
    model = train(clips(0, 0.5), clips(1, -0.5), SMALL)
    again = train(clips(0, 0.5), clips(1, -0.5), SMALL)
    save(model, tmp_path / "model.npz")
    assert score(model, clip) == score(again, clip) == score(restore(tmp_path / "model.npz"), clip)


def test_even_strata_give_even_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []

    def spy(frames: np.ndarray, *rest: object, **named: object) -> None:
        seen.append(frames)

    monkeypatch.setattr(lfcc_gmm, "fit", spy)
    monkeypatch.setattr(lfcc_gmm.Model, "__init__", lambda self, **sides: None, raising=False)
    many, few = np.zeros((900, 2), np.float32), np.ones((300, 2), np.float32)
    recipe = Recipe(frames_per_class=400)
    train([many, few], [many, few], recipe, bona_fide_strata=["a", "b"], spoof_strata=["a", "b"])
    assert [frames[:, 0].sum() for frames in seen] == [200, 200]
    seen.clear()
    uneven = Recipe(frames_per_class=None, even_strata=False)
    train([many, few], [many, few], uneven, bona_fide_strata=["a", "b"], spoof_strata=["a", "b"])
    assert [len(frames) for frames in seen] == [1200, 1200]


def test_both_classes_are_needed() -> None:
    with pytest.raises(BadInput, match="both classes"):
        train([], clips(0, 0.5), SMALL)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_bytes(b"nonsense")
    for name in ("model.npz", "missing.npz"):
        with pytest.raises(BadInput, match="not an LFCC-GMM model"):
            restore(tmp_path / name)
