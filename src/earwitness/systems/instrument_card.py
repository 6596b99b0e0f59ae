"""The model card of an instrument: card.json holds the figures, card.md is written from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from earwitness.evidence.manifest import Manifest
from earwitness.systems.card_table import figure, percent, table
from earwitness.systems.held_back_figures import OURS
from earwitness.systems.search_card import search_section, search_summary
from earwitness.systems.splice_card import passing, splices_section
from earwitness.systems.verdict_card import promise, verdicts_section
from earwitness.systems.verdict_figures import MOST
from earwitness.training.recipe import Recipe
from earwitness.training.run import plain, versions
from earwitness.whole_file import write_whole


def write_card(folder: Path, manifest: Manifest, record: dict[str, Any], recipe: Recipe, folds: int) -> None:
    """Write `card.json` and, from it, `card.md`.

    Args:
        folder: of the instrument.
        manifest: of the instrument.
        record: data, composition, head and figures.
        recipe: as used.
        folds: of sources, in the outer rounds.
    """
    card = plain(
        {
            "schema": "earwitness.card/1",
            "name": manifest.name,
            "version": manifest.version,
            "recipe": msgspec.to_builtins(recipe),
            "seeds": recipe.seeds,
            "source_folds": folds,
            "packages": versions(),
            **record,
            "search": search_summary(record["search"]),
            "limits": manifest.notes,
        }
    )
    write_whole(folder / "card.json", msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    write_whole(folder / "card.md", card_text(card).encode())


def limits(figures: dict[str, Any], splices: dict[str, Any] | None = None) -> tuple[str, ...]:
    """What the instrument cannot do, one sentence each; numbers come from the figures.

    Args:
        figures: from `held_back_figures`.
        splices: from `splice_rule.splice_figures`; `None` where they were not measured.
    """
    found = plain(figures)
    families = {name: each[OURS]["value"] for name, each in found["per_family"].items()}
    worst = max(families, key=lambda name: families[name])
    verdicts, copies = found["verdicts"], found.get("without_copies")
    unheard = (
        f" When no copy-synthesis at all was heard in training, it was not told from real speech (EER "
        f"{percent(copies['mean_eer'])} %)."
        if copies and copies["mean_eer"] > 0.4
        else ""
    )
    return (
        "Trained and validated on open recordings of older making and on open synthesis; no current "
        "commercial voice cloning was heard.",
        f"Of recordings with an engine it had never heard, {percent(verdicts['inconclusive_share'])} % got "
        f"no verdict, and {percent(verdicts['wrong_share'])} % of the verdicts given were wrong. At most "
        f"{percent(MOST)} % were to be wrong. {promise(verdicts)}",
        f"The engine family that is hardest to tell unheard is {worst}: at one threshold "
        f"{percent(families[worst])} % of both real and synthetic clips are confused.",
        "Resynthesis that changes real speech little, as by a good vocoder, may pass as real." + unheard,
        "A synthetic passage within real speech may pass unnoticed: the score of a recording is a mean over "
        "its windows" + passing(splices),
        "Music, singing, several people speaking at once and played-back recordings were not validated.",
    )


def card_text(card: dict[str, Any]) -> str:
    """Markdown of a card; every number comes from the record."""
    figures, data = card["figures"], card["data"]
    audio = f", audio `{data['audio_sha256'][:12]}`" if "audio_sha256" in data else ""
    verdicts = figures["verdicts"]
    lines = [
        f"# {card['name']} {card['version']}",
        "",
        "Written from `card.json`; no number here is typed.",
        "",
        "**What it says.** For a window of speech: the natural-log likelihood ratio of real speech over "
        "synthetic speech. It learns how speech was made (which engine), and scores real against all "
        "engines together.",
        "",
        f"**Trained on** {data['clips']} clips ({data['windows']} windows) of open-voices, corpus "
        f"`{data['corpus_sha256'][:12]}`{audio}, seeds {card['seeds']}.",
        "",
        "## Held-back figures",
        "",
        f"Every engine family was left out once, crossed with {card['source_folds']} folds of held-back "
        "sources of real speech (their speakers, languages and channels). The calibrator and the "
        "thresholds behind these figures come from inner leave-out rounds of the training side alone. "
        "Intervals are 95 %, by resampling whole speakers and voices.",
        "",
        f"**Mean EER over held-back families: {figure(figures['mean_leave_one_out_eer'])} %** at one "
        "threshold for all folds; every round by itself, averaged: "
        f"{percent(figures['mean_of_single_round_eers'])} %.",
        "",
        *table(
            ["held-back family", "EER %", "trials", "Cllr", "wrong of the verdicts given, even prior, %"],
            [
                [
                    family,
                    figure(each[OURS]),
                    str(each[OURS]["n"]),
                    f"{figures['cllr']['per_family'][family]:.3f}",
                    percent(verdicts["per_family"][family]["wrong_share_at_even_prior"]),
                ]
                for family, each in figures["per_family"].items()
            ],
        ),
        *_without_copies(figures.get("without_copies")),
        *_rivals(figures["rivals"]),
        f"Cllr, pooled: {figures['cllr']['pooled']['value']:.3f} "
        f"[{figures['cllr']['pooled']['low']:.3f}, {figures['cllr']['pooled']['high']:.3f}]; "
        f"mean over families {figures['cllr']['mean_over_families']:.3f}.",
        "",
        f"Verdicts: of {verdicts['trials']} held-back trials {verdicts['given']} got a verdict, "
        f"{verdicts['wrong']} of them wrong ({percent(verdicts['wrong_share'])} %; "
        f"{percent(verdicts['wrong_share_at_even_prior'])} % with both classes and all families "
        f"counting alike); {percent(verdicts['inconclusive_share'])} % stayed inconclusive.",
        "",
    ]
    lines += verdicts_section(verdicts)
    lines += _aims(figures["verdicts_at_other_aims"])
    for key, title in (
        ("per_engine", "By engine"),
        ("per_language", "By language"),
        ("per_source", "By source of the real speech, or of the channel that a spoof was given"),
        ("per_channel", "By channel"),
    ):
        if figures[key]:
            lines += [f"### {title}", ""]
            lines += table(
                ["", "EER %", "trials"], [[k, figure(v), str(v["n"])] for k, v in figures[key].items()]
            )
    lines += splices_section(card.get("splices"))
    lines += search_section(card["search"])
    lines += ["## What it was trained on", "", *_trained_on(card["composition"])]
    lines += ["## What it cannot do", "", *[f"- {limit}" for limit in card["limits"]], ""]
    return "\n".join(lines)


def _without_copies(copies: dict[str, Any] | None) -> list[str]:
    if not copies:
        return []
    return [
        "Harsher: with all copy-synthesis left out of training together, the EER on it, averaged over the "
        f"folds, is {percent(copies['mean_eer'])} % ({copies['trials']} trials).",
        "",
    ]


def _aims(aims: dict[str, Any]) -> list[str]:
    if not aims:
        return []
    return [
        "What thresholds aimed at, and what came of them on engines and sources held back:",
        "",
        *table(
            ["aim, wrong %", "wrong %", "wrong at even prior %", "inconclusive %"],
            [
                [
                    percent(float(aim)),
                    *(
                        percent(found[key])
                        for key in ("wrong_share", "wrong_share_at_even_prior", "inconclusive_share")
                    ),
                ]
                for aim, found in aims.items()
            ],
        ),
        "",
        "The aim was chosen from this table, as the highest with which both shares of wrong verdicts stay "
        "below a tenth; so the shares above are not free of that choice.",
    ]


def _rivals(rivals: dict[str, Any]) -> list[str]:
    if not rivals:
        return []
    rows = []
    for name, found in rivals.items():
        rows.append(
            [name, str(found["clips"]), *(figure(found[k]) for k in ("rival", "ours", "rival_minus_ours"))]
        )
    earlier = any(found.get("earlier_run") for found in rivals.values())
    return [
        "Rivals on the same clips, mean EER over the families; the difference is paired, by whole speakers "
        "and voices"
        + (
            ", and of an earlier run of the same training, whose own EER stands beside it:"
            if earlier
            else ":"
        ),
        "",
        *table(["rival", "clips", "rival, EER %", "ours, EER %", "rival minus ours"], rows),
    ]


def _trained_on(composition: list[dict[str, Any]]) -> list[str]:
    counts: dict[tuple[str, str, str], int] = {}
    languages: dict[tuple[str, str, str], set[str]] = {}
    for row in composition:
        real = row["label"] == "bona fide"
        key = (row["label"], row["source"] if real else row["family"], "" if real else row["engine"])
        counts[key] = counts.get(key, 0) + row["clips"]
        languages.setdefault(key, set()).add(row["language"])
    return table(
        ["label", "source or family", "engine", "clips", "languages"],
        [[*key, str(counts[key]), " ".join(sorted(languages[key] - {""}))] for key in sorted(counts)],
    )
