"""`earwitness export`: a trained localiser as a folder that `analyze` reads, without torch."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from earwitness.cli.train import COLUMNS
from earwitness.errors import require


def export(
    run: Path,
    *,
    out: Path,
    round_: str | None = None,
    seed: int | None = None,
    resolution: float | None = None,
    replace: bool = False,
) -> int:
    """Make a localiser for `earwitness analyze --localiser` of a run of frame-localiser.

    Its likelihood ratios and what it says of itself come from the held-back recordings of the run.

    Args:
        run: folder of the run (`earwitness train frame-localiser`).
        out: folder of the localiser.
        round_: name of the round whose training is exported, where the run has several.
        seed: of the training; the one that validated best without it.
        resolution: length of a frame that is shown unless another is asked for, in seconds; 0.16 without
            it.
        replace: write over a localiser that is there.
    """
    require("torch", "train")
    from earwitness.systems.localiser_export import export_localiser

    with Progress(*COLUMNS, console=Console(stderr=True), disable=not sys.stderr.isatty()) as bars:
        shown: dict[str, object] = {}

        def progress(what: str, done: int, of: int) -> None:
            if what not in shown:
                shown[what] = bars.add_task(what, total=of)
            bars.update(shown[what], completed=done)  # type: ignore[arg-type]

        manifest = export_localiser(
            run,
            out,
            round_name=round_,
            seed=seed,
            shown=resolution,
            replace=replace,
            progress=progress,
        )
    print(manifest.resolution(manifest.shown).said)
    print(f"{manifest.name} {manifest.version}: {out} (earwitness analyze FILE --localiser {out})")
    return 0
