"""The `earwitness` command: finds the verb, and turns refusals into one line and exit code 2."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import cyclopts

import earwitness
from earwitness.errors import BadInput

VERBS = {
    "analyze": (
        "earwitness.cli.analyze:analyze",
        "Analyse recordings: is the voice real, where, and how sure are we.",
    ),
    "train": (
        "earwitness.cli.train:train",
        "Train a system on a corpus; the shipped detector by leaving engines and sources out.",
    ),
    "score": ("earwitness.cli.score:score", "Score a corpus with a trained system."),
    "export": (
        "earwitness.cli.export:export",
        "Make a localiser for analyze of a trained run: which stretches differ.",
    ),
    "cross-corpus": (
        "earwitness.cli.cross_corpus:cross_corpus",
        "Train on each corpus, test on every other: a matrix for each encoder.",
    ),
    "compare": ("earwitness.cli.compare:compare", "Trained systems side by side, with paired intervals."),
    "probe": (
        "earwitness.cli.probe:probe",
        "Which encoders tell most about a corpus: the benchmark table of the papers.",
    ),
    "reproduce": (
        "earwitness.cli.reproduce:reproduce",
        "Repeat the experiment behind a paper's claim on open data.",
    ),
    "systems": ("earwitness.cli.systems:systems", "List the systems: paper, claims, settings."),
    "corpora": ("earwitness.cli.corpora:corpora", "Find, scan, build, check and convert corpora."),
    "doctor": ("earwitness.cli.doctor:doctor", "Say what is installed and whether it works."),
    "encode": ("earwitness.cli.encode:encode", "Compute the representations of a corpus once."),
    "encoders": ("earwitness.cli.encoders:encoders", "List the encoders and how to get their weights."),
    "store": ("earwitness.cli.store:store", "Say what a store of representations holds."),
    "evaluate": ("earwitness.cli.evaluate:evaluate", "Score files against a key: figures, intervals, plots."),
}
"""Verb -> (where its function lives, its line in the help)."""


def application() -> cyclopts.App:
    """The command-line application; verbs are imported only when they are called."""
    app = cyclopts.App(
        name="earwitness",
        help="Speech forensics and paralinguistics: a recording in, a defensible finding out.",
        version=earwitness.__version__,
        suppress_keyboard_interrupt=False,  # main says what was kept
    )
    for verb, (home, line) in VERBS.items():
        app.command(home, name=verb, help=line)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: words after `earwitness`; those of the process when `None`.

    Returns:
        Exit code: 0 done, 1 some recordings could not be analysed, 2 the request was refused,
        130 interrupted.
    """
    try:
        result = application()(
            sys.argv[1:] if arguments is None else list(arguments),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except cyclopts.CycloptsError as refusal:
        print(f"earwitness: {_one_line(str(refusal))} See earwitness --help", file=sys.stderr)
        return 2
    except BadInput as refusal:
        print(f"earwitness: {_one_line(str(refusal))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("earwitness: interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _one_line(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\r", "\\r").replace("\n", "\\n")


def console() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


if __name__ == "__main__":
    console()
