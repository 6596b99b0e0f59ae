"""The model card of a run, written from what the run left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from earwitness.corpora.corpus_hashes import Hashes
from earwitness.corpora.protocols.split import Split
from earwitness.task import Task
from earwitness.training.processes import leads
from earwitness.training.recipe import Recipe
from earwitness.training.run import RunFolder, versions
from earwitness.training.run_figures import Figure, RunFigures
from earwitness.whole_file import write_whole

if TYPE_CHECKING:
    from earwitness.training.system import System


def write_card(
    run: RunFolder,
    system: System,
    recipe: Recipe,
    task: Task,
    corpus: str,
    rounds: Sequence[Split],
    figures: RunFigures,
    hashes: Hashes,
) -> None:
    """Write `card.md`.

    Args:
        run: folder of the run.
        system: the method.
        recipe: as used.
        task: what is said.
        corpus: its name.
        rounds: which rows were trained on and tested.
        figures: what was reached.
        hashes: of the corpus' table and audio.
    """
    better = "lower" if figures.lower else "higher"
    lines = [
        f"# {recipe.system}",
        "",
        (type(system).__doc__ or "").strip().splitlines()[0] if type(system).__doc__ else "",
        "",
        f"Says: {', '.join(_target(target) for target in task.targets)}; one score a {task.unit}.",
        f"Trained and tested on: {corpus}. {_known_by(hashes)}",
        "",
        f"## {figures.metric} ({better} is better)",
        "",
        "| | figure | 95 % interval | trials | speakers and voices |",
        "|---|---|---|---|---|",
        f"| mean over {len(figures.seeds)} seeds | {_row(figures.mean)} |",
        f"| best seed ({figures.best_seed}, chosen on the test trials) | {_row(figures.best)} |",
        *(f"| seed {seed} | {_row(figure)} |" for seed, figure in figures.seeds.items()),
        "",
        f"Standard deviation over seeds: {figures.spread:.4f}.",
        *(f"Note: {note}." for note in figures.mean.notes),
        "",
        "## Rounds",
        "",
        "| round | training rows | validation rows | test rows | mean over seeds | how |",
        "|---|---|---|---|---|---|",
        *(
            f"| {one.name} | {len(one.train)} | {len(one.validation)} "
            f"| {len(one.test)} | {figures.rounds[one.name]:.4f} | {one.how} |"
            for one in rounds
        ),
        "",
        "## Settings that differ from the published ones",
        "",
        *(_changed(system.RECIPE, recipe) or ["none"]),
        "",
        "## Limits",
        "",
        *(f"**{limit}**\n" for limit in getattr(system, "LIMITS", ())),
        "Scores are not calibrated. The figures hold for trials like those of the test rows and say "
        "nothing of other corpora. All settings, seeds, versions and hashes stand in recipe.json, "
        "provenance.json and rounds.json; the scores of every trial in scores.parquet.",
        "",
        f"Versions: {', '.join(f'{name} {version}' for name, version in versions().items())}.",
        "",
    ]
    if leads():
        write_whole(run.path / "card.md", "\n".join(lines).encode())


def _target(target: Any) -> str:
    if target.kind == "binary":
        return f"{target.column} (higher = more {target.positive})"
    return f"{target.column} ({target.unit or f'{len(target.classes)} classes'})"


def _known_by(hashes: Hashes) -> str:
    audio = f"its audio ({hashes.audio_of}) `{hashes.audio_sha256}`" if hashes.audio_sha256 else ""
    return f"SHA-256: its table `{hashes.table_sha256}`, {audio or 'its audio was not there to be hashed'}."


def _row(figure: Figure) -> str:
    interval = f"{figure.low:.4f} to {figure.high:.4f}"
    return f"{figure.value:.4f} | {interval} | {figure.n} | {figure.clusters}"


def _changed(published: Recipe, used: Recipe) -> list[str]:
    old, new = msgspec.to_builtins(published), msgspec.to_builtins(used)
    return [f"- `{key}`: {old.get(key)} became {new[key]}" for key in new if old.get(key) != new[key]]
