"""The manifest of a localiser: an instrument that scores frames, for `analyze --localiser`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from earwitness.errors import BadInput
from earwitness.evidence.manifest import Calibrator, Head, Positive, Share, checked_manifest

SCHEMA = "earwitness.localiser/1"


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strict, immutable record."""


class FramesUse(_Value, frozen=True, kw_only=True):
    """The frames that a localiser was trained on.

    Args:
        name: of the encoder in the catalogue.
        revision: of the encoder; other revisions may give other frames.
        precision: of its arithmetic.
        policy: how a clip's length is treated.
        layers: hidden states, in order; empty for an encoder without layers.
        frame_rate: frames in a second.
        dimension: channels of a frame.
    """

    name: str
    revision: str
    precision: str
    policy: str
    layers: tuple[int, ...]
    frame_rate: Positive
    dimension: Annotated[int, msgspec.Meta(ge=1)]


class Measured(_Value, frozen=True, kw_only=True):
    """A figure of held-back recordings.

    Args:
        value: a share, 0 to 1.
        low: lower end of the 95 % interval, by whole speakers.
        high: upper end.
        n: of what it is a share.
    """

    value: Share
    low: Share
    high: Share
    n: int


class Resolution(_Value, frozen=True, kw_only=True):
    """One length of a frame, and what the localiser reached with it.

    Args:
        seconds: length of a frame.
        frames: of the encoder in one.
        output: name of the head's output.
        calibrator: from raw score to log likelihood ratio.
        change: cost of a change between real and synthetic, in nats, where stretches are cut.
        frame_eer: share of real and of synthetic time that is confused.
        found: share of the stretches that differ from the rest that were found with half of their extent
            right.
        right: share of the stretches named that were.
        whole_named: share of the recordings of one piece in which a stretch was named.
        said: these figures in words, with what they were measured on.
    """

    seconds: Positive
    frames: Annotated[int, msgspec.Meta(ge=1)]
    output: str
    calibrator: Calibrator
    change: Annotated[float, msgspec.Meta(ge=0)]
    frame_eer: Measured
    found: Measured
    right: Measured
    whole_named: Measured
    said: str


class LocaliserManifest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"schema_": "schema"}
):
    """Everything that `analyze` must know of a localiser.

    Args:
        schema_: always `earwitness.localiser/1`; called `schema` in JSON.
        name: of the localiser.
        version: of the localiser.
        encoder: whose frames it reads.
        head: frames and mask in, a score for every frame of each length out.
        core: frames that one run of the head scores.
        context: frames that it sees on either side of them.
        resolutions: lengths of a frame, the shortest first.
        shown: length that is shown unless another one is asked for, in seconds.
        trained_on: what it was trained on, in words.
        notes: limits of the localiser, one sentence each.

    Raises:
        BadInput: when the numbers contradict each other.
    """

    name: str
    version: str
    encoder: FramesUse
    head: Head
    core: Annotated[int, msgspec.Meta(ge=1)]
    context: Annotated[int, msgspec.Meta(ge=0)]
    resolutions: Annotated[tuple[Resolution, ...], msgspec.Meta(min_length=1)]
    shown: Positive
    trained_on: str
    notes: tuple[str, ...]
    schema_: Literal["earwitness.localiser/1"] = "earwitness.localiser/1"

    def __post_init__(self) -> None:
        if Path(self.head.file).name != self.head.file:
            raise BadInput("is not the name of a file beside the manifest", where="manifest head.file")
        for one in self.resolutions:
            if self.core % one.frames or self.context % one.frames:
                raise BadInput("core and context must be whole frames of every length", where="manifest")
            if abs(one.seconds * self.encoder.frame_rate - one.frames) > 1e-6:
                raise BadInput("seconds and frames do not agree", where="manifest resolutions")
        if {one.output for one in self.resolutions} != set(self.head.outputs):
            raise BadInput("are not those of the resolutions", where="manifest head.outputs")
        self.resolution(self.shown)

    def resolution(self, seconds: float) -> Resolution:
        """The entry of one length of a frame.

        Raises:
            BadInput: when there is no such length.
        """
        for one in self.resolutions:
            if abs(one.seconds - seconds) < 1e-6:
                return one
        there = ", ".join(f"{one.seconds:g}" for one in self.resolutions)
        raise BadInput(f"the localiser has no frames of {seconds:g} s, only of {there}", where="--resolution")


def read_localiser_manifest(folder: Path) -> tuple[LocaliserManifest, str]:
    """Read and check `manifest.json` of a localiser's folder.

    Args:
        folder: holds `manifest.json` and the head's ONNX file.

    Returns:
        The manifest and the SHA-256 of its bytes (hexadecimal).

    Raises:
        BadInput: when it is missing, does not follow the schema, or the head's SHA-256 differs.
    """
    if (folder / "recipe.json").is_file() and not (folder / "manifest.json").exists():
        raise BadInput("is a run; make a localiser of it with earwitness export", where=str(folder))
    return checked_manifest(folder, LocaliserManifest, "localiser", "export the run again")


def manifest_json(manifest: LocaliserManifest) -> bytes:
    """The manifest as indented JSON, `schema` first."""
    fields = msgspec.to_builtins(manifest)
    ordered = {"schema": fields.pop("schema"), **fields}
    return msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n"
