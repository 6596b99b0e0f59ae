"""EmoFake: names that tell system and emotions, protocols of two columns."""

from miniature import Miniature

MINIATURES = (
    Miniature(
        corpus="emofake",
        files=(
            "English/train/S1_Angry2Happy_0011_000351.wav",
            "English/train/0011_Angry_000351.wav",
            "English/test/0012_Surprise_001401.wav",
            "Chinese/test/S7_Neutral2Sad_0003_000022.wav",
            "Chinese/test/S2_Surprise2Neutral_0003_001422.wav",
        ),
        stranger="English/train/notes.wav",
        keys={
            "English/train.txt": "0011_Angry_000351.wav genuine\nS1_Angry2Happy_0011_000351.wav fake\n",
            "English/test.txt": "0012_Surprise_001401.wav bonafide\n",
            "Chinese/eval.txt": "S7_Neutral2Sad_0003_000022.wav fake\n"
            "S2_Surprise2Neutral_0003_001422.wav fake\n",
        },
        listed=True,
        double="copy/S1_Angry2Happy_0011_000351.wav",
    ),
)
