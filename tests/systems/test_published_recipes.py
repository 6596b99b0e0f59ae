"""Every published benchmark from a miniature in the public layout: scan, train, score and evaluate."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import torch
from transformers import Wav2Vec2Config, Wav2Vec2Model, WavLMConfig, WavLMModel

from earwitness.cli.main import main

LABELS = ("bonafide", "spoof")
LA19, LA21 = "ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm", "keys/LA/CM/trial_metadata.txt"
PARTIAL = "database/protocols/PartialSpoof_LA_cm_protocols/PartialSpoof.LA.cm"


def _sounds(root: Path, names: list[str]) -> None:
    rng = np.random.default_rng(0)
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * rng.standard_normal(4_000 + 320 * int(rng.integers(9))), 16_000)


def _write(root: Path, name: str, lines: list[str]) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines))


def _asvspoof2019(root: Path) -> None:
    for part, ending, letter in (("train", "trn", "T"), ("dev", "trl", "D"), ("eval", "trl", "E")):
        names = [f"LA_{letter}_100000{n}" for n in range(4)]
        _sounds(root, [f"ASVspoof2019_LA_{part}/flac/{name}.flac" for name in names])
        lines = [
            f"LA_{letter}{n} {name} - {('-', 'A01')[n % 2]} {LABELS[n % 2]}" for n, name in enumerate(names)
        ]
        _write(root, f"{LA19}.{part}.{ending}.txt", lines)


def _asvspoof2021_la(root: Path) -> None:
    names = [f"LA_E_200000{n}" for n in range(4)]
    _sounds(root, [f"ASVspoof2021_LA_eval/flac/{name}.flac" for name in names])
    _write(root, LA21, [
        f"LA_002{n} {name} none - {('bonafide', 'A07')[n % 2]} {LABELS[n % 2]} notrim eval"
        for n, name in enumerate(names)
    ])  # fmt: skip


def _asvspoof2021_df(root: Path) -> None:
    names = [f"DF_E_200000{n}" for n in range(4)]
    _sounds(root, [f"ASVspoof2021_DF_eval/flac/{name}.flac" for name in names])
    _write(root, "keys/DF/CM/trial_metadata.txt", [
        f"LA_002{n} {name} nocodec asvspoof {('-', 'A14')[n % 2]} {LABELS[n % 2]} notrim eval "
        f"{('bonafide', 'traditional_vocoder')[n % 2]} - - - -"
        for n, name in enumerate(names)
    ])  # fmt: skip


def _in_the_wild(root: Path) -> None:
    _sounds(root, [f"release_in_the_wild/{n}.wav" for n in range(4)])
    rows = [f"{n}.wav,Speaker {n},{('bona-fide', 'spoof')[n % 2]}" for n in range(4)]
    _write(root, "release_in_the_wild/meta.csv", ["file,speaker,label", *rows])


def _asvspoof5(root: Path) -> None:
    for letter, name in (("T", "train"), ("D", "dev.track_1"), ("E", "eval.track_1")):
        folder = "flac_E_eval" if letter == "E" else f"flac_{letter}"
        ids = [f"{letter}_000000000{n}" for n in range(4)]
        _sounds(root, [f"{folder}/{one}.flac" for one in ids])
        _write(root, f"ASVspoof5_protocols/ASVspoof5.{name}.tsv", [
            f"{letter}_100{n} {one} F - - - {('- bonafide bonafide', 'AC1 A06 spoof')[n % 2]} -"
            for n, one in enumerate(ids)
        ])  # fmt: skip


def _ctrsvdd(root: Path) -> None:
    for letter, part in (("T", "train"), ("D", "dev"), ("E", "test")):
        ids = [f"CtrSVDD_005{n}_{letter}_000000{n}" for n in range(4)]
        _sounds(root, [f"{part}_set/{one}.flac" for one in ids])
        _write(root, f"{part}.txt", [
            f"m4singer {one.rsplit('_', 2)[0]}{letter} {one} - {('- bonafide', 'A01 deepfake')[n % 2]}"
            for n, one in enumerate(ids)
        ])  # fmt: skip


def _partial_spoof(root: Path) -> None:
    for letter, part in (("T", "train"), ("D", "dev"), ("E", "eval")):
        ids = [f"{('LA', 'CON')[n % 2]}_{letter}_000000{n}" for n in range(4)]
        _sounds(root, [f"database/{part}/con_wav/{one}.wav" for one in ids])
        _write(root, f"{PARTIAL}.{part}.trl.txt", [
            f"LA_{letter}{n} {one} - {('- bonafide', 'CON spoof')[n % 2]}" for n, one in enumerate(ids)
        ])  # fmt: skip
        labels = {one: np.array(["1"] * 6 + [("1", "0")[n % 2]] * 6) for n, one in enumerate(ids)}
        folder = root / "database" / "segment_labels"
        folder.mkdir(exist_ok=True)
        np.save(folder / f"{part}_seglab_0.02.npy", np.array(labels, dtype=object), allow_pickle=True)


TREES = {
    "asvspoof2019-la": _asvspoof2019, "asvspoof2021-la": _asvspoof2021_la,
    "asvspoof2021-df": _asvspoof2021_df, "in-the-wild": _in_the_wild, "asvspoof5": _asvspoof5,
    "ctrsvdd": _ctrsvdd, "partial-spoof": _partial_spoof,
}  # fmt: skip


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Tiny random networks of the same classes as XLS-R 300M and WavLM-Large, in the hub's layout."""
    torch.manual_seed(0)
    shape = {
        "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
        "conv_dim": (16,) * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2,
        "do_stable_layer_norm": True, "feat_extract_norm": "layer",
    }  # fmt: skip
    found = {}
    for name, kind in (
        ("xls-r-300m", Wav2Vec2Model(Wav2Vec2Config(**shape))),
        ("wavlm-large", WavLMModel(WavLMConfig(**shape))),
    ):
        found[name] = tmp_path_factory.mktemp(name)
        kind.save_pretrained(found[name])
    return found


