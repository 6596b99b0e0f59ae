"""How a cluster's work is cut; with a real cluster: tests_extras/cluster."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from earwitness.encoders.cluster import AHEAD, BLOCK, SMALLEST, block_sizes


@given(count=st.integers(0, 5000), workers=st.integers(1, 300))
def test_blocks_hold_everything_and_get_smaller(count: int, workers: int) -> None:
    sizes = block_sizes(count, workers)
    assert sum(sizes) == count
    assert sizes == sorted(sizes, reverse=True)
    assert all(0 < size <= BLOCK for size in sizes)
    left = count
    for size in sizes:  # nobody takes more than its share of what is left
        assert size <= max(SMALLEST, left / (AHEAD * workers))
        left -= size


def test_a_worker_starts_without_what_only_some_recordings_need() -> None:
    code = (
        "import sys; import earwitness.encoders.cluster_worker, earwitness.encoders.cluster_ledger;"
        "print([name for name in ('scipy.signal', 'torch', 'onnxruntime') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout == "[]\n"
