"""Which systems there are; each is imported only when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

from earwitness.errors import BadInput

SYSTEMS = {
    "aasist": "earwitness.systems.aasist_frames:AasistSystem",
    "aasist-frames": "earwitness.systems.aasist_frames:AasistFramesSystem",
    "cnn": "earwitness.systems.single_vector:VectorCnn",
    "conformer-tcm": "earwitness.systems.conformer_tcm:ConformerTcmSystem",
    "cross-corpus-ser": "earwitness.systems.cross_corpus_ser:CrossCorpusSer",
    "dpda": "earwitness.systems.dpda:Dpda",
    "fcn": "earwitness.systems.single_vector:VectorFcn",
    "finder": "earwitness.systems.finder:Finder",
    "fine-tuned": "earwitness.systems.tuned_detector:TunedDetector",
    "frame-localiser": "earwitness.systems.frame_localiser:FrameLocaliser",
    "hydra": "earwitness.systems.hydra:Hydra",
    "fuser": "earwitness.systems.fuser:Fuser",
    "lfcc-gmm": "earwitness.systems.lfcc_gmm_system:LfccGmmSystem",
    "linear-probe": "earwitness.systems.probe:LinearProbe",
    "mata": "earwitness.systems.mata:Mata",
    "mhfa": "earwitness.systems.mhfa:MhfaSystem",
    "mlp-probe": "earwitness.systems.probe:MlpProbe",
    "nes2net": "earwitness.systems.nes2net:Nes2NetSystem",
    "origin": "earwitness.systems.origin:Origin",
    "physiological": "earwitness.systems.physiological:Physiological",
    "physiological-raw": "earwitness.systems.physiological:RawSignal",
    "qamo": "earwitness.systems.qamo:Qamo",
    "random-selection": "earwitness.systems.random_selection:RandomSelection",
    "reduction-ecapa": "earwitness.systems.reduction:ReductionEcapaSystem",
    "reduction-resnet": "earwitness.systems.reduction:ReductionResNetSystem",
    "scar": "earwitness.systems.scar:Scar",
    "sequifi": "earwitness.systems.sequifi:Sequifi",
    "sls": "earwitness.systems.sls:SlsSystem",
    "tango": "earwitness.systems.tango:Tango",
}
"""Name -> import string of its `System`."""


def system(name: str) -> Any:
    """A system by name, freshly made.

    Args:
        name: key of `SYSTEMS`.

    Raises:
        BadInput: when there is no such system.

    Example:
        >>> system("origin").RECIPE.system
        'origin'
    """
    if name not in SYSTEMS:
        raise BadInput(f"no such system; there are: {', '.join(sorted(SYSTEMS))}", where=name)
    module, _, attribute = SYSTEMS[name].partition(":")
    return getattr(importlib.import_module(module), attribute)()
