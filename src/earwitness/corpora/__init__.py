"""Corpus tables, protocols, leak checks and the open-voices builder."""
