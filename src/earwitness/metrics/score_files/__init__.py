"""Score files and keys: the field's layouts, read strictly and written whole."""

from earwitness.metrics.score_files.matching import matched
from earwitness.metrics.score_files.reading import ScoreTable, read_key, read_scores
from earwitness.metrics.score_files.writing import write_scores

__all__ = ["ScoreTable", "matched", "read_key", "read_scores", "write_scores"]
