"""FoR: three parts, two folders in each, one version or several; names that tell what was done."""

from miniature import Miniature

END = ".wav_16k.wav_norm.wav_mono.wav_silence"
MINIATURES = (
    Miniature(
        corpus="for",
        files=(
            f"for-norm/for-norm/training/fake/file2{END}.wav",
            f"for-norm/for-norm/training/real/file1{END}.wav",
            f"for-norm/for-norm/validation/real/file4{END}.wav",
            f"for-norm/for-norm/testing/fake/file766{END}.wav",
            f"for-2sec/for-2seconds/training/fake/file2{END}.wav_2sec.wav",
            f"for-2sec/for-2seconds/testing/fake/file9273.mp3{END}.wav_2sec.wav",
        ),
        stranger="for-norm/for-norm/file1.wav",
    ),
    Miniature(
        corpus="for",
        files=("training/fake/file1.mp3", "training/real/file2.wav"),
        stranger="training/unsure/file1.wav",
    ),
)
