"""Predicted listening quality: DNSMOS P.835, on windows spread over a recording.

The network takes the highest value over time of a stack of convolutions, so sound that repeats in step with
them has no new value to give: of a clip of 4 s, repeated to 9.01 s, only as much is computed as holds every
place of one repetition, and both ends. The value is the same and takes half the time. Of a clip that does
not divide by the step of 80 ms every repetition falls differently, and that matters (cutting one to the
step changed its values by 0.3, root mean square), so such a clip is computed whole.

Reference: C. K. A. Reddy, V. Gopal, R. Cutler, "DNSMOS P.835: A non-intrusive perceptual objective
speech quality metric to evaluate noise suppressors", ICASSP 2022 (MIT licence).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from earwitness.assets import asset
from earwitness.audio.recording import Samples
from earwitness.audio.windows import SpreadWindows, spread

if TYPE_CHECKING:
    import onnxruntime

SAMPLE_RATE = 16000
WINDOW = 144160  # samples: 9.01 s, what the network was trained on
MOST = 8  # windows of one recording
_STEP = 1280  # samples: eight frames of 10 ms, one step of the network after its three poolings
_ENDS = 10240  # samples: more than an end of the input reaches into the network's last map, both together
# From the network's raw output to the scale of the listeners (signal, background, overall): the
# coefficients of the authors' package, highest power first.
_POLYNOMIALS = (
    (-0.08397278, 1.22083953, 0.0052439),
    (-0.13166888, 1.60915514, -0.39604546),
    (-0.06766283, 1.11546468, 0.04602535),
)


@functools.cache
def _network(threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(asset("dnsmos-sig-bak-ovr")), options, providers=["CPUExecutionProvider"]
    )


def collector() -> SpreadWindows:
    """Keeps the windows of a stream at 16 kHz on which its quality is measured, at most eight."""
    return SpreadWindows(WINDOW, MOST)


def windows(samples: Samples) -> list[Samples]:
    """The windows of a recording on which its quality is measured.

    Args:
        samples: `(samples,)` at 16 kHz.

    Returns:
        At most eight windows of 9.01 s, spread evenly; the recording itself where it is shorter.
    """
    return spread(samples, WINDOW, MOST)


def window_quality(samples: Samples, threads: int = 1) -> tuple[float, float, float]:
    """Quality of one window.

    Args:
        samples: `(samples,)` at 16 kHz, at least one; a window under 9.01 s is repeated to that length, as
            the authors' package does (which then averages several such windows), one over it is cut.
        threads: for the network; the values differ by less than 1e-5 from thread to thread.

    Returns:
        Of signal, background and overall, about 1 (bad) to 5 (excellent).

    Raises:
        ValueError: without samples.
    """
    if not len(samples):
        raise ValueError("quality needs at least one sample")
    # The network was trained on full scale -1 to 1; float files may go beyond.
    clip = np.clip(_repeated(samples), -1, 1).astype(np.float32)
    # One window a call: the sums are then the same whatever else is measured.
    raw = _network(threads).run(None, {"input_1": clip[None]})[0][0]
    signal, background, overall = (
        float(np.polyval(coefficients, float(value)))
        for coefficients, value in zip(_POLYNOMIALS, raw, strict=True)
    )
    return signal, background, overall


def _repeated(samples: Samples) -> Samples:
    """The samples over and over to 9.01 s, less as many repetitions as have no new value to give."""
    length = WINDOW
    if 0 < len(samples) < WINDOW:
        period = math.lcm(len(samples), _STEP)
        length -= max(0, (WINDOW - period - _ENDS) // period) * period
    return np.resize(samples, length)


def quality(chosen: Iterable[Samples], threads: int = 1) -> tuple[float, float, float]:
    """Mean quality of windows.

    Args:
        chosen: each `(samples,)` at 16 kHz, as `windows` or a `collector` gives them.
        threads: for the network.

    Returns:
        Of signal, background and overall, about 1 (bad) to 5 (excellent).

    Raises:
        ValueError: without windows.

    Example:
        >>> noise = 0.1 * np.random.default_rng(0).standard_normal(32000).astype(np.float32)
        >>> signal, background, overall = quality(windows(noise))
        >>> overall < 2
        True
    """
    each: npt.NDArray[np.float64] = np.array([window_quality(samples, threads) for samples in chosen])
    if not len(each):
        raise ValueError("quality needs at least one window")
    signal, background, overall = (float(value) for value in each.mean(axis=0))
    return signal, background, overall
