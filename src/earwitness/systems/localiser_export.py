"""From a run of frame-localiser to the folder that `analyze --localiser` reads."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch
from torch import nn

import earwitness
from earwitness.errors import BadInput
from earwitness.evidence.localiser import Localiser
from earwitness.evidence.localiser_manifest import FramesUse, LocaliserManifest, Resolution, manifest_json
from earwitness.evidence.manifest import Calibrator, Head
from earwitness.systems.frame_localiser import LocaliserNetwork, LocaliserRecipe
from earwitness.systems.localiser_figures import Reached, reached
from earwitness.systems.running import Run, chosen_training, read_run
from earwitness.training.frame_scores import lengths_of
from earwitness.training.trained_files import FILE, load_trained
from earwitness.training.views import open_encoder, shape_of
from earwitness.whole_file import write_whole

TOLERANCE = 1e-4
"""Largest difference of a score to torch that is let through, relative to the scores' spread."""
SHOWN = 0.16
"""Length of a frame that is shown where the run scored it: about a syllable."""
CORE = 320
"""Encoder frames that one run of the head scores, at least: about six seconds."""
NOTES = (
    "What the localiser says of stretches was measured on recordings like those that it was trained on; "
    "engines, channels and ways of cutting that it never heard may be found no better than by chance.",
    "Likelihood ratios of neighbouring frames are not independent: they must not be added up.",
)
Progress = Callable[[str, int, int], None]


