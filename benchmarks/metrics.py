"""What detection figures cost, beside what they cost elsewhere.

Usage: python benchmarks/metrics.py [--rival NAME=PYTHON ...] [--rounds 9] [--out FILE]

Each implementation runs in a process of its own, rivals in environments of their own (NAME is one of
sklearn, audmetric, torchmetrics, deepfense, speechbrain; PYTHON the interpreter of an environment
that has it), pinned to one thread and one core, on the same arrays. Runs are interleaved: one of each, then
one of each again. Figures are medians. CPU seconds are given beside wall seconds, since on a shared machine
only the former mean much; ratios are of CPU seconds. Quadratic rivals run at the size they can.
`asvspoof5` is our own wording of the method of that package (stable argsort, cumulative sums,
nearest rates), without its loop for minimum detection cost.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

SIZES = {
    "10k": (10_000, 0.1),
    "1M_10": (1_000_000, 0.1),
    "1M_50": (1_000_000, 0.5),
    "10M_10": (10_000_000, 0.1),
    "600k": (600_000, 0.1),
}
"""Name -> trials and share of targets."""
PLAN = {
    "10k": [
        "ours_eer",
        "ours_three",
        "sklearn",
        "audmetric",
        "torchmetrics",
        "asvspoof5",
        "deepfense",
        "speechbrain",
    ],
    "1M_10": ["ours_eer", "ours_three", "sklearn", "audmetric", "torchmetrics", "asvspoof5"],
    "1M_50": ["ours_eer", "ours_three", "sklearn", "audmetric", "torchmetrics", "asvspoof5"],
    "10M_10": ["ours_three"],
    "600k": ["ours_interval", "sklearn", "audmetric", "torchmetrics", "asvspoof5"],
}
CORRECT = ("sklearn", "torchmetrics", "asvspoof5", "audmetric")
"""Rivals that are right without ties (torchmetrics within half a step, on probabilities only)."""
TRIALS = 611_829


def arrays(size: str) -> tuple[np.ndarray, np.ndarray]:
    """Normal scores, two standard deviations apart."""
    trials, share = SIZES[size]
    rng = np.random.default_rng(0)
    targets = int(trials * share)
    return rng.normal(2, 1, targets), rng.normal(0, 1, trials - targets)


def asvspoof5(target: np.ndarray, nontarget: np.ndarray) -> float:
    pooled = np.concatenate([target, nontarget])
    is_target = np.concatenate([np.ones(len(target)), np.zeros(len(nontarget))])
    is_target = is_target[np.argsort(pooled, kind="mergesort")]
    hits = np.cumsum(is_target)
    miss = np.concatenate([[0], hits / len(target)])
    passed = len(nontarget) - (np.arange(1, len(pooled) + 1) - hits)
    alarm = np.concatenate([[1], passed / len(nontarget)])
    nearest = np.argmin(np.abs(miss - alarm))
    return float((miss[nearest] + alarm[nearest]) / 2)


def rival(name: str) -> Callable[[np.ndarray, np.ndarray], object]:
    """The function that is timed; importing is not."""
    if name.startswith("ours"):
        from earwitness.metrics import interval
        from earwitness.metrics.detection_cost import min_dcf_of
        from earwitness.metrics.equal_error import eer_of
        from earwitness.metrics.operating_curve import roc_auc_of
        from earwitness.metrics.staircase import Staircase

        def three(target: np.ndarray, nontarget: np.ndarray) -> float:
            stairs = Staircase.of(target, nontarget)
            min_dcf_of(stairs, 0.95, 1, 10)
            roc_auc_of(stairs)
            return eer_of(stairs)

        return {
            "ours_eer": lambda t, n: eer_of(Staircase.of(t, n)),
            "ours_three": three,
            "ours_interval": lambda t, n: interval("eer", t, n, replicates=1000).value,
        }[name]
    if name == "asvspoof5":
        return asvspoof5
    if name == "sklearn":
        from scipy.optimize import brentq
        from sklearn.metrics import roc_curve

        def route(target: np.ndarray, nontarget: np.ndarray) -> float:
            labels = np.repeat([1, 0], [len(target), len(nontarget)])
            alarm, hit, _ = roc_curve(labels, np.concatenate([target, nontarget]))
            return brentq(lambda rate: 1 - rate - np.interp(rate, alarm, hit), 0, 1)

        return route
    if name == "audmetric":
        import audmetric

        return lambda t, n: audmetric.equal_error_rate(
            np.repeat([1, 0], [len(t), len(n)]), np.concatenate([t, n])
        )[0]
    if name == "torchmetrics":
        import torch
        from torchmetrics.functional.classification import binary_eer

        torch.set_num_threads(1)

        def tm(target: np.ndarray, nontarget: np.ndarray) -> float:
            # Mapped into (0, 1) beforehand: it takes anything else for logits and squashes it.
            scores = torch.from_numpy(np.concatenate([target, nontarget]))
            labels = torch.from_numpy(np.repeat([1, 0], [len(target), len(nontarget)]))
            return float(binary_eer(torch.sigmoid(scores), labels))

        return tm
    if name == "speechbrain":
        # Its package imports torchaudio, which its EER does not use.
        sys.modules.setdefault("torchaudio", types.ModuleType("torchaudio"))
        sys.modules["torchaudio"].list_audio_backends = lambda: ["soundfile"]  # type: ignore[attr-defined]
        sys.modules["torchaudio"].__version__ = "2.9.0"  # type: ignore[attr-defined]
        import torch
        from speechbrain.utils.metric_stats import EER

        torch.set_num_threads(1)
        return lambda t, n: EER(torch.from_numpy(t).float(), torch.from_numpy(n).float())[0]
    return deepfense()


def deepfense() -> Callable[[np.ndarray, np.ndarray], object]:
    """Its EER as a file: the package itself imports its whole trainer, which is beside the point."""
    home = Path(importlib.util.find_spec("deepfense").submodule_search_locations[0])  # type: ignore
    registry = types.ModuleType("deepfense.utils.registry")
    registry.register_metric = lambda _: lambda function: function  # type: ignore[attr-defined]
    loaded = {"deepfense.utils.registry": registry}
    for part in ("deepfense", "deepfense.utils", "deepfense.training", "deepfense.training.evaluations"):
        loaded[part] = types.ModuleType(part)
        loaded[part].__path__ = []
    sys.modules.update(loaded)
    for part in ("utils", "compute_eer"):
        full = f"deepfense.training.evaluations.{part}"
        spec = importlib.util.spec_from_file_location(full, home / "training" / "evaluations" / f"{part}.py")
        module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        sys.modules[full] = module
        spec.loader.exec_module(module)  # type: ignore[union-attr]
    curve = sys.modules["deepfense.training.evaluations.compute_eer"].compute_det_curve

    def run(target: np.ndarray, nontarget: np.ndarray) -> float:
        labels = np.repeat([1, 0], [len(target), len(nontarget)])
        miss, alarm, _ = curve(labels, np.concatenate([target, nontarget]))
        nearest = np.argmin(np.abs(np.asarray(miss) - np.asarray(alarm)))
        return float((miss[nearest] + alarm[nearest]) / 2)

    return run


def child(name: str) -> None:
    """Time one call whenever a size is asked for on standard input."""
    function = rival(name)
    package = {"ours": "earwitness", "sklearn": "scikit-learn", "asvspoof5": "numpy"}
    print(importlib.metadata.version(package.get(name.split("_")[0], name)), flush=True)
    kept: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for line in sys.stdin:
        size = line.strip()
        if size not in kept:
            kept.clear()
            kept[size] = arrays(size)
            function(*(part[:500] for part in kept[size]))
        wall, cpu = time.perf_counter(), time.process_time()
        value = function(*kept[size])
        timed = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall, "value": float(value)}  # type: ignore[arg-type]
        print(json.dumps(timed), flush=True)


def evaluate(rounds: int) -> dict[str, object]:
    """`earwitness evaluate` on a score file of the size of ASVspoof 2021 DF, as a whole process."""
    rng = np.random.default_rng(0)
    real = np.zeros(TRIALS, dtype=bool)
    real[:14_869] = True
    rng.shuffle(real)
    scores = np.where(real, rng.normal(2.5, 1, TRIALS), rng.normal(-1.5, 1.3, TRIALS))
    attack = rng.integers(1, 9, TRIALS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scores.txt").write_text(
            "".join(f"DF_E_{2000000 + at} {score:.6f}\n" for at, score in enumerate(scores))
        )
        (folder / "key.txt").write_text(
            "".join(
                f"LA_{at % 48:04d} DF_E_{2000000 + at} nocodec asvspoof {'-' if r else f'A{a:02d}'} "
                f"{'bonafide' if r else 'spoof'} notrim eval - - - - -\n"
                for at, (r, a) in enumerate(zip(real.tolist(), attack.tolist(), strict=True))
            )
        )
        command = [
            sys.executable,
            "-m",
            "earwitness",
            "evaluate",
            str(folder / "scores.txt"),
            str(folder / "key.txt"),
        ]
        runs = []
        for _ in range(rounds):
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            assert process.returncode == 0
            runs.append((time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
        made = json.loads((folder / "scores-metrics" / "metrics.json").read_text())["evaluation"]
    wall, cpu, memory = zip(*runs, strict=True)
    return {
        "trials": TRIALS,
        "breakdown": len(made["breakdown"]),
        "plots": 5,
        "wall_s": {"median": median(wall), "best": min(wall)},
        "cpu_s": {"median": median(cpu), "best": min(cpu)},
        "peak_mib": max(memory),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rival", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "metrics.json")
    parser.add_argument("--child")
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return
    pythons = dict(pair.split("=", 1) for pair in options.rival)
    own = ("ours_eer", "ours_three", "ours_interval", "asvspoof5")
    environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}
    children = {
        name: subprocess.Popen(
            [pythons.get(name, sys.executable), __file__, "--child", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for name in {name for names in PLAN.values() for name in names}
        if name in own or name in pythons
    }
    core = max(os.sched_getaffinity(0))
    for process in children.values():
        os.sched_setaffinity(process.pid, {core})
    versions = {name: process.stdout.readline().strip() for name, process in children.items()}  # type: ignore[union-attr]
    results: dict[str, dict[str, dict[str, float]]] = {}
    for size, names in PLAN.items():
        timed: dict[str, list[dict[str, float]]] = {name: [] for name in names if name in children}
        for _ in range(options.rounds if size != "10M_10" else min(options.rounds, 5)):
            for name, runs in timed.items():
                process = children[name]
                process.stdin.write(size + "\n")  # type: ignore[union-attr]
                process.stdin.flush()  # type: ignore[union-attr]
                runs.append(json.loads(process.stdout.readline()))  # type: ignore[union-attr]
        results[size] = {
            name: {key: median(run[key] for run in runs) for key in ("cpu", "wall", "value")}
            | {"best_cpu": min(run["cpu"] for run in runs)}
            for name, runs in timed.items()
        }
        print(size, {name: round(1e3 * row["cpu"], 2) for name, row in results[size].items()}, flush=True)
    for process in children.values():
        process.stdin.close()  # type: ignore[union-attr]
        process.wait()
    whole = evaluate(3)

    def fastest(size: str) -> tuple[str, float]:
        return min(
            ((name, row["cpu"]) for name, row in results[size].items() if name in CORRECT),
            key=lambda pair: pair[1],
        )

    bars = {}
    for size, least in (("1M_10", 3), ("1M_50", 2)):
        name, seconds = fastest(size)
        ratio = seconds / results[size]["ours_three"]["cpu"]
        bars[f"EER + minDCF + AUC at {size}, times faster than EER alone of {name}"] = [
            ratio,
            f">= {least}",
            ratio >= least,
        ]
    ten = results["10M_10"]["ours_three"]["cpu"]
    bars["EER + minDCF + AUC at 10M, CPU seconds"] = [ten, "< 2", ten < 2]
    name, seconds = fastest("600k")
    ours = results["600k"]["ours_interval"]["cpu"]
    bars[f"EER with 1000 replicates at 600k, times faster than EER alone of {name}"] = [
        seconds / ours, "> 1", seconds > ours,
    ]  # fmt: skip
    wall, peak = whole["wall_s"]["median"], whole["peak_mib"]  # type: ignore[index]
    bars["evaluate, 611,829 lines, wall seconds (median)"] = [wall, "< 5", wall < 5]
    bars["evaluate, 611,829 lines, CPU seconds (median)"] = [whole["cpu_s"]["median"], "", None]  # type: ignore[index]
    bars["evaluate, 611,829 lines, peak MiB"] = [peak, "< 600", peak < 600]  # type: ignore[operator]
    record = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load_at_end": os.getloadavg()[0],
            "peak_mib_of_the_largest_child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        },
        "rounds": options.rounds,
        "versions": versions,
        "seconds": results,
        "evaluate": whole,
        "bars": bars,
    }
    part = options.out.with_suffix(".part")
    part.write_text(json.dumps(record, indent=2) + "\n")
    part.replace(options.out)
    for words, row in bars.items():
        print(words, row)


if __name__ == "__main__":
    main()
