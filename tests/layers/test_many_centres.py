from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from earwitness.layers.am_softmax import am_softmax
from earwitness.layers.attractors import Attractors
from earwitness.layers.many_centres import Centres, Scoring, centre_score, many_centre_loss
from earwitness.layers.one_class import oc_softmax


@pytest.mark.parametrize(
    ("cosine", "label", "value"), [(0.8, 1, 2.126928), (0.3, 0, 2.126928), (0.9, 1, 0.693147)]
)
def test_the_published_term(cosine: float, label: int, value: float) -> None:
    loss = many_centre_loss(torch.tensor([[cosine, -1.0]]), torch.tensor([label]), torch.tensor([0]))
    assert float(loss) == pytest.approx(value, abs=1e-6)


def test_bona_fide_counts_with_its_own_centre_and_a_spoof_with_the_nearest() -> None:
    cosine = torch.tensor([[0.1, 0.95], [0.1, 0.95]], requires_grad=True)
    many_centre_loss(cosine, torch.tensor([1, 0]), torch.tensor([0, 0])).backward()
    assert cosine.grad is not None
    assert (cosine.grad != 0).tolist() == [[True, False], [False, True]]


def test_without_a_label_the_nearest_centre_is_ones_own() -> None:
    cosine, target = torch.tensor([[0.1, 0.6], [0.5, 0.2]]), torch.tensor([1, 1])
    known = many_centre_loss(cosine, target, torch.tensor([1, 0]))
    torch.testing.assert_close(many_centre_loss(cosine, target, torch.tensor([-1, -1])), known)
    torch.testing.assert_close(many_centre_loss(cosine, target), known)


def test_one_centre_is_oc_softmax() -> None:
    torch.manual_seed(0)
    cosine, target = torch.rand(9, 1) * 2 - 1, torch.arange(9) % 2
    torch.testing.assert_close(many_centre_loss(cosine, target), oc_softmax(cosine[:, 0], target))


@pytest.mark.parametrize(("scale", "value"), [(20.0, 0.126928), (32.0, 0.039953)])
def test_the_quality_loss_of_paper_and_repository(scale: float, value: float) -> None:
    loss = am_softmax(torch.tensor([[0.7, 0.2]]), torch.tensor([0]), scale=scale, margin=0.4)
    assert float(loss) == pytest.approx(value, abs=1e-6)


def test_rows_without_a_class_are_left_out_and_none_at_all_is_zero() -> None:
    cosine = torch.tensor([[0.7, 0.2], [0.1, 0.9]], requires_grad=True)
    alone = am_softmax(cosine[:1], torch.tensor([0]))
    torch.testing.assert_close(am_softmax(cosine, torch.tensor([0, -1])), alone)
    none = am_softmax(cosine, torch.tensor([-1, -1]))
    none.backward()
    assert float(none.detach()) == 0.0
    assert cosine.grad is not None
    assert not cosine.grad.any()


@given(st.lists(st.floats(-1, 1, width=32), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None)
def test_scores_lie_between_mean_and_max(cosines: list[float]) -> None:
    rules: tuple[Scoring, ...] = ("mean", "softmax", "max")
    mean, weighted, most = (float(centre_score(torch.tensor([cosines]), rule)) for rule in rules)
    assert mean - 1e-6 <= weighted <= most + 1e-6


def test_centres_give_cosines_whatever_the_length() -> None:
    centres = Centres(6, 4)
    embedding = torch.randn(3, 6)
    assert bool((centres(embedding).abs() <= 1 + 1e-6).all())
    torch.testing.assert_close(centres(embedding), centres(7 * embedding))


def test_attractors_follow_their_speaker_alone() -> None:
    torch.manual_seed(0)
    attractors = Attractors(8, 3, momentum=0.5)
    right = attractors.directions @ attractors.directions.T
    torch.testing.assert_close(right, torch.eye(3), atol=1e-5, rtol=0.0)
    before = attractors.directions.clone()
    target = torch.randn(1, 8)
    for _ in range(40):
        attractors.follow(target.expand(2, 8), torch.tensor([1, -1]))
    torch.testing.assert_close(attractors.directions[[0, 2]], before[[0, 2]])
    assert float(attractors(target)[0, 1]) == pytest.approx(1.0, abs=1e-4)
    attractors.present[1] = False
    assert float(attractors(target)[0, 1]) == -1.0
