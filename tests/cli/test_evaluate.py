"""`earwitness evaluate` from the outside: tables, files, refusals in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from earwitness.cli.main import main
from earwitness.metrics import asvspoof5_track2, eer, interval, paired_difference

RNG = np.random.default_rng(0)
LABELS = np.repeat(["bonafide", "spoof"], [150, 350])
SCORES = RNG.normal(0, 1, 500) + 2.5 * (LABELS == "bonafide")
ATTACKS = np.where(LABELS == "spoof", np.array(["A07", "A08"])[np.arange(500) % 2], "-")
CODECS = np.array(["none", "mp3"])[np.arange(500) // 3 % 2]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    scores, key = tmp_path / "mine.txt", tmp_path / "key.txt"
    scores.write_text("".join(f"u{at} {score!r}\n" for at, score in enumerate(SCORES.tolist())))
    rows = zip(CODECS, ATTACKS, LABELS, strict=True)
    key.write_text(
        "".join(f"s{at % 9} u{at} {c} x {a} {label} notrim eval\n" for at, (c, a, label) in enumerate(rows))
    )
    return scores, key


def figures(folder: Path) -> dict:
    return json.loads((folder / "metrics.json").read_text())


def test_detection(files: tuple[Path, Path], capsys: pytest.CaptureFixture) -> None:
    assert main(["evaluate", *map(str, files)]) == 0
    printed = capsys.readouterr().out
    folder = files[0].parent / "mine-metrics"
    found = figures(folder)
    assert sorted(part.name for part in folder.iterdir()) == [
        "calibration.svg",
        "det.svg",
        "ece.svg",
        "metrics.json",
        "scores.svg",
        "tippett.svg",
    ]
    target, nontarget = SCORES[LABELS == "bonafide"], SCORES[LABELS == "spoof"]
    expected = interval("eer", target, nontarget)
    shown = found["evaluation"]["figures"]["eer"]
    assert (shown["value"], shown["low"], shown["high"]) == (expected.value, expected.low, expected.high)
    assert f"{100 * expected.value:.2f} %" in printed
    assert set(found["evaluation"]["figures"]) == {
        "eer", "min_dcf", "act_dcf", "cllr", "min_cllr", "roc_auc",
    }  # fmt: skip
    parts = {(p["column"], p["value"]): p for p in found["evaluation"]["breakdown"]}
    assert set(parts) == {("attack", "A07"), ("attack", "A08"), ("codec", "mp3"), ("codec", "none")}
    # An attack is set against all bona fide trials, a codec against those of the codec.
    assert parts["attack", "A07"]["targets"] == 150
    assert parts["attack", "A07"]["eer"]["value"] == eer(target, SCORES[ATTACKS == "A07"])
    mp3 = CODECS == "mp3"
    assert parts["codec", "mp3"]["eer"]["value"] == eer(
        SCORES[mp3 & (LABELS == "bonafide")], SCORES[mp3 & (LABELS == "spoof")]
    )
    assert found["layouts"] == {"scores": "two columns", "key": "ASVspoof 2021 LA"}


def test_the_order_of_trials_does_not_matter(files: tuple[Path, Path], tmp_path: Path) -> None:
    lines = files[0].read_text().splitlines()
    other = tmp_path / "other.txt"
    other.write_text("\n".join(reversed(lines)))
    for path in (files[0], other):
        assert main(["evaluate", str(path), str(files[1]), "--out", str(tmp_path / path.stem)]) == 0
    one, two = (figures(tmp_path / name)["evaluation"] for name in ("mine", "other"))
    assert one == two


def test_compare(files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    other = tmp_path / "theirs.txt"
    worse = SCORES + RNG.normal(0, 2, 500)
    other.write_text("".join(f"u{at} {score!r}\n" for at, score in enumerate(worse.tolist())))
    arguments = [*map(str, files), "--compare", str(other), "--replicates", "60"]
    assert main(["evaluate", *arguments]) == 0
    assert "less theirs.txt" in capsys.readouterr().out
    found = figures(files[0].parent / "mine-metrics")
    real = LABELS == "bonafide"
    expected = paired_difference(
        "eer", (SCORES[real], SCORES[~real]), (worse[real], worse[~real]), replicates=60
    )
    assert found["differences"]["eer"]["value"] == expected.value
    assert found["differences"]["eer"]["p_value"] == expected.p_value
    assert set(found["differences"]) == {"eer", "cllr", "roc_auc", "min_cllr", "act_dcf", "min_dcf"}


def test_clusters_json_and_all_phases(files: tuple[Path, Path], capsys: pytest.CaptureFixture) -> None:
    arguments = [*map(str, files), "--clusters", "speaker", "--replicates", "60", "--json", "--phase", "all"]
    assert main(["evaluate", *arguments]) == 0
    shown = json.loads(capsys.readouterr().out)["evaluation"]["figures"]["eer"]
    assert shown["method"] == "percentile bootstrap, clustered"
    assert "only 9 clusters" in shown["notes"][0]


def test_verification(tmp_path: Path) -> None:
    scores, key = tmp_path / "s.txt", tmp_path / "trials.txt"
    key.write_text("".join(f"{at % 2} spk{at}/a.wav spk{at}/b.wav\n" for at in range(60)))
    scores.write_text("".join(f"spk{at}/a.wav spk{at}/b.wav {at % 2 + at % 7 / 5}\n" for at in range(60)))
    assert main(["evaluate", str(scores), str(key), "--out", str(tmp_path / "m")]) == 0
    found = figures(tmp_path / "m")
    assert found["task"] == "verification"
    assert {"min_dcf_0.01", "min_dcf_0.05", "eer"} <= set(found["evaluation"]["figures"])


def test_track_2(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    kinds = ["target", "nontarget", "spoof"]
    rng = np.random.default_rng(3)
    parts = [rng.normal(shift, 1, (40, 3)) for shift in (2, 0, 0.5)]
    key, scores = ["spk\tfilename\tcm-label\tasv-label"], ["spk\tfilename\tcm-score\tasv-score\tsasv-score"]
    for kind, part in zip(kinds, parts, strict=True):
        for at, (cm, asv, sasv) in enumerate(part.tolist()):
            key.append(f"s1\t{kind}{at}\t{'spoof' if kind == 'spoof' else 'bonafide'}\t{kind}")
            scores.append(f"s1\t{kind}{at}\t{cm!r}\t{asv!r}\t{sasv!r}")
    (tmp_path / "key.tsv").write_text("\n".join(key))
    (tmp_path / "s.tsv").write_text("\n".join(scores))
    assert main(["evaluate", str(tmp_path / "s.tsv"), str(tmp_path / "key.tsv")]) == 0
    found = figures(tmp_path / "s-metrics")["evaluation"]
    columns = [tuple(part[:, at] for part in parts) for at in range(3)]
    expected = asvspoof5_track2(columns[2], cm=columns[0], asv=columns[1])
    assert found["track2"] == {
        "a_dcf": expected.a_dcf,
        "min_tdcf": expected.min_tdcf,
        "t_eer": expected.t_eer,
    }
    assert "a_dcf" in capsys.readouterr().out


def test_classification_and_regression(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    key = tmp_path / "key.csv"
    key.write_text("id,label\na,sad\nb,sad\nc,calm\nd,calm\n")
    answers = tmp_path / "a.csv"
    answers.write_text("id,prediction\na,sad\nb,calm\nc,calm\nd,calm\n")
    assert main(["evaluate", str(answers), str(key), "--task", "classification"]) == 0
    found = figures(tmp_path / "a-metrics")["evaluation"]
    assert found["figures"]["uar"]["value"] == 0.75
    assert (tmp_path / "a-metrics" / "confusion.svg").exists()
    assert "always the most frequent class" in capsys.readouterr().out
    soft = tmp_path / "soft.csv"
    soft.write_text("id,calm,sad\na,0.1,0.9\nb,0.6,0.4\nc,0.8,0.2\nd,0.7,0.3\n")
    assert main(["evaluate", str(soft), str(key), "--task", "classification"]) == 0
    assert figures(tmp_path / "soft-metrics")["evaluation"]["one_vs_rest"]["rates"] == {
        "calm": 0.0,
        "sad": 0.0,
    }
    truth = tmp_path / "ages.txt"
    truth.write_text("a 30\nb 40\nc 55\nd 61\n")
    guesses = tmp_path / "guesses.txt"
    guesses.write_text("a 31\nb 39\nc 56\nd 60\n")
    assert main(["evaluate", str(guesses), str(truth), "--task", "regression", "--replicates", "50"]) == 0
    found = figures(tmp_path / "guesses-metrics")["evaluation"]
    assert found["figures"]["mae"]["value"] == 1
    assert found["regression"]["mean_predictor"]["r2"] == 0


def test_localisation(tmp_path: Path) -> None:
    key = tmp_path / "key.rttm"
    key.write_text("SPEAKER a 1 0.04 0.06 <NA> <NA> spoof <NA> <NA>\n")
    scores = tmp_path / "frames.json"
    scores.write_text(json.dumps({"hop": 0.02, "scores": {"a": [3, 2, -1, -2, -3, 1], "b": [2, 2, 2, 2]}}))
    assert main(["evaluate", str(scores), str(key), "--task", "localisation"]) == 0
    found = figures(tmp_path / "frames-metrics")["evaluation"]
    assert (found["recordings"], found["point_eer"], found["range_eer"]) == (2, 0, 0)
    assert set(found["resolutions"]) == {"0.02", "0.04", "0.08", "0.16", "0.32", "0.64"}
    segments = tmp_path / "found.json"
    segments.write_text(json.dumps({"a": [{"start": 0.03, "end": 0.1}]}))
    assert main(["evaluate", str(segments), str(key), "--task", "localisation"]) == 0
    found = figures(tmp_path / "found-metrics")["evaluation"]["segments"]
    assert [part["f1"] for part in found] == [1, 1, 0]


@pytest.mark.parametrize(
    ("scores", "key", "options", "message"),
    [
        ("a 1\nb 0\n", "a bonafide\nb spoof\nc spoof\n", [], "has no score for 1 of 3 trials: c"),
        ("a 1\nb 0\nc 2\n", "a bonafide\nb spoof\n", [], "scores 1 trials that the key does not have: c"),
        ("a 1\na 0\n", "a bonafide\nb spoof\n", [], "names 1 trials more than once: a"),
        ("a 1\nb nan\n", "a bonafide\nb spoof\n", [], "line 2, column 2: the score is NaN"),
        ("a 1\nb", "a bonafide\nb spoof\n", [], "line 2, column 2: 1 fields"),
        ("a 1\nb \x00\n", "a bonafide\nb spoof\n", [], "line 2, column 3: byte 0x00 is no text"),
        ("", "a bonafide\nb spoof\n", [], "is empty"),
        ("a 1\nb 0\n", "a bonafide\nb bonafide\n", [], "has no spoof trial"),
        ("a 1\nb 0\n", "a happy\nb sad\n", [], "give --task"),
        ("a 1\nb 0\n", "a happy\nb sad\n", ["--task", "classification"], "needs a column prediction"),
        ("a 1\nb 0\n", "a old\nb young\n", ["--task", "regression"], "no numbers"),
        ("a 1\nb 0\n", "a bonafide\nb spoof\n", ["--clusters", "speaker"], "no column 'speaker'"),
        ("a 1\nb 0\n", "a bonafide\nb spoof\n", ["--confidence", "1"], "confidence"),
        ("a 1\nb 0\n", "a bonafide\nb spoof\n", ["--task", "localisation"], "key.txt"),
    ],
)
def test_refusals_in_one_line(
    tmp_path: Path, scores: str, key: str, options: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "s.txt").write_text(scores)
    (tmp_path / "key.txt").write_text(key)
    assert main(["evaluate", str(tmp_path / "s.txt"), str(tmp_path / "key.txt"), *options]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("earwitness: ")
    assert said.err.count("\n") == 1
    assert message in said.err
    assert not (tmp_path / "s-metrics").exists()


def test_a_missing_file_and_a_folder_that_cannot_be_made(files: tuple[Path, Path], capsys) -> None:
    assert main(["evaluate", str(files[0].with_name("none.txt")), str(files[1])]) == 2
    assert "cannot be read" in capsys.readouterr().err
    arguments = [*map(str, files), "--replicates", "2", "--out", str(files[1] / "inside")]
    assert main(["evaluate", *arguments]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_infinite_scores_make_valid_json(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["a", "b", "c"], "score": [float("-inf"), 1.0, 0.0]}).write_parquet(
        tmp_path / "s.parquet"
    )
    (tmp_path / "key.txt").write_text("a bonafide\nb bonafide\nc spoof\n")
    assert main(["evaluate", str(tmp_path / "s.parquet"), str(tmp_path / "key.txt")]) == 0
    assert figures(tmp_path / "s-metrics")["evaluation"]["figures"]["cllr"]["value"] == "inf"
