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
