"""Traces of earlier coding: what bandwidth, cliffs and sample values say of a recording's past.

A hint is a reason to ask, never a proof: a low-pass filter can have many causes.
"""

from __future__ import annotations

# Up to 4.6 kHz: some resamplers let a part of the image through.
_TELEPHONE = (2900.0, 4600.0)
_ORDINARY = 0.9  # of half the sample rate: converters' own filters end above it
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_MP3_SHELF = (15300.0, 16600.0)
# What the file itself says it is coded with needs no hint.
_OWN = {
    "8-bit quantisation": ("PCM_U8", "PCM_S8"),
    "G.711 mu-law companding": ("ULAW", "PCM_MULAW"),
    "G.711 A-law companding": ("ALAW", "PCM_ALAW"),
}


def codec_hints(
    *,
    sample_rate: int,
    encoding: str,
    bandwidth_hz: float | None,
    cliff_hz: float | None,
    values: str | None,
) -> tuple[str, ...]:
    """Put the traces into words.

    Args:
        sample_rate: of the file, in Hz.
        encoding: of the file, as its header says.
        bandwidth_hz: highest frequency with speech energy, in Hz.
        cliff_hz: where the spectrum falls off for good, in Hz.
        values: what the sample values betray.

    Returns:
        One sentence each, possibly none.

    Example:
        >>> codec_hints(sample_rate=16000, encoding="PCM_16", bandwidth_hz=3400.0,
        ...             cliff_hz=3500.0, values=None)
        ('low-pass at 3.5 kHz: telephone band',)
    """
    hints = []
    edge = cliff_hz if cliff_hz is not None else bandwidth_hz
    if edge is not None and _TELEPHONE[0] <= edge <= _TELEPHONE[1] and sample_rate > 2.4 * edge:
        hints.append(f"low-pass at {edge / 1000:.1f} kHz: telephone band")
    elif cliff_hz is not None and cliff_hz < _ORDINARY * sample_rate / 2:
        hints.append(_of_cliff(cliff_hz, sample_rate))
    if sample_rate <= 8000 and (bandwidth_hz is None or bandwidth_hz <= 4000):
        hints.append(f"sample rate {sample_rate} Hz: telephone band at best")
    if values is not None and encoding not in _OWN.get(values, ()):
        hints.append(f"sample values of {values}")
    return tuple(hints)


def _of_cliff(edge: float, sample_rate: int) -> str:
    text = f"low-pass at {edge / 1000:.1f} kHz: filtered or coded"
    if _MP3_SHELF[0] <= edge <= _MP3_SHELF[1] and sample_rate >= 40000:
        text += " (MP3 at 128 kbit/s ends there)"
    # Resamplers' filters end between 0.88 and 1.15 of half the lower rate.
    lower = [rate for rate in _RATES if rate < 0.95 * sample_rate and 0.88 <= edge / (rate / 2) <= 1.15]
    return f"{text}, or upsampled from {' or '.join(map(str, lower))} Hz" if lower else text
