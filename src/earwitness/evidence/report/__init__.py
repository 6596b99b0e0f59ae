"""The report: a self-contained page that a lay reader understands and an examiner can check."""

from earwitness.evidence.report.render import render

__all__ = ["render"]
