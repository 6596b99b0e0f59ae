"""Nes2Net beside the public code: counts, and what it gives for seeded weights, as golden numbers."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from earwitness.errors import BadInput
from earwitness.layers.folded_nes2net import FoldedNes2Net
from earwitness.systems.nes2net import Nes2Net
from earwitness.systems.nes2net_checkpoint import load, network_of, renamed
from earwitness.systems.registry import system
from earwitness.training.recipe import with_settings

GOLDEN = json.loads((Path(__file__).parent / "data" / "nes2net.json").read_text())


def seeded(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The rule by which the golden weights were made (tools/golden_nes2net.py)."""
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        values = 0.5 + np.abs(values)
    elif len(shape) > 1 and "weighted_sum" not in name:
        values = values / np.sqrt(np.prod(shape[1:]))
    whole = "weighted_sum" in name or len(shape) > 1
    return torch.from_numpy((values if whole else 0.5 * values).astype(np.float32))


def published(case: dict[str, Any]) -> dict[str, torch.Tensor]:
    """A checkpoint as the authors' files are laid out."""
    state: dict[str, torch.Tensor] = {}
    for name, shape in case["shapes"].items():
        for at in range(7 if name.startswith("Build_in_Res2Nets.0.") else 1):
            own = name.replace("Build_in_Res2Nets.0.", f"Build_in_Res2Nets.{at}.")
            state[own] = torch.tensor(0) if name.endswith("tracked") else seeded(own, tuple(shape))
    return state


def frames() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).standard_normal((3, 21, 1024)).astype(np.float32))


@pytest.mark.parametrize(
    "case", GOLDEN["cases"], ids=lambda case: f"{case['variant']}-{case['reduction']}-{case['pooling']}"
)
def test_gives_what_the_public_code_gives(case: dict[str, Any]) -> None:
    network = network_of(published(case), dilation=case["dilation"], variant=case["variant"])
    assert sum(parameter.numel() for parameter in network.parameters()) == case["parameters"]
    assert network(frames())[:, 0].tolist() == pytest.approx(case["logits"], abs=5e-5)
    assert FoldedNes2Net(network)(frames())[:, 0].tolist() == pytest.approx(case["logits"], abs=5e-5)
    network.double()
    given = frames().double().requires_grad_()
    scored = network(given)
    # attentive pooling takes the variance around the mean here, from the squares there
    near = {"abs": 1e-9, "rel": 1e-7} if case["pooling"] == "mean" else {"abs": 1e-5, "rel": 1e-4}
    assert scored[:, 0].tolist() == pytest.approx(case["logits"], **near)
    slope = torch.autograd.grad(scored.sum(), given)[0][:, ::5, ::64]
    assert slope.flatten().tolist() == pytest.approx(case["slope"], **near)
    network.train()
    assert network(frames().double())[:, 0].tolist() == pytest.approx(case["logits_in_training"], **near)


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({}, 510_769),
        ({"outputs": 2}, 511_794),
        ({"variant": "x"}, 511_014),
        ({"variant": "x-selu", "outputs": 2}, 512_039),
        ({"variant": "x", "reduction": 2}, 395_878),
        ({"variant": "x", "reduction": 4}, 338_310),
        ({"variant": "x", "reduction": 8}, 309_526),
        ({"variant": "x", "reduction": 8, "outputs": 2}, 309_526 + 1_025),
    ],
)
def test_parameters_are_those_of_the_paper(settings: dict[str, Any], parameters: int) -> None:
    assert sum(parameter.numel() for parameter in Nes2Net(**settings).parameters()) == parameters


def test_a_checkpoint_file_loads(tmp_path: Path) -> None:
    case = GOLDEN["cases"][3]
    inner = {f"module.Nested_Res2Net_TDNN.{name}": value for name, value in published(case).items()}
    whole = {"module.ssl_model.model.x": torch.zeros(2)} | inner
    path = tmp_path / "best.pth"
    torch.save(whole, path)
    network = load(path, dilation=1)
    assert network(frames())[:, 0].tolist() == pytest.approx(case["logits"], abs=2e-5)
    torch.save({"epoch": 3, "model_state_dict": whole}, path)
    assert load(path, dilation=1).head.bias.item() == network.head.bias.item()
    assert len(renamed(whole)) == len(inner)


class TestRefusals:
    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ({"dimension": 1000}, "1000 channels cannot be split 8 x 8"),
            ({"dimension": 512, "nest": (3, 8)}, "512 channels cannot be split 3 x 8"),
            ({"dimension": 32}, "32 channels"),
            ({"variant": "y"}, "plain, x, x-selu"),
            ({"nest": (1, 8)}, "2 or more"),
            ({"dilation": 0}, "1 or more"),
        ],
    )
    def test_settings(self, settings: dict[str, Any], complaint: str) -> None:
        with pytest.raises(BadInput, match=complaint):
            Nes2Net(**settings)

    def test_checkpoints(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="cannot be read"):
            load(tmp_path / "none.pth", dilation=1)
        (tmp_path / "text.pth").write_text("no tensors")
        with pytest.raises(BadInput, match="not a file of tensors"):
            load(tmp_path / "text.pth", dilation=1)
        torch.save([1, 2], tmp_path / "list.pth")
        with pytest.raises(BadInput, match="table of tensors"):
            load(tmp_path / "list.pth", dilation=1)
        case = published(GOLDEN["cases"][0])
        torch.save({name: value for name, value in case.items() if name != "bn.bias"}, tmp_path / "torn.pth")
        with pytest.raises(BadInput, match=r"torn.pth: does not fit Nes2Net: 'norm.bias'"):
            load(tmp_path / "torn.pth", dilation=1)
        torch.save(case | {"Build_in_Res2Nets.3.conv1.weight": torch.zeros(3, 3, 1)}, tmp_path / "odd.pth")
        with pytest.raises(BadInput, match=r"odd.pth: does not fit"):
            load(tmp_path / "odd.pth", dilation=1)


def test_scoring_folds_and_forgets_when_weights_change() -> None:
    from earwitness.systems.nes2net import Nes2NetSystem

    recipe = Nes2NetSystem.RECIPE
    network = Nes2NetSystem().build(recipe, {"frames": (1, 64)})
    other = Nes2NetSystem().build(recipe, {"frames": (1, 64)})
    frames = torch.randn(2, 1, 9, 64)
    network.train()(frames)
    with torch.inference_mode():
        first = network.eval()(frames)
        torch.testing.assert_close(first, network.body(frames[:, 0]), atol=1e-5, rtol=1e-4)
        network.load_state_dict(other.state_dict())
        torch.testing.assert_close(network(frames), other.eval()(frames), atol=1e-6, rtol=1e-5)
    network.train()(9 * frames)
    with torch.inference_mode():
        assert not torch.allclose(network.eval()(frames), first)


def test_compile_keeps_names_and_asks_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Nes2Net] = []
    monkeypatch.setattr(Nes2Net, "compile", lambda self: asked.append(self))
    method = system("nes2net")
    names = []
    for settings in ("compile=false", "compile=true"):
        recipe = with_settings(method.RECIPE, ["nest=[4,4]", settings])
        names.append(list(method.build(recipe, {"frames": (1, 32)}).state_dict()))
    assert names[0] == names[1]
    assert len(asked) == 1
