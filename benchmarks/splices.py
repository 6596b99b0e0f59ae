"""What the detector says of spliced recordings whose engine and speaker it never heard.

    earwitness corpora build open-voices open-voices --subset small --keep-sources
    earwitness corpora splices open-voices splices --count 600
    python benchmarks/splices.py open-voices splices --store store [--ship]

In each leave-out round the head is trained anew; calibrator, thresholds and the rule for the lowest
window come from the rounds of the other engine families, and so do the constants of the search for
the stretch. Writes benchmarks/results/splices.json; with --ship, rule and constants go into the
shipped instrument's manifest and the figures into its card.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import torch

from earwitness.assets import asset
from earwitness.audio.resample import resample
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.evidence.manifest import ChangeSearch, Distributions, Manifest, to_json
from earwitness.evidence.timeline import CELL_SECONDS, CHANGE_WINDOW_SECONDS, scatter
from earwitness.metrics.localisation import Segment
from earwitness.systems import detection_table
from earwitness.systems.clip_windows import SAMPLE_RATE, WindowRule, clip_scores, grid_speech
from earwitness.systems.detection_table import Pooled, corpus_hash, origin_classes, pool_corpus, read_rows
from earwitness.systems.detector import ENCODER, Plan
from earwitness.systems.head_training import HeadTraining
from earwitness.systems.instrument_card import card_text, limits
from earwitness.systems.origin import Origin, OriginNetwork
from earwitness.systems.splice_card import place_note
from earwitness.systems.splice_places import Searched, place_figures
from earwitness.systems.splice_rule import Heard, splice_figures
from earwitness.training.nested import fit_on_held_back
from earwitness.training.rounds import crossed_rounds, even_folds
from earwitness.training.run import plain, versions
from earwitness.whole_file import write_whole

RESULT = Path(__file__).parent / "results" / "splices.json"
INSTRUMENT = Path(__file__).parents[1] / "src" / "earwitness" / "assets" / "instruments" / "detection"
AIM = 0.02
"""Share of splices that may be called bona fide where the rule is chosen: about a third of what is called so
without it. It was set after the share at every rule, over all families together, had been seen."""
SEARCHED = WindowRule(
    window_seconds=CHANGE_WINDOW_SECONDS, hop_seconds=CELL_SECONDS, least_speech=Plan().rule.least_speech / 2
)


def raw(network: OriginNetwork, pooled: Pooled, which: np.ndarray) -> np.ndarray:
    """Raw scores of some windows, (windows,)."""
    with torch.no_grad():
        parts = torch.from_numpy(pooled.values[which]).split(4_000)
        return torch.cat([network.odds(network.logits(part)) for part in parts]).numpy()


def clips_and_windows(
    network: OriginNetwork, scored: Pooled, searched: Pooled, clips: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
    """Raw score and lowest searched window of some clips, each (count,), NaN elsewhere; all those windows."""
    windows = np.flatnonzero(np.isin(scored.clip, clips))
    scores = clip_scores(raw(network, scored, windows), scored.speech[windows], scored.clip[windows], count)
    windows = np.flatnonzero(np.isin(searched.clip, clips))
    lowest, found, clip = np.full(count, np.inf), raw(network, searched, windows), searched.clip[windows]
    np.minimum.at(lowest, clip, found)
    each = {int(one): found[clip == one] for one in np.unique(clip)}
    return scores, lowest, each


def on_the_grid(
    spliced: pl.DataFrame, folder: Path, frame_rate: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Of each splice: which windows are searched, (windows,), and the speech in each cell, (cells,)."""
    found = []
    for done, recording in enumerate(detection_table.recordings(spliced, folder)):
        samples = resample(recording.samples, recording.sample_rate, SAMPLE_RATE)
        windows, cells = grid_speech(samples, frame_rate, SEARCHED)
        found.append((windows >= round(SEARCHED.least_speech * frame_rate), cells))
        print(f"\rspeech {done + 1}/{len(spliced)}", end="", file=sys.stderr)
    return found


