"""Nes2Net for inference: batch norms folded away, so that most of the memory is never touched twice.

Every batch norm stands behind an activation, so it can only be folded forwards: its scale and shift go
into the weights that read it. Behind a zero-padded convolution that is not exact at the ends, where the
shift is not there; what is too much is taken off the first and last frames. Frames are held as the images
(batch, channels, 1, time) that the convolutions want, in the same memory order (see `frame_convolution`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import torch
from torch.nn.functional import conv2d as convolve

from earwitness.errors import BadInput
from earwitness.layers.frame_convolution import FrameConvolution
from earwitness.layers.frame_norm import FrameNorm
from earwitness.layers.nested_res2net import Nes2Net, NestedBlock

AnyModule = TypeVar("AnyModule", bound=torch.nn.Module)
CLIPS = 16
"""Computed at once, so that a block's frames stay in the processor's cache."""


class Affine(NamedTuple):
    """A batch norm as it is in inference: scale and shift, float64."""

    scale: torch.Tensor
    shift: torch.Tensor

    @classmethod
    def of(cls, norm: FrameNorm) -> Affine:
        """That of a trained norm."""
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        return cls(scale, norm.bias.double() - norm.running_mean.double() * scale)

    def part(self, first: int, last: int) -> Affine:
        """Of some channels."""
        return Affine(self.scale[first:last], self.shift[first:last])


class _Step(NamedTuple):
    """A convolution over time whose input's norms are folded in."""

    weight: torch.Tensor
    bias: torch.Tensor
    before: torch.Tensor
    after: torch.Tensor


class _Block:
    """One nested block.

    Args:
        block: trained.
    """

    def __init__(self, block: NestedBlock) -> None:
        self.width, self.scale, self.act, self.plain = (
            block.width, block.scale, block.act, block.variant == "plain"
        )  # fmt: skip
        over_time = _all(FrameConvolution, block.over_time)
        self.dilation = over_time[0].dilation
        into = Affine.of(block.into_norm)
        chunks = [into.part(at * self.width, (at + 1) * self.width) for at in range(self.scale)]
        norms = [Affine.of(norm) for norm in _all(FrameNorm, block.norms)]
        self.into = _image(block.into.weight), block.into.bias.float()
        mixes = [mix.double() for mix in block.mixes]
        # What the last convolution reads: every step's activation, then the last chunk.
        if self.plain:
            read = [*norms, chunks[-1]]
            self.steps = [
                _folded(conv.weight, conv.bias, [*([norms[at - 1]] if at else []), chunks[at]])
                for at, conv in enumerate(over_time)
            ]
        else:
            read = [Affine(n.scale, n.shift * m.sum()) for n, m in zip(norms, mixes, strict=True)]
            read.append(Affine(torch.ones_like(chunks[-1].scale), torch.zeros_like(chunks[-1].shift)))
            self.mixes = [mix.float() for mix in mixes]
            self.convolutions = [(_image(conv.weight), conv.bias.float()) for conv in over_time]
            self.norms = [_beside(norm) for norm in norms]
            self.into_affine = _beside(into)
        scale = torch.cat([part.scale for part in read])
        shift = torch.cat([part.shift for part in read])
        out = block.out.weight.double()
        self.out = _image(out * scale[None, :, None]), (block.out.bias.double() + out[..., 0] @ shift).float()
        last, gate = Affine.of(block.out_norm), block.gate
        narrow = gate.narrow.weight.double()
        self.narrow = (narrow * last.scale).float(), (gate.narrow.bias.double() + narrow @ last.shift).float()
        self.widen = gate.widen.weight.float(), gate.widen.bias.float()
        self.last = _beside(last)

    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        """Map (batch, channels, 1, time) to the same shape."""
        read = self.act(convolve(frames, *self.into))
        steps = self._chain(read) if self.plain else self._columns(read)
        joined = self.act(convolve(torch.cat(steps, dim=1), *self.out))
        linear = torch.nn.functional.linear
        gate = torch.sigmoid(linear(torch.relu_(linear(joined.mean((2, 3)), *self.narrow)), *self.widen))
        scale, shift = self.last
        wide = gate[:, :, None, None]
        return torch.addcmul(frames, joined, wide * scale).add_(wide * shift)

    def _chain(self, read: torch.Tensor) -> list[torch.Tensor]:
        chunks = read.split(self.width, dim=1)
        steps: list[torch.Tensor] = []
        reach = self.dilation
        for chunk, step in zip(chunks[:-1], self.steps, strict=True):
            given = torch.cat([steps[-1], chunk], dim=1) if steps else chunk
            found = convolve(given, step.weight, step.bias, (1, 1), (0, reach), (1, reach))
            found[..., :reach] -= step.before
            found[..., -reach:] -= step.after
            steps.append(self.act(found))
        return [*steps, chunks[-1]]

    def _columns(self, read: torch.Tensor) -> list[torch.Tensor]:
        scale, shift = self.into_affine
        chunks = torch.addcmul(shift, read, scale).split(self.width, dim=1)
        steps: list[torch.Tensor] = []
        columns, reach = chunks[-1], self.dilation
        batch, width, _, time = columns.shape
        for at, (chunk, weights) in enumerate(zip(chunks[:-1], self.convolutions, strict=True)):
            # (columns x batch, channels, 1, time): the new column last
            wider = chunk.new_empty((at + 2) * batch, 1, time, width).permute(0, 3, 1, 2)
            if at:
                norm_scale, norm_shift = self.norms[at - 1]
                torch.addcmul(norm_shift, columns, norm_scale, out=wider[:-batch])
            else:
                wider[:-batch] = columns
            wider[-batch:] = chunk
            columns = self.act(convolve(wider, *weights, (1, 1), (0, reach), (1, reach)))
            flat = columns.permute(0, 2, 3, 1).reshape(at + 2, -1)
            mixed = (self.mixes[at] @ flat).view(batch, 1, time, width)
            steps.append(mixed.permute(0, 3, 1, 2))
        return [*steps, chunks[-1]]


