"""openSMILE's functionals, by the package itself."""

from __future__ import annotations

import numpy as np
import pytest

from earwitness import encoders
from earwitness.encoders.encoder import Encoder
from earwitness.encoders.licence_notice import LicenceWarning


@pytest.mark.parametrize(("name", "dimension"), [("opensmile-egemaps", 88), ("opensmile-compare", 6373)])
def test_company_and_order_change_nothing(name: str, dimension: int) -> None:
    with pytest.warns(LicenceWarning, match="research and private use only"):
        encoder = encoders.load(name)
    assert isinstance(encoder, Encoder)
    time = np.arange(24_000) / 16_000
    hum = (0.2 * np.sin(2 * np.pi * 140 * time) * (1 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)
    clips = [hum, hum[:9000], np.zeros(100, np.float32)]
    alone = [encoder.encode([clip], 16_000)[0] for clip in clips]
    assert [vector.shape for vector in alone] == [(dimension,)] * 3
    assert all(np.isfinite(vector).all() for vector in alone)
    together = encoder.encode(clips[::-1], 16_000)
    for found, expected in zip(together[::-1], alone, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
