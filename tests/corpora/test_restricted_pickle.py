"""Pickles from the internet: arrays come through bit by bit, anything that could run is refused."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earwitness.corpora.restricted_pickle import load_plain
from earwitness.errors import BadInput

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def dumped(folder: Path, value: object, protocol: int = 4) -> Path:
    path = folder / "values.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    return path


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<f4").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
        np.array(["1", "0", "ö"]),
        np.array([b"ab", b"c"]),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.array(3.5),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_come_through(tmp_path: Path, array: np.ndarray, protocol: int) -> None:
    read = load_plain(dumped(tmp_path, {"x": [array, (1, "a")]}, protocol))["x"]
    assert read[1] == (1, "a")
    assert read[0].dtype == array.dtype
    np.testing.assert_array_equal(read[0], array)


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(
            arrays(
                st.sampled_from(["<f8", "<i4", "<U2", "?"]), st.tuples(st.integers(0, 4), st.integers(0, 3))
            ),
            st.floats(allow_nan=False),
            st.binary(max_size=4),
            st.lists(st.integers()),
        ),
        max_size=4,
    ),
    st.sampled_from(PROTOCOLS),
)
def test_whatever_is_plain_is_what_it_was(
    tmp_path_factory: pytest.TempPathFactory, value: dict, protocol: int
) -> None:
    read = load_plain(dumped(tmp_path_factory.getbasetemp(), value, protocol))
    assert list(read) == list(value)
    for key, item in value.items():
        np.testing.assert_array_equal(read[key], item)


def test_a_npy_that_holds_a_dict(tmp_path: Path) -> None:
    labels = {"CON_T_0000000": np.array(["1", "0", "0"]), "LA_T_1000137": np.array(["1"])}
    np.save(tmp_path / "train_seglab_0.64.npy", labels, allow_pickle=True)
    read = load_plain(tmp_path / "train_seglab_0.64.npy")
    assert {name: list(values) for name, values in read.items()} == {
        "CON_T_0000000": ["1", "0", "0"],
        "LA_T_1000137": ["1"],
    }


def test_a_npy_of_numbers_and_arrays_of_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", np.arange(4.0))
    np.testing.assert_array_equal(load_plain(tmp_path / "plain.npy"), np.arange(4.0))
    mixed = np.empty(2, dtype=object)
    mixed[:] = [np.arange(2), "text"]
    np.save(tmp_path / "mixed.npy", mixed, allow_pickle=True)
    read = load_plain(tmp_path / "mixed.npy")
    np.testing.assert_array_equal(read[0], np.arange(2))
    assert read[1] == "text"


def test_strings_of_python_2_are_arrays_too(tmp_path: Path) -> None:
    # What Python 2 wrote: numpy's old room, and the bytes of the array as a short string
    content = np.array([1.0, 256.5]).tobytes()
    program = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\ntcnumpy\ndtype\n"
        b"(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nU" + bytes([len(content)]) + content + b"tb."
    )
    (tmp_path / "S2.pkl").write_bytes(program)
    np.testing.assert_array_equal(load_plain(tmp_path / "S2.pkl"), [1.0, 256.5])


class Runs:
    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple:
        return self.call[0], tuple(self.call[1:])


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (Runs(os.system, "touch ran"), "system"),
        (Runs(eval, "open('ran', 'w')"), "builtins.eval"),
        (Runs(getattr, "a", "upper"), "builtins.getattr"),
        (Runs(np.load, "x.npy"), "load"),
        ({"a": [Path("x")]}, "pathlib"),
        (np.float64, "numpy.float64"),
        (np.dtype([("a", "f8")]), "records"),
        (np.dtype("f8"), "something else"),
        (np.ndarray, "something else"),
        (np.array([1], dtype="M8[s]"), "kind 'M8'"),
    ],
    ids=["os.system", "eval", "getattr", "np.load", "path", "class", "records", "dtype", "ndarray", "date"],
)
@pytest.mark.parametrize("in_npy", [False, True])
def test_nothing_else_is_read_or_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object, named: str, in_npy: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    path = dumped(tmp_path, value)
    if in_npy:
        path = tmp_path / "values.npy"
        holder = np.empty((), dtype=object)
        holder[()] = [value]
        np.save(path, holder, allow_pickle=True)
    with pytest.raises(BadInput, match=r"values\.(pkl|npy): ") as caught:
        load_plain(path)
    assert named in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_state_that_lies_is_refused(tmp_path: Path) -> None:
    array = np.arange(4.0)
    constructor, arguments, state = array.__reduce__()

    class Lies:
        def __reduce__(self) -> tuple:
            return constructor, arguments, (*state[:1], (400,), *state[2:])

    with pytest.raises(BadInput):
        load_plain(dumped(tmp_path, Lies()))


def test_a_list_that_holds_itself_is_refused(tmp_path: Path) -> None:
    loop: list = []
    loop.append(loop)
    with pytest.raises(BadInput, match="holds itself"):
        load_plain(dumped(tmp_path, loop))


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04", b"hello", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x05\x00{}   "]
)
def test_broken_files_have_their_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.pkl").write_bytes(content)
    with pytest.raises(BadInput, match="is broken or no pickle"):
        load_plain(tmp_path / "x.pkl")


def test_missing_files_have_their_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        load_plain(tmp_path / "x.pkl")


def test_ordered_dicts_come_as_dicts(tmp_path: Path) -> None:
    assert load_plain(dumped(tmp_path, OrderedDict(b=1, a=2))) == {"b": 1, "a": 2}
