"""Settings of neural codecs that public corpora name: what codec parsing is to find out."""

from __future__ import annotations

import math

import msgspec

from earwitness.errors import BadInput


class CodecSetting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One codec in one configuration.

    Args:
        quantizers: codebooks a frame.
        codebook: entries of a codebook.
        stride: samples a frame.
        rate: of the codec, in Hz.
        recalled: whether a number is from memory and not from its authors' scripts.

    Example:
        >>> CodecSetting(quantizers=8, codebook=1024, stride=320, rate=24_000).kbps
        6.0
    """

    quantizers: int
    codebook: int = 1024
    stride: int
    rate: int
    recalled: bool = False

    @property
    def kbps(self) -> float:
        """Bit rate in kbit/s: quantizers x log2(codebook) x rate / stride / 1000."""
        return self.quantizers * math.log2(self.codebook) * self.rate / self.stride / 1000


def _funcodec(stride: int) -> CodecSetting:
    return CodecSetting(quantizers=32, stride=stride, rate=16_000, recalled=True)


SETTINGS = {
    "SpeechTokenizer": CodecSetting(quantizers=8, stride=320, rate=16_000, recalled=True),
    "academicodec_hifi_16k_320d": CodecSetting(quantizers=4, stride=320, rate=16_000),
    "academicodec_hifi_16k_320d_large_uni": CodecSetting(quantizers=4, stride=320, rate=16_000),
    "academicodec_hifi_24k_320d": CodecSetting(quantizers=4, stride=320, rate=24_000),
    "audiodec_24k_320d": CodecSetting(quantizers=8, stride=320, rate=24_000),
    "descript-audio-codec-16khz": CodecSetting(quantizers=12, stride=320, rate=16_000),
    "descript-audio-codec-24khz": CodecSetting(quantizers=32, stride=320, rate=24_000),
    "descript-audio-codec-44khz": CodecSetting(quantizers=9, stride=512, rate=44_100),
    "encodec_24khz": CodecSetting(quantizers=8, stride=320, rate=24_000, recalled=True),
    "funcodec-funcodec_en_libritts-16k-gr1nq32ds320": _funcodec(320),
    "funcodec-funcodec_en_libritts-16k-gr8nq32ds320": _funcodec(320),
    "funcodec-funcodec_en_libritts-16k-nq32ds320": _funcodec(320),
    "funcodec-funcodec_en_libritts-16k-nq32ds640": _funcodec(640),
    "funcodec-funcodec_zh_en_16k_nq32ds320": _funcodec(320),
    "funcodec-funcodec_zh_en_16k_nq32ds640": _funcodec(640),
}
"""Codec of CodecFake (Wu et al.) -> its settings. EnCodec's bandwidth in that corpus is not established:
6 kbit/s, its default, is our choice. The kbit/s are derived: DAC at 44.1 kHz has 7.75, printed as 8."""


def setting(codec: str) -> CodecSetting:
    """Settings of a codec of `SETTINGS`.

    Raises:
        BadInput: when it is none of them.
    """
    if codec not in SETTINGS:
        raise BadInput(f"is no known codec; there are: {', '.join(SETTINGS)}", where=codec)
    return SETTINGS[codec]
