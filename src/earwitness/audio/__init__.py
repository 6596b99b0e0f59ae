"""Recordings: decoding, resampling, speech activity, measured properties, degradation."""
