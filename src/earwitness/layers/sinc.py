"""A fixed bank of band-pass filters on the waveform (the sinc convolution of RawNet2 and AASIST)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


def mel_spaced_edges(bands: int, sample_rate: int) -> np.ndarray:
    """Band edges equally spaced on the mel scale from 0 Hz to the Nyquist frequency.

    Args:
        bands: number of bands, at least 1.
        sample_rate: in Hz.

    Returns:
        Edges in Hz, `(bands + 1,)`, rising.

    Example:
        >>> mel_spaced_edges(2, 16000).round(1).tolist()
        [0.0, 1767.8, 8000.0]
    """
    top = 2595.0 * np.log10(1.0 + sample_rate / 2.0 / 700.0)
    return 700.0 * (10.0 ** (np.linspace(0.0, top, bands + 1) / 2595.0) - 1.0)


def band_pass_bank(bands: int, taps: int, sample_rate: int) -> Tensor:
    """Windowed-sinc band-pass filters with mel-spaced, touching bands.

    Each filter is the difference of two ideal low-pass responses, cut by a Hamming
    window [1, eq. 2-4].

    Args:
        bands: number of filters.
        taps: odd filter length in samples.
        sample_rate: in Hz.

    Returns:
        Filters `(bands, taps)`, float32.

    References:
        [1] Ravanelli, Bengio: Speaker recognition from raw waveform with SincNet. SLT 2018.

    Example:
        >>> band_pass_bank(70, 129, 16000).shape
        torch.Size([70, 129])
    """
    edges = mel_spaced_edges(bands, sample_rate)[:, None]
    time = np.arange(taps) - (taps - 1) / 2.0
    low_pass = 2.0 * edges / sample_rate * np.sinc(2.0 * edges / sample_rate * time)
    return torch.from_numpy(((low_pass[1:] - low_pass[:-1]) * np.hamming(taps)).astype(np.float32))


class SincConvolution(nn.Module):
    """Convolve a waveform with a fixed bank of mel-spaced band-pass filters.

    Nothing here is learnt: AASIST keeps the cut-off frequencies as they are drawn, where
    SincNet trains them.

    Args:
        bands: number of filters.
        taps: filter length in samples; an even length is made odd so that the filters
            are symmetric.
        sample_rate: in Hz.

    Example:
        >>> SincConvolution(70, 128, 16000)(torch.zeros(2, 1000)).shape
        torch.Size([2, 70, 872])
    """

    filters: Tensor

    def __init__(self, bands: int, taps: int, sample_rate: int) -> None:
        super().__init__()
        odd = taps + 1 - taps % 2
        # Not persistent: the bank follows from three numbers and is in no checkpoint.
        self.register_buffer("filters", band_pass_bank(bands, odd, sample_rate)[:, None], persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Filter without padding.

        Args:
            waveforms: `(batch, samples)`.

        Returns:
            `(batch, bands, samples - taps + 1)`.
        """
        return functional.conv1d(waveforms[:, None], self.filters)
