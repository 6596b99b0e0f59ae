"""CtrSVDD: three lists of six columns, one folder a part."""

from miniature import Miniature

TEST = (
    "m4singer CtrSVDD_0114 CtrSVDD_0114_E_0000002 - - bonafide\n"
    "acesinger CtrSVDD_0115 CtrSVDD_0115_E_0092590 - - bonafide\n"
    "kising CtrSVDD_0120 CtrSVDD_0120_E_0000005 - A09 deepfake\n"
)
FILES = (
    "train_set/CtrSVDD_0053_T_0038470.flac",
    "dev_set/CtrSVDD_0097_D_0010993.flac",
    "dev_set/CtrSVDD_0110_D_0015416.flac",
    "test_set/CtrSVDD_0114_E_0000002.flac",
    "test_set/CtrSVDD_0120_E_0000005.flac",
)
KEYS = {
    "train.txt": "opencpop CtrSVDD_0053 CtrSVDD_0053_T_0038470 - A05 deepfake\n",
    "dev.txt": "m4singer CtrSVDD_0110 CtrSVDD_0110_D_0015416 - - bonafide\n"
    "jvsmusic CtrSVDD_0097 CtrSVDD_0097_D_0010993 - A06 deepfake\n",
    "test.txt": TEST,
}
MINIATURES = (
    Miniature(
        corpus="ctrsvdd",
        files=(*FILES, "test_set/CtrSVDD_0115_E_0092590.flac", "train_set/CtrSVDD_0054_T_0000001.flac"),
        stranger="train_set/CtrSVDD_0099_T_9999999.flac",
        keys=KEYS
        | {"train.txt": KEYS["train.txt"] + "opencpop CtrSVDD_0054 CtrSVDD_0054_T_0000001 - A01 deepfake\n"},
        double="copy/CtrSVDD_0053_T_0038470.flac",
        named=("train.txt", "CtrSVDD_0053_T_0038470"),
        words=(" bonafide\n", " deepfake\n"),
    ),
)
