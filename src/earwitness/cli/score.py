"""`earwitness score`: a corpus through a trained system."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from earwitness.cli.train import COLUMNS
from earwitness.errors import BadInput, require


def score(
    run: Path,
    corpus: Path,
    *,
    out: Path | None = None,
    store: Path | None = None,
    round_: str | None = None,
    seed: int | None = None,
    device: str = "cpu",
    threads: int | None = None,
    replace: bool = False,
) -> int:
    """Score every row of a corpus with a trained system.

    Args:
        run: folder of a run (`earwitness train`).
        corpus: folder of a corpus; it needs no labels.
        out: Parquet file with id and score, or text with two columns for any other ending;
            "CORPUS-scores.parquet" in the run folder without it. Of systems that score frames, Parquet with
            a list of scores for each length of a frame, or a folder with one .npy file a recording.
        store: folder that keeps encodings between runs; the folder `store` of the run without it.
        round_: name of the round whose training scores, where the run has several.
        seed: of the training; the one that validated best without it.
        device: that computes.
        threads: of torch.
        replace: write over a file that is there.
    """
    require("torch", "train")
    from earwitness.metrics.score_files.writing import write_scores
    from earwitness.systems.running import read_run, score_corpus
    from earwitness.training.frame_scores import write_frame_scores

    opened = read_run(run)
    name = corpus.stem if corpus.suffix else corpus.resolve().name
    path = out or run / f"{name}-scores.parquet"
    if path.exists() and not replace:
        raise BadInput("is there already; scores are never appended (--replace writes anew)", where=str(path))
    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        shown: dict[str, object] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in shown:
                shown[what] = bars.add_task(what, total=of)
            bars.update(shown[what], completed=done)  # type: ignore[arg-type]

        table, chosen = score_corpus(
            opened,
            corpus,
            store or run / "store",
            round_name=round_,
            seed=seed,
            device=device,
            threads=threads,
            progress=progress,
        )
    if opened.task.unit == "frame":
        write_frame_scores(table, path, replace=replace)
    elif path.suffix == ".parquet":
        write_scores(table, path, "parquet", replace=replace)
    else:
        write_scores(table, path, "two-column", replace=replace)
    for limit in getattr(opened.system, "LIMITS", ()):
        print(limit)
    by = f"{opened.recipe.system}, round {chosen['round']}, seed {chosen['seed']}"
    print(f"{len(table)} scores by {by}: {path}")
    return 0
