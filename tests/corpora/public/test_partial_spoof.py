"""PartialSpoof: segments of every resolution, in the right polarity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from miniature import of, write
from miniatures.partial_spoof import LABELS, npy

from earwitness.corpora.catalogue import scan
from earwitness.corpora.public.partial_spoof import frame_labels
from earwitness.errors import BadInput
from earwitness.metrics.localisation import frames_of, segments_from


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return of("partial-spoof").build(tmp_path)


def segments(root: Path, name: str, **options: str) -> list[tuple[float, float, str]] | None:
    row = scan("partial-spoof", root, **options).table.row(by_predicate=pl.col("id") == name, named=True)
    return row["segments"] and [(s["start"], s["end"], s["label"]) for s in row["segments"]]


def test_segments_of_the_finest_resolution(root: Path) -> None:
    assert segments(root, "CON_T_0000000") == [
        (0.0, 0.04, "bona fide"),
        (0.04, 0.08, "spoof"),
        (0.08, 0.1, "bona fide"),
    ]
    assert segments(root, "LA_T_1138215") == [(0.0, 0.08, "bona fide")]
    assert segments(root, "CON_D_0000000") == [(0.0, 0.06, "spoof")]


def test_segments_of_another_resolution(root: Path) -> None:
    write(root / LABELS / "dev_seglab_0.64.npy", npy({"LA_D_1047731": np.array(["1"])}))
    assert segments(root, "CON_T_0000001", resolution="0.64") == [(0.0, 0.64, "spoof")]
    assert segments(root, "CON_T_0000001", resolution="none") is None
    with pytest.raises(BadInput, match=r"0\.33"):
        scan("partial-spoof", root, resolution="0.33")
    with pytest.raises(BadInput, match="No such file"):
        scan("partial-spoof", root, resolution="0.08")


def test_frames_are_one_where_they_are_spoof(root: Path) -> None:
    frames = frame_labels(root, "train", 0.02)
    assert frames["CON_T_0000000"].tolist() == [0, 0, 1, 1, 0]
    assert frame_labels(root / "database", "train", 0.64)["LA_T_1138215"].tolist() == [0]
    with pytest.raises(BadInput, match="no published resolution"):
        frame_labels(root, "train", 0.05)


def test_segments_and_frames_agree(root: Path) -> None:
    rng = np.random.default_rng(1)
    truth = {f"CON_T_{n:07}": rng.integers(0, 2, rng.integers(1, 40)) for n in range(50)}
    write(root / LABELS / "train_seglab_0.16.npy", npy({k: v.astype(str) for k, v in truth.items()}))
    found = frame_labels(root, "train", 0.16)
    for name, values in truth.items():
        np.testing.assert_array_equal(found[name], 1 - values)
        spoof = segments_from(found[name], 0.16)
        np.testing.assert_array_equal(frames_of(spoof, len(values) * 0.16, 0.16), found[name])


def test_labels_turned_round_are_refused(root: Path) -> None:
    turned = {"CON_T_0000000": np.array(["0", "1"]), "LA_T_1138215": np.array(["0", "0"])}
    write(root / LABELS / "train_seglab_0.02.npy", npy(turned))
    with pytest.raises(BadInput, match=r"makes 1 of 1 bona fide utterances spoof.*turned round"):
        scan("partial-spoof", root)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"CON_T_0000000": np.array(["1", "2"])}, "something else than 1 and 0 for 'CON_T_0000000'"),
        ({"CON_T_0000000": np.array([["1"]])}, "something else than 1 and 0"),
        ([1, 2], "is no table of utterances"),
        ({"CON_T_0000000": Path("x")}, "only arrays, text"),
    ],
)
def test_other_segment_labels_are_refused(root: Path, value: object, told: str) -> None:
    write(root / LABELS / "train_seglab_0.02.npy", npy(value))
    with pytest.raises(BadInput, match=told):
        scan("partial-spoof", root)


def test_rows_without_segment_labels_are_told(root: Path) -> None:
    write(root / LABELS / "train_seglab_0.02.npy", npy({"LA_T_1138215": np.array(["1"])}))
    corpus = scan("partial-spoof", root)
    assert corpus.report.notes == ("2 rows have no segment labels, among them CON_T_0000000",)
    assert segments(root, "CON_T_0000000") is None
