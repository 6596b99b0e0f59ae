"""Probes: a linear layer or a small MLP on a recording's pooled frames. The plainest baseline there is."""

from __future__ import annotations

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.training.recipe import Optimiser, View


class ProbeRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a probe.

    Args:
        hidden: widths of the hidden layers; none = a linear probe.
        dropout: before every layer but the first.
    """

    hidden: tuple[int, ...] = ()
    dropout: float = 0.0


class Probe(nn.Module):
    """Batch-normalised vectors in, logits out.

    Args:
        dimension: of the vectors.
        outputs: numbers a clip.
        hidden: widths of the hidden layers.
        dropout: before every layer but the first.

    Example:
        >>> tuple(Probe(8, 1).eval()(torch.zeros(3, 8)).shape)
        (3, 1)
    """

    def __init__(
        self, dimension: int, outputs: int, hidden: tuple[int, ...] = (), dropout: float = 0.0
    ) -> None:
        super().__init__()
        # Without learned scale: it brings a vector's channels to one size, nothing else.
        parts: list[nn.Module] = [nn.BatchNorm1d(dimension, affine=False)]
        for width in hidden:
            parts += [nn.Linear(dimension, width), nn.ReLU(), nn.Dropout(dropout)]
            dimension = width
        self.layers = nn.Sequential(*parts, nn.Linear(dimension, outputs))

    def forward(self, vectors: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, dimension), or of the mean of (batch, time, dimension)."""
        if vectors.ndim == 3:
            if mask is None:
                vectors = vectors.mean(1)
            else:
                weight = mask.unsqueeze(-1)
                vectors = (vectors * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        if self.training and len(vectors) == 1:
            raise BadInput("a batch of one row has no variance; choose another batch size", where="probe")
        logits: torch.Tensor = self.layers(vectors)
        return logits


class LinearProbe(FrameDetector):
    """A linear layer on the mean over time of an encoder's frames."""

    RECIPE: FrameRecipe = ProbeRecipe(
        system="linear-probe",
        views=(View(name="vector", input="vector", encoder="whisper-base", layers=(3,)),),
        batch=128,
        epochs=60,
        patience=10,
        optimiser=Optimiser(learning_rate=3e-3, weight_decay=1e-2),
    )
    PAPER = "none: the usual baseline for frozen representations"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The probe."""
        assert isinstance(recipe, ProbeRecipe)
        return Probe(shape[-1], recipe.outputs, recipe.hidden, recipe.dropout)


class MlpProbe(LinearProbe):
    """Two hidden layers on the mean and deviation over time of an encoder's frames."""

    RECIPE: FrameRecipe = ProbeRecipe(
        system="mlp-probe",
        views=(
            View(
                name="vector", input="vector", encoder="whisper-base", layers=(3,),
                pooled=("mean", "deviation"),
            ),
        ),
        hidden=(256, 64),
        dropout=0.3,
        batch=128,
        epochs=60,
        patience=10,
        optimiser=Optimiser(learning_rate=1e-3, weight_decay=1e-2),
    )  # fmt: skip
