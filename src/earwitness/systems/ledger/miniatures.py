"""Miniatures of corpora that are not open, in their exact public layouts, with made-up voices.

They carry code to the end of its way, and say nothing about a claim: the voices are sums of harmonics whose
pitch, loudness and pace follow the label by a rule that was written here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from earwitness.errors import BadInput
from earwitness.training.randomness import generator

RATE = 16_000
MOODS = {
    "anger": (1.45, 1.6, 6.0), "disgust": (0.9, 0.8, 3.5), "fear": (1.7, 0.8, 7.5),
    "happiness": (1.3, 1.2, 5.0), "neutral": (1.0, 1.0, 4.0), "sadness": (0.8, 0.5, 2.5),
}  # fmt: skip
"""Emotion -> factor of pitch, factor of loudness, syllables a second."""
CREMAD = {
    "anger": "ANG", "disgust": "DIS", "fear": "FEA", "happiness": "HAP", "neutral": "NEU", "sadness": "SAD",
}  # fmt: skip
RAVDESS = {
    "anger": "05", "disgust": "07", "fear": "06", "happiness": "03", "neutral": "01", "sadness": "04",
}  # fmt: skip
EMODB = {"anger": "W", "disgust": "E", "fear": "A", "happiness": "F", "neutral": "N", "sadness": "T"}
SPEAKERS = {"cremad": 6, "ravdess": 6, "emodb": 6}


def voice(
    seconds: float, pitch: float, loudness: float, pace: float, tilt: float, rng: np.random.Generator
) -> np.ndarray:
    """A made-up voice.

    Args:
        seconds: how long.
        pitch: in Hz, in the mean.
        loudness: 0 to about 2.
        pace: syllables a second.
        tilt: by which harmonics fall, about 0.5 to 2.
        rng: of everything else.

    Returns:
        (samples,) float32 at 16 kHz.

    Example:
        >>> voice(0.1, 120, 1, 4, 1, np.random.default_rng(0)).shape
        (1600,)
    """
    time = np.arange(round(seconds * RATE)) / RATE
    drift = 1 + 0.12 * np.sin(2 * np.pi * (0.4 + 0.2 * rng.random()) * time + 6 * rng.random())
    phase = 2 * np.pi * np.cumsum(pitch * drift) / RATE
    sound = sum(np.sin(k * phase) / k**tilt for k in range(1, 18))
    envelope = np.clip(np.sin(2 * np.pi * pace * time / 2 + 6 * rng.random()) ** 2, 0.05, 1)
    noise = 0.02 * rng.standard_normal(len(time))
    return (0.12 * loudness * envelope * sound / 2 + noise).clip(-1, 1).astype(np.float32)


def emotional(name: str, root: Path, *, clips: int = 3) -> Path:
    """A miniature of CREMA-D, RAVDESS or Emo-DB: six speakers, six emotions.

    Args:
        name: `cremad`, `ravdess` or `emodb`.
        root: new folder.
        clips: of each speaker and emotion, 1 to 4.

    Returns:
        The folder.

    Raises:
        BadInput: when there is no miniature of that name.
    """
    emodb_speakers, emodb_texts = ("03", "08", "09", "10", "11", "12"), ("a01", "a02", "a04", "b01")
    names: dict[str, Callable[[int, str, int], str]] = {
        "cremad": lambda at, mood, clip: (
            f"AudioWAV/{1001 + at}_{('DFA', 'IEO', 'ITH', 'IWW')[clip]}_{CREMAD[mood]}_XX.wav"
        ),
        "ravdess": lambda at, mood, clip: (
            f"Actor_{at + 1:02d}/03-01-{RAVDESS[mood]}-01-{clip % 2 + 1:02d}-{clip // 2 + 1:02d}-"
            f"{at + 1:02d}.wav"
        ),
        "emodb": lambda at, mood, clip: f"wav/{emodb_speakers[at]}{emodb_texts[clip]}{EMODB[mood]}a.wav",
    }
    if name not in names:
        raise BadInput(f"has no miniature; there are: {', '.join(names)}", where=name)
    place = list(names).index(name)
    for at in range(SPEAKERS[name]):
        rng = generator("miniature", name, at)
        base, tilt = (
            95 + 25 * place + 40 * rng.random() + 60 * (at % 2),
            0.8 + 0.25 * place + 0.3 * rng.random(),
        )
        for mood, (pitch, loud, pace) in MOODS.items():
            for clip in range(clips):
                path = root / names[name](at, mood, clip)
                path.parent.mkdir(parents=True, exist_ok=True)
                heard = voice(
                    1.0 + 0.4 * rng.random(), base * pitch * (0.92 + 0.16 * rng.random()),
                    loud * (0.8 + 0.4 * rng.random()), pace, tilt, rng,
                )  # fmt: skip
                soundfile.write(path, heard, RATE, subtype="PCM_16")
    if name == "cremad":
        lines = [f"{1001 + at},{30 + at},{'Male' if at % 2 == 0 else 'Female'},x,y" for at in range(6)]
        (root / "VideoDemographics.csv").write_text(
            "ActorID,Age,Sex,Race,Ethnicity\n" + "\n".join(lines) + "\n"
        )
    return root


def edaic(root: Path, *, sessions: tuple[int, int, int] = (16, 6, 6), seconds: float = 36.0) -> Path:
    """A miniature of E-DAIC: interviews whose pitch and pace fall with the score.

    Args:
        root: new folder.
        sessions: of training, development and test; the last have the ids of the autonomous agent.
        seconds: of an interview.

    Returns:
        The folder.
    """
    (root / "labels").mkdir(parents=True, exist_ok=True)
    number = {"train": 302, "dev": 450, "test": 600}
    for split, count in zip(number, sessions, strict=True):
        lines = []
        for at in range(count):
            session = number[split] + at
            rng = generator("miniature", "edaic", session)
            score = int(rng.integers(0, 25))
            gender = "male" if at % 2 else "female"
            lines.append(f"{session},{gender},{int(score >= 10)},{score},0,20.0")
            folder = root / "data" / f"{session}_P"
            folder.mkdir(parents=True, exist_ok=True)
            base = (110 if gender == "male" else 190) * (0.95 + 0.1 * rng.random())
            turns, spoken, start = [], np.zeros(round(seconds * RATE), np.float32), 1.0
            while start + 3 < seconds:
                long = float(min(2 + 10 * rng.random(), seconds - start - 0.5))
                said = voice(long, base * (1.25 - 0.5 * score / 24), 1.3 - 0.8 * score / 24,
                             5 - 2.5 * score / 24, 1.0, rng)  # fmt: skip
                first = round(start * RATE)
                spoken[first : first + len(said)] += said
                turns.append(f'{start:.1f},{start + long:.1f},"made up",0.9')
                start += long + 1.5
            soundfile.write(folder / f"{session}_AUDIO.wav", spoken, RATE, subtype="PCM_16")
            text = "Start_Time,End_Time,Text,Confidence\n" + "\n".join(turns) + "\n"
            (folder / f"{session}_Transcript.csv").write_text(text)
        head = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"
        (root / "labels" / f"{split}_split.csv").write_text(head + "\n".join(lines) + "\n")
    return root
