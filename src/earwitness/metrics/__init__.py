"""Figures and their intervals: pure functions on numpy arrays; no torch."""
