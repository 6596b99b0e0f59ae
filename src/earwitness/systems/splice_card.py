"""What a card says of spliced recordings, and how far the timeline may be relied on."""

from __future__ import annotations

from typing import Any

from earwitness.systems.card_table import figure, percent, table

NEAR_CHANCE = 0.4
"""Frame EER from which the card and the report call the finding of places near chance (0.5)."""


def passing(splices: dict[str, Any] | None) -> str:
    """The end of the sentence that says what becomes of splices."""
    if not splices:
        return ", and finding splices was not validated."
    passed = splices["with_the_rule"]["splice_called_bona_fide"]
    return (
        f". Of {passed['n']} real recordings with a stretch by an unheard engine, "
        f"{percent(passed['value'])} % were called bona fide; nearly all others got no verdict. "
        + (place_note(splices["places"]) if splices.get("places") else "Where it lies was not validated.")
    )


def place_note(places: dict[str, Any]) -> str:
    """How far a stretch that is found may be relied on, one sentence with its figures.

    Args:
        places: from `splice_places.place_figures`, made plain.
    """
    rate = places["frame_eer"]["0.32"]["all"]["value"]
    found = places["stretches"]
    near = "is near chance" if rate >= NEAR_CHANCE else "is weak"
    return (
        f"Where a synthetic stretch lies {near} on engines never heard: told apart third of a second by "
        f"third of a second, {percent(rate)} % of real and synthetic time are confused (chance: 50.0 %), "
        f"{percent(found['recall']['value'])} % of the stretches were found with half of their extent right, "
        f"and {percent(found['whole_with_a_claim']['value'])} % of recordings of one piece had one named; "
        "use the timeline to choose where to listen, not as a finding of its own."
    )


def splices_section(splices: dict[str, Any] | None) -> list[str]:
    """Lines of the card on spliced recordings; none where they were not measured."""
    if not splices:
        return []
    names = {
        "splice_called_bona_fide": "splices called bona fide",
        "host_called_bona_fide": "the same speech left whole, called bona fide",
        "real_called_bona_fide": "real clips of the corpus called bona fide",
        "spoof_called_bona_fide": "spoofs of the corpus called bona fide",
        "splice_called_spoof": "splices called spoof",
        "host_called_spoof": "the same speech left whole, called spoof",
    }
    sides = (splices["without"], splices["with_the_rule"])
    chosen = splices["chosen_on_the_other_families"].items()
    return [
        "## Spliced recordings",
        "",
        "Real speech with a stretch by an engine, held back like the clips. A bona fide verdict also needs "
        f"every window of 2 s to reach {splices['least_window']:+.2f}: the mildest rule with which at most "
        f"{percent(splices['aim'])} % of splices are called bona fide. In this table it was chosen, like "
        "calibrator and thresholds, on the other engine families "
        f"({', '.join(f'{name} {value:+.2f}' for name, value in chosen)}); "
        "intervals are those of single recordings. It is caution, not a finding of the stretch: the longer a "
        "recording, the more windows must hold, spliced or not.",
        "",
        *table(
            ["%", "without the rule", "with it", "recordings"],
            [
                [told, *(figure(side[key]) for side in sides), str(sides[0][key]["n"])]
                for key, told in names.items()
            ],
        ),
        *table(
            ["held-back family", "splices called bona fide, %", "the same speech left whole, %"],
            [
                [name, figure(found["splice_called_bona_fide"]), figure(found["host_called_bona_fide"])]
                for name, found in splices["by_family"].items()
            ],
        ),
        *_places(splices.get("places")),
    ]


def _places(places: dict[str, Any] | None) -> list[str]:
    if not places:
        return []
    families = list(places["by_family"])
    frames = [
        [
            f"{1000 * float(length):.0f} ms",
            figure(rates["all"]),
            *(figure(rates["by_family"][name]) for name in families),
        ]
        for length, rates in places["frame_eer"].items()
    ]
    columns = ("f1", "recall", "precision", "splices_with_a_claim", "whole_with_a_claim")
    rows = [("all", places["stretches"]), *places["by_family"].items()]
    chosen = ", ".join(
        f"{name} {one['within']:g} / {one['penalty']:g} / {one['margin']:g}"
        for name, one in places["chosen_on_the_other_families"].items()
    )
    shipped = places["search"]
    return [
        "### Where the stretch lies",
        "",
        f"{place_note(places)} Constants of the search (scatter within / penalty of a change / margin) "
        f"were chosen among {places['candidates']} on the other engine families, by F1 among those that name "
        f"a stretch in at most {percent(places['whole_aim'])} % of recordings of one piece ({chosen}); "
        f"shipped, from all: {shipped['within']:g} / {shipped['penalty']:g} / {shipped['margin']:g}. "
        "Intervals are 95 %, by whole speakers.",
        "",
        "EER of frames, real against synthetic time, in percent:",
        "",
        *table(["frame", "all", *families], frames),
        "Stretches that differ, found where at least half of the extent (intersection over union) and the "
        "label are right, in percent; the same claims laid over other recordings reach F1 "
        f"{percent(places['by_chance'])}:",
        "",
        *table(
            ["held-back family", "F1", "found", "right of those named", "splices with one named",
             "recordings of one piece with one named", "distance of the borders, s"],
            [[name, *(figure(one[key]) for key in columns), _border(one)] for name, one in rows],
        ),
    ]  # fmt: skip


def _border(found: dict[str, Any]) -> str:
    border = found["border_error_seconds"]
    if not border:
        return "none found"
    return f"{border['median']:.2f} ({border['quarter']:.2f} to {border['three_quarters']:.2f})"
