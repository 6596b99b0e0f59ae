from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
import pytest
import soundfile
import torch

from earwitness.audio.decode import decode
from earwitness.errors import BadInput
from earwitness.evidence.instrument import Instrument
from earwitness.evidence.manifest import read_manifest
from earwitness.systems import clip_windows as windows_of
from earwitness.systems.clip_windows import WindowRule, clip_windows
from earwitness.systems.detection_table import origin_classes, read_rows
from earwitness.systems.detector import Plan, train_detector
from earwitness.systems.frame_heads import coarse_windows
from earwitness.systems.head_training import clip_means
from earwitness.systems.instrument_card import card_text
from earwitness.systems.origin import RECIPE, Origin
from earwitness.task import DETECTION
from earwitness.training.checkpoint import load_tensors
from earwitness.training.recipe import Optimiser, read_recipe

ENGINES = {"espeak": "espeak", "flite": "flite", "lpc": "source-filter"}
RULE = WindowRule(window_seconds=1.0, hop_seconds=0.5, least_speech=0.5)
SOURCES = ("fillets", "queen", "tuxpaint")


class Spectra:
    """An encoder for tests: two layers of band energies, 50 frames a second."""

    name, revision, layers, policy = "spectra", "1", (1, 2), "cropped"
    dimension, frame_rate = 8, 50.0

    def encode(self, waveforms: list[np.ndarray], sample_rate: int = 16_000) -> list[np.ndarray]:
        found = []
        for samples in waveforms:
            blocks = samples[: len(samples) // 320 * 320].reshape(-1, 320)
            bands = np.abs(np.fft.rfft(blocks))[:, :160].reshape(len(blocks), 8, 20).mean(-1)
            logs = np.log(bands + 1e-4).astype(np.float32)
            found.append(np.stack([logs, logs**2]))
        return found


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Noise in bands that tell the engine a little; all of it counts as speech."""
    monkeypatch.setattr(
        windows_of, "speech_probability", lambda samples: np.ones(-(-len(samples) // 512), np.float32)
    )
    rng = np.random.default_rng(0)
    folder = tmp_path / "corpus"
    (folder / "audio").mkdir(parents=True)
    rows = []
    for number in range(96):
        source = SOURCES[number % 3]
        engine = ["", *ENGINES][number // 3 % 4]
        spectrum = np.fft.rfft(rng.normal(0, 0.05, 24_000 + 400 * (number % 5)))
        tilt = {"": 0.0, "espeak": 1.5, "flite": 1.2, "lpc": 0.9}[engine] * rng.normal(1, 0.3)
        samples = np.fft.irfft(spectrum * np.linspace(1, 0.2, len(spectrum)) ** tilt)
        soundfile.write(folder / "audio" / f"{number}.wav", samples, 16_000, subtype="FLOAT")
        rows.append(
            {
                "id": f"clip{number:03d}", "path": f"audio/{number}.wav", "start": 0.0, "end": None,
                "split": "train",
                "label": "spoof" if engine else "bona fide",
                "engine": engine, "family": ENGINES.get(engine, ""), "voice": f"{engine}{number % 7}",
                "language": "en", "source": source, "speaker": f"{source}{number % 5}",
                "group": f"g{number}", "channel": "clean" if number % 2 else "gsm",
            }
        )  # fmt: skip
    pl.DataFrame(rows).write_parquet(folder / "corpus.parquet")
    return folder


def trained(corpus: Path, out: Path, store: Path | None = None, **changes: object) -> Path:
    recipe = type(RECIPE)(
        system="origin",
        views=(type(RECIPE.views[0])(encoder="whisper-base", layers=(1, 2)),),
        **{
            name: getattr(RECIPE, name)
            for name in RECIPE.__struct_fields__
            if name not in ("system", "views")
        }
        | changes,
    )
    table = pl.read_parquet(corpus / "corpus.parquet")
    rival = out.parent / "chance.parquet"
    rng = np.random.default_rng(1)
    pl.DataFrame({"id": table["id"], "score": rng.normal(size=len(table))}).write_parquet(rival)
    return train_detector(
        corpus, store, out, recipe=recipe, plan=Plan(rule=RULE),
        encoder=Spectra(), rivals={"chance": rival},  # type: ignore[arg-type]
    )  # fmt: skip


def test_from_corpus_to_instrument(corpus: Path, tmp_path: Path) -> None:
    folder = trained(corpus, tmp_path / "run", tmp_path / "store")
    manifest, _ = read_manifest(folder)
    assert manifest.head.outputs == ("score",)
    card = json.loads((folder / "card.json").read_text())
    figures = card["figures"]
    assert set(figures["per_family"]) == {"espeak", "flite", "source-filter"}
    assert figures["mean_leave_one_out_eer"]["value"] < 0.4
    assert figures["rivals"]["chance"]["rival_minus_ours"]["value"] > 0
    assert figures["verdicts"]["given"] >= figures["verdicts"]["wrong"]
    assert card_text(card) == (folder / "card.md").read_text()
    weights, record = load_tensors(tmp_path / "run" / "weights.safetensors")
    assert record["classes"] == ["bona fide", *sorted(ENGINES)]
    assert "standardise.centre" in weights
    scores = pl.read_parquet(tmp_path / "run" / "scores.parquet")
    assert scores.group_by("id", "round").len()["len"].max() == 1
    # The exported head, window by window, says what the training side said.
    instrument = Instrument(folder)
    clip = decode(corpus / "audio" / "0.wav")
    cut = clip_windows(clip.samples, Spectra(), RULE)
    alone = instrument.score(cut.frames, cut.mask)
    session = onnxruntime.InferenceSession(str(folder / "head.onnx"), providers=["CPUExecutionProvider"])
    assert np.allclose(alone, session.run(["score"], {"frames": cut.frames, "mask": cut.mask})[0], atol=1e-3)


def test_a_head_on_frames_is_trained_validated_and_exported(corpus: Path, tmp_path: Path) -> None:
    folder = trained(
        corpus, tmp_path / "run", tmp_path / "store", pooling="attentive", objective="one-class", epochs=4,
        batch=8, narrow=8, coarsen=5, optimiser=Optimiser(learning_rate=1e-2),
    )  # fmt: skip
    card = json.loads((folder / "card.json").read_text())
    assert card["figures"]["mean_leave_one_out_eer"]["value"] < 0.45
    clip = decode(corpus / "audio" / "0.wav").samples
    cut = clip_windows(clip, Spectra(), RULE)
    coarse = coarse_windows(cut, 5)
    assert coarse.shape == (len(cut.speech), 2, 10, 8 + 2)
    assert np.allclose(coarse[0, :, 0, :-2], cut.frames[0, :, :5].mean(1), atol=2e-2)  # all of it is speech
    assert (coarse[:, 0, 0, -1] == cut.speech).all()
    # From 50 frames a second the exported head says what training said of their means.
    network = Origin().build(
        read_recipe(tmp_path / "run" / "recipe.json", RECIPE), {"frames": (2, 8)}, DETECTION
    )
    network.load_state_dict(load_tensors(tmp_path / "run" / "weights.safetensors")[0])
    frames = torch.from_numpy(coarse[..., :-2].astype(np.float32))
    said = network.eval().odds(network.logits(network.embed(frames, torch.ones(frames.shape[0], 10))))
    assert np.allclose(Instrument(folder).score(cut.frames, cut.mask), said.detach(), atol=2e-2)


def test_training_twice_gives_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    first = trained(corpus, tmp_path / "first", tmp_path / "store")
    again = trained(corpus, tmp_path / "again", tmp_path / "store")  # from what the store kept
    anew = trained(corpus, tmp_path / "anew")
    resumed = trained(corpus, tmp_path / "again")  # from the scores that the run has kept
    assert resumed == again
    for name in ("head.onnx", "manifest.json", "card.json", "card.md"):
        assert (first / name).read_bytes() == (again / name).read_bytes() == (anew / name).read_bytes()


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="corpora build"):
        read_rows(tmp_path)
    pl.DataFrame({"id": ["a"]}).write_parquet(tmp_path / "corpus.parquet")
    with pytest.raises(BadInput, match="no column"):
        read_rows(tmp_path)


def test_classes_and_means() -> None:
    table = pl.DataFrame(
        {"label": ["bona fide", "spoof"], "engine": ["", "lpc"], "family": ["", "source-filter"]}
    )
    assert origin_classes(table, "engine")[0] == ("bona fide", "lpc")
    assert origin_classes(table, "family")[1].tolist() == [0, 1]
    assert origin_classes(table, "binary")[0] == ("bona fide", "spoof")
    numbers, means = clip_means(
        np.array([3, 3, 5]), np.array([[0.0], [3.0], [7.0]]), np.array([2.0, 1.0, 4.0])
    )
    assert numbers.tolist() == [3, 5]
    assert means.ravel().tolist() == [1.0, 7.0]
