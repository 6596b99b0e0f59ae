"""ASVspoof 5: ten columns in what was released, six in phase 1; with and without `.track_1`."""

from miniature import Miniature

P = "ASVspoof5_protocols/ASVspoof5"
FILES = ("flac_T/T_0000000010.flac", "flac_T/T_0000000022.flac", "flac_D/D_0000000001.flac")
MINIATURES = (
    Miniature(
        corpus="asvspoof5",
        files=(*FILES, "flac_E_eval/E_0000000002.flac", "flac_E_eval/E_0000000003.flac"),
        stranger="flac_T/T_9999999999.flac",
        keys={
            f"{P}.train.tsv": "T_4850 T_0000000022 F - - - - bonafide bonafide -\n"
            "T_5232 T_0000000010 M - - - AC3 A06 spoof -\n",
            f"{P}.dev.track_1.tsv": "D_0062 D_0000000001 F - - - AC1 A11 spoof -\n",
            f"{P}.eval.track_1.tsv": "E_0014 E_0000000002 F C03 2 E_0000000003 AC1 A17 spoof -\n"
            "E_0014 E_0000000003 F - 0 - - bonafide bonafide -\n",
        },
        double="flac_T_copy/T_0000000010.flac",
        named=(f"{P}.train.tsv", "T_0000000010"),
        words=(" bonafide -\n", " spoof -\n"),
    ),
    Miniature(
        corpus="asvspoof5",
        files=FILES,
        stranger="flac_T/T_9999999999.flac",
        keys={
            "ASVspoof5.train.track_1.tsv": "T_4850 T_0000000022 F - - bonafide\n"
            "T_5232 T_0000000010 M - A06 spoof\n",
            "ASVspoof5.dev.tsv": "D_0062 D_0000000001 F - A11 spoof\n",
        },
        named=("ASVspoof5.train.track_1.tsv", "T_0000000010"),
        words=(" bonafide\n", " spoof\n"),
    ),
    Miniature(
        corpus="asvspoof5",
        files=(*FILES, "flac_D/D_A0000000562.flac", "flac_D/D_A0000000898.flac"),
        stranger="flac_D/D_9999999999.flac",
        keys={
            f"{P}.train.tsv": "T_4850 T_0000000022 F - - - - bonafide bonafide -\n"
            "T_5232 T_0000000010 M - - - AC3 A06 spoof -\n",
            f"{P}.dev.track_1.tsv": "D_0062 D_0000000001 F - - - AC1 A11 spoof -\n",
            f"{P}.dev.track_2.enroll.tsv": "D_0062 D_A0000000562,D_A0000000898\n",
        },
        named=(f"{P}.train.tsv", "T_0000000010"),
        options={"use": "track-2"},
    ),
)
