"""A codec of our own with residual vector quantisation: its number of quantizers, rates and all are exact."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from earwitness.audio.recording import Recording
from earwitness.audio.resample import resample
from earwitness.errors import BadInput
from earwitness.making.codebooks import Codebooks
from earwitness.making.maker import Made, Provenance
from earwitness.making.residual_transform import KINDS, Kind, Mdct, Mel, Pca, Transform

_LEVEL = 0.1


class ResidualCoding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The codec at one setting.

    Args:
        transform: `mdct` (orthogonal), `pca` (a learned linear auto-encoder) or `mel` (magnitudes alone,
            phases invented by the decoder).
        quantizers: codebooks a frame, 1 or more.
        bits: of a code: 2 to that power entries a codebook.
        stride: samples a frame; even.
        sample_rate: that the codec works at, in Hz.

    Raises:
        BadInput: when a number is out of its range.

    Example:
        >>> coding = ResidualCoding(quantizers=8, bits=10, stride=320, sample_rate=24_000)
        >>> coding.name, coding.bit_rate
        ('rvq-mdct-8x10-75-24', 6000)
    """

    transform: Kind = "mdct"
    quantizers: int
    bits: int
    stride: int
    sample_rate: int

    def __post_init__(self) -> None:
        if self.transform not in KINDS:
            raise BadInput(f"is one of {', '.join(KINDS)}", where="transform")
        if self.quantizers < 1 or not 1 <= self.bits <= 12:
            raise BadInput("needs one quantizer or more, of 1 to 12 bits", where="residual codec")
        if self.stride < 2 or self.stride % 2 or self.sample_rate < 1:
            raise BadInput("needs an even stride and a sample rate above 0", where="residual codec")

    @property
    def codec(self) -> str:
        """Name of the codec: one for each transform."""
        return f"rvq-{self.transform}"

    @property
    def family(self) -> str:
        """Codecs of its nature: what a transform does to speech is its own."""
        return self.codec

    @property
    def bit_rate(self) -> int:
        """In bit/s: quantizers x bits x frames a second, to the nearest."""
        return round(self.quantizers * self.bits * self.sample_rate / self.stride)

    @property
    def name(self) -> str:
        """Codec, quantizers x bits, frames a second, sample rate in kHz."""
        frames = self.sample_rate / self.stride
        return f"{self.codec}-{self.quantizers}x{self.bits}-{frames:.3g}-{self.sample_rate / 1000:g}"

    @property
    def books(self) -> str:
        """Name of its codebooks: the first so many of them serve every smaller number of quantizers."""
        return f"{self.codec}-{self.bits}-{self.stride}-{self.sample_rate}"


class ResidualCodec:
    """The codec as a way of making a recording.

    A recording is brought to one RMS level before and back behind, as EnCodec's own option does; that one
    number a recording is not counted in the bit rate.

    Args:
        coding: which setting.
        codebooks: fitted for it, by `fit_codebooks`, with as many quantizers or more.

    Raises:
        BadInput: when the codebooks are too few.
    """

    def __init__(self, coding: ResidualCoding, codebooks: Codebooks) -> None:
        if len(codebooks.entries) < coding.quantizers:
            raise BadInput(f"there are {len(codebooks.entries)} codebooks only", where=coding.name)
        self.coding, self.codebooks = coding, codebooks
        self._transform = _transform(coding, codebooks.basis)

    @property
    def engine(self) -> str:
        """Name of the codec."""
        return self.coding.codec

    @property
    def family(self) -> str:
        """Codecs of its nature."""
        return f"codec-{self.coding.family}"

    def make(self, source: str | Recording, rng: np.random.Generator | None = None) -> Made:  # noqa: ARG002
        """Code and decode a recording.

        Args:
            source: a recording of any rate.
            rng: nothing is left to chance.

        Returns:
            The recording as decoded, at the codec's rate, as long as what came in. The settings tell
            quantizers, bits, stride, the bit rate by the formula and the one of this recording, whose
            first and last frame are begun but not filled, in bit/s.

        Raises:
            BadInput: when the source is a text, empty or silent.
        """
        coding = self.coding
        if isinstance(source, str) or not len(source.samples):
            raise BadInput("needs a recording that is not empty", where=coding.name)
        samples = resample(source.samples, source.sample_rate, coding.sample_rate).astype(np.float64)
        level = float(np.sqrt(np.mean(np.square(samples)))) / _LEVEL
        if level < 1e-6:
            raise BadInput("is silent", where=coding.name)
        frames = self._transform.analyse(samples / level)
        codes = self.codebooks.encode(frames, coding.quantizers)
        decoded = self.codebooks.decode(codes).astype(np.float64)
        heard = self._transform.synthesise(decoded, len(samples)) * level
        heard /= max(1.0, float(np.abs(heard).max()))
        seconds = len(samples) / coding.sample_rate
        return Made(
            samples=heard.astype(np.float32),
            sample_rate=coding.sample_rate,
            provenance=Provenance(
                engine=self.engine,
                family=self.family,
                source=source.sha256,
                settings={
                    "coding": coding.name,
                    "quantizers": coding.quantizers,
                    "bits": coding.bits,
                    "stride": coding.stride,
                    "bit_rate": coding.bit_rate,
                    "measured_bit_rate": round(codes.size * coding.bits / seconds),
                },
            ),
        )


