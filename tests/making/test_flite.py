from __future__ import annotations

import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.making.flite import VOICES, Flite


@pytest.mark.parametrize("voice", VOICES)
def test_each_voice_speaks(voice: str) -> None:
    text = "The time is now, exactly five past four, in the afternoon."
    made, again = (Flite(voice).make(text, np.random.default_rng(3)) for _ in range(2))
    assert made.sample_rate == (8000 if voice == "kal" else 16_000)
    assert len(made.samples) > made.sample_rate
    assert np.array_equal(made.samples, again.samples)
    assert made.provenance.engine == "flite"


def test_unknown_voice_is_refused() -> None:
    with pytest.raises(BadInput, match="there are: kal"):
        Flite("nobody")
    with pytest.raises(BadInput, match="not empty"):
        Flite("slt").make("", np.random.default_rng(0))
