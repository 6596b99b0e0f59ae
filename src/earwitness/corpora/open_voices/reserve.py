"""What stands in `examples/` and therefore never enters the corpus.

Chosen on 2026-11-23, before any detector was trained, by what an example should show; none was
ever scored before it was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable

from earwitness.corpora.open_voices.clip import Clip

CLIPS = frozenset(
    {
        "asterisk/en/queue-youarenext",
        "asterisk/it/agent-alreadyon",
        "asterisk/it/vm-rec-unv",
        "fillets/cs/airplane/cs/let-v-oko",
        "fillets/nl/gods/nl/lod-m-jednoho",
    }
)
"""Clips kept back. Their speakers do appear in the corpus, with other words."""

VOICES = frozenset({"bf_isabella", "im_nicola"})
"""Kokoro voices kept back."""

SENTENCES = {
    "flite": "The meeting was moved to Thursday, so please bring the signed papers to the second floor.",
    "kokoro": "Grandma, it's me. I lost my wallet at the station, could you send me some money before noon?",
    "splice": "Per favore confermi subito il bonifico, e legga ad alta voce il codice di sicurezza.",
}
"""What the made examples say; written for them, in no source."""


def unreserved(clips: Iterable[Clip]) -> list[Clip]:
    """The clips that may enter a corpus, in their order; what repeats a reserved transcript is out too.

    Args:
        clips: as scanned.
    """
    held = list(clips)
    texts = {(clip.language, clip.transcript.casefold()) for clip in held if clip.id in CLIPS}
    return [
        clip
        for clip in held
        if clip.id not in CLIPS and (clip.language, clip.transcript.casefold()) not in texts
    ]
