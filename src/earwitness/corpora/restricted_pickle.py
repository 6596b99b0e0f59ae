"""Arrays and plain values out of pickles from the internet, without running what is in them.

PartialSpoof keeps its segment labels in `.npy` files that hold a pickled dict, WESAD its signals in
pickles of Python 2. A pickle is a program: here the names that it may call are a short list, and even
those are stand-ins of our own, so that nothing of numpy sees the state that a stranger wrote.
"""

from __future__ import annotations

import io
import os
import pickle
import re
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earwitness.errors import BadInput

_CODE = re.compile(r"(?:b1|[iu][1248]|f[248]|c8|c16|[SUV][0-9]*|O8?)\Z")
_ROOMS = (
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
)


def load_plain(path: str | os.PathLike[str]) -> object:
    r"""What a pickle or a `.npy` file holds, when that is arrays, text, numbers, lists, tuples and dicts.

    Args:
        path: of a pickle of any protocol, also one of Python 2 (its strings are read as latin-1), or
            of a `.npy` file; which of the two is told by its first bytes.

    Returns:
        The values; of a `.npy` file its array, or the value alone when the array has no dimensions.

    Raises:
        BadInput: when it cannot be read, is broken, or names anything else; nothing of it is run.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "labels.npy"
        >>> np.save(file, {"CON_T_0000000": np.array(["1", "0"])}, allow_pickle=True)
        >>> load_plain(file)
        {'CON_T_0000000': array(['1', '0'], dtype='<U1')}
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    try:
        value = _from_npy(content) if content.startswith(b"\x93NUMPY") else _unpickled(io.BytesIO(content))
    except BadInput as error:
        raise BadInput(error.reason, where=str(path)) from error
    except Exception as error:  # a broken pickle raises whatever its bytes make it raise
        raise BadInput(f"is broken or no pickle ({type(error).__name__})", where=str(path)) from error
    return value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value


def _from_npy(content: bytes) -> object:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    _, _, dtype = read(stream)
    if dtype.hasobject:
        return _unpickled(stream)
    return np.load(io.BytesIO(content), allow_pickle=False)


def _unpickled(stream: io.BytesIO) -> object:
    return _plain(_Restricted(stream, encoding="latin-1").load(), {})


class _Kind:
    """Stands in for a dtype until its state (byte order, size of text) has come."""

    def __init__(self, code: object, *_: object) -> None:
        if not isinstance(code, str) or not _CODE.match(code):
            raise BadInput(f"holds an array of the kind {str(code)[:20]!r}; only numbers and text are read")
        self.code = code
        self.dtype = np.dtype("O" if code.startswith("O") else code)

    def __setstate__(self, state: tuple) -> None:
        _, order, subtype, names, fields, size = state[:6]
        if (
            subtype is not None
            or names is not None
            or fields is not None
            or order not in ("<", ">", "|", "=")
        ):
            raise BadInput("holds an array of records; only numbers and text are read")
        if self.code[0] in "SUV" and isinstance(size, int) and 0 <= size < 2**31:
            self.dtype = np.dtype(f"{self.code[0]}{size // 4 if self.code[0] == 'U' else size}")
        if order in "<>":
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands in for an array until its state has come."""

    def __init__(self) -> None:
        self.built: NDArray | None = None
        self.values: list | None = None
        self.shape: tuple[int, ...] = ()
        self.order: bool = False

    def __setstate__(self, state: tuple) -> None:
        _, shape, kind, fortran, data = state
        if kind.dtype.hasobject:
            if not isinstance(data, list) or len(data) != int(np.prod(shape, dtype=np.int64)):
                raise BadInput("holds an array whose size and shape disagree")
            self.values, self.shape, self.order = data, tuple(shape), bool(fortran)
        else:
            self.built = _array(data, kind, shape, "F" if fortran else "C")

    def finished(self, memo: dict[int, object]) -> NDArray:
        if self.values is not None:
            flat = np.empty(len(self.values), dtype=object)
            for at, value in enumerate(self.values):
                flat[at] = _plain(value, memo)
            self.built, self.values = flat.reshape(self.shape, order="F" if self.order else "C"), None
        if self.built is None:
            raise BadInput("holds an array without content")
        return self.built


def _array(data: object, kind: object, shape: object, order: object = "C") -> NDArray:
    if isinstance(data, str):
        data = data.encode("latin-1")
    if not isinstance(kind, _Kind) or not isinstance(data, bytes | bytearray) or kind.dtype.hasobject:
        raise BadInput("holds an array of something else than numbers and text")
    sizes = (shape,) if isinstance(shape, int) else shape
    if not isinstance(sizes, tuple) or not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise BadInput("holds an array without a shape")
    if kind.dtype.itemsize == 0:
        return np.zeros(sizes, kind.dtype)
    return np.frombuffer(data, kind.dtype).reshape(sizes, order="F" if order == "F" else "C")


def _reconstruct(subtype: object, *_: object) -> _Array:
    if subtype is not _Array:
        raise BadInput("holds an array of a class of its own")
    return _Array()


def _scalar(kind: object, data: object) -> object:
    return _array(data, kind, ())[()]


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise BadInput("encodes text in an unusual way")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


_KNOWN: dict[tuple[str, str], object] = {
    **{(room, "ndarray"): _Array for room in _ROOMS},
    **{(room, "dtype"): _Kind for room in _ROOMS},
    **{(room, "_reconstruct"): _reconstruct for room in _ROOMS},
    **{(room, "scalar"): _scalar for room in _ROOMS},
    **{(room, "_frombuffer"): _array for room in _ROOMS},
    ("_codecs", "encode"): _encoded,
    ("__builtin__", "bytes"): _no_bytes,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _KNOWN:
            raise BadInput(f"holds '{module}.{name}'; only arrays, text, numbers, lists and dicts are read")
        return _KNOWN[module, name]

    def persistent_load(self, _: object) -> object:
        raise BadInput("points to something outside of itself")


def _plain(value: object, memo: dict[int, object]) -> object:
    """The value with arrays in place of their stand-ins; a value that holds itself is refused."""
    if isinstance(value, _Array):
        return value.finished(memo)
    if isinstance(value, type | _Kind) or callable(value):
        raise BadInput("holds something else than arrays, text, numbers, lists and dicts")
    if not isinstance(value, dict | list | tuple):
        return value
    if id(value) in memo:
        if memo[id(value)] is _UNDER_WAY:
            raise BadInput("holds something that holds itself")
        return memo[id(value)]
    memo[id(value)] = _UNDER_WAY
    made: object
    if isinstance(value, dict):
        made = {key: _plain(item, memo) for key, item in value.items()}
        if any(isinstance(key, _Array | _Kind | tuple) for key in value):
            raise BadInput("holds a dict whose keys are no text or numbers")
    else:
        made = type(value)(_plain(item, memo) for item in value)
    memo[id(value)] = made
    return made


_UNDER_WAY = object()
