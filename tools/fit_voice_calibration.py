"""Fit the shipped voice calibration again: `python tools/fit_voice_calibration.py PACKAGES`.

PACKAGES is the folder of unpacked open-voices packages that `earwitness corpora build open-voices`
leaves. Only sources with true speakers are used, only pairs within one source (between sources the
channel would tell the speakers apart), and each side goes through a random channel of its own two
times in three. Writes `assets/voice-calibration.json` and its entry in `assets/catalogue.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
from pathlib import Path

import msgspec
import numpy as np

from earwitness.audio import channel
from earwitness.audio.decode import decode
from earwitness.audio.resample import resample
from earwitness.corpora.open_voices import asterisk, gcin, polish, tuxpaint
from earwitness.corpora.open_voices.clip import Clip
from earwitness.corpora.open_voices.reserve import unreserved
from earwitness.encoders.ge2e_encoder import Ge2eEncoder, embed_voice
from earwitness.evidence.voice_calibration import NAME, Trials, fit_voice_calibration

ASSETS = Path(__file__).parents[1] / "src" / "earwitness" / "assets"
SOURCES = {"asterisk": asterisk, "gcin": gcin, "polish": polish, "tuxpaint": tuxpaint}
RECORDINGS = 24
"""Recordings joined from the clips of a speaker in one language; no clip stands in two."""
LONGEST, SHORTEST = 16.0, 2.0
"""Seconds of sound joined into a recording; the least speech that the joined recording must hold."""
TRIALS = 480
"""Trials of either kind from each source with several pairs of speakers, even shares for each pair."""
LIMITS = (
    "The comparison of voices was fitted on {speakers} speakers only, so its likelihood ratio is bounded "
    "and never more than moderate support.",
    "The recordings of one speaker that it was fitted on come from one session; a cold, age, emotion or "
    "another microphone make one voice less alike than that.",
    "Only one of the speakers was heard in two languages; across languages the same voice is often "
    "called inconclusive or different.",
    "A cloned or imitated voice can be as alike as the same voice: read it beside the detection.",
)


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A joined recording: who speaks, in which language, and the embedding."""

    source: str
    speaker: str
    language: str
    vector: np.ndarray


def main() -> None:
    """Join, embed, pair, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="another file than the shipped one")
    chosen = parser.parse_args()
    rng = np.random.default_rng(chosen.seed)
    recordings = []
    for name, module in SOURCES.items():
        by_speaker: dict[tuple[str, str], list[Clip]] = {}
        for clip in unreserved(module.scan(chosen.packages).clips):
            by_speaker.setdefault((clip.speaker, clip.language), []).append(clip)
        for (speaker, language), clips in sorted(by_speaker.items()):
            vectors = embedded(clips, chosen.packages, rng)
            print(f"{name} {speaker} {language}: {len(vectors)} recordings", flush=True)
            recordings += [
                Recording(source=name, speaker=speaker, language=language, vector=vector)
                for vector in vectors
            ]
    speakers = len({recording.speaker for recording in recordings})
    fitted = fit_voice_calibration(
        drawn(recordings, rng),
        encoder=Ge2eEncoder().revision,
        shortest_speech=SHORTEST,
        limits=[limit.format(speakers=speakers) for limit in LIMITS],
    )
    content = msgspec.json.format(msgspec.json.encode(fitted), indent=2) + b"\n"
    print(content.decode())
    if chosen.out:
        chosen.out.write_bytes(content)
        return
    (ASSETS / f"{NAME}.json").write_bytes(content)
    listed = json.loads((ASSETS / "catalogue.json").read_text())
    listed[NAME] = {
        "file": f"{NAME}.json",
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": "Apache-2.0",
        "source": "fitted by tools/fit_voice_calibration.py on the open-voices sources with true speakers: "
        + ", ".join(SOURCES),
    }
    (ASSETS / "catalogue.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


def embedded(clips: list[Clip], packages: Path, rng: np.random.Generator) -> list[np.ndarray]:
    """Embeddings of recordings joined from the clips of one speaker, each through a channel."""
    waiting = [clips[place] for place in rng.permutation(len(clips))]
    vectors = []
    while waiting and len(vectors) < RECORDINGS:
        wanted, parts, seconds = float(np.exp(rng.uniform(np.log(4.0), np.log(LONGEST)))), [], 0.0
        while waiting and seconds < wanted:
            clip = waiting.pop()
            for part in clip.parts:
                recording = decode(packages / part)
                samples = resample(recording.samples, recording.sample_rate, channel.RATE)
                level = np.sqrt(np.mean(np.square(samples)))
                if level > 0:
                    parts.append(samples * np.float32(0.05 / level))
                    seconds += len(samples) / channel.RATE
        if not parts:
            break
        joined = np.concatenate(parts)
        if rng.random() < 2 / 3:
            joined = channel.apply(joined, channel.draw(rng))
        voice = embed_voice(joined)
        if voice is not None and voice.speech >= SHORTEST:
            vectors.append(voice.vector)
    return vectors


def drawn(recordings: list[Recording], rng: np.random.Generator) -> Trials:
    """Trials within each source, even shares for each speaker and for each pair of speakers."""
    rows: list[tuple[float, str, str, str]] = []
    for source in SOURCES:
        pairs: dict[tuple[str, str], list[tuple[Recording, Recording]]] = {}
        own = [recording for recording in recordings if recording.source == source]
        for one, other in itertools.combinations(own, 2):
            left, right = sorted((one, other), key=lambda recording: recording.speaker)
            pairs.setdefault((left.speaker, right.speaker), []).append((left, right))
        for same in (True, False):
            kind = {names: found for names, found in pairs.items() if (names[0] == names[1]) is same}
            share = TRIALS // max(len(kind), 4)  # a source of two speakers must not count for many
            for names, found in sorted(kind.items()):
                for place in rng.permutation(len(found))[:share]:
                    left, right = found[place]
                    rows.append((float(left.vector @ right.vector), *names, source))
    similarity, left, right, sources = zip(*rows, strict=True)
    return Trials(
        similarity=np.array(similarity), left=np.array(left), right=np.array(right), source=np.array(sources)
    )


if __name__ == "__main__":
    main()
