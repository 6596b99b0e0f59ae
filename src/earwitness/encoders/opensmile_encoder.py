"""openSMILE's functionals: hand-made descriptions of a voice, one vector a recording."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence

import numpy as np

from earwitness.encoders.catalogue import Entry
from earwitness.encoders.licence_notice import notice
from earwitness.encoders.one_by_one import OneByOne
from earwitness.errors import BadInput, require

SETS = {"opensmile-egemaps": "eGeMAPSv02", "opensmile-compare": "ComParE_2016"}
"""Name in the catalogue -> openSMILE's name of the feature set."""
TERMS = "openSMILE's licence allows research and private use only; commercial use needs audEERING's consent"
SHORTEST = 4800
"""Samples (0.3 s) below which a clip is filled up with zeros; of shorter ones openSMILE says nothing."""


def load_opensmile(
    entry: Entry,
    *,
    weights: str | os.PathLike[str] | None = None,
    layers: int | Sequence[int] | None = None,
    threads: int | None = None,  # noqa: ARG001 - one clip at a time
) -> OneByOne:
    """EGeMAPS v02 (88) or ComParE 2016 (6373) functionals.

    What openSMILE cannot tell (a pitch where nothing is voiced) is 0.

    Raises:
        MissingExtra: when opensmile is not installed.
        BadInput: when weights or layers are asked for.

    References:
        Eyben et al.: The Geneva minimalistic acoustic parameter set (GeMAPS). IEEE TAC 7(2), 2016.
        Schuller et al.: The INTERSPEECH 2016 computational paralinguistics challenge. 2016.
    """
    if weights is not None or layers is not None:
        raise BadInput("has neither weights nor layers", where=entry.name)
    opensmile = require("opensmile", "opensmile")
    notice(entry.name, TERMS)
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet[SETS[entry.name]],
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    one_at_a_time = threading.Lock()

    def hear(samples: np.ndarray) -> np.ndarray:
        filled = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        with one_at_a_time:
            table = smile.process_signal(filled, entry.sample_rate)
        return np.nan_to_num(table.to_numpy()[0].astype(np.float32))

    return OneByOne(entry, f"opensmile-{opensmile.__version__}", hear)
