"""`earwitness train` in two processes, as torchrun starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model

from earwitness.cli.main import main
from earwitness.training.checkpoint import load_tensors

WORDS = ["--encoder", "log-mel", "--set", "epochs=2", "--set", "batch=5", "--threads", "1", "--seeds", "3"]


def in_two_processes(words: list[str]) -> list[tuple[str, str]]:
    """Run a command twice at once; what each printed, and what it complained of."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "earwitness", *words],
            env=shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    said = [worker.communicate(timeout=120) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    return said


@pytest.mark.parametrize(("system", "coupled"), [("mhfa", False), ("nes2net", True)])
def test_two_processes_train_one_run(
    made_corpus: Path, tmp_path: Path, system: str, coupled: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["train", system, "--corpus", str(made_corpus), *WORDS]
    # Adam would make something of gradients that are nothing but rounding
    words += ["--set", "class_weights=[1.0,1.0]", "--set", "optimiser.name=sgd"]
    if coupled:
        words += ["--set", "nest=[4,4]", "--set", "views.0.length=16"]
    together, alone = tmp_path / "together", tmp_path / "alone"
    (printed, told), second = in_two_processes([*words, "--out", str(together)])
    assert second[0] == ""
    assert str(together) in printed
    assert ("not that of one process" in told) == coupled
    record = msgspec.json.decode(next(together.rglob("record.json")).read_bytes())
    assert record["processes"] == 2
    assert bool(record["processes_differ"]) == coupled
    assert not list(together.rglob("checkpoint*"))
    if coupled:
        return
    assert main([*words, "--out", str(alone)]) == 0
    assert "processes" not in capfd.readouterr().err
    weights = [load_tensors(next(run.rglob("weights.safetensors")))[0] for run in (together, alone)]
    torch.testing.assert_close(*weights, atol=1e-6, rtol=1e-5)
    curves = [msgspec.json.decode(next(run.rglob("curves.json")).read_bytes()) for run in (together, alone)]
    assert curves[0][-1]["loss"] == pytest.approx(curves[1][-1]["loss"], abs=1e-6)


@pytest.fixture(scope="module")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random wav2vec 2.0 in the hub's layout, without dropout, which each process would draw anew."""
    path = tmp_path_factory.mktemp("wav2vec2")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        conv_dim=(8,) * 7, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2,
        do_stable_layer_norm=True, feat_extract_norm="layer", hidden_dropout=0.0, attention_dropout=0.0,
        activation_dropout=0.0, feat_proj_dropout=0.0, layerdrop=0.0, final_dropout=0.0,
    )  # fmt: skip
    Wav2Vec2Model(config).save_pretrained(path)
    return path


def test_dpda_under_the_launcher_itself(
    made_corpus: Path, tiny_encoder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """`torchrun --nproc-per-node 2 -m earwitness train dpda`, fine-tuning, with two parts a batch."""
    words = ["train", "dpda", "--corpus", str(made_corpus), "--threads", "1", "--seeds", "3"]
    for setting in (
        "encoder=wav2vec2-base", f'weights="{tiny_encoder}"', "layers=[1]", "sum=every", "back_end=mhfa",
        "epochs=1", "batch=6", "accumulate=2", "class_weights=[1.0,1.0]", "optimiser.name=sgd",
        "views.0.length=3000",
    ):  # fmt: skip
        words += ["--set", setting]
    together, alone = tmp_path / "together", tmp_path / "alone"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*launcher, "-m", "earwitness", *words, "--out", str(together)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("eer ") == 1  # the first process speaks alone
    assert "processes" not in done.stderr
    record = msgspec.json.decode(next(together.rglob("record.json")).read_bytes())
    assert (record["processes"], record["processes_differ"]) == (2, None)
    assert main([*words, "--out", str(alone)]) == 0
    capfd.readouterr()
    weights = [load_tensors(next(run.rglob("weights.safetensors")))[0] for run in (together, alone)]
    torch.testing.assert_close(*weights, atol=1e-6, rtol=1e-5)
    assert any("front." in name for name in weights[0])
    curves = [msgspec.json.decode(next(run.rglob("curves.json")).read_bytes()) for run in (together, alone)]
    one, other = (run[-1] for run in curves)
    for name in ("loss", "cosine", "validation"):
        assert one[name] == pytest.approx(other[name], rel=1e-4)
