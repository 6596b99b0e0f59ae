"""The codecs and settings that recordings are sent through, each with its true parameters."""

from __future__ import annotations

from typing import Literal

import msgspec


class Coding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One codec at one setting.

    Args:
        codec: name ("opus", "amr-nb").
        family: codecs that share their nature: `waveform` (samples coded one by one), `subband` (G.722),
            `celp` (excitation by codebook), `parametric` (no waveform at all), `transform`, `opus` (CELP
            and transform in one).
        bit_rate: in bit/s, as the codec's standard names it; where the rate varies, what is aimed at.
        sample_rate: that the codec works at, in Hz.
        constant: whether every second takes the same number of bits; else the rate of a recording is
            what was measured.
        program: that codes it.
        encoder: its name in ffmpeg, or the file type in sox.
        container: file type that holds the stream.
        options: words for the encoder.
        decoding: words for the decoder.
    """

    codec: str
    family: Literal["waveform", "subband", "celp", "parametric", "transform", "opus"]
    bit_rate: int
    sample_rate: int
    constant: bool = True
    program: Literal["ffmpeg", "sox"] = "ffmpeg"
    encoder: str
    container: str
    options: tuple[str, ...] = ()
    decoding: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Codec, rate in kbit/s and sample rate in kHz.

        Example:
            >>> GRID["opus-16-48"].bit_rate
            16000
        """
        return f"{self.codec}-{self.bit_rate / 1000:g}-{self.sample_rate / 1000:g}"


def _opus(bit_rate: int, sample_rate: int) -> Coding:
    return Coding(
        codec="opus", family="opus", bit_rate=bit_rate, sample_rate=sample_rate, encoder="libopus",
        container="ogg", options=("-b:a", str(bit_rate), "-vbr", "off", "-application", "voip"),
    )  # fmt: skip


def _codec2(mode: str) -> Coding:
    bit_rate = int(mode.removesuffix("C"))
    return Coding(
        codec="codec2", family="parametric", bit_rate=bit_rate, sample_rate=8_000, encoder="libcodec2",
        container="codec2", options=("-mode", mode),
    )  # fmt: skip


def _speex(bit_rate: int, sample_rate: int) -> Coding:
    return Coding(
        codec="speex", family="celp", bit_rate=bit_rate, sample_rate=sample_rate, encoder="libspeex",
        container="ogg", options=("-b:a", str(bit_rate)),
    )  # fmt: skip


def _mp3(bit_rate: int, sample_rate: int) -> Coding:
    return Coding(
        codec="mp3", family="transform", bit_rate=bit_rate, sample_rate=sample_rate, encoder="libmp3lame",
        container="mp3", options=("-b:a", str(bit_rate)),
    )  # fmt: skip


def _aac(bit_rate: int, sample_rate: int) -> Coding:
    return Coding(
        codec="aac", family="transform", bit_rate=bit_rate, sample_rate=sample_rate, constant=False,
        encoder="aac", container="adts", options=("-b:a", str(bit_rate)),
    )  # fmt: skip


def _vorbis(bit_rate: int, sample_rate: int) -> Coding:
    return Coding(
        codec="vorbis", family="transform", bit_rate=bit_rate, sample_rate=sample_rate, constant=False,
        encoder="libvorbis", container="ogg", options=("-b:a", str(bit_rate)),
    )  # fmt: skip


def _g726(bits: int) -> Coding:
    size = ("-code_size", str(bits))
    return Coding(
        codec="g726", family="waveform", bit_rate=8_000 * bits, sample_rate=8_000, encoder="g726",
        container="g726", options=size, decoding=size,
    )  # fmt: skip


def _amr(mode: int, bit_rate: int) -> Coding:
    return Coding(
        codec="amr-nb", family="celp", bit_rate=bit_rate, sample_rate=8_000, program="sox",
        encoder="amr-nb", container="amr-nb", options=("-C", str(mode)),
    )  # fmt: skip


def _telephone(codec: str, encoder: str, container: str) -> Coding:
    return Coding(
        codec=codec, family="waveform", bit_rate=64_000, sample_rate=8_000, encoder=encoder,
        container=container, decoding=("-ar", "8000", "-ac", "1"),
    )  # fmt: skip


_ALL = (
    *(_opus(rate, hertz) for rate, hertz in (
        (8_000, 8_000), (12_000, 8_000), (12_000, 16_000), (16_000, 16_000), (24_000, 16_000),
        (16_000, 48_000), (32_000, 48_000), (64_000, 48_000),
    )),
    *map(_codec2, ("3200", "2400", "1600", "1400", "1300", "1200", "700C")),
    *(_speex(rate, hertz) for rate, hertz in (
        (3_950, 8_000), (8_000, 8_000), (15_000, 8_000), (24_600, 8_000), (12_800, 16_000),
        (16_800, 16_000), (27_800, 16_000), (36_000, 32_000),
    )),
    *(_mp3(rate, hertz) for rate, hertz in (
        (16_000, 16_000), (24_000, 16_000), (32_000, 16_000), (64_000, 16_000), (48_000, 44_100),
        (96_000, 44_100),
    )),
    *(_aac(rate, hertz) for rate, hertz in (
        (16_000, 16_000), (32_000, 16_000), (48_000, 44_100), (96_000, 44_100),
    )),
    *(_vorbis(rate, hertz) for rate, hertz in (
        (32_000, 16_000), (56_000, 16_000), (64_000, 44_100), (112_000, 44_100),
    )),
    *map(_g726, (2, 3, 4, 5)),
    *(_amr(mode, rate) for mode, rate in enumerate(
        (4_750, 5_150, 5_900, 6_700, 7_400, 7_950, 10_200, 12_200)
    )),
    _telephone("g711-a", "pcm_alaw", "alaw"),
    _telephone("g711-mu", "pcm_mulaw", "mulaw"),
    Coding(
        codec="gsm", family="celp", bit_rate=13_000, sample_rate=8_000, encoder="libgsm", container="gsm",
    ),
    Coding(
        codec="g722", family="subband", bit_rate=64_000, sample_rate=16_000, encoder="g722", container="g722",
    ),
    Coding(
        codec="g723.1", family="celp", bit_rate=6_300, sample_rate=8_000, encoder="g723_1",
        container="g723_1", options=("-b:a", "6300"),
    ),
    Coding(
        codec="lpc10", family="parametric", bit_rate=2_400, sample_rate=8_000, program="sox",
        encoder="lpc10", container="lpc10",
    ),
)  # fmt: skip
GRID: dict[str, Coding] = {coding.name: coding for coding in _ALL}
"""Name -> coding; G.723.1 at 5.3 kbit/s and AMR-WB are missing, as no free encoder is at hand."""
