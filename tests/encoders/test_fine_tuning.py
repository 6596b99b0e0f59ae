from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from earwitness import encoders
from earwitness.encoders.fine_tuning import LowRank, Tuning
from earwitness.errors import BadInput


def batch(rate: int) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([rate // 2, rate // 4, rate // 3])
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(3, rate // 2, generator=generator), lengths


def test_a_padded_batch_is_its_clips(tiny_hub: Callable, kind: str) -> None:
    """Noise, not zeros, fills the batch: nothing beyond a clip's end may matter."""
    encoder = encoders.load("tiny/model", weights=tiny_hub(kind).folder, threads=1)
    waveforms, lengths = batch(encoder.sample_rate)
    module = encoder.module()  # type: ignore[attr-defined]
    assert not module.training
    with torch.no_grad():
        states, counts = module(waveforms, lengths)
    for clip, length, given, count in zip(waveforms, lengths, states, counts, strict=True):
        (alone,) = encoder.encode([clip[:length].numpy()], encoder.sample_rate)
        alone = torch.from_numpy(alone).reshape(given.shape[0], -1, given.shape[2])
        assert int(count) == alone.shape[1]
        torch.testing.assert_close(given[:, :count], alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("trains", ["all", "blocks", "adapters"])
def test_a_step_lowers_the_loss_and_moves_what_it_should(tiny_hub: Callable, kind: str, trains: str) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub(kind).folder, threads=1)
    tuning = Tuning(trains=trains, dropout=False, checkpointing=kind != "clap")  # type: ignore[arg-type]
    module = encoder.module(tuning)  # type: ignore[attr-defined]
    assert module.training
    waveforms, lengths = batch(encoder.sample_rate)
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    trained = [value for value in module.parameters() if value.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=1e-2)
    losses = []
    for _ in range(3):
        states, counts = module(waveforms, lengths)
        loss = sum(((row[-1, :count] - 1) ** 2).mean() for row, count in zip(states, counts, strict=True))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    moved = {name for name, value in module.named_parameters() if not torch.equal(value, before[name])}
    if trains == "adapters":
        assert moved
        assert all("lora_" in name for name in moved)
    if trains == "blocks":
        assert not [name for name in moved if "feature_extractor" in name or ".conv1." in name]
    if trains == "all" and kind == "wav2vec2":
        assert any("feature_extractor" in name for name in moved)


def test_adapters_reach_wavlm(tiny_hub: Callable) -> None:
    """Transformers' own attention takes the weights past the adapters: they would do nothing there."""
    encoder = encoders.load("tiny/model", weights=tiny_hub("wavlm").folder, threads=1, layers=3)
    module = encoder.module(Tuning(trains="adapters"))  # type: ignore[attr-defined]
    waveforms, lengths = batch(16_000)
    module.eval()
    before, _ = module(waveforms, lengths)
    with torch.no_grad():
        for name, value in module.named_parameters():
            if "lora_" in name:
                value.add_(0.5)
    after, _ = module(waveforms, lengths)
    assert (after - before).abs().max() > 0.01


def test_checkpointing_gives_the_same_gradients(tiny_hub: Callable) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub("hubert").folder, threads=1, layers=[1, 2])
    waveforms, lengths = batch(16_000)
    gradients = []
    for checkpointing in (False, True):
        module = encoder.module(Tuning(trains="all", dropout=False, checkpointing=checkpointing))  # type: ignore[attr-defined]
        module(waveforms, lengths)[0].sum().backward()
        gradients.append({name: value.grad for name, value in module.named_parameters()})
    for name, value in gradients[0].items():
        if value is not None:
            torch.testing.assert_close(gradients[1][name], value, msg=name, atol=1e-3, rtol=1e-3)


def test_checkpointing_that_is_not_there(tiny_hub: Callable) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub("clap").folder, threads=1)
    with pytest.raises(BadInput, match="cannot be checkpointed"):
        encoder.module(Tuning(trains="all", checkpointing=True))  # type: ignore[attr-defined]


def test_targets_that_are_not_there(tiny_hub: Callable) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub("hubert").folder, threads=1)
    with pytest.raises(BadInput, match="no linear map named nothing"):
        encoder.module(Tuning(trains="adapters", adapters=LowRank(targets=("nothing",))))  # type: ignore[attr-defined]


@pytest.mark.parametrize("level", ["none", "rms", "unit", "peak"])
def test_the_module_hears_the_same_level(tiny_hub: Callable, level: str) -> None:
    encoder = encoders.load("tiny/model", weights=tiny_hub("xls-r").folder, threads=1, normalise=level)  # type: ignore[arg-type]
    waveforms, lengths = batch(16_000)
    states, counts = encoder.module()(waveforms, lengths)  # type: ignore[attr-defined]
    (alone,) = encoder.encode([waveforms[1, : lengths[1]].numpy()], 16_000)
    torch.testing.assert_close(states[1, :, : counts[1]], torch.from_numpy(alone), atol=1e-4, rtol=1e-4)
