"""SLS: sensitive layer selection, a gate for each hidden layer of the encoder, and one wide linear layer."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from earwitness.errors import BadInput
from earwitness.systems.frame_detector import FrameDetector, FrameRecipe
from earwitness.training.recipe import Optimiser, View


class SlsRecipe(FrameRecipe, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of SLS.

    Args:
        hidden: width of the linear layer.
    """

    hidden: int = 1024


class Sls(nn.Module):
    """The network; it hears clips of one length only, since its linear layer sees every frame.

    Args:
        dimension: of the frames.
        frames: how many a clip has.
        outputs: numbers a clip.
        hidden: width of the linear layer.

    Reference: Zhang, Wen and Hu, "Audio deepfake detection with self-supervised XLS-R and SLS classifier",
    ACM MM 2024. The authors' code puts a SELU on the logits before the softmax; it is kept.

    Example:
        >>> tuple(Sls(12, 9, hidden=5).eval()(torch.randn(2, 3, 9, 12)).shape)
        (2, 2)
    """

    def __init__(
        self, dimension: int = 1024, frames: int = 201, outputs: int = 2, hidden: int = 1024
    ) -> None:
        super().__init__()
        if min(dimension, frames) < 3:
            raise BadInput("needs three frames and three channels or more", where="SLS")
        self.frames = frames
        self.gate = nn.Linear(dimension, 1)
        self.norm = nn.BatchNorm2d(1)
        self.wide = nn.Linear((frames // 3) * (dimension // 3), hidden)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, frames: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (batch, outputs) of (batch, layers, time, dimension).

        Raises:
            BadInput: when a clip has another length.
        """
        if frames.shape[2] != self.frames or mask is not None:
            raise BadInput(f"hears clips of {self.frames} frames only; set views.0.short=repeat", where="SLS")
        gate = torch.sigmoid(self.gate(frames.mean(2)))
        summed = torch.einsum("bl,bltd->btd", gate.squeeze(-1), frames)
        pooled = nn.functional.max_pool2d(nn.functional.selu(self.norm(summed.unsqueeze(1))), 3)
        wide = nn.functional.selu(self.wide(pooled.flatten(1)))
        return nn.functional.selu(self.head(wide))


class SlsSystem(FrameDetector):
    """Sensitive layer selection on all layers of an encoder."""

    RECIPE: FrameRecipe = SlsRecipe(
        system="sls",
        views=(
            View(
                encoder="whisper-base", layers=(1, 2, 3), length=201, short="repeat", cut="first",
            ),
        ),
        sum="every",
        outputs=2,
        loss="cross-entropy",
        batch=32,
        epochs=30,
        patience=6,
        optimiser=Optimiser(learning_rate=1e-4, weight_decay=1e-4),
    )  # fmt: skip
    CLAIMS: Mapping[str, object] = {
        "ASVspoof 2021 LA, DF; In-the-Wild, best (mean)": {
            "eer_percent": ("2.87 (3.88)", "1.92 (2.09)", "7.46 (8.87)")
        },
        "back-end parameters": 23_399_429,
    }
    SOURCES: Mapping[str, str] = dict.fromkeys(
        ("hidden", "sum", "outputs", "loss", "optimiser.weight_decay", "views.0.length"), "published"
    )
    PAPER = "Zhang, Wen and Hu: Audio deepfake detection with XLS-R and SLS classifier, ACM MM 2024"

    def body(self, recipe: FrameRecipe, shape: tuple[int, ...]) -> nn.Module:
        """The network."""
        assert isinstance(recipe, SlsRecipe)
        length = recipe.views[0].length
        if length is None or recipe.views[0].short != "repeat":
            raise BadInput("needs clips of one length: views.0.length and views.0.short=repeat", where="sls")
        return Sls(shape[-1], length, recipe.outputs, recipe.hidden)