def scanned(name: str, folder: Path) -> Path:
    TREES[name](folder)
    assert main(["corpora", "scan", name, str(folder)]) == 0
    return folder


NES = ["layers=[1]", "encoder_learning_rate=0.001"]
X, DILATED = '["variant=x","nest=[4,4]"]', '["variant=x","dilation=2","nest=[4,4]"]'
TCM = '["width=16","blocks=1"]'


@pytest.mark.parametrize(
    ("system", "recipe", "encoder", "corpus", "settings", "also"),
    [
        ("fine-tuned", "nes2net-asvspoof-2019", "xls-r-300m", "asvspoof2019-la",
         [*NES, f"back_end_settings={DILATED}"], ("asvspoof2021-la", "asvspoof2021-df", "in-the-wild")),
        ("fine-tuned", "nes2net-asvspoof-5", "wavlm-large", "asvspoof5",
         [*NES, f"back_end_settings={X}"], ()),
        ("fine-tuned", "nes2net-ctrsvdd", "wavlm-large", "ctrsvdd",
         ["layers=[0,1,2]", 'back_end_settings=["nest=[4,4]"]'], ()),
        ("fine-tuned", "nes2net-partial-spoof", "xls-r-300m", "partial-spoof",
         [*NES, f"back_end_settings={DILATED}"], ()),
        ("dpda", "published", "xls-r-300m", "asvspoof2019-la",
         ["layers=[1]", f"back_end_settings={TCM}"], ("asvspoof2021-df",)),
        ("qamo", "published", "xls-r-300m", "asvspoof2019-la",
         ["layers=[1]", f"back_end_settings={TCM}"], ("asvspoof2021-la",)),
        ("qamo", "repository", "xls-r-300m", "asvspoof2019-la",
         ["layers=[1]", f"back_end_settings={TCM}"], ("in-the-wild",)),
        ("frame-localiser", "partial-spoof", "xls-r-300m", "partial-spoof",
         ["layers=[1]", "width=16", "nest=[4,4]"], ()),
    ],
)  # fmt: skip
def test_a_published_recipe_by_command(
    system: str, recipe: str, encoder: str, corpus: str, settings: list[str], also: tuple[str, ...],
    weights: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    trained = scanned(corpus, tmp_path / corpus)
    if system == "qamo":  # its labels of quality, from two classes by hand here
        path = trained / "corpus.parquet"
        table = pl.read_parquet(path)
        quality = ["01"[row // 2 % 2] for row in range(len(table))]
        table.with_columns(pl.Series("quality", quality)).write_parquet(path)
    words = ["train", system, "--recipe", recipe, "--corpus", str(trained), "--out", str(tmp_path / "run")]
    settings = [*settings, "epochs=1", "average=1", "batch=4", "views.0.length=4000"]
    for setting in [*settings, f'weights="{weights[encoder]}"']:
        words += ["--set", setting]
    assert main([*words, "--seeds", "1", "--threads", "1"]) == 0
    task = "localisation" if system == "frame-localiser" else "detection"
    for name in (corpus, *also):
        tested = trained if name == corpus else scanned(name, tmp_path / name)
        scores = tmp_path / f"{name}.parquet"
        assert main(["score", str(tmp_path / "run"), str(tested), "--out", str(scores)]) == 0
        key = tested / "corpus.parquet"
        capsys.readouterr()
        words = ["evaluate", str(scores), str(key), "--task", task, "--replicates", "20", "--json"]
        assert main(words) == 0
        found = json.loads(capsys.readouterr().out)["evaluation"]
        rates = found["resolutions"] if task == "localisation" else {"eer": found["figures"]["eer"]["value"]}
        assert all(0 <= rate <= 1 for rate in rates.values())


def test_the_first_example_of_the_page_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text()
    lines = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[0].splitlines()
    assert [line.split()[1] for line in lines] == ["train", "train", "score", "score", "evaluate", "compare"]
    _asvspoof2019(tmp_path / "mine")
    assert main(["corpora", "scan", "asvspoof2019-la", str(tmp_path / "mine")]) == 0
    monkeypatch.chdir(tmp_path)
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0, line
    assert "mlp-probe" in capsys.readouterr().out
    assert (tmp_path / "figures" / "metrics.json").is_file()
