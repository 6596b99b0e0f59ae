"""The manifest of a side instrument: one that names a class from the speech statistics of a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from earwitness.errors import BadInput
from earwitness.evidence.manifest import EncoderUse, Head, Positive, checked_manifest

SCHEMA = "earwitness.side-instrument/1"
Quantiles = Annotated[tuple[float, ...], msgspec.Meta(min_length=2)]


class NumberUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that the head gives, in log2.

    Args:
        name: what it is.
        unit: that it is told in.
        scale: from the unit that was learnt to the one that is told.
        below: lower end of the 90 % interval, in octaves from the value; 0 or below.
        above: upper end, in octaves; 0 or above.
    """

    name: str
    unit: str
    scale: Positive = 1.0
    below: float
    above: float


class SideManifest(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"schema_": "schema"}
):
    """Everything that `analyze` must know of a side instrument.

    Args:
        schema_: always `earwitness.side-instrument/1`; called `schema` in JSON.
        name: of the instrument.
        version: of the instrument.
        task: `source` (what generator) or `codec` (what coding).
        encoder: whose frames the statistics are of.
        head: statistics in, `distances` to the classes and `logs` of the numbers out.
        classes: in the order of the distances.
        nothing: the class that stands for no generator, or no codec.
        limit: distance from the nearest class above which it is none of those known.
        typical: class -> distances of its held-back recordings at even shares, ascending.
        numbers: in the order of the logs; those alone that validated.
        min_speech_seconds: least speech in a recording.
        named: whether classes are named; else only whether there is one or nothing.
        shown: whether it speaks; one that did not validate keeps its card and stays silent.
        notes: limits of the instrument, one sentence each.

    Raises:
        BadInput: when classes and distances contradict each other.
    """

    name: str
    version: str
    task: Literal["source", "codec"]
    encoder: EncoderUse
    head: Head
    classes: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]
    nothing: str
    limit: float
    typical: dict[str, Quantiles]
    numbers: tuple[NumberUse, ...] = ()
    min_speech_seconds: Positive
    named: bool = True
    shown: bool
    notes: tuple[str, ...]
    schema_: Literal["earwitness.side-instrument/1"] = "earwitness.side-instrument/1"

    def __post_init__(self) -> None:
        if set(self.typical) != set(self.classes) or len(set(self.classes)) != len(self.classes):
            raise BadInput("typical distances are those of the classes", where="manifest typical")
        if self.nothing not in self.classes:
            raise BadInput("is one of the classes", where="manifest nothing")
        if any(one.below > 0 or one.above < 0 for one in self.numbers):
            raise BadInput("an interval holds its value", where="manifest numbers")
        if Path(self.head.file).name != self.head.file:
            raise BadInput("is not the name of a file beside the manifest", where="manifest head.file")


def read_side_manifest(folder: Path) -> tuple[SideManifest, str]:
    """Read and check `manifest.json` of a side instrument's folder.

    Args:
        folder: holds `manifest.json` and the head's ONNX file.

    Returns:
        The manifest and the SHA-256 of its bytes (hexadecimal).

    Raises:
        BadInput: when it is missing, does not follow the schema, or the head's SHA-256 differs.
    """
    return checked_manifest(folder, SideManifest, "side instrument", "reinstall")
