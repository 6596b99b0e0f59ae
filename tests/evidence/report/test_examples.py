"""Every example in a docstring of the report runs."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import earwitness.evidence.report as room

MODULES = sorted(path.stem for path in Path(room.__file__).parent.glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(f"earwitness.evidence.report.{name}"))
    assert not failed
