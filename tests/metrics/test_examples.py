"""Every example in the metrics room runs and gives what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import earwitness.metrics

MODULES = [m.name for m in pkgutil.walk_packages(earwitness.metrics.__path__, "earwitness.metrics.")]


@pytest.mark.parametrize("name", ["earwitness.metrics", *MODULES])
def test_examples(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


def test_every_public_name_is_at_its_home() -> None:
    for name in earwitness.metrics.__all__:
        assert getattr(earwitness.metrics, name).__name__ == name
