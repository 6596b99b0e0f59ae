"""The catalogue against the table of models that the fusion papers use."""

from __future__ import annotations

import importlib

import pytest

from earwitness.encoders.catalogue import CATALOGUE, entry

ROWS = {
    "wavlm": ("microsoft/wavlm-base", "wavlm-base", 768, 16_000),
    "wav2vec2": ("facebook/wav2vec2-base", "wav2vec2-base", 768, 16_000),
    "hubert": ("facebook/hubert-base-ls960", "hubert-base", 768, 16_000),
    "unispeech_sat": ("microsoft/unispeech-sat-base", "unispeech-sat-base", 768, 16_000),
    "whisper": (None, "whisper-base", 512, 16_000),
    "mms": ("facebook/mms-1b", "mms-1b", 1280, 16_000),
    "xlsr": ("facebook/wav2vec2-xls-r-1b", "xls-r-1b", 1280, 16_000),
    "xlsr_300m": ("facebook/wav2vec2-xls-r-300m", "xls-r-300m", 1024, 16_000),
    "xvector": ("speechbrain/spkrec-xvect-voxceleb", "x-vector", 512, 16_000),
    "ecapa": ("speechbrain/spkrec-ecapa-voxceleb", "ecapa-tdnn", 192, 16_000),
    "trillsson": (None, "trillsson", 1024, 16_000),
    "trillsson of the research repository": (None, "trillsson-3", 1024, 16_000),
    "mhubert": ("utter-project/mHuBERT-147", "mhubert-147", 768, 16_000),
    "voc2vec": ("alkiskoudounas/voc2vec", "voc2vec", 768, 16_000),
    "ast": ("MIT/ast-finetuned-audioset-14-14-0.443", "ast", 768, 16_000),
    "passt": (None, "passt", 768, 32_000),
    "audio_mamba tiny": (None, "audio-mamba-tiny", 960, 16_000),
    "audio_mamba small": (None, "audio-mamba-small", 1920, 16_000),
    "audio_mamba base": (None, "audio-mamba-base", 3840, 16_000),
    "languagebind": ("LanguageBind/LanguageBind_Audio_FT", "languagebind", 768, 16_000),
    "imagebind": (None, "imagebind", 1024, 16_000),
    "emoHuBERT": ("superb/hubert-base-superb-er", "hubert-base-emotion", 768, 16_000),
    "emoHuBERT large": ("superb/hubert-large-superb-er", "hubert-large-emotion", 1024, 16_000),
    "wav2vec2-emo": (
        "speechbrain/emotion-recognition-wav2vec2-IEMOCAP", "wav2vec2-base-emotion", 768, 16_000,
    ),
}  # fmt: skip
"""Short name in the papers -> id on the hub, our name, dimension, rate in Hz."""


@pytest.mark.parametrize("row", ROWS)
def test_every_model_of_the_papers_is_there(row: str) -> None:
    hub, name, dimension, rate = ROWS[row]
    found = CATALOGUE[name]
    assert (found.hub, found.dimension, found.sample_rate) == (hub, dimension, rate)
    assert hub is None or entry(hub) is found


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_says_all_that_is_needed(name: str) -> None:
    found = CATALOGUE[name]
    assert found.licence
    assert found.dimension > 0
    assert (found.frame_rate is None) == (found.gives == "vector")
    assert found.command or found.licence == "none needed"
    module, _, function = found.loader.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
