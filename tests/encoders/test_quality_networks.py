"""Predictors from other packages, by a miniature of each package's public interface."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest
import soundfile
import torch

from earwitness.encoders.quality_networks import quality_predictor
from earwitness.errors import BadInput

SAMPLES = np.linspace(-0.5, 0.5, 8_000, dtype=np.float32)
SAMPLES.setflags(write=False)  # as those of a recording


class Network(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        print("weights loaded")

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        assert waveform.shape == (1, 8_000)
        return 1 + 4 * waveform.abs().amax(dim=1, keepdim=True)


class Judge:
    def __init__(self, data_domain: str, mode: str) -> None:
        assert (data_domain, mode) == ("natural", "nr")
        print("initialized")

    def predict(self, test_path: str, ref_path: str | None) -> float:
        assert ref_path is None
        heard, rate = soundfile.read(test_path, dtype="float32")
        assert rate == 16_000
        np.testing.assert_array_equal(heard, SAMPLES)
        return 4.25


@pytest.mark.parametrize(
    ("name", "member", "value"), [("distillmos", "ConvTransformerSQAModel", 3.0), ("scoreq", "Scoreq", 4.25)]
)
def test_a_package_that_is_installed_measures(
    name: str,
    member: str,
    value: float,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = ModuleType(name)
    setattr(module, member, Network if name == "distillmos" else Judge)
    monkeypatch.setitem(sys.modules, name, module)
    predictor = quality_predictor(name)
    assert predictor.name == name
    assert predictor.predict(SAMPLES) == pytest.approx(value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["distillmos", "scoreq"])
def test_a_package_that_is_not_there_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadInput, match=f"pip install {name}"):
        quality_predictor(name)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(BadInput, match="there are: dnsmos, signal"):
        quality_predictor("ears")
