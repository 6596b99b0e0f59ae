"""CFAD: label and method in the folders; two ways in which copies are named."""

from miniature import Miniature

CLEAN = "FAD/clean_version"
MINIATURES = (
    Miniature(
        corpus="cfad",
        files=(
            f"{CLEAN}/train_clean/fake_clean/gl/SSB00050001.wav",
            f"{CLEAN}/train_clean/real_clean/aishell3/SSB00050001.wav",
            f"{CLEAN}/train_clean/real_clean/aishell1/BAC009S0002W0122.wav",
            f"{CLEAN}/dev_clean/fake_clean/hifigan/utt_17.wav",
            f"{CLEAN}/test_seen_clean/real_clean/thchs30/A11_003.wav",
            f"{CLEAN}/test_unseen_clean/fake_clean/partiallyfake/utt_9.wav",
            f"{CLEAN}/test_unseen_clean/real_clean/magicconversa/utt_3.wav",
            "FAD/codec_version/dev_codec/fake_codec/hifigan/utt_17.wav",
        ),
        stranger=f"{CLEAN}/train_clean/fake_clean/unheardof/a.wav",
    ),
    Miniature(
        corpus="cfad",
        files=(
            "clean/test_unseen/fake_clean/replaceOnceAishell1/utt_9.wav",
            "noisy/test_unseen/real_noisy/nieshuai/utt_1.wav",
        ),
        stranger="clean/loose/a.wav",
    ),
)