def heard_in_rounds(corpus: Path, splices: Path, store: Path) -> tuple[Heard, list[Searched], dict[str, Any]]:
    """Train every leave-out round and hear what it held back."""
    torch.set_num_threads(1)
    recipe, plan = Origin.RECIPE, Plan()
    (view,) = recipe.views
    encoder = OnnxEncoder(asset(ENCODER), layers=view.layers, normalise=recipe.normalise)
    table, rows = read_rows(corpus)
    spliced = pl.read_parquet(splices / "corpus.parquet")
    pooled = {}
    with Store(store) as opened:
        for name, some, folder in (("clips", table, corpus), ("splices", spliced, splices)):
            for rule in (plan.rule, SEARCHED):

                def tell(done: int, of: int, name: str = name) -> None:
                    print(f"\r{name} {done}/{of}", end="", file=sys.stderr)

                pooled[name, rule] = pool_corpus(some, folder, encoder, rule, recipe, opened, tell)
                opened.publish()
    scored = pooled["clips", plan.rule]
    classes, origin = origin_classes(table, recipe.classes)
    head = HeadTraining(recipe, (len(view.layers), encoder.dimension), classes, origin, rows, scored)
    usable = np.unique(scored.clip)
    rounds = crossed_rounds(rows, usable, even_folds(rows, usable, plan.folds))
    place = {name: row for row, name in enumerate(table["id"].to_list())}
    belongs = np.array([place.get(name, -1) for name in spliced["belongs_to"].to_list()])
    truth = np.where(spliced["label"].to_numpy() == "spoof", "splice", "host")
    places, recordings = on_the_grid(spliced, splices, encoder.frame_rate), []
    found = []
    for number, one in enumerate(rounds):
        network, _ = head.train(one.train)
        clips, lowest, _ = clips_and_windows(network, scored, pooled["clips", SEARCHED], one.test, len(table))
        mine = np.flatnonzero(np.isin(belongs, one.test) & (rows.family[belongs] == one.family))
        joined = clips_and_windows(
            network, pooled["splices", plan.rule], pooled["splices", SEARCHED], mine, len(spliced)
        )
        test = one.test[np.isfinite(clips[one.test])]
        mine = mine[np.isfinite(joined[0][mine])]
        found.append(
            (one.family, test, clips[test], lowest[test], mine, joined[0][mine], joined[1][mine], joined[2])
        )
        print(f"\rround {number + 1} of {len(rounds)}, {one.family} held back", file=sys.stderr)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in Heard.__struct_fields__}
    for family, test, score, lowest, mine, joined_score, joined_lowest, windows in found:
        others = [part for part in found if part[0] != family]
        calibrator, verdicts = fit_on_held_back(
            rows, np.concatenate([part[1] for part in others]), np.concatenate([part[2] for part in others]),
            plan.wrong,
        )  # fmt: skip
        count = len(test) + len(mine)
        parts["family"].append(np.full(count, family))
        parts["truth"].append(np.concatenate([np.where(rows.bona_fide[test], "real", "spoof"), truth[mine]]))
        parts["llr"].append(calibrator(np.concatenate([score, joined_score])))
        parts["lowest"].append(calibrator(np.concatenate([lowest, joined_lowest])))
        parts["above"].append(np.full(count, verdicts.bona_fide_above))
        parts["below"].append(np.full(count, verdicts.spoof_below))
        llr = calibrator(np.concatenate([part[2] for part in others]))
        real = rows.bona_fide[np.concatenate([part[1] for part in others])]
        spread = scatter(Distributions(bona_fide=tuple(llr[real]), spoof=tuple(llr[~real])))
        for which in mine:
            kept, cells = places[which]
            llrs = np.full(len(kept), math.nan)
            llrs[kept] = calibrator(windows[int(which)])
            recordings.append(
                Searched(
                    family=family, cluster=spliced["speaker"][int(which)],
                    spliced=bool(truth[which] == "splice"),
                    truth=tuple(Segment(**part) for part in spliced["segments"][int(which)]),
                    duration=float(spliced["end"][int(which)] - spliced["start"][int(which)]),
                    llrs=llrs, speech=cells, spread=spread, heard=(float(llr.min()), float(llr.max())),
                )
            )  # fmt: skip
    heard = Heard(**{name: np.concatenate(arrays) for name, arrays in parts.items()})
    data = {
        "corpus_sha256": corpus_hash(table),
        "splices_sha256": corpus_hash(spliced, ("id", "path", "sha256")),
    }
    return heard, recordings, data


def ship(figures: dict[str, Any]) -> None:
    """Put the rule and the constants into the shipped manifest and the figures into the card."""
    manifest = msgspec.json.decode((INSTRUMENT / "manifest.json").read_bytes(), type=Manifest)
    card = msgspec.json.decode((INSTRUMENT / "card.json").read_bytes())
    card["splices"] = figures
    notes = limits(card["figures"], figures)
    places, search = figures.get("places"), manifest.changes
    if places:
        search = ChangeSearch(
            **places["search"],
            fitted_on=f"{places['recordings']} recordings of held-back rounds, {places['splices']} splices",
            note=place_note(places),
        )
    card["limits"] = list(notes)
    thresholds = msgspec.structs.replace(manifest.thresholds, least_window=figures["least_window"])
    changed = msgspec.structs.replace(manifest, thresholds=thresholds, notes=notes, changes=search)
    write_whole(INSTRUMENT / "manifest.json", to_json(changed))
    write_whole(INSTRUMENT / "card.json", msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n")
    write_whole(INSTRUMENT / "card.md", card_text(card).encode())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("splices", type=Path)
    parser.add_argument("--store", type=Path, default=Path("store"))
    parser.add_argument("--ship", action="store_true")
    parser.add_argument("--ship-result", action="store_true", help="ship what is measured already")
    given = parser.parse_args()
    if given.ship_result:
        ship(msgspec.json.decode(RESULT.read_bytes()))
        return
    heard, recordings, data = heard_in_rounds(given.corpus, given.splices, given.store)
    figures = plain(
        {**splice_figures(heard, AIM), "places": place_figures(recordings), "data": data,
         "packages": versions()}
    )  # fmt: skip
    write_whole(RESULT, msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")
    if given.ship:
        ship(figures)
    print(RESULT)


if __name__ == "__main__":
    main()
