"""Published checkpoints of Nes2Net: their names turned into ours.

The authors' files (CtrSVDD, ASVspoof 2019/2021, ASVspoof 5) carry no licence and are not shipped; whoever
has them can load them here. They hold the encoder, too, under `ssl_model.`; that part is left out.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from earwitness.errors import BadInput
from earwitness.layers.nested_res2net import Nes2Net, Variant

_NAMES = (
    (r"^Build_in_Res2Nets\.(\d+)\.", r"blocks.\1."),
    (r"^bns\.", "norms."),
    (r"^bn\.", "norm."),
    (r"^fc\.", "head."),
    (r"^pooling\.linear1\.", "pool.attention.0."),
    (r"^pooling\.linear2\.", "pool.attention.2."),
    (r"^(blocks\.\d+)\.conv1\.", r"\1.into."),
    (r"^(blocks\.\d+)\.bn1\.", r"\1.into_norm."),
    (r"^(blocks\.\d+)\.convs\.", r"\1.over_time."),
    (r"^(blocks\.\d+)\.bns\.", r"\1.norms."),
    (r"^(blocks\.\d+)\.weighted_sum\.", r"\1.mixes."),
    (r"^(blocks\.\d+)\.conv3\.", r"\1.out."),
    (r"^(blocks\.\d+)\.bn3\.", r"\1.out_norm."),
    (r"^(blocks\.\d+)\.se\.se\.1\.", r"\1.gate.narrow."),
    (r"^(blocks\.\d+)\.se\.se\.3\.", r"\1.gate.widen."),
)
_BACK_END = re.compile(r"^(module\.)?(Nested_Res2Net_TDNN\.)?(?=Build_in_Res2Nets\.|bns?\.|fc\.|pooling\.)")


def renamed(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The back-end of a published checkpoint under the names of `Nes2Net`.

    Args:
        published: tensors under the names of the authors' files, of the whole model or the back-end.

    Returns:
        Tensors as `Nes2Net.load_state_dict` takes them, once their shapes are its own.

    Example:
        >>> list(renamed({"Nested_Res2Net_TDNN.fc.bias": torch.zeros(1), "ssl_model.x": torch.zeros(1)}))
        ['head.bias']
    """
    ours = {}
    for name, tensor in published.items():
        inner, found = _BACK_END.subn("", name)
        if not found:
            continue
        for pattern, replacement in _NAMES:
            inner = re.sub(pattern, replacement, inner)
        ours[inner] = tensor
    return ours


def network_of(
    published: Mapping[str, Tensor], *, dilation: int, variant: Variant | Literal["auto"] = "auto"
) -> Nes2Net:
    """The network of a published checkpoint, ready to score.

    Args:
        published: tensors under the names of the authors' files.
        dilation: that it was trained with, which the file does not say: 1 for CtrSVDD and ASVspoof 5,
            2 for ASVspoof 2019/2021.
        variant: `auto` tells `plain` from `x`; `x-selu` looks like `x` and must be named.

    Raises:
        BadInput: when the tensors are not those of Nes2Net.

    Example:
        >>> network_of({"fc.weight": torch.zeros(1, 4)}, dilation=1)
        Traceback (most recent call last):
        ...
        earwitness.errors.BadInput: Nes2Net: is not a checkpoint of Nes2Net: lacks 'blocks.0.into.weight'
    """
    tensors = renamed(published)

    def shape(name: str) -> torch.Size:
        if name not in tensors:
            raise BadInput(f"is not a checkpoint of Nes2Net: lacks {name!r}", where="Nes2Net")
        return tensors[name].shape

    width, narrow = shape("blocks.0.into.weight")[0], shape("blocks.0.gate.narrow.weight")[0]
    inner = 1 + sum(bool(re.fullmatch(r"blocks\.0\.over_time\.\d+\.weight", name)) for name in tensors)
    outer = 1 + sum(bool(re.fullmatch(r"norms\.\d+\.weight", name)) for name in tensors)
    attentive = "pool.attention.0.weight" in tensors
    if variant == "auto":
        variant = "x" if "blocks.0.mixes.0" in tensors else "plain"
    network = Nes2Net(
        width * outer,
        shape("head.weight")[0],
        variant,
        nest=(outer, inner),
        dilation=dilation,
        reduction=max(width // narrow, 1),
        pooling="attentive" if attentive else "mean",
        pooling_width=shape("pool.attention.0.weight")[0] if attentive else 128,
    )
    own = network.state_dict()
    strange = sorted(set(own) ^ set(tensors))
    if strange:
        raise BadInput(f"does not fit Nes2Net: {strange[0]!r}", where="Nes2Net")
    try:
        # Theirs have axes of length 1 (images, pointwise convolutions) where ours have none.
        network.load_state_dict({name: tensors[name].reshape(value.shape) for name, value in own.items()})
    except RuntimeError as error:
        raise BadInput(f"does not fit Nes2Net: {error}", where="Nes2Net") from error
    return network.eval()


def load(path: str | Path, *, dilation: int, variant: Variant | Literal["auto"] = "auto") -> Nes2Net:
    """The network of a published checkpoint file.

    Args:
        path: a file of the authors (`.pt`, `.pth`); it is read as data, with `weights_only=True`.
        dilation: see `network_of`.
        variant: see `network_of`.

    Raises:
        BadInput: when the file is missing, holds more than tensors, or is not of Nes2Net.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        raise BadInput("is not a file of tensors", where=str(path)) from error
    if isinstance(content, Mapping) and "model_state_dict" in content:  # what they resume from
        content = content["model_state_dict"]
    if not isinstance(content, Mapping) or not all(isinstance(v, Tensor) for v in content.values()):
        raise BadInput("is not a table of tensors", where=str(path))
    try:
        return network_of(content, dilation=dilation, variant=variant)
    except BadInput as error:
        raise BadInput(error.reason, where=str(path)) from error
