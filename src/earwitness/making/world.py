"""Copy-synthesis by WORLD: pitch, spectral envelope and aperiodicity (Morise et al., 2016)."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np

from earwitness.errors import require
from earwitness.making.copying import RATE, CopySynthesis
from earwitness.making.maker import Samples, Setting


class World(CopySynthesis):
    """The WORLD vocoder.

    Draws the pitch tracker (DIO with StoneMask, or Harvest) and how many numbers the spectral
    envelope is coded in (none, 60, 40 or 24 a frame, as statistical synthesis does).

    Reference: Morise, Yokomori, Ozawa (2016), IEICE Trans. Inf. & Syst. E99-D(7), 1877-1884.
    """

    engine: ClassVar[str] = "world"
    family: ClassVar[str] = "source-filter"

    def draw(self, rng: np.random.Generator) -> dict[str, Setting]:
        """Draw tracker and coding."""
        return {
            "pitch": str(rng.choice(["dio", "dio", "harvest"])),
            "coded": int(rng.choice([0, 60, 40, 24])),
        }

    def resynthesise(
        self,
        samples: Samples,
        settings: dict[str, Setting],
        rng: np.random.Generator,  # noqa: ARG002 - nothing is left to chance
    ) -> Samples:
        """Analyse and synthesise; WORLD's own noise has a fixed seed."""
        pw = compiled_world()
        x = samples.astype(np.float64)
        if settings["pitch"] == "harvest":
            f0, times = pw.harvest(x, RATE)
        else:
            rough, times = pw.dio(x, RATE)
            f0 = pw.stonemask(x, rough, times, RATE)
        envelope = pw.cheaptrick(x, f0, times, RATE)
        aperiodicity = pw.d4c(x, f0, times, RATE)
        if settings["coded"]:
            size = pw.get_cheaptrick_fft_size(RATE)
            coded = pw.code_spectral_envelope(envelope, RATE, int(settings["coded"]))
            envelope = pw.decode_spectral_envelope(coded, RATE, size)
            bands = pw.code_aperiodicity(aperiodicity, RATE)
            aperiodicity = pw.decode_aperiodicity(bands, RATE, size)
        return pw.synthesize(f0, envelope, aperiodicity, RATE).astype(np.float32)


@functools.cache
def compiled_world() -> ModuleType:
    """The compiled part of pyworld.

    Its `__init__` only reads the package's version, through `pkg_resources`, which setuptools no
    longer brings (since 82); so the compiled module is loaded by itself.
    """
    found = importlib.util.find_spec("pyworld")
    for folder in (found.submodule_search_locations or []) if found else []:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = Path(folder) / f"pyworld{suffix}"
            if path.is_file():
                spec = importlib.util.spec_from_file_location("pyworld.pyworld", path)
                assert spec is not None
                assert spec.loader is not None
                module = importlib.util.module_from_spec(spec)
                sys.modules["pyworld.pyworld"] = module
                spec.loader.exec_module(module)
                return module
    return require("pyworld", "making")
