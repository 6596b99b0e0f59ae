"""Emotion corpora: names, tables of people, judgements, transcripts and pickles in their layouts."""

import io
import pickle

import numpy as np
from miniature import Miniature

LABELS = np.repeat([0, 1, 2], [7, 1400, 700])
CHEST = {"chest": {kind: np.zeros((len(LABELS), 1)) for kind in ("ECG", "EDA", "EMG")}}
SUBJECT = pickle.dumps({"signal": CHEST, "label": LABELS}, protocol=2)
ARRAY = io.BytesIO()
np.save(ARRAY, np.zeros(100))
EDAIC = "Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity\n"
WOZ = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n"
TURNS = b"Start_Time,End_Time,Text,Confidence\n14.3,15.1,yes,0.934\n"
MINIATURES = (
    Miniature(
        corpus="cremad",
        files=("AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1076_IEO_HAP_HI.wav"),
        stranger="AudioWAV/1001_DFA_XXX_XX.wav",
        keys={
            "VideoDemographics.csv": '"ActorID","Age","Sex","Race","Ethnicity"\n'
            '1001,51,"Male","Caucasian","Not Hispanic"\n1076,25,"Female","Caucasian","Not Hispanic"\n'
        },
        double="copy/1001_DFA_ANG_XX.wav",
    ),
    Miniature(
        corpus="emodb", files=("wav/03a01Fa.wav", "wav/16b10Wb.wav"), stranger="wav/03a03Fa.wav",
        double="copy/03a01Fa.wav",
    ),
    Miniature(
        corpus="mesd",
        files=(
            "Mexican Emotional Speech Database (MESD)/Anger_F_A_tarde.wav",
            "Mexican Emotional Speech Database (MESD)/Happiness_C_B_de_nada.wav",
        ),
        stranger="Mexican Emotional Speech Database (MESD)/Anger_X_A_tarde.wav",
        double="copy/Anger_F_A_tarde.wav",
    ),
    Miniature(
        corpus="shemo", files=("male/M12S02.wav", "female/F21W15.wav"), stranger="male/M36X02.wav",
        double="copy/M12S02.wav", options={"split": "nkululeko"},
    ),
    Miniature(
        corpus="baved",
        files=("0/0-M-20-0-1-18.wav", "6/47-f-23-6-2-310.wav"),
        stranger="0/0-X-20-0-1-18.wav", double="copy/0-M-20-0-1-18.wav", options={"repeats": "keep"},
    ),
    Miniature(
        corpus="aesdd", files=("anger/a05 (3).wav", "sadness/s01 (5)a.wav"), stranger="anger/a05.wav",
        double="anger/a05(3).wav",
    ),
    Miniature(
        corpus="savee", files=("AudioData/DC/a01.wav", "AudioData/KL/su15.wav"),
        stranger="AudioData/DC/b01.wav", double="DC_a01.wav",
    ),
    Miniature(
        corpus="savee", files=("DC_a01.wav", "KL_sa15.wav"), stranger="XX_a01.wav",
        double="AudioData/DC/a01.wav",
    ),
    Miniature(
        corpus="tess", files=("OAF_back_angry.wav", "YAF_chair_ps.wav"), stranger="OAF_back_calm.wav",
        double="OAF_angry/OAF_back_angry.wav",
    ),
    Miniature(
        corpus="emovo", files=("f1/dis-f1-b1.wav", "m3/gio-m3-n5.wav"), stranger="f1/dis-f4-b1.wav",
        double="dis-f1-b1.wav",
    ),
    Miniature(
        corpus="asvp-esd",
        files=(
            "Audio/actor_36/03-01-09-01-06-36-02-02-01-39.wav",
            "Bonus/actor_150/03-02-04-01-52-150-04-01-00-14 -03.wav",
        ),
        stranger="Audio/actor_1/03-01-17-01-01-01-02-01.wav",
        double="copy/03-01-09-01-06-36-02-02-01-39.wav",
    ),
    Miniature(
        corpus="jnv", files=("JNV/F1/F1_happy_01_F.wav", "JNV/M2/M2_anger_07_R.wav"),
        stranger="JNV/F1/F1_calm_01_F.wav", double="F1_happy_01_F.wav",
    ),
    Miniature(
        corpus="vivae", files=("full_set/S01_fear_low_01.wav", "full_set/S06_pain_peak_04.wav"),
        stranger="full_set/S01_joy_low_01.wav", double="S01_fear_low_01.wav",
    ),
    Miniature(
        corpus="iemocap",
        files=(
            "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav",
            "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M001.wav",
        ),
        stranger="Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_MXX0.wav",
        keys={
            "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt": "% [START_TIME - END_TIME] TURN_NAME\n"
            "[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\nC-E2:\tNeutral;\t()\n"
            "[10.0100 - 11.3925]\tSes01F_impro01_M001\texc\t[4.0000, 3.0000, 2.5000]\n"
        },
        double="Session1/copy/sentences/wav/Ses01F_impro01_F000.wav",
        named=("Session1/dialog/EmoEvaluation/Ses01F_impro01.txt", "Ses01F_impro01_F000"),
    ),
    Miniature(
        corpus="edaic",
        files=("data/302_P/302_AUDIO.wav", "data/303_P/303_AUDIO.wav", "data/600_P/600_AUDIO.wav"),
        stranger="data/601_P/601_AUDIO.wav",
        keys={
            "labels/train_split.csv": f"{EDAIC}302,male,0,4,0,28.0\n303,female,1,12,1,45.0\n",
            "labels/test_split.csv": f"{EDAIC}600,female,0,5,0,23.0\n",
        },
        others={"data/303_P/303_Transcript.csv": TURNS},
        double="copy/302_AUDIO.wav",
        named=("labels/train_split.csv", "302"),
    ),
    Miniature(
        corpus="daic-woz",
        files=("302_P/302_AUDIO.wav", "303_P/303_AUDIO.wav"),
        stranger="304_P/304_AUDIO.wav",
        keys={"train_split_Depression_AVEC2017.csv": f"{WOZ}302,0,4,1\n303,0,0,0\n"},
        double="copy/302_AUDIO.wav",
        named=("train_split_Depression_AVEC2017.csv", "302"),
    ),
    Miniature(
        corpus="wesad", files=("S2/S2.pkl", "S10/S10.pkl"), stranger="S2/S2_features.pkl",
        others={"S2/S2.pkl": SUBJECT, "S10/S10.pkl": SUBJECT}, rows=12, lost=6, double="copy/S2.pkl",
        options={"rows": "states"},
    ),
    Miniature(
        corpus="signals",
        files=("p2.wav", "p1/ecg.npy"),
        stranger="p3.wav",
        keys={
            "signals.csv": "id,path,signal,rate,subject,label,start,end\na,p1/ecg.npy,ecg,50,p1,stress,0,1\n"
            "b,p1/ecg.npy,ecg,50,p1,rest,1,2\nc,p2.wav,audio,16000,p2,rest,,\n"
        },
        others={"p1/ecg.npy": ARRAY.getvalue()},
        rows=3,
        named=("signals.csv", "p2.wav"),
    ),
)  # fmt: skip
