"""Audio-FLAN: lists of a domain's audio."""

from miniature import Miniature

FOLDER = "audio_files/speech/13_LibriTTS-R"
MINIATURES = (
    Miniature(
        corpus="audio-flan",
        files=(f"{FOLDER}/13_LibriTTS-R_260.wav", f"{FOLDER}/13_LibriTTS-R_261.wav"),
        stranger=f"{FOLDER}/13_LibriTTS-R_999.wav",
        keys={
            "scp_files/speech/13_LibriTTS-R.scp": f"13_LibriTTS-R_261 {FOLDER}/13_LibriTTS-R_261.wav\n"
            f"13_LibriTTS-R_260 {FOLDER}/13_LibriTTS-R_260.wav\n"
        },
        named=("scp_files/speech/13_LibriTTS-R.scp", f"{FOLDER}/13_LibriTTS-R_260.wav"),
    ),
)
