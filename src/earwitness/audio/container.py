"""What a file's first bytes say: which kind it is, and how many bytes of audio it declares."""

from __future__ import annotations

import struct
from collections.abc import Callable

# Codec tags of WAVE that libsndfile reads: PCM, MS ADPCM, float, A-law, mu-law, IMA ADPCM, GSM 6.10,
# G.721, MPEG layers, NMS ADPCM and "extensible".
_WAVE_TAGS = {0x01, 0x02, 0x03, 0x06, 0x07, 0x11, 0x31, 0x38, 0x40, 0x50, 0x55, 0x59, 0x64, 0x65, 0xFFFE}
_FOREIGN = (
    (4, b"ftyp", "MP4 or M4A", "mov"),
    (4, b"moov", "MP4 or M4A", "mov"),
    (4, b"mdat", "MP4 or M4A", "mov"),
    (4, b"wide", "MP4 or M4A", "mov"),
    (0, b"\x1aE\xdf\xa3", "WebM or Matroska", "matroska"),
    (0, b"#!AMR", "AMR", "amr"),
    (0, b"\xff\xf1", "AAC", "aac"),
    (0, b"\xff\xf9", "AAC", "aac"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "WMA or ASF", "asf"),
    (0, b"FLV\x01", "FLV", "flv"),
    (0, b"MAC ", "Monkey's Audio", "ape"),
    (0, b"wvpk", "WavPack", "wv"),
    (0, b"MPCK", "Musepack", "mpc8"),
    (0, b"MP+", "Musepack", "mpc"),
    (0, b"\x0bw", "AC-3", "ac3"),
    (0, b"\x00\x00\x01\xba", "MPEG video", "mpeg"),
    (0, b"TTA1", "True Audio", "tta"),
)
# What begins so is audio, or was meant to be: then a failure is called damage.
_KNOWN = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS", b"FORM", b".snd", b"dns.", b"caff", b"riff", b"ID3")
_MOST_CHUNKS = 4096

ReadAt = Callable[[int, int], bytes]


def foreign(head: bytes) -> tuple[str, str] | None:
    r"""Kind of a file that libsndfile does not read but the `av` extra does.

    Args:
        head: the first bytes of the file, 4096 if it has as many.

    Returns:
        Name for people and demuxer of FFmpeg, or `None`.

    Example:
        >>> foreign(b"#!AMR\n")
        ('AMR', 'amr')
    """
    for offset, magic, name, demuxer in _FOREIGN:
        if head[offset : offset + len(magic)] == magic:
            return name, demuxer
    if head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G":
        return "MPEG transport stream", "mpegts"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "AVI", "avi"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        at = head.find(b"fmt ", 12)
        if 0 < at <= len(head) - 10 and struct.unpack_from("<H", head, at + 8)[0] not in _WAVE_TAGS:
            return "WAV with an unusual codec", "wav"
    if (
        head[:4] == b"OggS"
        and len(head) >= 64
        and head[28:35] != b"\x01vorbis"
        and head[28:36] != b"OpusHead"
    ):
        return "Ogg with another codec than Vorbis or Opus", "ogg"
    return None


def known(head: bytes) -> bool:
    """Does the file begin like audio?

    Args:
        head: its first bytes.

    Example:
        >>> known(b"RIFF...."), known(b"Dear Sir")
        (True, False)
    """
    return head.startswith(_KNOWN) or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


def is_text(head: bytes) -> bool:
    """Is it text that someone has renamed?

    Args:
        head: the first bytes of the file.

    Example:
        >>> is_text(b"Dear Sir,"), is_text(bytes(range(20)))
        (True, False)
    """
    text = head.decode("utf-8", "ignore")
    lost = len(head) - len(text.encode("utf-8"))
    return lost < 4 and all(letter.isprintable() or letter.isspace() for letter in text)


def is_gsm(head: bytes, size: int) -> bool:
    """Is it a bare GSM 06.10 stream: 33-byte frames, each beginning with the bits 1101?

    Args:
        head: the first bytes of the file.
        size: of the file, in bytes.

    Example:
        >>> is_gsm((bytes([0xD5]) + bytes(32)) * 20, 660)
        True
    """
    starts = head[::33]
    return size % 33 == 0 and len(starts) >= 10 and all(byte >> 4 == 0xD for byte in starts)


def has_length(head: bytes) -> bool:
    """Does an MP3 begin with a header that declares its exact length (Xing, Info or VBRI)?

    Args:
        head: the first bytes of the first MPEG frame.

    Example:
        >>> has_length(bytes(36) + b"Xing")
        True
    """
    return any(tag in head[:256] for tag in (b"Xing", b"Info", b"VBRI"))


def declared_end(read_at: ReadAt, size: int) -> int | None:
    """Where the audio data would end by the file's own account.

    Only the formats in which libsndfile quietly makes do with what is there: WAV, RF64, W64,
    AIFF, AU. The others say themselves that something is missing.

    Args:
        read_at: gives `(offset, size)` bytes of the file.
        size: of the file, in bytes.

    Returns:
        Offset in bytes, or `None` where the file makes no such claim (a length of zero or the
        largest number, as writers to a pipe leave it, is none).
    """
    head = read_at(0, 128)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        wide = None
        if head[:4] == b"RF64" and head[12:16] == b"ds64" and len(head) >= 36:
            wide = struct.unpack_from("<Q", head, 28)[0]
        order = ">" if head[:4] == b"RIFX" else "<"
        return _chunk_end(read_at, size, 12, order, b"data", wide)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return _chunk_end(read_at, size, 12, ">", b"SSND", None)
    if head[:4] in (b".snd", b"dns.") and len(head) >= 12:
        offset, length = struct.unpack_from(">II" if head[:4] == b".snd" else "<II", head, 4)
        return _claim(offset, length)
    if head[:4] == b"riff" and len(head) >= 40:
        return _wave64_end(read_at, size)
    return None


def _chunk_end(
    read_at: ReadAt, size: int, at: int, order: str, wanted: bytes, wide: int | None
) -> int | None:
    for _ in range(_MOST_CHUNKS):
        header = read_at(at, 8)
        if len(header) < 8:
            return None
        name, length = header[:4], struct.unpack(order + "I", header[4:])[0]
        if name == wanted:
            return at + 8 + wide if wide else _claim(at + 8, length)
        at += 8 + length + length % 2
        if at >= size:
            return None
    return None


def _wave64_end(read_at: ReadAt, size: int) -> int | None:
    at = 40
    for _ in range(_MOST_CHUNKS):
        header = read_at(at, 24)
        if len(header) < 24:
            return None
        length = struct.unpack("<Q", header[16:])[0]  # counts these 24 bytes, too
        if header[:4] == b"data":
            return at + length if 24 < length < 1 << 62 else None
        at += max(24, (length + 7) // 8 * 8)
        if at >= size:
            return None
    return None


def _claim(start: int, length: int) -> int | None:
    # sox leaves 0x7FFFF000 and its like, FFmpeg 0xFFFFFFFF, where the length was not known when writing.
    if length == 0 or 0x7FFFF000 <= length <= 0x7FFFFFFF or length >= 0xFFFFF000:
        return None
    return start + length
