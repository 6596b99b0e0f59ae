"""What we write, the real toolkits read; and we read it back as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.cli.main import main
from earwitness.corpora.catalogue import scan
from earwitness.corpora.conversion.convert import FORMATS, convert
from earwitness.corpora.corpus import Corpus
from earwitness.errors import BadInput


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    folder = tmp_path / "mine" / "clips of mine"
    folder.mkdir(parents=True)
    rows = []
    for number, (split, speaker) in enumerate((("train", "s1"), ("train", "s2"), ("test", "s3"))):
        name = f"clips of mine/{number}.wav"
        soundfile.write(tmp_path / "mine" / name, np.full(16_000, 0.01 * number), 16_000)
        rows.append(
            {
                "id": f"clip{number}", "path": name, "start": 0.0, "end": None, "split": split,
                "speaker": speaker, "group": f"clip{number}", "label": ("spoof", "bona fide")[number % 2],
                "transcript": f"zdání {number}, \"ano\"", "gender": ("female", "male")[number % 2],
                "language": "cs", "loud": 0.5 * number, "takes": number, "synthetic": number % 2 == 0,
                "segments": [{"start": 0.0, "end": 0.5}],
            }
        )  # fmt: skip
    return Corpus(pl.DataFrame(rows, schema_overrides={"end": pl.Float64}), "mine")


def cut(corpus: Corpus) -> Corpus:
    """The same, with two stretches of one file."""
    table = corpus.table.filter(pl.col("split") == "train")
    path = table["path"][0]
    table = table.with_columns(
        path=pl.lit(path), group=pl.lit("one"), start=pl.Series([0.0, 0.25]),
        end=pl.Series([0.25, None], dtype=pl.Float64),
    )  # fmt: skip
    return Corpus(table, "mine")


def test_kaldi_folders(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "kaldi"
    found = convert(corpus, tmp_path / "mine", "kaldi", out)
    assert found.dropped == ("loud", "takes", "synthetic", "segments")
    assert (out / "train" / "wav.scp").read_text().splitlines() == [
        f"s1-clip0 {out}/audio/clips of mine/0.wav", f"s2-clip1 {out}/audio/clips of mine/1.wav",
    ]  # fmt: skip
    assert (out / "train" / "spk2gender").read_text() == "s1 f\ns2 m\n"
    assert (out / "test" / "text").read_text() == 'clip2 zdání 2, "ano"\n'.replace("clip2", "s3-clip2")
    read = scan("kaldi", out, data="train", split="train")
    columns = ("speaker", "label", "transcript", "language", "gender", "split")
    assert read.table.select(columns).rows() == corpus.table.head(2).select(columns).rows()
    assert read.table["path"][0] == "audio/clips of mine/0.wav"


def test_kaldi_segments(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "kaldi"
    convert(cut(corpus), tmp_path / "mine", "kaldi", out)
    assert (out / "segments").read_text().splitlines() == [
        "s1-clip0 clips_of_mine/0.wav 0.0 0.25", "s2-clip1 clips_of_mine/0.wav 0.25 -1",
    ]  # fmt: skip
    read = scan("kaldi", out)
    assert read.table.select("start", "end").rows() == [(0.0, 0.25), (0.25, None)]
    assert read.table["group"].n_unique() == 1


def test_lhotse_reads_what_we_write(corpus: Corpus, tmp_path: Path) -> None:
    import lhotse

    out = tmp_path / "lhotse"
    convert(corpus, tmp_path / "mine", "lhotse", out)
    recordings = lhotse.RecordingSet.from_file(out / "recordings_train.jsonl.gz").to_eager()
    supervisions = lhotse.SupervisionSet.from_file(out / "supervisions_train.jsonl.gz")
    lhotse.validate_recordings_and_supervisions(recordings=recordings, supervisions=supervisions)
    first = next(iter(supervisions))
    assert (first.speaker, first.text, first.custom["label"]) == ("s1", 'zdání 0, "ano"', "spoof")
    loaded = recordings[1].load_audio()
    assert loaded.shape == (1, 16_000)
    read = scan(
        "lhotse", out, recordings="recordings_test.jsonl.gz", supervisions="supervisions_test.jsonl.gz",
        split="test",
    )  # fmt: skip
    columns = ("id", "speaker", "label", "transcript", "gender", "start", "end", "loud", "takes")
    assert read.table.select(columns).rows() == corpus.table.tail(1).select(columns).rows()


def test_lhotse_segments(corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "lhotse"
    convert(cut(corpus), tmp_path / "mine", "lhotse", out)
    assert scan("lhotse", out).table.select("start", "end").rows() == [(0.0, 0.25), (0.25, None)]
    late = Corpus(cut(corpus).table.with_columns(end=pl.lit(9.0)))
    with pytest.raises(BadInput, match="row 'clip0' does not lie inside of its file"):
        convert(late, tmp_path / "mine", "lhotse", tmp_path / "late")
    assert not (tmp_path / "late").exists()


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # audformat's own use of pandas
@pytest.mark.parametrize("parts", [False, True])
def test_audformat_reads_what_we_write(corpus: Corpus, tmp_path: Path, parts: bool) -> None:
    import audformat

    out = tmp_path / "aud"
    written = cut(corpus) if parts else corpus
    convert(written, tmp_path / "mine", "audformat", out)
    database = audformat.Database.load(out)
    assert set(database.tables) == ({"rows"} if parts else {"train", "test"})
    frame = database["rows" if parts else "train"].get()
    assert frame["speaker"].tolist() == ["s1", "s2"]
    assert frame["takes"].tolist() == [0, 1]
    if parts:
        assert [end.total_seconds() for end in frame.index.get_level_values("start")] == [0.0, 0.25]
    else:
        assert database["train"].split_id == "train"
        assert all((out / file).is_file() for file in database.files)
    read = scan("audformat", out).table.sort("id")
    columns = ("id", "speaker", "label", "transcript", "split", "start", "end")
    assert read.select(columns).rows() == written.table.sort("id").select(columns).rows()


@pytest.mark.parametrize("parts", [False, True])
def test_datasets_reads_what_we_write(corpus: Corpus, tmp_path: Path, parts: bool) -> None:
    import datasets

    out = tmp_path / "hf"
    written = cut(corpus) if parts else corpus
    convert(written, tmp_path / "mine", "huggingface", out)
    loaded = datasets.load_from_disk(str(out))
    one = loaded if parts else loaded["train"]
    assert one["speaker"][:] == ["s1", "s2"]
    assert one["takes"][:] == [0, 1]
    assert Path(one[1]["audio"]).is_file()
    assert one.filter(lambda row: row["label"] == "spoof", keep_in_memory=True).num_rows == 1
    read = scan("huggingface", out).table.sort("id")
    columns = ("id", "speaker", "label", "transcript", "split", "start", "end", "loud", "synthetic")
    assert read.select(columns).rows() == written.table.sort("id").select(columns).rows()


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_corpus_gives_the_same_bytes(corpus: Corpus, tmp_path: Path, to: str) -> None:
    out, seen = tmp_path / "out", []
    for _ in range(2):
        found = convert(corpus, tmp_path / "mine", to, out)
        seen.append({name: (out / name).read_bytes() for name in found.files})
        (out / "audio").unlink()
        shutil.rmtree(out)
    assert seen[0] == seen[1]


def test_nothing_is_overwritten_or_left_half(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    with pytest.raises(BadInput, match="is there already"):
        convert(corpus, tmp_path / "mine", "kaldi", tmp_path / "full")
    with pytest.raises(BadInput, match="no such form; there are: kaldi"):
        convert(corpus, tmp_path / "mine", "espnet", tmp_path / "new")
    with pytest.raises(BadInput, match="not in a folder"):
        convert(corpus, tmp_path / "mine", "kaldi", tmp_path / "no" / "new")
    (tmp_path / "mine" / "clips of mine" / "1.wav").write_bytes(b"RIFF")
    with pytest.raises(BadInput, match=r"1\.wav"):
        convert(corpus, tmp_path / "mine", "lhotse", tmp_path / "new")
    spaced = Corpus(corpus.table.with_columns(speaker=pl.lit("s 1")))
    with pytest.raises(BadInput, match="white space in its id or speaker"):
        convert(spaced, tmp_path / "mine", "kaldi", tmp_path / "new")
    same = Corpus(corpus.table.head(2).with_columns(id=pl.Series(["s-1", "1"]), speaker=pl.lit("s")))
    with pytest.raises(BadInput, match="the same once their speaker"):
        convert(same, tmp_path / "mine", "kaldi", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "mine"]


def test_the_command(corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = corpus.write(tmp_path / "corpus.parquet", tmp_path / "mine")
    arguments = ["corpora", "convert", str(table), "--to", "kaldi", "--out"]
    assert main([*arguments, str(tmp_path / "one")]) == 0
    told = capsys.readouterr().out
    assert told.startswith("3 rows as kaldi in ")
    assert "left out, as kaldi has no place for them: loud, takes, synthetic, segments" in told
    assert main([*arguments, str(tmp_path / "two"), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["schema"], record["rows"]) == ("earwitness.convert/1", 3)
    assert (tmp_path / "two" / "audio" / "clips of mine" / "0.wav").is_file()
    assert main([*arguments, str(tmp_path / "two")]) == 2


def test_recordings_inside_of_other_files_are_refused(tmp_path: Path) -> None:
    row = {
        "id": "a", "path": "a.arrow", "start": 0.0, "end": 1.0, "split": "test", "speaker": "", "group": "a",
        "member": "0",
    }  # fmt: skip
    for form in FORMATS:
        with pytest.raises(BadInput, match="inside of other files"):
            convert(Corpus(pl.DataFrame([row])), tmp_path, form, tmp_path / form)
        assert not (tmp_path / form).exists()
