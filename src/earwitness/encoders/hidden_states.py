"""An encoder as a torch module: waveforms in, the hidden states of chosen layers out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from earwitness.encoders.families import Family
from earwitness.encoders.fronts import ClapFront, FilterbankFront, Front, PatchFront, WaveformFront
from earwitness.encoders.true_length import keep_padding_out, open_wavlm_attention
from earwitness.encoders.waveform_level import FAINTEST, RMS, Level
from earwitness.encoders.whisper_torch import WhisperEncoder


class HiddenStates(nn.Module):
    """The hidden states of an encoder, exact in padded batches.

    Frames of a clip are those that it has alone: group norms are taken over true frames,
    attention and convolutions see no padding. Blocks after the last layer are cut off.

    Args:
        model: of transformers, or our Whisper; changed in place.
        family: of the model.
        front: what it hears.
        layers: 0 = input of the first block, k = after block k; the last one is what the model
            gives, with its final norm where it has one.
    """

    def __init__(self, model: nn.Module, family: Family, front: Front, layers: Sequence[int]) -> None:
        super().__init__()
        self.front, self.family, self.layers = front, family, tuple(layers)
        self._norms = keep_padding_out(model) if isinstance(front, WaveformFront) else []
        if family.model == "WavLMModel":
            open_wavlm_attention(model)
        self._last = 0
        if isinstance(model, WhisperEncoder):
            model.cut_after(max(self.layers))
        elif family.blocks:
            owner, _, name = f"model.{family.blocks}".rpartition(".")
            parent = model.get_submodule(owner.removeprefix("model").lstrip("."))
            blocks = getattr(parent, name)
            self._last = len(blocks)
            # the first block stays even for layer 0 alone: its input is what is recorded
            setattr(parent, name, blocks[: max(1, *self.layers)])
        self.model = model

    def forward(
        self, waveforms: torch.Tensor, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode a batch.

        Args:
            waveforms: `(batch, samples)`, full scale 1, at the front's rate; at most one chunk.
            lengths: true samples of each, `(batch,)`; all are true when `None`.

        Returns:
            Hidden states `(batch, layers, frames, dimension)` and the true frames of each clip,
            `(batch,)`; frames beyond are of no meaning. One vector a clip is one frame.
        """
        if lengths is None:
            lengths = torch.full((len(waveforms),), waveforms.shape[1], device=waveforms.device)
        counts = torch.tensor([self.front.frames(int(n)) for n in lengths], device=waveforms.device)
        if isinstance(self.front, WaveformFront):
            ragged = None if bool((lengths == waveforms.shape[1]).all()) else lengths
            return self.states(_levelled(waveforms, lengths, self.front.level), ragged), counts
        # a spectrogram has no weights, so that nothing is lost by leaving torch
        heard = [
            self.front(clip[: int(n)].detach().cpu().float().numpy())
            for clip, n in zip(waveforms, lengths, strict=True)
        ]
        axis = 0 if isinstance(self.front, FilterbankFront) else -1
        longest = max(values.shape[axis] for values in heard)
        padded = []
        for values in heard:
            room = [(0, 0)] * values.ndim
            room[axis] = (0, longest - values.shape[axis])
            padded.append(np.pad(values, room))
        kind = next(self.model.parameters()).dtype
        inputs = torch.from_numpy(np.stack(padded)).to(waveforms.device, kind)
        ragged = None if len({values.shape[axis] for values in heard}) == 1 else counts
        return self.states(inputs, ragged), counts

    def states(self, inputs: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """Hidden states of what the front gives.

        Args:
            inputs: a batch of what `front` gives.
            lengths: samples (of waveforms) or frames (of spectrograms) that are true, `(batch,)`.

        Returns:
            Shape `(batch, layers, frames, dimension)`.
        """
        front = self.front
        if isinstance(self.model, WhisperEncoder):
            padded = front.policy != "cropped"
            return self.model(inputs, layers=self.layers, lengths=None if padded else lengths)
        if isinstance(front, ClapFront):
            longer = torch.zeros(len(inputs), 1, dtype=torch.bool, device=inputs.device)
            # every window fits, so none is "longer"; transformers' own extractor marks one at random
            return self.model(input_features=inputs, is_longer=longer).audio_embeds[:, None, None]
        settings: dict[str, Any] = {}
        if lengths is not None and self.family.masks != "none":
            places = torch.arange(inputs.shape[1], device=inputs.device)
            settings["attention_mask"] = (places < lengths[:, None]).long()
        for norm in self._norms:
            kernel, stride = front.kernels[0], front.strides[0]  # type: ignore[union-attr]
            norm.lengths = None if lengths is None else (lengths - kernel) // stride + 1
        with self._recorded() as found:
            given = self.model(inputs, **settings).last_hidden_state
        states = [given if layer == self._last else found[layer] for layer in self.layers]
        if isinstance(front, PatchFront):
            states = [_over_frequency(state, front) for state in states]
        return torch.stack(states, dim=1)

    @contextmanager
    def _recorded(self) -> Iterator[dict[int, torch.Tensor]]:
        """Collect the states that pass between blocks, whatever the version of transformers."""
        blocks = self.model.get_submodule(self.family.blocks)
        found: dict[int, torch.Tensor] = {}

        def before(_block: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            found.setdefault(0, given[0] if given else named["hidden_states"])

        def after(layer: int) -> Any:
            def record(_block: nn.Module, _given: Any, told: Any) -> None:
                # the first time only: checkpointing runs a block again while gradients flow
                found.setdefault(layer, told[0] if isinstance(told, tuple) else told)

            return record

        handles = [blocks[0].register_forward_pre_hook(before, with_kwargs=True)]  # type: ignore[index]
        for layer in self.layers:
            if 0 < layer < self._last:
                handles.append(blocks[layer - 1].register_forward_hook(after(layer)))  # type: ignore[index]
        try:
            yield found
        finally:
            for handle in handles:
                handle.remove()


def _over_frequency(tokens: torch.Tensor, front: PatchFront) -> torch.Tensor:
    """Patches -> columns of patches, averaged; the two tokens of the class are left out."""
    columns = (front.length - front.patch) // front.stride + 1
    patches = tokens[:, 2:]
    return patches.reshape(len(tokens), -1, columns, tokens.shape[-1]).mean(dim=1)


def _levelled(waveforms: torch.Tensor, lengths: torch.Tensor, how: Level) -> torch.Tensor:
    """`waveform_level.level` of each clip's true samples, differentiable; zeros beyond them."""
    inside = torch.arange(waveforms.shape[1], device=waveforms.device) < lengths[:, None]
    waveforms = waveforms * inside
    count = lengths[:, None].clamp(min=1)
    if how == "unit":
        mean = waveforms.sum(1, keepdim=True) / count
        centred = (waveforms - mean) * inside
        return centred * torch.rsqrt((centred**2).sum(1, keepdim=True) / count + 1e-7)
    if how == "none":
        return waveforms
    if how == "peak":
        size, target = waveforms.abs().amax(1, keepdim=True), 1.0
    else:
        size, target = ((waveforms**2).sum(1, keepdim=True) / count).sqrt(), RMS
    return torch.where(size > FAINTEST, waveforms * (target / size.clamp(min=FAINTEST)), waveforms)
