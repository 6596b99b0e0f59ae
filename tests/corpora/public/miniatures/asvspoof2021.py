"""ASVspoof 2021: keys of eight (LA) and 13 (DF) columns, audio in flac/ of one or several parts."""

from miniature import Miniature

LA = "keys/LA/CM/trial_metadata.txt"
DF = "keys/DF/CM/trial_metadata.txt"
MINIATURES = (
    Miniature(
        corpus="asvspoof2021-la",
        files=(
            "ASVspoof2021_LA_eval/flac/LA_E_9332881.flac",
            "ASVspoof2021_LA_eval/flac/LA_E_6866159.flac",
            "ASVspoof2021_LA_eval/flac/LA_E_5464494.flac",
            "ASVspoof2021_LA_eval/flac/LA_E_1665632.flac",
        ),
        stranger="ASVspoof2021_LA_eval/flac/LA_E_0000000.flac",
        keys={
            LA: "LA_0009 LA_E_9332881 alaw ita_tx A07 spoof notrim eval\n"
            "LA_0020 LA_E_6866159 gsm loc_tx bonafide bonafide notrim eval\n"
            "LA_0047 LA_E_5464494 none - A19 spoof notrim progress\n"
            "LA_0003 LA_E_1665632 opus sin_tx A12 spoof notrim hidden_track\n",
        },
        double="copy/LA_E_9332881.flac",
        named=(LA, "LA_E_9332881"),
        words=(" bonafide n", " spoof n"),
    ),
    Miniature(
        corpus="asvspoof2021-df",
        files=(
            "ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac/DF_E_2000011.flac",
            "ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac/DF_E_2000013.flac",
            "ASVspoof2021_DF_eval_part03/ASVspoof2021_DF_eval/flac/DF_E_2000024.flac",
            "ASVspoof2021_DF_eval_part03/ASVspoof2021_DF_eval/flac/DF_E_2000058.flac",
        ),
        stranger="ASVspoof2021_DF_eval_part00/ASVspoof2021_DF_eval/flac/DF_E_0000000.flac",
        keys={
            DF: "LA_0023 DF_E_2000011 nocodec asvspoof A14 spoof notrim progress traditional_vocoder "
            "- - - -\n"
            "TEF2 DF_E_2000013 low_m4a vcc2020 Task1-team20 spoof notrim eval "
            "neural_vocoder_nonautoregressive Task1 team20 FF E\n"
            "TGF1 DF_E_2000024 mp3m4a vcc2020 Task2-team12 spoof notrim eval traditional_vocoder Task2 "
            "team12 FF G\n"
            "LA_0048 DF_E_2000058 mp3m4a asvspoof - bonafide notrim eval bonafide - - - -\n",
        },
        double="copy/DF_E_2000011.flac",
        named=(DF, "DF_E_2000011"),
        words=(" bonafide n", " spoof n"),
    ),
)
