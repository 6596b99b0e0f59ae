"""Plots as self-contained SVG, written without a plotting library."""
