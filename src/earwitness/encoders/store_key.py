"""What an encoding is of, and by what: the key under which the store keeps it."""

from __future__ import annotations

import hashlib

import msgspec


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that an encoding depends on; two equal keys mean the same array.

    Args:
        content: SHA-256 of the decoded recording (`Recording.sha256`).
        start: of the segment, in seconds; `None` for the beginning.
        end: of the segment, in seconds; `None` for the end.
        view: augmentation with its seed and copy; empty for the recording as it is.
        encoder: name of the encoder.
        revision: of the encoder.
        layers: hidden states that were kept, in order; empty where there is one output.
        policy: how the clip's length is treated.
        precision: of the arithmetic.
        stored: element type on disk.

    Example:
        >>> key = Key(content="00", encoder="whisper-base", revision="1", layers=(1, 2))
        >>> key.digest() == Key(content="00", encoder="whisper-base", revision="1", layers=(1, 2)).digest()
        True
        >>> key.group()
        'whisper-base 1 layers 1,2 cropped fp32 stored float16'
    """

    content: str
    start: float | None = None
    end: float | None = None
    view: str = ""
    encoder: str
    revision: str
    layers: tuple[int, ...] = ()
    policy: str = "cropped"
    precision: str = "fp32"
    stored: str = "float16"

    def label(self) -> bytes:
        """All fields as JSON, written beside the array so that a shard explains itself."""
        return msgspec.json.encode(self)

    def digest(self) -> bytes:
        """16 bytes that stand for the key."""
        return hashlib.sha256(self.label()).digest()[:16]

    def group(self) -> str:
        """The encoder's part of the key, in words: what `store info` counts by."""
        layers = f" layers {','.join(map(str, self.layers))}" if self.layers else ""
        view = f" view {self.view}" if self.view else ""
        by = f"{self.encoder} {self.revision}{layers}"
        return f"{by} {self.policy} {self.precision} stored {self.stored}{view}"
