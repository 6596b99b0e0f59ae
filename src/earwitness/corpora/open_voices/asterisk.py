"""Asterisk's core sounds: the prompts of a telephone exchange, one professional speaker a language."""

from __future__ import annotations

import gzip
from pathlib import Path

from earwitness.corpora.open_voices.clip import Clip, Scan, duration

# Spoken by: Allison Smith (en and es, so one speaker for both), June Wallack, Carlo Flora, IVRvoice.
SPEAKERS = {
    "en": ("allison-smith", "en", "CC-BY-SA-3.0"),
    "es": ("allison-smith", "es", "CC-BY-SA-3.0"),
    "fr": ("june-wallack", "fr-CA", "CC-BY-SA-3.0"),
    "it": ("carlo-flora", "it", "CC-BY-3.0"),
    "ru": ("ivrvoice-ru", "ru", "CC-BY-3.0"),
}
PACKAGES = tuple(f"asterisk-core-sounds-{tag}{kind}" for tag in SPEAKERS for kind in ("-wav", ""))


def scan(root: Path) -> Scan:
    """Clips of the languages whose packages are there.

    Args:
        root: folder of unpacked packages.
    """
    clips, unmatched = [], []
    for tag, (speaker, language, licence) in SPEAKERS.items():
        texts = transcripts(root, tag)
        sounds = root / f"asterisk-core-sounds-{tag}-wav/usr/share/asterisk/sounds"
        for path in sorted(sounds.rglob("*.wav")):
            key = "/".join(path.relative_to(sounds).parts[1:]).removesuffix(".wav")
            text = texts.get(key, "")
            if not text or key.startswith("silence/") or text[0] in "[(<":
                unmatched.append(str(path.relative_to(root)))
                continue
            clips.append(
                Clip(
                    id=f"asterisk/{tag}/{key}",
                    source="asterisk",
                    parts=(str(path.relative_to(root)),),
                    seconds=duration(path),
                    transcript=text,
                    language=language.partition("-")[0],
                    speaker=speaker,
                    licence=licence,
                )
            )
    return Scan(clips=tuple(clips), unmatched=tuple(unmatched))


def transcripts(root: Path, tag: str) -> dict[str, str]:
    """Key -> text of one language, from `core-sounds-LL.txt.gz`; empty when it is not there."""
    package = f"asterisk-core-sounds-{tag}"
    path = root / package / f"usr/share/doc/{package}/core-sounds-{tag}.txt.gz"
    if not path.is_file():
        return {}
    lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines if line and not line.startswith(";"))
    return {key.strip(): " ".join(text.split()) for key, _, text in pairs if text.strip()}
