"""The manifest of an instrument: what it reads, how it scores, where it was validated."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Annotated, Literal, Protocol, TypeVar

import msgspec

from earwitness.errors import BadInput

SCHEMA = "earwitness.instrument/1"

Positive = Annotated[float, msgspec.Meta(gt=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Hash = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strict, immutable record."""


class EncoderUse(_Value, frozen=True, kw_only=True):
    """The shared encoder whose frames the head reads.

    Args:
        asset: name in the catalogue of shipped weights.
        layers: hidden states the head was trained on, in order.
        frame_rate: frames in a second.
        dimension: channels of a frame.
        normalise: `rms` brings every chunk to one level before the encoder, `none` leaves it.
        revision: of the encoder that filled the store for training; empty = not checked.
    """

    asset: str
    layers: Annotated[tuple[int, ...], msgspec.Meta(min_length=1)]
    frame_rate: Positive
    dimension: Annotated[int, msgspec.Meta(ge=1)]
    normalise: Literal["none", "rms"] = "none"
    revision: str = ""


class Head(_Value, frozen=True, kw_only=True):
    """The small network that turns frames into a score.

    Args:
        file: name of the ONNX file in the instrument's folder.
        sha256: of its bytes (hexadecimal).
        outputs: names of its outputs, `score` among them.
        origin_classes: what the classes of the output `origin` mean, in order.
    """

    file: str
    sha256: Hash
    outputs: tuple[str, ...] = ("score",)
    origin_classes: tuple[str, ...] = ()


class Calibrator(_Value, frozen=True, kw_only=True):
    """From a raw score to a natural-log likelihood ratio: `scale * score + offset`.

    Args:
        kind: always `logistic` (an affine map fitted by prior-weighted logistic regression).
        scale: above 0, so that the order of scores stays.
        offset: natural-log likelihood ratio at the raw score 0.
        fitted_on: what it was fitted on, in words.
    """

    kind: Literal["logistic"] = "logistic"
    scale: Positive
    offset: float
    fitted_on: str


class Thresholds(_Value, frozen=True, kw_only=True):
    """Where a verdict may be given, on calibrated log likelihood ratios.

    Args:
        spoof_below: at or below, the decision is `spoof`.
        bona_fide_above: at or above, the decision is `bona fide`.
        fitted_on: what they were fitted on, in words.
        least_window: `bona fide` also needs every window in which changes are looked for to be at or
            above it, so that a synthetic phrase is not outvoted by the rest; `None` asks for nothing.
    """

    spoof_below: float
    bona_fide_above: float
    fitted_on: str = ""
    least_window: float | None = None


class ChangeSearch(_Value, frozen=True, kw_only=True):
    """How stretches that differ from the rest are looked for.

    Args:
        within: scatter of the windows inside a recording over the scatter of recordings of one class.
        penalty: cost of one change, in nats.
        margin: how far from zero the levels of both classes must lie, in nats.
        fitted_on: what these were chosen on, in words; empty = they are a guess.
        note: how far what is found may be relied on, one sentence; the report shows it with the timeline.
    """

    within: Positive = 0.36
    penalty: Annotated[float, msgspec.Meta(ge=0)] = 3.0
    margin: Annotated[float, msgspec.Meta(ge=0)] = 0.15
    fitted_on: str = ""
    note: str = "How well stretches that differ are found was not measured."


class Validated(_Value, frozen=True, kw_only=True):
    """The conditions under which the instrument was validated; outside, it gives no verdict.

    Args:
        min_speech_seconds: least speech in a recording.
        min_bandwidth_hz: lowest bandwidth of a recording, in Hz.
        max_clipped: highest share of clipped samples, 0 to 1.
        llr_range: lowest and highest calibrated score seen in validation.
        min_snr_db: lowest speech level over noise floor, in dB.
    """

    min_speech_seconds: float
    min_bandwidth_hz: float
    max_clipped: Share
    llr_range: tuple[float, float]
    min_snr_db: float


class Distributions(_Value, frozen=True, kw_only=True):
    """Calibrated scores of recordings that the instrument was not trained on.

    Args:
        bona_fide: log likelihood ratios of real speech.
        spoof: log likelihood ratios of engines held back.
    """

    bona_fide: tuple[float, ...]
    spoof: tuple[float, ...]


