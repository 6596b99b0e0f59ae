"""One vocabulary of emotions across corpora, and the label spaces that cross-corpus work uses."""

from __future__ import annotations

EMOTIONS = (
    "anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise", "calm", "boredom",
    "excitement", "frustration", "pleasure", "pain", "disappointment", "achievement", "contempt", "other",
)  # fmt: skip
"""Every value of a column `emotion`; an empty text means that nobody agreed or nobody labelled it. What
the corpus itself says stands in `emotion_as_labelled`."""

FIVE = ("anger", "disgust", "fear", "happiness", "sadness")
"""The label space of cross-corpus comparisons over ASVP-ESD, MESD, AESDD, RAVDESS, Emo-DB and CREMA-D."""

FOUR = ("anger", "happiness", "neutral", "sadness")
"""The label space that IEMOCAP made usual; the one to take where a corpus hardly has fear, as ShEMO."""

MERGES = {"excitement": "happiness", "calm": "neutral"}
"""Merges that publications make, each to be asked for by name: IEMOCAP's four classes take the first,
some RAVDESS work the second."""

WORDS = {
    "anger": "anger", "angry": "anger", "ang": "anger", "rage": "anger",
    "disgust": "disgust", "disgusted": "disgust", "dis": "disgust",
    "fear": "fear", "fearful": "fear", "fea": "fear", "afraid": "fear", "scared": "fear", "anxiety": "fear",
    "happiness": "happiness", "happy": "happiness", "hap": "happiness", "joy": "happiness",
    "neutral": "neutral", "neu": "neutral", "neutrality": "neutral",
    "sadness": "sadness", "sad": "sadness",
    "surprise": "surprise", "surprised": "surprise", "sur": "surprise", "ps": "surprise",
    "calm": "calm", "calmness": "calm",
    "boredom": "boredom", "bored": "boredom",
    "excitement": "excitement", "excited": "excitement", "exc": "excitement",
    "frustration": "frustration", "frustrated": "frustration", "fru": "frustration",
    "pleasure": "pleasure", "pain": "pain",
    "disappointment": "disappointment", "disappointed": "disappointment",
    "achievement": "achievement", "triumph": "achievement",
    "contempt": "contempt", "contemptuous": "contempt",
    "other": "other", "others": "other", "oth": "other",
}  # fmt: skip
"""English words and usual abbreviations, in lower case -> emotion; for tables of one's own."""


def emotion_of(word: str) -> str | None:
    """The emotion that an English word or a usual abbreviation names.

    Args:
        word: in any case.

    Returns:
        One of `EMOTIONS`; `None` when it is none of the known words, which are never guessed at.

    Example:
        >>> emotion_of("Happy"), emotion_of("ANG"), emotion_of("hangry")
        ('happiness', 'anger', None)
    """
    return WORDS.get(word.strip().lower())
