"""MLAAD: one meta.csv a system, cells between |; versions differ in their columns."""

from miniature import Miniature

OLD = (
    "path|original_file|language|is_original_language|duration|training_data|model_name|architecture"
    "|transcript"
)
SOURCE = "en_US/by_book/female/judy_bieber/dorothy_and_wizard_oz/wavs/dorothy_01_baum_f000001.wav"
VITS = "fake/en/tts_models_en_ljspeech_vits"
XTTS = "fake/de/xtts_v2"
MINIATURES = (
    Miniature(
        corpus="mlaad",
        files=(f"{VITS}/dorothy_01_baum_f000001.wav", f"{XTTS}/dorothy_01_baum_f000001.wav"),
        stranger=f"{VITS}/unlisted.wav",
        listed=True,
        keys={
            f"{VITS}/meta.csv": f"{OLD}\n./{VITS}/dorothy_01_baum_f000001.wav|{SOURCE}|en|True|3.2|ljspeech|"
            "tts_models/en/ljspeech/vits|vits|The train was late.\n",
            f"{XTTS}/meta.csv": f"{OLD}|reference_speaker\n"
            f"./{XTTS}/dorothy_01_baum_f000001.wav|{SOURCE}|de|False|"
            "3.4|unknown|xtts_v2|xtts|Der Zug kam spät.|Claribel Dervla\n",
        },
    ),
)
