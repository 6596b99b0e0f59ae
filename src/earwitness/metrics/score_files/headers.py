"""Words that the field uses for columns and labels, and what they mean here."""

from __future__ import annotations

import polars as pl

COLUMNS = {
    "id": "id", "filename": "id", "file": "id", "file_name": "id", "utt": "id", "utterance": "id",
    "trial": "id", "spk": "enrolment", "enrolment": "enrolment", "enrollment": "enrolment",
    "score": "score", "llr": "score", "cm-score": "cm_score", "cm_score": "cm_score",
    "asv-score": "asv_score", "asv_score": "asv_score", "sasv-score": "sasv_score",
    "sasv_score": "sasv_score", "label": "label", "key": "label", "cm-label": "label", "cm_label": "label",
    "asv-label": "asv_label", "asv_label": "asv_label", "prediction": "prediction",
    "predicted": "prediction",
}  # fmt: skip
"""Header as written (lower case) -> column here."""
BONA_FIDE_WORDS = {
    "bonafide": "bona fide", "bona-fide": "bona fide", "bona fide": "bona fide", "genuine": "bona fide",
    "real": "bona fide", "human": "bona fide", "spoof": "spoof", "fake": "spoof", "deepfake": "spoof",
    "spoofed": "spoof",
}  # fmt: skip
"""Label as written (lower case) -> label here, of spoofing keys."""
TARGET_WORDS = {
    "target": "target", "nontarget": "nontarget", "non-target": "nontarget", "1": "target", "0": "nontarget",
    "tgt": "target", "imp": "nontarget", "impostor": "nontarget", "spoof": "spoof",
}  # fmt: skip
"""Label as written (lower case) -> label here, of speaker verification keys."""


def named_columns(text: pl.DataFrame) -> dict[str, str] | None:
    """New names of the columns when the first row is a header, else `None`.

    Example:
        >>> named_columns(pl.DataFrame({"column_1": ["filename"], "column_2": ["cm-score"]}))
        {'column_1': 'id', 'column_2': 'score'}
    """
    first = [str(field).strip().lower() for field in text.row(0)]
    known = [COLUMNS.get(field) for field in first]
    if "id" not in known:
        return None
    names = [name or field for name, field in zip(known, first, strict=True)]
    if "sasv_score" in names:
        names[names.index("sasv_score")] = "score"
    elif "cm_score" in names and "asv_score" not in names:
        names[names.index("cm_score")] = "score"
    return dict(zip(text.columns, names, strict=True))