class _Scores(nn.Module):
    """The network as the head of a localiser: always with a mask, an output for each length of a frame."""

    def __init__(self, network: LocaliserNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(self.network(frames, mask))


def export_localiser(
    run: str | Path,
    out: str | Path,
    *,
    round_name: str | None = None,
    seed: int | None = None,
    shown: float | None = None,
    replace: bool = False,
    progress: Progress | None = None,
) -> LocaliserManifest:
    """Make a localiser for `analyze` of one training of a run.

    Its log likelihood ratios, the cost of a change and all that is said of it come from the held-back
    recordings of that training, whose scores the run kept.

    Args:
        run: folder of a run of frame-localiser over frames of a frozen encoder.
        out: folder of the localiser; made.
        round_name: of the training; needed where the run has several.
        seed: of the training; the one that validated best when `None`.
        shown: length of a frame that is shown, in seconds; 0.16 where the run scored it when `None`.
        replace: write over a localiser that is there.
        progress: called with (what, done, of how many).

    Returns:
        The manifest.

    Raises:
        BadInput: when the run is of another system, or needs the whole recording at once; when
            it does not tell real from spoof on its held-back recordings; or the folder cannot be written.
    """
    opened, folder = read_run(run), Path(out)
    recipe = _fitting(opened)
    if folder.exists() and not (replace and (folder / "manifest.json").is_file()):
        raise BadInput("is there already (--replace writes a localiser anew)", where=str(folder))
    chosen = chosen_training(opened, round_name=round_name, seed=seed)
    encoder = open_encoder(recipe.views[0])
    there = f"{encoder.name} {encoder.revision}"
    if opened.views.get(recipe.views[0].name) != there:
        raise BadInput(
            f"was trained on {opened.views.get(recipe.views[0].name)}, there is {there} now", where=str(run)
        )
    rate = encoder.frame_rate
    if not encoder.layers or rate is None:
        raise BadInput(f"{encoder.name} has no layers; analyze hears those of an encoder", where=str(run))
    network = opened.system.build(recipe, {recipe.views[0].name: shape_of(encoder)}, opened.task)
    weights = Path(chosen["folder"]) / FILE
    load_trained(weights, network, recipe)
    held = _held_scores(opened, chosen)
    lengths = lengths_of(held)
    found = {}
    for at, length in enumerate(lengths):
        if progress is not None:
            progress("measure", at, len(lengths))
        found[length] = reached(held, length)
    how, rows = _how(opened, chosen["round"])
    longest = math.lcm(*recipe.groups)
    outputs = [f"score:{length:g}" for length in recipe.resolutions]
    manifest = LocaliserManifest(
        name=recipe.system,
        version=f"{earwitness.__version__}+{hashlib.sha256(weights.read_bytes()).hexdigest()[:8]}",
        encoder=FramesUse(
            name=encoder.name, revision=encoder.revision, precision=encoder.precision, policy=encoder.policy,
            layers=tuple(encoder.layers), frame_rate=float(rate), dimension=encoder.dimension,
        ),
        head=Head(file="head.onnx", sha256="0" * 64, outputs=tuple(outputs)),
        core=longest * math.ceil(CORE / longest),
        context=longest * math.ceil(network.trunk.reach / longest),
        resolutions=tuple(
            _resolution(length, group, output, found[length], how)
            for length, group, output in zip(recipe.resolutions, recipe.groups, outputs, strict=True)
        ),
        shown=shown or (SHOWN if SHOWN in recipe.resolutions else recipe.resolutions[0]),
        trained_on=f"{rows} recordings ({how}; round {chosen['round']}, seed {chosen['seed']})",
        notes=NOTES,
    )  # fmt: skip
    card = (opened.path / "card.md").read_text("utf-8") if (opened.path / "card.md").is_file() else ""
    return _written(folder, manifest, network, card)


def _fitting(run: Run) -> LocaliserRecipe:
    """The recipe of a run that can be exported."""
    recipe, where = run.recipe, str(run.path)
    if not isinstance(recipe, LocaliserRecipe):
        raise BadInput(
            f"is a run of {recipe.system}; only runs of frame-localiser are exported "
            "(train detector writes its own instrument)",
            where=where,
        )
    if recipe.views[0].input != "frames":
        raise BadInput(
            "trains an encoder of its own; analyze hears the shared one, so train on stored frames",
            where=where,
        )
    whole = "nes2net" if recipe.trunk == "nes2net" else recipe.sum if recipe.sum in ("sea", "attm") else None
    if whole is not None:
        raise BadInput(
            f"{whole} takes a mean over the whole recording, which analyze never holds; "
            "train with trunk=convolution and sum=beside or weighted",
            where=where,
        )
    return recipe


def _held_scores(run: Run, chosen: dict[str, Any]) -> pl.DataFrame:
    """Frame scores of the held-back recordings of one training."""
    path = run.path / "scores.parquet"
    try:
        table = pl.read_parquet(path)
        mine = table.filter((pl.col("round") == chosen["round"]) & (pl.col("seed") == chosen["seed"]))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadInput(
            "holds no scores of held-back recordings; finish the run", where=str(run.path)
        ) from error
    if not len(mine) or "truth" not in mine.columns:
        raise BadInput("holds no scores of held-back recordings; finish the run", where=str(path))
    return mine


def _how(run: Run, round_name: str) -> tuple[str, int]:
    """How recordings were held back in a round, in words, and how many were trained on."""
    try:
        records = msgspec.json.decode((run.path / "rounds.json").read_bytes())
        (split,) = [one["split"] for one in records if one["split"]["name"] == round_name]
        how = str(split["how"]).split(": ")[0]  # behind it stand all speakers held back
        return how, int(split["sides"]["train"]["rows"])
    except (OSError, KeyError, TypeError, ValueError, msgspec.DecodeError) as error:
        raise BadInput("does not say how its rounds were cut", where=str(run.path / "rounds.json")) from error


def _resolution(length: float, group: int, output: str, found: Reached, how: str) -> Resolution:
    return Resolution(
        seconds=length,
        frames=group,
        output=output,
        calibrator=Calibrator(
            scale=found.calibrator.scale,
            offset=found.calibrator.offset,
            fitted_on=f"frames of {found.recordings} held-back recordings, both classes counting alike",
        ),
        change=found.change,
        frame_eer=found.frame_eer,
        found=found.found,
        right=found.right,
        whole_named=found.whole_named,
        said=found.said(length, how),
    )


def _written(
    folder: Path, manifest: LocaliserManifest, network: LocaliserNetwork, card: str
) -> LocaliserManifest:
    """Write the folder, once the head has been held to torch."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise BadInput(f"cannot be made: {error.strerror}", where=str(folder)) from error
    try:
        head = partial / manifest.head.file
        _export(network, manifest, head)
        sealed = msgspec.structs.replace(
            manifest,
            head=msgspec.structs.replace(manifest.head, sha256=hashlib.sha256(head.read_bytes()).hexdigest()),
        )
        write_whole(partial / "manifest.json", manifest_json(sealed))
        write_whole(partial / "card.md", _card(sealed, card).encode())
        apart = parity(network, Localiser(partial))
        if apart > TOLERANCE:
            raise BadInput(f"scores of the exported head differ from torch by {apart:.2g}", where=str(folder))
        partial.chmod(0o777 & ~_mask())
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    except OSError as error:
        raise BadInput(f"cannot be written: {error.strerror}", where=str(folder)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return sealed


def _mask() -> int:
    os.umask(mask := os.umask(0))
    return mask


def _export(network: LocaliserNetwork, manifest: LocaliserManifest, path: Path) -> None:
    length, use = manifest.core + 2 * manifest.context, manifest.encoder
    example = (torch.zeros(1, len(use.layers), length, use.dimension), torch.ones(1, length))
    with warnings.catch_warnings():
        # The TorchScript exporter is the one that needs no further package.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            _Scores(network).eval(), example, str(path), input_names=["frames", "mask"],
            output_names=list(manifest.head.outputs), opset_version=17, dynamo=False,
        )  # fmt: skip


def parity(
    network: LocaliserNetwork, localiser: Localiser, seconds: Sequence[float] = (0.3, 6.5, 31.7)
) -> float:
    """Largest difference between a localiser and its network on noise of some lengths, over their spread."""
    use, apart = localiser.manifest.encoder, 0.0
    generator = torch.Generator().manual_seed(0)
    for length in seconds:
        frames = torch.randn(
            len(use.layers), round(length * use.frame_rate), use.dimension, generator=generator
        )
        with torch.inference_mode():
            expected = network(frames[None])
        for one, other in zip(localiser.scores(frames.numpy()).values(), expected, strict=True):
            spread = max(float(other.std()) if other.numel() > 1 else 1.0, 1e-3)
            apart = max(apart, float(np.abs(one - other[0].numpy()).max()) / spread)
    return apart


def _card(manifest: LocaliserManifest, run: str) -> str:
    lines = [
        f"# {manifest.name} {manifest.version}, a localiser for analyze",
        "",
        f"Trained on {manifest.trained_on}.",
        "",
        *(f"- {one.said}" for one in manifest.resolutions),
        *(f"- {note}" for note in manifest.notes),
        "",
    ]
    return "\n".join([*lines, "What follows is the card of the whole run.", "", run])
