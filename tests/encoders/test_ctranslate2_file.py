from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.encoders.ctranslate2_file import read
from earwitness.errors import BadInput

Writer = Callable[..., bytes]

ARRAYS = {
    "encoder/a": np.arange(6, dtype=np.float16).reshape(2, 3),
    "encoder/count": np.array(7, np.int16),
    "decoder/b": np.array([1, -2], np.int8),
}


def test_reads_what_was_written(write_ctranslate2: Writer) -> None:
    found = read(write_ctranslate2(ARRAYS, {"encoder/again": "encoder/a"}))
    assert set(found) == {*ARRAYS, "encoder/again"}
    for name, value in ARRAYS.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name], value)
    np.testing.assert_array_equal(found["encoder/again"], ARRAYS["encoder/a"])


def test_keeps_only_the_prefix(write_ctranslate2: Writer) -> None:
    assert set(read(write_ctranslate2(ARRAYS), prefix="encoder/")) == {"encoder/a", "encoder/count"}


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_torn_file_is_refused(write_ctranslate2: Writer, share: float) -> None:
    content = write_ctranslate2(ARRAYS)
    with pytest.raises(BadInput):
        read(content[: int(share * len(content))])


@given(st.binary(max_size=200))
def test_noise_never_ends_in_a_traceback(content: bytes) -> None:
    with contextlib.suppress(BadInput):
        read(content)


def test_an_unknown_type_is_refused(write_ctranslate2: Writer) -> None:
    content = write_ctranslate2({"a": np.zeros(1, np.float32)})
    with pytest.raises(BadInput, match="unknown type 9"):
        read(content.replace(bytes([0, 4, 0, 0, 0, 0, 0, 0, 0]), bytes([9, 4, 0, 0, 0, 0, 0, 0, 0])))
