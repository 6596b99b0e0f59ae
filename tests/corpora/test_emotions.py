"""One vocabulary: every name in use is in it."""

from __future__ import annotations

import pytest

from earwitness.corpora.catalogue import CORPORA, card
from earwitness.corpora.emotions import EMOTIONS, FIVE, FOUR, MERGES, WORDS, emotion_of


def test_all_names_are_of_the_vocabulary() -> None:
    used = {*FIVE, *FOUR, *MERGES, *MERGES.values(), *WORDS.values()}
    assert used <= set(EMOTIONS)
    assert all(emotion_of(emotion) == emotion for emotion in EMOTIONS)
    assert len(set(EMOTIONS)) == len(EMOTIONS)


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_cards_speak_it(name: str) -> None:
    assert set(card(name).labels.get("emotion", ())) <= set(EMOTIONS)
