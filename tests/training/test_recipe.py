from __future__ import annotations

from pathlib import Path

import pytest

from earwitness.errors import BadInput
from earwitness.training.recipe import Optimiser, Recipe, View, read_recipe, recipe_hash, recipe_json

PUBLISHED = Recipe(system="origin", views=(View(encoder="whisper-base", layers=(1, 2, 3)),))


def test_file_overrides_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("batch = 4\n[optimiser]\nlearning_rate = 0.5\n")
    recipe = read_recipe(path, PUBLISHED)
    assert (recipe.batch, recipe.optimiser.learning_rate) == (4, 0.5)
    assert recipe.optimiser.weight_decay == Optimiser().weight_decay
    assert recipe.views == PUBLISHED.views


def test_json_gives_the_same_recipe_back(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_bytes(recipe_json(PUBLISHED))
    assert read_recipe(path, PUBLISHED) == PUBLISHED
    assert recipe_hash(read_recipe(path, PUBLISHED)) == recipe_hash(PUBLISHED)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("batches = 4", "batches"),
        ('batch = "four"', "batch"),
        ("batch = 0", "1 or more"),
        ("seeds = []", "seed"),
        ("validation = 0.0", "patience"),
        ("= 3", "mine.toml"),
    ],
)
def test_refuses_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=complaint) as refusal:
        read_recipe(path, PUBLISHED)
    assert "\n" not in str(refusal.value)


def test_refuses_missing_file_and_other_formats(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_recipe(tmp_path / "none.json", PUBLISHED)
    with pytest.raises(BadInput, match=r"\.toml or \.json"):
        read_recipe(tmp_path / "recipe.yaml", PUBLISHED)


def test_views() -> None:
    with pytest.raises(BadInput, match="encoder"):
        View(input="frames")
    with pytest.raises(BadInput, match="augment"):
        View(input="waveform", copies=1)
    with pytest.raises(BadInput, match="twice"):
        Recipe(system="x", views=(View(encoder="a"), View(encoder="b")))
