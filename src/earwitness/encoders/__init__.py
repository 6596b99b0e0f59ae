"""Pretrained representations, batching and the store."""
