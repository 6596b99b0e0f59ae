"""The card of a side instrument: what was measured, in figures and in words."""

from __future__ import annotations

from typing import Any

_WHAT = {
    "source": ("generator", "which of the known generators a voice is most like, or none of them"),
    "codec": ("codec family", "which coding a recording went through, or none"),
}
_FIGURES = {
    "closed_set_accuracy": "nearest class right, classes that were heard, groups held back",
    "auroc_known_unknown": "AUROC, heard against never heard classes, by distance",
    "open_set_f1": 'open-set macro F1, classes and "unknown"',
    "unknown_named": "of recordings whose class was never heard, named as a class",
    "known_named": "of recordings whose class was heard, named",
    "right_of_known_named": "of all names given there, right",
    "nothing_named": "of recordings without any, named as a class all the same",
    "nothing_found": "of recordings without any, nearest to such",
    "unknown_taken_for_nothing": "of recordings whose class was never heard, nearest to those without any",
}


def card_of(
    task: str, figures: dict[str, Any], numbers: dict[str, Any], *, shown: bool, named: bool,
    by_class: dict[str, float], rows: list[tuple[str, int]], sha256: str, accepted: float,
    rule: tuple[float, float],
) -> dict[str, Any]:  # fmt: skip
    """The record of a side instrument.

    Args:
        task: `source` or `codec`.
        figures: from `figures_of`.
        numbers: column -> figures of a number.
        shown: whether it speaks.
        named: whether classes are named.
        by_class: class -> share of its recordings named when it had never been heard.
        rows: class and count.
        sha256: over the samples' hashes.
        accepted: that the limit aimed at.
        rule: most of the unknown named, least of the named right.

    Returns:
        The record; `limits` are sentences for the findings, `said` the lines of card.md.
    """
    kind, what = _WHAT[task]
    strangers, right, real = (
        figures[key] for key in ("unknown_named", "right_of_known_named", "nothing_named")
    )
    worst = max(by_class, key=lambda name: by_class[name])
    limits = [
        f"{'Generators' if task == 'source' else 'Codec families'} never heard were named as a known one in "
        f"{_percent(strangers)} % of their held-back recordings, most often {worst} "
        f"({100 * by_class[worst]:.0f} %); of the names given otherwise {_percent(right)} % "
        f"were right. Of {'real' if task == 'source' else 'uncoded'} recordings {_percent(real)} % were "
        "named as one.",
    ]
    if not named:
        nothing, taken = figures["nothing_found"], figures["unknown_taken_for_nothing"]
        limits = [
            f"Of uncoded recordings {_percent(nothing)} % were found to be so, and {_percent(taken)} % of "
            "those through a codec family never heard were taken for uncoded; which family it was is not "
            "told."
        ]
    if task == "source":
        limits.append(
            "The generators known are those of open-voices (formant, concatenative and small neural speech, "
            "and resynthesis); no commercial voice is among them."
        )
    for name, one in numbers.items():
        words = name.replace("_", " ")
        if one["shown"]:
            limits.append(
                f"The 90 % interval of the {words} held the truth for {100 * one['coverage']:.0f} % of "
                f"recordings of codec families never heard ({100 * min(one['by_family'].values()):.0f} % in "
                "the worst)."
            )
        else:
            limits.append(f"The {words} is not told: it did not validate on codec families never heard.")
    said = [
        f"# {task}", "", f"Says {what}. Written from `card.json`; no number here is typed.", "",
        f"**It {'speaks' if shown else 'is silent: it did not validate'}"
        f"{'' if named else ', but names no class: that did not validate'}.** The rule, set before: of "
        f"recordings of classes never heard at most {100 * rule[0]:.0f} % named, of names given to known "
        f"ones at least {100 * rule[1]:.0f} % right. "
        "Added when codec families met it by naming next to nothing: an AUROC whose interval lies above "
        "50 %, and a fifth of the known named. Whether there is a codec at all is told where at least "
        f"{100 * rule[1]:.0f} % of the uncoded are found and at most {100 * rule[0]:.0f} % of codec families "
        "never heard are taken for them.", "",
        f"Every {kind} was left out once, crossed with a third of the groups; the limit comes from inner "
        f"rounds of the training side, aimed at {100 * accepted:.0f} % of the never heard. Means over the "
        "rounds; intervals are 95 %, whole groups drawn. Directions and shrinkage were chosen after a look "
        "at one fold of generators.", "",
        "| | % |", "|---|---|",
        *(f"| {words} | {_percent(figures[key])} |" for key, words in _FIGURES.items()), "",
        f"| {kind} never heard | named as another, % |", "|---|---|",
        *(f"| {name} | {100 * share:.0f} |" for name, share in by_class.items()), "",
    ]  # fmt: skip
    if numbers:
        said += [
            "## Settings of the codec", "",
            "Each family held back; intervals fitted on the residuals of inner rounds without it. Told where "
            "coverage is at least 85 % and the interval a fifth narrower than one without hearing.", "",
            "| | coverage of the 90 % interval, % | error, octaves | of the mean | width, octaves "
            "| without hearing | told |", "|---|---|---|---|---|---|---|",
            *(
                f"| {name} | {100 * one['coverage']:.0f} [{100 * one['low']:.0f}, {100 * one['high']:.0f}] | "
                f"{one['error']:.2f} | {one['error_of_mean']:.2f} | {one['width']:.2f} | "
                f"{one['width_of_mean']:.2f} | {'yes' if one['shown'] else 'no'} |"
                for name, one in numbers.items()
            ), "",
        ]  # fmt: skip
    said += ["## Fitted on", "", "| class | recordings |", "|---|---|"]
    said += [f"| {name} | {count} |" for name, count in rows]
    return {
        "schema": "earwitness.side-card/1", "task": task, "shown": shown, "named": named, "figures": figures,
        "numbers": numbers, "named_when_never_heard": by_class, "rows": dict(rows), "data_sha256": sha256,
        "aimed_at": accepted, "rule": {"most_unknown_named": rule[0], "least_right": rule[1]},
        "limits": limits, "said": said,
    }  # fmt: skip


def _percent(figure: dict[str, float]) -> str:
    return f"{100 * figure['value']:.1f} [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"
