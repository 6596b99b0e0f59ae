"""PartialSpoof: protocols as of 2019 LA, con_wav folders, pickled segment labels, 1 = bona fide."""

import io

import numpy as np
from miniature import Miniature

PROTOCOL = "database/protocols/PartialSpoof_LA_cm_protocols/PartialSpoof.LA.cm"
LABELS = "database/segment_labels"


def npy(value: object) -> bytes:
    """What numpy saves a dict as."""
    buffer = io.BytesIO()
    np.save(buffer, np.array(value, dtype=object), allow_pickle=True)
    return buffer.getvalue()


TRAIN = {
    "CON_T_0000000": np.array(["1", "1", "0", "0", "1"]),
    "CON_T_0000001": np.array(["0", "1", "1"]),
    "LA_T_1138215": np.array(["1", "1", "1", "1"]),
}
DEV = {"CON_D_0000000": np.array(["0", "0", "0"]), "LA_D_1047731": np.array(["1", "1"])}
MINIATURES = (
    Miniature(
        corpus="partial-spoof",
        files=(
            "database/train/con_wav/CON_T_0000000.wav",
            "database/train/con_wav/CON_T_0000001.wav",
            "database/train/con_wav/LA_T_1138215.wav",
            "database/dev/con_wav/CON_D_0000000.wav",
            "database/dev/con_wav/LA_D_1047731.wav",
        ),
        stranger="database/train/con_wav/CON_T_9999999.wav",
        keys={
            f"{PROTOCOL}.train.trl.txt": "LA_0079 LA_T_1138215 - - bonafide\n"
            "LA_0079 CON_T_0000001 - CON spoof\nLA_0079 CON_T_0000000 - CON spoof\n",
            f"{PROTOCOL}.dev.trl.txt": "LA_0069 LA_D_1047731 - - bonafide\n"
            "LA_0069 CON_D_0000000 - CON spoof\n",
        },
        others={
            f"{LABELS}/train_seglab_0.02.npy": npy(TRAIN),
            f"{LABELS}/train_seglab_0.64.npy": npy({key: value[:1] for key, value in TRAIN.items()}),
            f"{LABELS}/dev_seglab_0.02.npy": npy(DEV),
            "database/train/train.lst": b"LA_T_1138215\nCON_T_0000000\nCON_T_0000001\n",
        },
        double="copy/CON_T_0000000.wav",
        named=(f"{PROTOCOL}.train.trl.txt", "CON_T_0000000"),
    ),
    Miniature(
        corpus="partial-spoof",
        files=(
            "dev/con_wav/CON_D_0000000.wav",
            "dev/con_wav/CON_D_0000001.wav",
            "dev/con_wav/LA_D_1047731.wav",
        ),
        stranger="dev/con_wav/CON_D_9999999.wav",
        keys={
            f"{PROTOCOL[9:]}.dev.trl.txt": "LA_0069 LA_D_1047731 - - bonafide\n"
            "LA_0069 CON_D_0000001 - CON spoof\nLA_0069 CON_D_0000000 - CON spoof\n",
        },
        named=(f"{PROTOCOL[9:]}.dev.trl.txt", "CON_D_0000000"),
        words=(" bonafide\n", " spoof\n"),
    ),
)
