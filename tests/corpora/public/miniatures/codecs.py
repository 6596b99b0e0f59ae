"""The codec corpora: each tells the source utterance in its names, each in its own way."""

from miniature import Miniature

ST = "SSB00050001.wav real 0\nmimi_SSB00050001.wav fake 1\nencodec_p225_001.wav fake 4\n"
MINIATURES = (
    Miniature(
        corpus="codecfake-wu",
        files=(
            "encodec_24khz/p225/p225_001_mic1.wav",
            "genuine/p225/p225_001_mic1.wav",
            "SpeechTokenizer/p226_003.wav",
            "descript-audio-codec-44khz/p227_003.wav",
        ),
        stranger="unheardof_codec/p225_001.wav",
    ),
    Miniature(
        corpus="codecfake-wu",
        files=("encodec_24khz/p225_001.wav", "genuine/p225_001.wav", "valle/p228_014.wav"),
        stranger="genuine/p225_999.wav",
        keys={
            "datalist.csv": "/data/codec/genuine/p225_001.wav,real,p225,genuine\n"
            "/data/codec/valle/p228_014.wav,fake,p228,valle\n"
            "/data/codec/encodec_24khz/p225_001.wav,fake,p225,encodec_24khz\n",
        },
        double="copy/encodec_24khz/p225_001.wav",
        named=("datalist.csv", "/data/codec/encodec_24khz/p225_001.wav"),
    ),
    Miniature(
        corpus="codecfake-xie",
        files=(
            "train/F01_SSB13650058.wav", "train/SSB13650058.wav", "dev/F02_p225_007.wav",
            "test/C1/F01_SSB05440084.wav", "test/C1/SSB05440084.wav", "test/C2/SSB05440084.wav",
            "C7/F07_p225_009.wav", "test/A1/L1_p228_028.wav", "test/A3/21931.wav",
        ),
        stranger="train/F09_SSB13650058.wav",
        keys={
            "label/train.txt": "SSB13650058.wav real 0\nF01_SSB13650058.wav fake 1\n",
            "label/dev.txt": "F02_p225_007.wav fake 2\n",
            "label/C1.txt": "SSB05440084.wav real 0\nF01_SSB05440084.wav fake 1\n",
            "label/C2.txt": "SSB05440084.wav real 0\n",
            "label/C7.txt": "F07_p225_009.wav fake 7\n",
            "label/A1.txt": "L1_p228_028.wav fake L1\n",
            "label/A3.txt": "21931.wav fake L3\n",
        },
        double="copy/train/F01_SSB13650058.wav",
        named=("label/train.txt", "F01_SSB13650058.wav"),
        words=(" real ", " fake "),
    ),
    Miniature(
        corpus="st-codecfake",
        files=(
            "train/encodec_p225_001.wav", "train/SSB00050001.wav", "train/mimi_SSB00050001.wav",
            "eval_ood/wavtokenizer_p230_135.wav", "eval_ood/bigcodec_p230_135.wav", "eval_ood/p230_135.wav",
            "ID_diff_config/C3-1/C3-1_SSB08870427.wav", "ALM/moshi/moshi_R-ZH_3_14_d501.wav",
        ),
        stranger="train/facodec_p225_999.wav",
        keys={
            "label/train.txt": ST,
            "label/eval_ood7.txt": "p230_135.wav real 0\nwavtokenizer_p230_135.wav fake 7\n",
            "label/eval_ood8-11.txt": "p230_135.wav real 0\nbigcodec_p230_135.wav fake 8\n",
        },
        double="copy/train/encodec_p225_001.wav",
        named=("label/train.txt", "encodec_p225_001.wav"),
    ),
    Miniature(
        corpus="codecfake-plus",
        files=(
            "all_data_16k/p225_001_audiodec_24k_320d.wav", "all_data_16k/p225_001.wav",
            "all_data_16k/s5_400_xocdec_hubert_general_audio.wav", "all_data_16k/p226_002_bigcodec.wav",
            "SLMdemos_16k/CLAMTTS/CLAMTTS_1.wav", "SLMdemos_16k/CLAMTTS/CLAMTTS_24.wav",
        ),
        stranger="SLMdemos_16k/MASKGCT/unlisted.wav",
        keys={
            "CoRS_labels.txt": "p225 p225_001.wav bonafide\n"
            "s5 s5_400_xocdec_hubert_general_audio.wav spoof\np226 p226_002_bigcodec.wav spoof\n"
            "p225 p225_001_audiodec_24k_320d.wav spoof\n",
            "CoSG_labels.txt": "CLAMTTS CLAMTTS_1 Mvq None Freq Spoof\n"
            "CLAMTTS CLAMTTS_24 Real Real Real bonafide\n",
        },
        double="copy/p225_001_audiodec_24k_320d.wav",
        named=("CoRS_labels.txt", "p225_001_audiodec_24k_320d.wav"),
    ),
    Miniature(
        corpus="codecfake-plus",
        files=("CoRS/p226_002_bigcodec.wav", "CoRS/p226_002.wav", "CoRS/p226_002_snac.wav"),
        stranger="CoRS/p226_003.wav",
        keys={
            "CoRS_labels.txt": "p226 p226_002.wav bonafide\np226 p226_002_snac.wav spoof\n"
            "p226 p226_002_bigcodec.wav spoof\n",
        },
        named=("CoRS_labels.txt", "p226_002_bigcodec.wav"),
        words=(" bonafide\n", " spoof\n"),
    ),
)  # fmt: skip
