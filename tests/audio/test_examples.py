"""Every example in the docstrings of this room runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import earwitness.audio

MODULES = sorted(module.name for module in pkgutil.iter_modules(earwitness.audio.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    module = importlib.import_module(f"earwitness.audio.{name}")
    assert doctest.testmod(module).failed == 0
