"""The made-up instrument and recordings of the tests of evidence."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_place = Path(__file__).parents[1] / "evidence" / "conftest.py"
_spec = importlib.util.spec_from_file_location("earwitness_tests_evidence_conftest", _place)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

make_instrument, instrument, voices = _module.make_instrument, _module.instrument, _module.voices
