"""QAMO and its rivals, from frames and from the waveform, on the real classes at a tiny size."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from earwitness.cli.main import main
from earwitness.errors import BadInput
from earwitness.layers.folded_nes2net import FoldedNes2Net
from earwitness.systems.qamo import PUBLISHED, REPOSITORY, Qamo
from earwitness.systems.recipes import chosen_recipe
from earwitness.training.changing import Changing
from earwitness.training.data import Batch, Examples
from earwitness.training.loop import train
from earwitness.training.randomness import Moment

SMALL = (
    "batch=4", "epochs=2", "patience=null", "validation=0", 'back_end_settings=["variant=x","nest=[4,4]"]',
)  # fmt: skip
LABEL, QUALITY = np.array([1, 0, 1, 0, 1, 0, 1, 0]), np.array([1, 1, 0, -1, 1, 0, -1, 1])
RNG = np.random.default_rng(0)
FRAMES = [RNG.standard_normal((1, n, 32)).astype(np.float32) for n in range(5, 13)]
CLIPS = [(0.1 * RNG.standard_normal((n, 1))).astype(np.float32) for n in range(2_500, 4_100, 200)]


def frames_recipe(*settings: str) -> Any:
    return chosen_recipe(Qamo(), "frames", [*SMALL, *settings])


def examples(
    quality: np.ndarray = QUALITY, label: np.ndarray = LABEL, waveform: Changing | None = None
) -> Examples:
    count = len(label)
    return Examples(
        ids=tuple("abcdefgh"), group=np.arange(count),
        readers={"waveform": CLIPS.__getitem__} if waveform else {"frames": FRAMES.__getitem__},
        targets={"label": label, "quality": quality, "speaker": np.array([0, 0, 0, 1, 1, 2, -1, 1])},
        changes={"waveform": waveform} if waveform else {},
    )  # fmt: skip


def table(*columns: str) -> pl.DataFrame:
    return pl.DataFrame({name: ["a", "b", "c", None] for name in columns})


def built(recipe: Any, seen: Examples) -> Any:
    torch.manual_seed(1)
    module = Qamo().build(recipe, {"frames": (1, 32)}, Qamo().task(recipe, table("quality", "speaker")))
    Qamo().fit(module, seen, np.arange(8))
    return module


def losses(module: Any, batch: Batch) -> dict[str, float]:
    found = Qamo().losses(module, batch, None)["clean"]  # type: ignore[arg-type]
    return {name: float(value.detach()) for name, value in found.items()}


def test_paper_and_repository_differ_in_two_settings() -> None:
    view = PUBLISHED.views[0]
    assert view.augment is not None
    assert not isinstance(view.augment, str)
    rule: Any = view.augment
    assert (view.length, rule.chance, rule.lowers, rule.augment.algorithm) == (66_800, 0.4, "quality", 4)
    assert (PUBLISHED.batch, PUBLISHED.patience, PUBLISHED.average) == (20, 7, 5)
    assert (PUBLISHED.scale, PUBLISHED.real, PUBLISHED.fake) == (20.0, 0.9, 0.2)
    paper, code = msgspec.structs.asdict(PUBLISHED), msgspec.structs.asdict(REPOSITORY)
    differ = {name: (paper[name], code[name]) for name in paper if paper[name] != code[name]}
    assert differ == {"quality_scale": (20.0, 32.0), "scoring": ("softmax", "mean")}


def test_centres_learn_faster_than_encoder_and_back_end() -> None:
    seen = examples()
    stage = Qamo().stages(PUBLISHED, np.arange(8), seen)[0]
    assert [(one.pattern, one.learning_rate) for one in stage.parameter_groups] == [
        (r"^centres\.", 1e-3),
        (r"^front\.", 1e-6),
    ]
    module = built(frames_recipe(), seen)
    groups = (
        Qamo()
        .stages(module.recipe, np.arange(8), seen)[0]
        .optimiser_groups(list(module.named_parameters()), 1e-6, 0.0)
    )
    assert [group["lr"] for group in groups] == [1e-3, 1e-6]
    assert [tuple(one.shape) for one in groups[0]["params"]] == [(2, 32)]


@pytest.mark.parametrize("back_end", ["nes2net", "conformer-tcm", "mhfa"])
def test_the_losses_are_those_of_the_spec_and_validation_needs_no_quality(back_end: str) -> None:
    inner = {"conformer-tcm": '["width=32","blocks=1"]', "mhfa": "[]"}
    chosen = [f"back_end={back_end}"]
    chosen += [f"back_end_settings={inner[back_end]}"] if back_end in inner else []
    chosen += ["sum=every"] if back_end == "mhfa" else []
    seen, recipe = examples(), frames_recipe(*chosen)
    module = built(recipe, seen).eval()
    batch = seen.batch(np.arange(8))
    with torch.no_grad():
        cosine = Qamo().logits(module, batch).double().numpy()
    assert cosine.shape == (8, 2)
    nearest, softplus = cosine.max(1), lambda value: np.log1p(np.exp(20 * value))
    without = np.where(LABEL == 1, softplus(0.9 - nearest), softplus(nearest - 0.2)).mean()
    assert losses(module, batch) == {"one-class": pytest.approx(without, rel=1e-4)}
    module.training = True  # only that of the whole: norms and dropout stay as they are
    own = np.where(QUALITY < 0, nearest, cosine[np.arange(8), QUALITY.clip(0)])
    known = np.where(LABEL == 1, softplus(0.9 - own), softplus(nearest - 0.2)).mean()
    rows = np.flatnonzero((LABEL == 1) & (QUALITY >= 0))
    one_hot = np.eye(2)[QUALITY[rows]]
    logits = 20 * (cosine[rows] - 0.4 * one_hot)
    entropy = (np.log(np.exp(logits).sum(1)) - (logits * one_hot).sum(1)).mean()
    found = losses(module, batch)
    assert found["one-class"] == pytest.approx(known, rel=1e-4)
    assert found["quality"] == pytest.approx(0.1 * entropy, rel=1e-4, abs=1e-6)


def test_a_batch_without_bona_fide_has_losses_and_gradients() -> None:
    seen = examples()
    module = built(frames_recipe(), seen).train()
    found = Qamo().losses(module, seen.batch(np.array([1, 3, 5])), None)["clean"]  # type: ignore[arg-type]
    sum(found.values(), torch.zeros(())).backward()  # type: ignore[no-untyped-call]
    assert float(found["quality"].detach()) == 0.0
    gradients = [one.grad for one in module.parameters() if one.grad is not None]
    assert gradients
    assert all(bool(torch.isfinite(one).all()) for one in gradients)


@pytest.mark.parametrize(
    ("scoring", "wanted"),
    [
        ("max", lambda c: c.max(1)),
        ("mean", lambda c: c.mean(1)),
        ("softmax", lambda c: (np.exp(c) * c).sum(1) / np.exp(c).sum(1)),
    ],
)
def test_scores_of_three_centres_need_no_labels(scoring: str, wanted: Any) -> None:
    recipe = frames_recipe("centres=3", f"scoring={scoring}")
    seen = examples(np.array([2, 1, 0, -1, 1, 0, -1, 2]))
    module = built(recipe, seen).eval()
    bare = Examples(ids=seen.ids, readers=seen.readers, targets={}, group=seen.group)
    batch = bare.batch(np.arange(8))
    with torch.no_grad():
        cosine = Qamo().logits(module, batch).numpy()
        score = Qamo().score(module, batch)["label"]
    assert cosine.shape == (8, 3)
    np.testing.assert_allclose(score, wanted(cosine), rtol=1e-5)


@pytest.mark.parametrize(
    ("objective", "names", "centres"),
    [
        ("qamo", {"one-class", "quality"}, 2),
        ("oc-softmax", {"one-class"}, 1),
        ("am-softmax", {"am-softmax"}, 2),
        ("samo", {"one-class"}, 3),
        ("cross-entropy", {"cross-entropy"}, 2),
        ("cross-entropy-quality", {"cross-entropy", "quality"}, 4),
    ],
)
def test_every_objective_learns_to_tell_the_classes_apart(
    objective: str, names: set[str], centres: int
) -> None:
    recipe = frames_recipe(f"objective={objective}", "epochs=25", "optimiser.learning_rate=0.003")
    shifted = [frames + 0.5 * label for frames, label in zip(FRAMES, LABEL, strict=True)]
    seen = examples()
    seen = msgspec.structs.replace(seen, readers={"frames": shifted.__getitem__})
    module = built(recipe, seen)
    batch = seen.batch(np.arange(8))
    with torch.no_grad():
        assert set(losses(module.train(), batch)) == names
        assert Qamo().logits(module.eval(), batch).shape == (8, centres)
    stages = Qamo().stages(recipe, np.arange(8), seen)
    trained = train(Qamo(), module, stages, seen, np.zeros(0, np.int64), recipe, seed=0).module
    with torch.no_grad():
        score = Qamo().score(trained, batch)["label"]
    assert score[LABEL == 1].min() > score[LABEL == 0].max()


@pytest.mark.parametrize("objective", ["qamo", "samo"])
def test_a_training_that_was_stopped_ends_the_same(objective: str, tmp_path: Path) -> None:
    recipe = frames_recipe(f"objective={objective}", "epochs=3")
    seen, nobody = examples(), np.zeros(0, np.int64)
    stages = Qamo().stages(recipe, np.arange(8), seen)
    whole = train(Qamo(), built(recipe, seen), stages, seen, nobody, recipe, seed=0).module.state_dict()

    def stop(_: str, epoch: int, *__: object) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    kept = tmp_path / "checkpoint.safetensors"
    for progress in (stop, None):
        try:
            again = train(
                Qamo(), built(recipe, seen), stages, seen, nobody, recipe, seed=0, checkpoint=kept,
                progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            assert progress is stop
    assert all(torch.equal(value, whole[name]) for name, value in again.module.state_dict().items())


def test_only_speakers_of_bona_fide_training_rows_attract() -> None:
    module = built(frames_recipe("objective=samo"), examples())
    assert module.centres.present.tolist() == [True, True, False]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("wav2vec2")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=48,
        conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
        do_stable_layer_norm=True, feat_extract_norm="layer",
    )  # fmt: skip
    Wav2Vec2Model(config).save_pretrained(path)
    return str(path)


def wave_settings(encoder: str) -> list[str]:
    return [*SMALL, "encoder=wav2vec2-base", f'weights="{encoder}"', "layers=[1]", "views.0.length=4000"]


@pytest.mark.parametrize("name", ["published", "published-nes2net", "repository"])
def test_published_recipes_run_from_a_miniature_in_the_public_layout(encoder: str, name: str) -> None:
    back = '["width=16","blocks=1"]' if name != "published-nes2net" else '["variant=x","nest=[4,4]"]'
    chosen = [f'weights="{encoder}"', "layers=[1]", f"back_end_settings={back}", "views.0.length=4000"]
    recipe = chosen_recipe(Qamo(), name, [*chosen, "epochs=1", "patience=null", "validation=0", "batch=4"])
    seen = examples(waveform=Changing(recipe.views[0]))
    module = built(recipe, seen)
    stages = Qamo().stages(recipe, np.arange(8), seen)
    trained = train(Qamo(), module, stages, seen, np.zeros(0, np.int64), recipe, seed=0).module
    with torch.no_grad():
        score = Qamo().score(trained, seen.batch(np.arange(8)))["label"]
    assert score.shape == (8,)
    assert np.isfinite(score).all()


def test_what_is_roughened_falls_by_one_class(encoder: str) -> None:
    recipe = chosen_recipe(Qamo(), None, [*wave_settings(encoder), "views.0.augment.chance=1"])
    high = np.where(LABEL == 1, 1, QUALITY)
    seen = examples(high, waveform=Changing(recipe.views[0]))
    module = built(recipe, seen)
    batch = seen.batch(np.arange(8), Moment(seed=0, epoch=0))
    assert batch.targets["quality"].tolist() == [0, 0, 0, -1, 0, 0, 0, 0]
    assert set(losses(module.train(), batch)) == {"one-class", "quality"}
    before = {name: value.clone() for name, value in module.named_parameters()}
    stages = Qamo().stages(recipe, np.arange(8), seen)
    train(Qamo(), module, stages, seen, np.zeros(0, np.int64), recipe, seed=0)
    moved = {name for name, value in module.named_parameters() if not torch.equal(value, before[name])}
    assert {name.split(".")[0] for name in moved} == {"front", "body", "centres"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("centres=1",), "2 centres or more"),
        (("quality_scale=0",), "above 0"),
        (("momentum=1",), r"\[0, 1\)"),
        (("back_end=linear-probe",), "no linear head"),
        (("back_end=qamo",), "no detector over frames"),
    ],
)
def test_what_does_not_fit_is_refused(settings: tuple[str, ...], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        built(frames_recipe("back_end_settings=[]", *settings), examples())


def test_a_corpus_without_quality_and_a_class_without_bona_fide_are_refused() -> None:
    with pytest.raises(BadInput, match="corpora quality"):
        Qamo().task(frames_recipe(), table("speaker"))
    with pytest.raises(BadInput, match="of quality 0"):
        built(frames_recipe(), examples(np.ones(8, np.int64)))
    with pytest.raises(BadInput, match="of quality 2"):
        built(frames_recipe("centres=3"), examples())


def test_copies_are_refused() -> None:
    with pytest.raises(BadInput, match=r"copies are DPDA's"):
        chosen_recipe(Qamo(), None, ["views.0.copies=1"])


def test_the_command_trains_and_scores(
    encoder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for at in range(18):
        tone = np.sin(2 * np.pi * (500 if at % 2 else 2500) * np.arange(4_000) / 16_000)
        soundfile.write(tmp_path / f"{at}.wav", 0.1 * RNG.standard_normal(4_000) + 0.05 * tone, 16_000)
        rows.append(
            {"id": f"c{at}", "path": f"{at}.wav", "start": 0.0, "end": 0.25, "speaker": f"s{at}",
             "group": f"g{at}", "label": "bona fide" if at % 2 else "spoof",
             "quality": "1" if at < 10 else None,
             "split": "train" if at < 8 else "validation" if at < 10 else "test"}
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "corpus.parquet")
    words = [word for setting in wave_settings(encoder) for word in ("--set", setting)]
    run = tmp_path / "run"
    assert main(["train", "qamo", "--corpus", str(tmp_path), "--out", str(run), *words]) == 0
    assert capsys.readouterr().out.startswith("eer ")
    assert main(["score", str(run), str(tmp_path), "--out", str(tmp_path / "scores.parquet")]) == 0
    scores = pl.read_parquet(tmp_path / "scores.parquet")
    assert len(scores) == 18
    assert scores["score"].is_between(-1, 1).all()


@pytest.mark.parametrize("back", ['["nest=[4,4]"]', '["variant=x","nest=[4,4]"]'])
@pytest.mark.parametrize("objective", ["qamo", "cross-entropy"])
def test_scoring_folds_the_norms_of_nes2net_away(back: str, objective: str) -> None:
    module = built(frames_recipe(f"back_end_settings={back}", f"objective={objective}"), examples())
    frames = torch.from_numpy(RNG.standard_normal((6, 1, 20, 32)).astype(np.float32))
    for _ in range(3):
        module.train()(3 * frames + 1)  # norms that are not those of the start
    module.eval()
    with torch.no_grad():
        whole = module(frames)
    assert module._folded is None
    with torch.inference_mode():
        folded = module(frames)
    assert isinstance(module._folded, partial)
    assert isinstance(module._folded.args[0], FoldedNes2Net)
    torch.testing.assert_close(folded, whole, atol=2e-5, rtol=1e-4)
