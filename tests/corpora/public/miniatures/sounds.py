"""Sounds without speech: EnvSDD, FakeSound and the Foley challenge."""

import json

from miniature import Miniature

FAKE = "9IIa7qH29ps_6.12_7.4"
REAL = "9IIa7qH29ps"


def listed(part: str, *names: tuple[str, int, str]) -> str:
    """A list of FakeSound as its authors write it."""
    audios = [
        {
            "audio_id": name, "label": label, "onset_offset": region,
            "filepath": f"FakeSound/deepfake_data/{part}/{name}.wav",
        }
        for name, label, region in names
    ]  # fmt: skip
    return json.dumps({"audios": audios}, indent=4)


MINIATURES = (
    Miniature(
        corpus="envsdd",
        files=(
            "development/fake_audio/ATA/audioldm1/TUTSED2017Dev/b006_8.wav",
            "development/fake_audio/TTA/audiogen/TUTSED2017Dev/b006_8.wav",
            "development/real_audio/TUTSED2017Dev/b006_8.wav",
            "development/real_audio/UrbanSound8K/100032-3-0-0.wav",
            "test/audio/000001.wav",
            "test/audio/000002.wav",
        ),
        stranger="development/fake_audio/loose.wav",
        keys={
            "datasplit_dev.csv": "name,dataset,usage\nb006_8.wav,TUTSED2017Dev,train\n"
            "100032-3-0-0.wav,UrbanSound8K,validation\n",
            "test_metadata.csv": "name,source,dataset,type,generator\n"
            "000001.wav,a001_3.wav,TUTSED2016Eval,real,real\n"
            "000002.wav,a001_3.wav,TUTSED2016Eval,ata,audioldm2\n",
        },
    ),
    Miniature(
        corpus="envsdd",
        files=(
            "fake_audio/ATA/audioldm1/TUTSED2017Dev/b006_8.wav",
            "real_audio/TUTSED2017Dev/b006_8.wav",
        ),
        stranger="fake_audio/loose.wav",
    ),
    Miniature(
        corpus="fakesound",
        files=(
            f"FakeSound/deepfake_data/easy/{FAKE}.wav",
            f"FakeSound/deepfake_data/easy/{REAL}.wav",
            f"FakeSound/deepfake_data/hard/{FAKE}.wav",
            "FakeSound/deepfake_data/train/-mVGmVjxBfU_8.28_9.96.wav",
        ),
        stranger="FakeSound/deepfake_data/easy/gifJv_gGUWY_3.88_5.6.wav",
        keys={
            "FakeSound/meta_data/easy.json": listed("easy", (FAKE, 1, "6.12_7.4"), (REAL, 0, "0_0")),
            "FakeSound/meta_data/hard.json": listed("hard", (FAKE, 1, "6.12_7.4")),
            "FakeSound/meta_data/train.json": listed("train", ("-mVGmVjxBfU_8.28_9.96", 1, "8.28_9.96")),
        },
        listed=True,
        lines=False,
        double=f"copy/easy/{FAKE}.wav",
    ),
    Miniature(
        corpus="dcase2023-foley",
        files=(
            "fake/TrackA/Chon_Gaudio_task7_trackA_1/DogBark/000.wav",
            "fake/TrackB/Baseline/Sneeze_Cough/001.wav",
            "real/dev/DogBark/001.wav",
            "real/eval/Rain/002.wav",
        ),
        stranger="real/somewhere/DogBark/001.wav",
    ),
)
