"""Torch building blocks shared by systems."""
