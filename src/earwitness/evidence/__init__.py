"""Analysing a recording: instruments, findings, report. Never imports a system or torch."""