def _folded(weight: torch.Tensor, bias: torch.Tensor, read: list[Affine]) -> _Step:
    """A convolution of a sum of normed parts, as one of the parts beside each other."""
    full = weight.double()
    shift = torch.stack([part.shift for part in read]).sum(0)
    taps = torch.einsum("oik,i->ko", full, shift)  # what each tap adds where it meets a frame
    side_by_side = torch.cat([full * part.scale[None, :, None] for part in read], dim=1)
    before, after = (tap.float()[:, None, None] for tap in (taps[0], taps[-1]))
    return _Step(_image(side_by_side), (bias.double() + taps.sum(0)).float(), before, after)


def _all(kind: type[AnyModule], modules: Iterable[torch.nn.Module]) -> list[AnyModule]:
    """Modules of a list, which forgets what they are."""
    return [module for module in modules if isinstance(module, kind)]


def _image(weight: torch.Tensor) -> torch.Tensor:
    """Weights (outputs, inputs, taps) as those of an image one pixel high."""
    return weight.detach().float().unsqueeze(2).contiguous(memory_format=torch.channels_last)


def _beside(norm: Affine) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and shift as they stand beside (batch, channels, 1, time)."""
    return norm.scale.float()[:, None, None], norm.shift.float()[:, None, None]


class FoldedNes2Net:
    """The same logits as a trained network in eval mode, to rounding, in less time.

    Args:
        network: trained; it is not changed, and later changes to it are not seen.

    Raises:
        BadInput: when the network is in training mode.

    Example:
        >>> network = Nes2Net(64, 1, nest=(4, 4)).eval()
        >>> frames = torch.randn(2, 9, 64)
        >>> bool(torch.allclose(FoldedNes2Net(network)(frames), network(frames), atol=1e-5))
        True
    """

    @torch.no_grad()
    def __init__(self, network: Nes2Net) -> None:
        if network.training:
            raise BadInput("only a network in eval mode can be folded", where="Nes2Net")
        self.width, self.act, self.pool, self.head = network.width, network.act, network.pool, network.head
        self.blocks = [_Block(block) for block in _all(NestedBlock, network.blocks)]
        norms = [Affine.of(norm) for norm in _all(FrameNorm, network.norms)]
        self.norms = [_beside(norm) for norm in norms]
        last = Affine.of(network.norm)
        whole = torch.ones(self.width).to(last.scale)
        read = [*norms, Affine(whole, torch.zeros_like(whole))]
        parts = [last.part(at * self.width, (at + 1) * self.width) for at in range(len(read))]
        self.last = [
            _beside(Affine(one.scale * part.scale, one.shift * part.scale + part.shift))
            for one, part in zip(read, parts, strict=True)
        ]

    @torch.no_grad()
    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        """Logits (batch, outputs) of frames (batch, time, dimension) without padding."""
        return torch.cat([self._some(frames[at : at + CLIPS]) for at in range(0, len(frames), CLIPS)])

    def _some(self, frames: torch.Tensor) -> torch.Tensor:
        chunks = frames.transpose(1, 2).unsqueeze(2).split(self.width, dim=1)
        pooled: list[torch.Tensor] = []
        read: torch.Tensor | None = None
        for at, (chunk, (scale, shift)) in enumerate(zip(chunks, self.last, strict=True)):
            if at == len(self.blocks):
                read = chunk
            else:
                carried = chunk
                if read is not None:
                    carried = torch.addcmul(chunk, read, self.norms[at - 1][0]).add_(self.norms[at - 1][1])
                read = self.act(self.blocks[at](carried))
            joined = self.act(torch.addcmul(shift, read, scale))
            pooled.append(joined.mean((2, 3)) if self.pool is None else joined)
        whole = torch.cat(pooled, dim=1)
        if self.pool is not None:
            whole = whole.squeeze(2).transpose(1, 2)
            whole = self.pool(whole, whole.new_ones(whole.shape[:2]))
        logits: torch.Tensor = self.head(whole)
        return logits
