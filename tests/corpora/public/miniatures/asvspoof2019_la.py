"""ASVspoof 2019 LA: protocols of five columns, one folder a part."""

from miniature import Miniature

PROTOCOL = "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm"
MINIATURES = (
    Miniature(
        corpus="asvspoof2019-la",
        files=(
            "ASVspoof2019_LA_train/flac/LA_T_1271820.flac",
            "ASVspoof2019_LA_train/flac/LA_T_1138215.flac",
            "ASVspoof2019_LA_eval/flac/LA_E_2834763.flac",
        ),
        stranger="ASVspoof2019_LA_train/flac/LA_T_9999999.flac",
        keys={
            f"{PROTOCOL}.train.trn.txt": "LA_0079 LA_T_1138215 - - bonafide\n"
            "LA_0079 LA_T_1271820 - A01 spoof\n",
            f"{PROTOCOL}.eval.trl.txt": "LA_0039 LA_E_2834763 - A11 spoof\n",
        },
        double="copy/LA_T_1271820.flac",
        named=(f"{PROTOCOL}.train.trn.txt", "LA_T_1271820"),
        words=(" bonafide\n", " spoof\n"),
    ),
)
