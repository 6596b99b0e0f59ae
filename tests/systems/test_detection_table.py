from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.audio.recording import Recording
from earwitness.corpora.corpus import Corpus
from earwitness.corpora.corpus_hashes import audio_sha256
from earwitness.encoders.store import Store
from earwitness.errors import BadInput
from earwitness.systems import clip_windows as windows_of
from earwitness.systems.clip_windows import WindowRule
from earwitness.systems.detection_table import Pooled, audio_root, pool_corpus, read_rows
from earwitness.systems.origin import Origin

RATE = 16_000


class Bands:
    """An encoder for tests: two layers of band energies, 50 frames a second."""

    name, revision, layers, policy = "bands", "1", (1, 2), "cropped"
    dimension, frame_rate = 8, 50.0

    def encode(self, waveforms: list[np.ndarray], sample_rate: int = RATE) -> list[np.ndarray]:
        found = []
        for samples in waveforms:
            blocks = samples[: len(samples) // 320 * 320].reshape(-1, 320)
            bands = np.abs(np.fft.rfft(blocks))[:, :160].reshape(len(blocks), 8, 20).mean(-1)
            logs = np.log(bands + 1e-4).astype(np.float32)
            found.append(np.stack([logs, logs**2]))
        return found


@pytest.fixture
def audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One file of three loudnesses, and each of them as a file of its own."""
    monkeypatch.setattr(
        windows_of, "speech_probability", lambda samples: np.ones(-(-len(samples) // 512), np.float32)
    )
    folder = tmp_path / "audio"
    folder.mkdir()
    rng = np.random.default_rng(0)
    parts = [(scale * rng.standard_normal(2 * RATE)).astype(np.float32) for scale in (0.01, 0.05, 0.2)]
    for number, part in enumerate(parts):
        soundfile.write(folder / f"{number}.wav", part, RATE, subtype="FLOAT")
    soundfile.write(folder / "long.wav", np.concatenate(parts), RATE, subtype="FLOAT")
    return folder


def table(stretches: list[tuple[str, float, float | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "id": f"r{number}", "path": path, "start": start, "end": end, "split": "train",
                "label": ("bona fide", "spoof")[number % 2], "engine": "", "family": "x" * (number % 2),
                "voice": "", "language": "en", "source": "s", "speaker": f"s{number}", "group": f"g{number}",
            }
            for number, (path, start, end) in enumerate(stretches)
        ]
    )  # fmt: skip


def pooled(rows: pl.DataFrame, root: Path, store: Store | None = None) -> Pooled:
    return pool_corpus(rows, root, Bands(), WindowRule(), Origin.RECIPE, store)  # type: ignore[arg-type]


WHOLE = [("0.wav", 0.0, None), ("1.wav", 0.0, None), ("2.wav", 0.0, 2.0)]
STRETCHES = [("long.wav", 0.0, 2.0), ("long.wav", 2.0, 4.0), ("long.wav", 4.0, None)]


def test_a_row_is_its_stretch(audio: Path, tmp_path: Path) -> None:
    files, parts = pooled(table(WHOLE), audio), pooled(table(STRETCHES), audio)
    assert np.array_equal(files.values, parts.values)
    assert files.clip.tolist() == parts.clip.tolist()
    assert files.audio_sha256 == parts.audio_sha256
    assert len({row.tobytes() for row in parts.values}) > 1  # the stretches differ
    with Store(tmp_path / "store") as store:  # stretches of one file are kept apart there, too
        kept = [pooled(table(STRETCHES), audio, store) for _ in range(2)]
    assert all(np.array_equal(one.values, files.values) for one in kept)


def test_the_hash_is_of_what_was_heard(audio: Path) -> None:
    heard = []
    for number in range(3):
        samples, rate = soundfile.read(audio / f"{number}.wav", dtype="float32")
        heard.append(Recording.of(samples, rate).sha256)
    rows = pl.DataFrame({"id": ["r0", "r1", "r2"], "sha256": heard})
    assert pooled(table(WHOLE), audio).audio_sha256 == audio_sha256(rows)
    turned = pooled(table([STRETCHES[1], STRETCHES[0], STRETCHES[2]]), audio)
    assert turned.audio_sha256 != audio_sha256(rows)


def test_a_stretch_behind_the_end_is_refused(audio: Path) -> None:
    with pytest.raises(BadInput, match=r"long\.wav: ends at 6\.00 s, a row starts at 7 s"):
        pooled(table([("long.wav", 7.0, 8.0)]), audio)


def test_the_audio_may_lie_elsewhere(audio: Path, tmp_path: Path) -> None:
    beside = tmp_path / "tables"
    beside.mkdir()
    for name in ("corpus.parquet", "other.parquet"):
        Corpus(table(WHOLE)).write(beside / name, audio)
    for given in (beside, beside / "other.parquet"):
        assert audio_root(given) == audio.resolve()
        rows, columns = read_rows(given)
        assert rows["path"].to_list() == ["0.wav", "1.wav", "2.wav"]
        assert columns.bona_fide.tolist() == [True, False, True]
        assert len(pooled(rows, audio_root(given)).clip)
    with pytest.raises(BadInput, match="no corpus here"):
        audio_root(tmp_path / "nowhere.parquet")
