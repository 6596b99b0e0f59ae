"""The sinc filters pass their own band."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from earwitness.layers.sinc import SincConvolution, band_pass_bank, mel_spaced_edges


def test_edges_are_equally_spaced_in_mel() -> None:
    mel = 2595 * np.log10(1 + mel_spaced_edges(70, 16_000) / 700)
    np.testing.assert_allclose(np.diff(mel), mel[-1] / 70)
    assert mel_spaced_edges(70, 16_000)[-1] == pytest.approx(8000)


def test_filters_pass_their_band_and_stop_the_others() -> None:
    bands, taps, rate = 10, 801, 16_000
    response = np.abs(np.fft.rfft(band_pass_bank(bands, taps, rate).double().numpy(), 16_000))
    edges = mel_spaced_edges(bands, rate)
    for i in range(bands):
        middle = int((edges[i] + edges[i + 1]) / 2)
        assert response[i, middle] == pytest.approx(1, abs=0.01)
        outside = np.r_[0 : max(int(edges[i]) - 60, 0), int(edges[i + 1]) + 60 : 8001]
        assert response[i, outside].max(initial=0) < 0.01


def test_bands_add_up_to_the_signal() -> None:
    # Touching bands from 0 Hz to the Nyquist frequency: the filters sum to a unit impulse.
    total = band_pass_bank(70, 129, 16_000).sum(0).numpy()
    np.testing.assert_allclose(total, np.eye(129)[64], atol=1e-6)


def test_even_lengths_become_odd_and_nothing_is_learnt() -> None:
    layer = SincConvolution(4, 128, 16_000)
    assert layer.filters.shape == (4, 1, 129)
    assert not list(layer.parameters())
    assert not layer.state_dict()
    impulse = torch.zeros(1, 257)
    impulse[0, 128] = 1
    # Symmetric filters: convolution and correlation agree.
    torch.testing.assert_close(layer(impulse)[0], layer.filters[:, 0].flip(1), atol=1e-7, rtol=0)