class Manifest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"schema_": "schema"}
):
    """Everything that `analyze` must know of an instrument.

    Args:
        schema_: always `earwitness.instrument/1`; called `schema` in JSON.
        name: of the instrument.
        version: of the instrument.
        task: what it says something about.
        encoder: whose frames it reads.
        head: what turns them into a score.
        window_seconds: length of the windows it scores.
        scoring_hop_seconds: from window to window for the score of a recording.
        min_window_speech: least speech in a window that is scored, in seconds.
        calibrator: from raw score to log likelihood ratio.
        thresholds: where a verdict may be given.
        validated: outside of which conditions no verdict is given.
        distributions: held-back scores of both classes, for the report.
        notes: limits of the instrument, one sentence each.
        changes: how stretches that differ are looked for.

    Raises:
        BadInput: when the numbers contradict each other.
    """

    name: str
    version: str
    task: Literal["detection"]
    encoder: EncoderUse
    head: Head
    window_seconds: Positive
    scoring_hop_seconds: Positive
    min_window_speech: Positive
    calibrator: Calibrator
    thresholds: Thresholds
    validated: Validated
    distributions: Distributions
    notes: tuple[str, ...]
    changes: ChangeSearch = ChangeSearch()
    schema_: Literal["earwitness.instrument/1"] = "earwitness.instrument/1"

    def __post_init__(self) -> None:
        if self.thresholds.spoof_below > self.thresholds.bona_fide_above:
            raise BadInput("spoof_below lies above bona_fide_above", where="manifest thresholds")
        if self.validated.llr_range[0] >= self.validated.llr_range[1]:
            raise BadInput("the range is empty", where="manifest validated.llr_range")
        if "score" not in self.head.outputs:
            raise BadInput("names no output called score", where="manifest head.outputs")
        if Path(self.head.file).name != self.head.file:
            raise BadInput("is not the name of a file beside the manifest", where="manifest head.file")
        if self.scoring_hop_seconds > self.window_seconds or self.min_window_speech > self.window_seconds:
            raise BadInput("hop and least speech cannot be longer than the window", where="manifest")

    @property
    def window_frames(self) -> int:
        """Encoder frames in a window."""
        return round(self.window_seconds * self.encoder.frame_rate)

    def calibrated(self, score: float) -> float:
        """Natural-log likelihood ratio, bona fide over spoof, of a raw score."""
        return self.calibrator.scale * score + self.calibrator.offset


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """Read and check `manifest.json` of an instrument's folder.

    Args:
        folder: holds `manifest.json` and the head's ONNX file.

    Returns:
        The manifest and the SHA-256 of its bytes (hexadecimal).

    Raises:
        BadInput: when it is missing, does not follow the schema, or the head's SHA-256 differs.
    """
    manifest, sha256 = checked_manifest(folder, Manifest, "instrument", "reinstall")
    if not all(math.isfinite(x) for x in (manifest.calibrator.offset, manifest.calibrator.scale)):
        raise BadInput("the calibrator is not finite", where=str(folder / "manifest.json"))
    return manifest, sha256


class HasHead(Protocol):
    """A manifest of any kind."""

    @property
    def head(self) -> Head:
        """The network beside it."""


_Kind = TypeVar("_Kind", bound=HasHead)


def checked_manifest(folder: Path, kind: type[_Kind], called: str, remedy: str) -> tuple[_Kind, str]:
    """Read `manifest.json` of any kind of instrument, and hold its head to it.

    Args:
        folder: holds `manifest.json` and the head's ONNX file.
        kind: of the manifest.
        called: what such a folder is.
        remedy: what to do when the head is another one.

    Returns:
        The manifest and the SHA-256 of its bytes (hexadecimal).

    Raises:
        BadInput: when it is missing, does not follow the schema, or the head's SHA-256 differs.
    """
    path = folder / "manifest.json"
    try:
        content = path.read_bytes()
        manifest = msgspec.json.decode(content, type=kind)
    except OSError as error:
        raise BadInput(f"no {called} here ({error.strerror})", where=str(path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, BadInput) as error:
        raise BadInput(f"not a manifest ({called}): {error}", where=str(path)) from error
    head = folder / manifest.head.file
    try:
        found = hashlib.sha256(head.read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput(f"the {called}'s head cannot be read ({error.strerror})", where=str(head)) from error
    if found != manifest.head.sha256:
        told = (
            f"is not the one of the manifest: SHA-256 is {found}, expected {manifest.head.sha256}; {remedy}"
        )
        raise BadInput(told, where=str(head))
    return manifest, hashlib.sha256(content).hexdigest()


def to_json(manifest: Manifest) -> bytes:
    """The manifest as indented JSON, `schema` first, as an instrument's folder holds it."""
    fields = msgspec.to_builtins(manifest)
    ordered = {"schema": fields.pop("schema"), **fields}
    return msgspec.json.format(msgspec.json.encode(ordered), indent=2) + b"\n"
