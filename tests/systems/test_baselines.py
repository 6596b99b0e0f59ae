"""The baselines of detection: counts of their papers, one score in any company, a whole run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from earwitness.errors import BadInput
from earwitness.systems.aasist import Recipe as GraphRecipe
from earwitness.systems.aasist_frames import AasistFrames
from earwitness.systems.conformer_tcm import ConformerTcm
from earwitness.systems.frame_detector import FrameRecipe
from earwitness.systems.lfcc_gmm import Recipe as MixtureRecipe
from earwitness.systems.mhfa import Mhfa
from earwitness.systems.probe import Probe
from earwitness.systems.recipes import recipes_of
from earwitness.systems.reduction import ReductionEcapa, ReductionResNet
from earwitness.systems.registry import SYSTEMS, system
from earwitness.systems.running import read_run, run_system, score_corpus
from earwitness.systems.sls import Sls
from earwitness.systems.tuned_detector import TunedDetector
from earwitness.training.data import Batch
from earwitness.training.recipe import Optimiser, View

_place = Path(__file__).parents[1] / "training" / "conftest.py"
_spec = importlib.util.spec_from_file_location("earwitness_tests_training_conftest", _place)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
made_corpus = _module.made_corpus

SMALL: dict[str, dict[str, Any]] = {
    "aasist": {"graphs": GraphRecipe(samples=9_600, channels=(4, 4, 4, 4, 4, 4), graph=4, heterogeneous=4)},
    "aasist-frames": {
        "narrow": 24,
        "graphs": GraphRecipe(channels=(4, 4, 4, 4, 4, 4), graph=4, heterogeneous=4, keep_temporal=0.5),
    },
    "conformer-tcm": {"width": 16, "heads": 2, "blocks": 1, "taps": 3},
    "lfcc-gmm": {"mixtures": MixtureRecipe(components=2, rounds=2)},
    "linear-probe": {},
    "mhfa": {"heads": 2, "compression": 8, "embedding": 8},
    "mlp-probe": {"hidden": (8,)},
    "nes2net": {"nest": (4, 4), "variant": "x"},
    "reduction-ecapa": {"narrow": 8, "width": 16, "scale": 4, "embedding": 8},
    "reduction-resnet": {"narrow": 16, "widths": (4, 4, 4, 4), "embedding": 8},
    "sls": {"hidden": 8},
}


def small(name: str) -> Any:
    """The recipe of a system, at a size for tests, on features that need no weights."""
    found = system(name)
    (view,) = found.RECIPE.views
    changes: dict[str, Any] = {"layers": ()}
    if view.input == "waveform":
        changes = {"length": 9_600} if view.length else {}
    elif view.input == "frames":
        changes |= {"encoder": "log-mel", "length": 18, "short": "repeat"}
    else:
        changes |= {"encoder": "log-mel"}
    return msgspec.structs.replace(
        found.RECIPE, views=(msgspec.structs.replace(view, **changes),), batch=6, epochs=2,
        optimiser=Optimiser(learning_rate=1e-2), patience=None, **SMALL[name],
    )  # fmt: skip


def test_every_detector_has_a_test() -> None:
    assert set(SMALL) | {"origin"} <= set(SYSTEMS)
    frames = {name for name in SYSTEMS if isinstance(system(name).RECIPE, FrameRecipe)}
    tuned = {name for name in frames if isinstance(system(name), TunedDetector)}  # test_dpda.py
    assert frames - tuned <= set(SMALL)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_whole_run(name: str, made_corpus: Path, tmp_path: Path) -> None:
    run, figures = run_system(system(name), small(name), made_corpus, tmp_path / "store", tmp_path / "run")
    assert 0 <= figures.mean.value <= 1
    scores, _ = score_corpus(read_run(run), made_corpus, tmp_path / "store")
    assert np.isfinite(scores["score"].to_numpy()).all()
    assert len(scores) == 24


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (lambda: ConformerTcm(), 2_382_628),  # "2,383k"
        (lambda: Sls(), 23_399_429),
        (lambda: AasistFrames(), 447_242),
    ],
)
def test_parameters_are_those_of_the_papers(network: Any, parameters: int) -> None:
    assert sum(parameter.numel() for parameter in network().parameters()) == parameters


@pytest.mark.parametrize(
    ("network", "layers"),
    [
        (lambda: ConformerTcm(16, 2, width=8, heads=2, blocks=2, taps=5), 0),
        (lambda: ConformerTcm(16, 2, width=8, heads=2, blocks=1, taps=4), 0),
        (lambda: ReductionEcapa(16, narrow=8, width=16, scale=4, embedding=4), 0),
        (lambda: Mhfa(16, 3, heads=2, compression=4, embedding=4), 3),
        (lambda: Probe(16, 1), 0),
    ],
)
@pytest.mark.parametrize("lengths", [(7, 3), (1, 9)])
def test_a_clip_scores_the_same_alone_and_in_any_batch(network: Any, layers: int, lengths: Any) -> None:
    torch.manual_seed(0)
    made = network()
    shape = (layers,) if layers else ()
    for _ in range(2):
        made(torch.randn(4, *shape, 9, 16))
    made.eval()
    clips = [torch.randn(*shape, length, 16) for length in lengths]
    longest = max(lengths)
    batch = torch.stack(
        [torch.nn.functional.pad(clip, (0, 0, 0, longest - clip.shape[-2]), value=7.0) for clip in clips]
    )
    mask = torch.stack([(torch.arange(longest) < length).float() for length in lengths])
    with torch.no_grad():
        alone = torch.cat([made(clip[None]) for clip in clips])
        torch.testing.assert_close(made(batch, mask), alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "network",
    [
        lambda: AasistFrames(32),
        lambda: Sls(12, 9, hidden=5),
        lambda: ReductionResNet(16, narrow=16, widths=(4, 4, 4, 4)),
    ],
)
def test_what_cannot_be_masked_refuses_padding(network: Any) -> None:
    with pytest.raises(BadInput, match="clips of"):
        network()(torch.randn(2, 9, 16), torch.ones(2, 9))


class TestObjectives:
    def test_settings_that_do_not_go_together(self) -> None:
        recipe = system("nes2net").RECIPE
        with pytest.raises(BadInput, match="cross-entropy goes with 2"):
            msgspec.structs.replace(recipe, outputs=2).__post_init__()
        with pytest.raises(BadInput, match="above 0"):
            msgspec.structs.replace(recipe, class_weights=(0.0, 1.0)).__post_init__()

    @pytest.mark.parametrize(("loss", "outputs"), [("bce", 1), ("focal", 1), ("cross-entropy", 2)])
    @pytest.mark.parametrize("layers", ["last", "mean", "weighted", "sea", "attm"])
    def test_every_loss_and_sum_learns_polarity(self, loss: Any, outputs: Any, layers: Any) -> None:
        found = system("nes2net")
        recipe = msgspec.structs.replace(found.RECIPE, loss=loss, outputs=outputs, sum=layers, nest=(2, 2))
        torch.manual_seed(1)
        network = found.build(recipe, {"frames": (3, 8)})
        truth = torch.tensor([1, 0, 1, 0, 0, 0])
        values = torch.randn(6, 3, 5, 8) + 2 * truth[:, None, None, None]
        batch = Batch(
            ids=tuple("abcdef"), views={"frames": (values, torch.full((6,), 5))}, targets={"label": truth},
            group=torch.arange(6),
        )  # fmt: skip
        optimiser = torch.optim.Adam(network.parameters(), 0.01)
        for _ in range(25):
            optimiser.zero_grad()
            ((value,),) = (path.values() for path in found.losses(network, batch, None).values())
            value.backward()
            optimiser.step()
        network.eval()
        with torch.inference_mode():
            scores = found.score(network, batch)["label"]
        assert scores[truth.numpy() == 1].min() > scores[truth.numpy() == 0].max()

    def test_weights_follow_how_rare_a_class_is(self) -> None:
        from earwitness.training.data import Examples

        found = system("nes2net")
        network = found.build(found.RECIPE, {"frames": (1, 64)})
        examples = Examples(
            ids=tuple("abcd"), readers={}, targets={"label": np.array([1, 0, 0, 0])}, group=np.arange(4)
        )
        found.fit(network, examples, np.arange(4))
        assert network.class_weights.tolist() == pytest.approx([4 / 6, 2.0])


def test_every_recipe_of_every_system_builds() -> None:
    for name in SYSTEMS:
        found = system(name)
        for recipe in recipes_of(found).values():
            assert recipe.system == name
            assert isinstance(recipe.views[0], View)
