from __future__ import annotations

import numpy as np
import pytest

from earwitness.encoders.finite import finite
from earwitness.errors import BadInput


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    values = np.ones((3, 4), np.float32)
    assert finite(values, "mine") is values
    values[2, 1] = bad
    with pytest.raises(BadInput, match=r"mine: .*not finite"):
        finite(values, "mine")
