"""Pretrained representations, batching and the store."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from earwitness.encoders.encoder import Encoder
    from earwitness.encoders.frame_stream import FrameStream, stream_frames
    from earwitness.encoders.loading import load
    from earwitness.encoders.onnx_encoder import OnnxEncoder
    from earwitness.encoders.onnx_export import export
    from earwitness.encoders.store import Store
    from earwitness.encoders.store_dataset import StoreDataset
    from earwitness.encoders.store_key import Key

_HOMES = {
    "Encoder": "encoder",
    "FrameStream": "frame_stream",
    "Key": "store_key",
    "OnnxEncoder": "onnx_encoder",
    "Store": "store",
    "StoreDataset": "store_dataset",
    "export": "onnx_export",
    "load": "loading",
    "stream_frames": "frame_stream",
}

__all__ = [
    "Encoder", "FrameStream", "Key", "OnnxEncoder", "Store", "StoreDataset", "export", "load",
    "stream_frames",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'earwitness.encoders' has no attribute {name!r}")
    return getattr(importlib.import_module(f"earwitness.encoders.{_HOMES[name]}"), name)
