"""Where the change is: figures that follow what is claimed, and constants a family has no say in."""

from __future__ import annotations

import math

import numpy as np
import pytest

from earwitness.errors import BadInput
from earwitness.evidence.manifest import ChangeSearch
from earwitness.metrics.localisation import Segment
from earwitness.systems import splice_places
from earwitness.systems.card_table import percent
from earwitness.systems.splice_card import place_note, splices_section
from earwitness.systems.splice_places import (
    Searched,
    claims,
    differing_truth,
    f1,
    frame_scores,
    match,
    place_figures,
)
from earwitness.training.run import plain

FEW = (
    ChangeSearch(within=0.36, penalty=3.0, margin=0.15),
    ChangeSearch(within=0.36, penalty=3.0, margin=9.0),
)


def recording(family: str, cluster: str, levels: list[float], truth: list[Segment]) -> Searched:
    cells = np.array(levels)
    llrs = np.array([cells[k : k + 4].mean() for k in range(len(cells) - 3)])
    return Searched(
        family=family, cluster=cluster, spliced=len(truth) > 1, truth=tuple(truth),
        duration=len(levels) / 2, llrs=llrs, speech=np.full(len(levels), 25.0), spread=1.0, heard=(-5.0, 5.0),
    )  # fmt: skip


def spliced(family: str, cluster: str = "x") -> Searched:
    truth = [Segment(0, 6, "bona fide"), Segment(6, 11, "spoof"), Segment(11, 18, "bona fide")]
    return recording(family, cluster, [3.0] * 12 + [-3.0] * 10 + [3.0] * 14, truth)


def whole(family: str, cluster: str = "x", level: float = 2.0) -> Searched:
    return recording(family, cluster, [level] * 36, [Segment(0, 18, "bona fide")])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splice_places, "CANDIDATES", FEW)
    monkeypatch.setattr(splice_places, "REPLICATES", 20)


def test_a_clear_stretch_is_claimed_where_it_is() -> None:
    assert claims(spliced("a"), FEW[0]) == (Segment(6.0, 11.0, "spoof"),)
    assert claims(spliced("a"), FEW[1]) == ()
    assert claims(whole("a"), FEW[0]) == ()


def test_what_differs_is_the_lesser_part() -> None:
    truth = [Segment(0, 1, "bona fide"), Segment(1, 9, "spoof"), Segment(9, 10, "bona fide")]
    assert [(s.start, s.label) for s in differing_truth(truth)] == [(0, "bona fide"), (9, "bona fide")]
    assert differing_truth(truth[:1]) == ()


def test_a_stretch_counts_by_overlap_and_label() -> None:
    true = [Segment(2, 4, "spoof")]
    good = match([Segment(2.5, 4.0, "spoof")], true, 9.0)
    assert (good.matched, good.errors) == (1, (0.5, 0.0))
    assert match([Segment(2.5, 4.0, "spoof")], true, 4.0).errors == (0.5,)  # it ends where the recording does
    assert match([Segment(2.5, 4.0, "bona fide")], true, 9.0).matched == 0
    assert match([Segment(3.5, 6.0, "spoof")], true, 9.0).matched == 0
    assert f1([good, match([Segment(0, 1, "spoof")], [], 9.0)]) == pytest.approx(2 / 3)
    assert f1([match([], [], 9.0)]) == 1.0


def test_frames_follow_the_windows_that_hold_them() -> None:
    one = spliced("a")
    scores, labels = frame_scores(one, 0.5)
    assert labels.tolist() == [0] * 12 + [1] * 10 + [0] * 14
    assert scores[labels == 1].mean() < -1 < 1 < scores[labels == 0].mean()
    silent = Searched(**{f: getattr(one, f) for f in one.__struct_fields__} | {"llrs": np.full(33, math.nan)})
    assert (frame_scores(silent, 0.5)[0] == 0).all()


def test_figures_of_perfect_and_of_blind_claims(few: None) -> None:
    seen = place_figures([spliced("a"), whole("a", "y"), spliced("b", "z"), whole("b", "w")])
    assert seen["stretches"]["f1"]["value"] == 1.0
    assert seen["stretches"]["border_error_seconds"]["median"] == 0.0
    assert seen["search"]["margin"] == 0.15
    # a frame that straddles a border is both; all others are told apart
    assert seen["frame_eer"]["0.32"]["all"].value < 0.15
    blind = [recording(f, f, [1.0] * 36, list(spliced(f).truth)) for f in "ab"]
    found = place_figures([*blind, whole("a", "y"), whole("b", "w")])
    assert found["stretches"]["f1"]["value"] == 0.0
    assert found["stretches"]["border_error_seconds"] is None
    with pytest.raises(BadInput, match="two engine families"):
        place_figures(blind[:1])


def test_a_family_has_no_say_in_its_own_constants(few: None) -> None:
    others = [spliced("b"), whole("b", "y")]
    fair = [spliced("a"), whole("a", "q")]
    # changes where nothing changes: this family would rather have nothing named
    false = recording("a", "x", [3.0] * 12 + [-3.0] * 10 + [3.0] * 14, [Segment(0, 18, "bona fide")])
    for mine in (fair, [*fair, false, false]):
        found = place_figures([*mine, *others])
        assert found["chosen_on_the_other_families"]["a"]["margin"] == 0.15
    assert found["chosen_on_the_other_families"]["b"]["margin"] == 9.0


def test_the_card_and_the_report_say_the_figures(few: None) -> None:
    places = plain(place_figures([spliced("a"), whole("a", "y"), spliced("b", "z"), whole("b", "w")]))
    note = place_note(places)
    assert "is weak" in note
    assert percent(places["frame_eer"]["0.32"]["all"]["value"]) in note
    places["frame_eer"]["0.32"]["all"]["value"] = 0.45
    assert "near chance" in place_note(places)
    assert splices_section(None) == []