def fit_codebooks(
    coding: ResidualCoding, recordings: Iterable[Recording], *, seed: int = 0, weighting: float = 0.5
) -> Codebooks:
    """Fit the codebooks of a setting, `coding.quantizers` of them.

    Args:
        coding: which setting.
        recordings: speech to learn from; silent ones are left out.
        seed: of the draw of frames and first centres.
        weighting: how far quiet dimensions are raised, 0 to 1; see `Codebooks.fit`.

    Raises:
        BadInput: when the recordings hold fewer frames than a codebook has entries.
    """
    levelled = []
    for recording in recordings:
        samples = resample(recording.samples, recording.sample_rate, coding.sample_rate).astype(np.float64)
        level = float(np.sqrt(np.mean(np.square(samples)))) if len(samples) else 0.0
        if level / _LEVEL >= 1e-6:
            levelled.append(samples * (_LEVEL / level))
    if not levelled:
        raise BadInput("nothing to learn codebooks from", where=coding.name)
    basis = None
    if coding.transform == "pca":
        # half of what a critically sampled transform has: the auto-encoder narrows, as neural ones do
        basis = Pca.basis_of(levelled, coding.stride, coding.stride // 2)
    transform = _transform(coding, basis)
    frames = np.concatenate([transform.analyse(samples) for samples in levelled])
    return Codebooks.fit(
        frames, quantizers=coding.quantizers, bits=coding.bits, weighting=weighting,
        centred=coding.transform == "mel", rng=np.random.default_rng(seed), basis=basis,
    )  # fmt: skip


def _transform(coding: ResidualCoding, basis: np.ndarray | None) -> Transform:
    if coding.transform == "pca":
        assert basis is not None
        return Pca(basis)
    return Mel(coding.stride, coding.sample_rate) if coding.transform == "mel" else Mdct(coding.stride)


def _grid() -> dict[str, ResidualCoding]:
    """Transforms x rates x quantizers; bits and strides are dealt so that no target tells another."""
    found = {}
    for turn, transform in enumerate(KINDS):
        for column, (rate, strides) in enumerate(_RATES.items()):
            for row, quantizers in enumerate(_QUANTIZERS):
                coding = ResidualCoding(
                    transform=transform, quantizers=quantizers, sample_rate=rate,
                    bits=_BITS[(turn + column) % len(_BITS)], stride=strides[(turn + column + row) % 2],
                )  # fmt: skip
                found[coding.name] = coding
    return found


_RATES = {8_000: (160, 240), 16_000: (320, 640), 24_000: (320, 480), 44_100: (512, 882)}
_QUANTIZERS = (1, 2, 4, 8, 16)
_BITS = (6, 8, 7)
RESIDUAL_GRID = _grid()
"""Name -> coding: three transforms at four rates, 1 to 16 quantizers of 6 to 8 bits, 25 to 86 frames/s."""


def most_quantizers(coding: ResidualCoding, codings: Iterable[ResidualCoding]) -> ResidualCoding:
    """The coding of the same codebooks that needs most of them: fitted once, they serve all.

    Args:
        coding: one of them.
        codings: all.

    Example:
        >>> least = next(iter(RESIDUAL_GRID.values()))
        >>> most_quantizers(least, RESIDUAL_GRID.values()).quantizers >= least.quantizers
        True
    """
    sharing = [other.quantizers for other in codings if other.books == coding.books]
    return msgspec.structs.replace(coding, quantizers=max([coding.quantizers, *sharing]))
