"""Side instruments: what is said at which distance, what is refused, and that the shipped ones fit."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earwitness.errors import BadInput
from earwitness.evidence.instrument import SHIPPED
from earwitness.evidence.manifest import EncoderUse, Head
from earwitness.evidence.side_instrument import CODED, NOT_FOUND, TASKS, UNKNOWN, SideInstrument, typical
from earwitness.evidence.side_manifest import NumberUse, SideManifest
from earwitness.evidence.speech_statistics import SpeechStatistics
from earwitness.systems.nearest_class import Nearest, Numbers, Space
from earwitness.systems.side_export import export_side

CENTRES = {"none": -6.0, "one": 0.0, "two": 6.0}
WIDE = 24
"""Two statistics of two layers of six channels."""


def rows(seed: int = 0, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(list(CENTRES), count)
    values = rng.standard_normal((len(labels), WIDE)) + 3
    values[:, 0] += [CENTRES[name] for name in labels.tolist()]
    return values.astype(np.float32), labels


def made(folder: Path, task: str = "codec", *, named: bool = True) -> SideInstrument:
    values, labels = rows()
    nearest = Nearest.fit(values, labels, directions=20, shrink=0.05)
    coded = labels != "none"
    truth = 2.0 ** (13 + values[coded, 0] / 6)
    numbers = Numbers.fit(
        Space.fit(values[coded], 20), values[coded], truth, np.ones(coded.sum()), ridge=1e-3
    )
    own = {
        name: np.sort(nearest.distances(values[labels == name])[:, at])
        for at, name in enumerate(nearest.classes)
    }
    manifest = SideManifest(
        name=task, version="1", task=task,  # type: ignore[arg-type]
        encoder=EncoderUse(asset="x", layers=(1, 2), frame_rate=50.0, dimension=6),
        head=Head(file="head.onnx", sha256="0" * 64, outputs=("distances", "logs")), classes=nearest.classes,
        nothing="none", limit=float(max(one.max() for one in own.values())) + 20, min_speech_seconds=1.5,
        typical={name: tuple(np.quantile(one, np.linspace(0, 1, 11)).tolist()) for name, one in own.items()},
        numbers=(NumberUse(name="bit rate", unit="kbit/s", scale=1e-3, below=-1.0, above=0.5),),
        shown=True, named=named, notes=("A limit.",),
    )  # fmt: skip
    export_side(folder, manifest, nearest, [numbers], {"said": ["# x"], "figures": 1}, values)
    return SideInstrument(folder)


def at(place: float, seed: int = 1) -> np.ndarray:
    value = np.random.default_rng(seed).standard_normal(WIDE).astype(np.float32) + 3
    value[0] = 3 + place
    return value


def test_what_is_near_is_named_with_its_settings(tmp_path: Path) -> None:
    side = made(tmp_path)
    found = side.codec(at(6.0), 3.0)
    assert found is not None
    assert found.decision == "two"
    assert found.nearest[0].name == "two"
    assert "none" not in {one.name for one in found.nearest}
    (rate,) = found.estimates
    assert (rate.name, rate.unit) == ("bit rate", "kbit/s")
    assert rate.value == pytest.approx(2**13 * 2 ** (9 / 6) / 1000, rel=0.1)
    assert rate.low == pytest.approx(rate.value / 2, rel=0.01)
    assert rate.high == pytest.approx(rate.value * 2**0.5, rel=0.01)


def test_nothing_found_and_unlike_all(tmp_path: Path) -> None:
    side = made(tmp_path)
    none = side.codec(at(-6.0), 3.0)
    assert none is not None
    assert (none.decision, none.estimates) == (NOT_FOUND, ())
    odd = at(0.0)
    odd[1:4] += np.array([40.0, -40.0, 40.0], np.float32)
    strange = side.codec(odd, 3.0)
    assert strange is not None
    assert strange.decision == UNKNOWN
    assert strange.estimates
    assert side.codec(at(0.0), 1.0) is None
    assert side.source(at(0.0), 1.0) is None


def test_where_families_did_not_validate_none_is_named(tmp_path: Path) -> None:
    side = made(tmp_path, named=False)
    found, none = side.codec(at(6.0), 3.0), side.codec(at(-6.0), 3.0)
    assert found is not None
    assert none is not None
    assert (found.decision, found.nearest) == (CODED, ())
    assert found.estimates
    assert none.decision == NOT_FOUND


def test_generators_are_named_and_real_speech_is_none_of_them(tmp_path: Path) -> None:
    side = made(tmp_path, "source")
    named, real = side.source(at(0.0), 3.0), side.source(at(-6.0), 3.0)
    assert named is not None
    assert real is not None
    assert named.decision == "one"
    assert "most like one" in named.reasons[0]
    assert real.decision == UNKNOWN
    assert "Real speech" in real.reasons[0]
    odd = at(0.0)
    odd[1:4] += np.array([40.0, -40.0, 40.0], np.float32)
    strange = side.source(odd, 3.0)
    assert strange is not None
    assert strange.decision == UNKNOWN


@given(distance=st.floats(-100, 100), steps=st.lists(st.floats(0.01, 10), min_size=2, max_size=8))
def test_what_is_typical_falls_with_the_distance(distance: float, steps: list[float]) -> None:
    quantiles = tuple(np.cumsum(steps).tolist())
    found = typical(distance, quantiles)
    assert 0 <= found <= 1
    assert typical(distance + 1, quantiles) <= found
    assert typical(quantiles[0], quantiles) == 1
    assert typical(quantiles[-1] + 1, quantiles) == 0


def test_folders_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no side instrument here"):
        SideInstrument(tmp_path / "none")
    made(tmp_path / "a")
    path = tmp_path / "a" / "manifest.json"
    kept = json.loads(path.read_text())
    for changes, reason in (
        ({"nothing": "three"}, "not a manifest"),
        ({"typical": {"one": [0, 1]}}, "not a manifest"),
        ({"shown": "yes"}, "not a manifest"),
        ({"head": kept["head"] | {"sha256": "1" * 64}}, "not the one of the manifest"),
        ({"numbers": []}, "has not the manifest's"),
        ({"encoder": kept["encoder"] | {"layers": [1]}}, "not a usable ONNX"),
    ):
        path.write_text(json.dumps(kept | changes))
        with pytest.raises(BadInput, match=reason):
            SideInstrument(tmp_path / "a")


@given(cut=st.integers(0, 40), seed=st.integers(0, 99))
def test_statistics_do_not_depend_on_how_frames_come(cut: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = rng.standard_normal((2, 40, 3)) + 50
    mask = rng.random(40) < 0.6
    whole, parts = SpeechStatistics(2, 3), SpeechStatistics(2, 3)
    whole.push(frames, mask)
    parts.push(frames[:, :cut], mask[:cut])
    parts.push(frames[:, cut:], mask[cut:])
    assert whole.frames == parts.frames == mask.sum()
    assert np.allclose(whole.result(), parts.result(), atol=1e-4)
    if mask.any():
        heard = frames[:, mask]
        expected = np.concatenate([heard.mean(1).ravel(), heard.std(1).ravel()])
        assert np.allclose(whole.result(), expected, atol=1e-4)


@pytest.mark.parametrize("task", TASKS)
def test_the_shipped_ones_load_and_tell_what_their_cards_tell(task: str) -> None:
    side = SideInstrument(SHIPPED / task)
    card = msgspec.json.decode((SHIPPED / task / "card.json").read_bytes())
    assert side.manifest.task == task
    assert side.manifest.shown == card["shown"]
    assert list(side.manifest.notes) == card["limits"]
    told = {name for name, one in card["numbers"].items() if one["shown"]}
    assert len(told) == len(side.manifest.numbers)
