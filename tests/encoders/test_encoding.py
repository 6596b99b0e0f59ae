from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

from earwitness.audio.decode import decode
from earwitness.encoders import stretches
from earwitness.encoders.corpus_segments import segments_of
from earwitness.encoders.encoding import Segment, encode_into
from earwitness.encoders.log_mel_encoder import LogMelEncoder
from earwitness.encoders.onnx_encoder import OnnxEncoder
from earwitness.encoders.store import Store
from earwitness.errors import BadInput


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    folder = tmp_path / "corpus"
    folder.mkdir()
    names = []
    for number in range(5):
        names.append(f"{number}.wav")
        rate = (8000, 16_000)[number % 2]
        soundfile.write(folder / names[-1], 0.1 * rng.standard_normal(rate + 100 * number), rate)
    (folder / "bad.wav").write_text("not audio")
    names += ["bad.wav", "missing.wav", "1.wav"]
    start, end = [None] * 7 + [0.25], [None] * 7 + [0.75]
    table = pl.DataFrame({"path": names, "start": start, "end": end})
    table.write_parquet(folder / "corpus.parquet")
    return folder


def test_every_row_is_encoded_as_it_would_be_alone(corpus: Path, tiny: OnnxEncoder, tmp_path: Path) -> None:
    segments = segments_of(corpus)
    seen: list[tuple[int, float]] = []
    with Store(tmp_path / "store") as store:
        result = encode_into(
            store, tiny, segments, stored="float32", progress=lambda *step: seen.append(step)
        )
        assert (result.made, result.found) == (6, 0)
        for segment, key in zip(segments, result.keys, strict=True):
            if key is None:
                continue
            recording = decode(segment.path)
            samples = recording.samples[4000:12_000] if segment.end else recording.samples
            found = store.get(key)
            np.testing.assert_array_equal(found, tiny.encode([samples], recording.sample_rate)[0])
    assert [Path(failure.path).name for failure in result.failures] == ["bad.wav", "missing.wav"]
    assert sum(done for done, _ in seen) == len(segments)


def test_a_second_run_decodes_nothing(
    corpus: Path, tiny: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = [segment for segment in segments_of(corpus) if Path(segment.path).stem.isdigit()]
    with Store(tmp_path / "store") as store:
        first = encode_into(store, tiny, segments)

    def refuse(path: object, **_options: object) -> None:
        raise AssertionError(f"{path} was decoded again")

    monkeypatch.setattr(stretches, "stream", refuse)
    with Store(tmp_path / "store") as store:
        second = encode_into(store, tiny, segments)
    assert (second.made, second.found) == (0, len(segments))
    assert second.keys == first.keys


def test_a_changed_file_is_encoded_again(corpus: Path, tiny: OnnxEncoder, tmp_path: Path) -> None:
    segments = [Segment(path=str(corpus / "1.wav"))]
    with Store(tmp_path / "store") as store:
        first = encode_into(store, tiny, segments)
        soundfile.write(corpus / "1.wav", np.zeros(5000), 16_000)
        second = encode_into(store, tiny, segments)
    assert second.made == 1
    assert first.keys != second.keys


def test_a_single_layer_has_its_axis_all_the_same(corpus: Path, tiny_onnx: Path, tmp_path: Path) -> None:
    segments = [Segment(path=str(corpus / "1.wav"))]
    with Store(tmp_path / "store") as store:
        one = encode_into(store, OnnxEncoder(tiny_onnx, layers=1, threads=1), segments)
        other = encode_into(store, OnnxEncoder(tiny_onnx, layers=[1], threads=1), segments)
        assert one.keys == other.keys
        assert one.keys[0] is not None
        found = store.get(one.keys[0])
        assert found is not None
        assert found.shape == (1, 50, 64)


@pytest.mark.parametrize("layers", [1, [0, 1, 2], None])
def test_a_long_recording_is_encoded_piece_by_piece(
    tiny_onnx: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layers: int | list[int] | None
) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "long.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(40 * 22_050 + 11), 22_050)
    stretched = [(None, None), (2.5, 33.0), (3.0, 4.0), (4.5, 5.25), (1.0, 2.0)]
    segments = [Segment(path=str(path), start=start, end=end) for start, end in stretched]
    encoder = LogMelEncoder() if layers is None else OnnxEncoder(tiny_onnx, layers=layers, threads=2)
    with Store(tmp_path / "whole") as store:
        whole = encode_into(store, encoder, segments)
        expected = [store.get(key) for key in whole.keys if key is not None]
    monkeypatch.setattr(stretches, "LONG", 2.0)
    with Store(tmp_path / "pieces") as store:
        told: list[tuple[int, float]] = []
        pieces = encode_into(store, encoder, segments, progress=lambda *step: told.append(step))
        found = [store.get(key) for key in pieces.keys if key is not None]
    assert pieces.keys == whole.keys
    assert sum(done for done, _ in told) == 5
    assert sum(seconds for _, seconds in told) == pytest.approx(40 + 30.5 + 1 + 0.75 + 1, abs=0.01)
    assert len(told) > 10  # a long one tells of itself on the way
    assert len(found) == pieces.made == 5
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_long_recording_that_is_refused(
    tiny: OnnxEncoder, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "LONG", 0.5)
    refused = iter([True, False])

    def changed(path: str, _state: object) -> None:
        if next(refused):
            raise BadInput("was changed while it was read", where=path)

    monkeypatch.setattr(stretches, "_refuse_changed", changed)
    segments = [Segment(path=str(corpus / f"{number}.wav")) for number in (1, 3)]
    with Store(tmp_path / "store") as store:
        result = encode_into(store, tiny, segments)
    assert (result.made, [failure.reason for failure in result.failures]) == (
        1,
        ["was changed while it was read"],
    )
    assert [key is None for key in result.keys] == [True, False]


class Loud:
    """An encoder whose values are larger than float16 holds."""

    name, revision, sample_rate, dimension, frame_rate = "loud", "1", 16_000, 1, None
    layers, policy, precision = (), "cropped", "fp32"

    def encode(self, waveforms: list[np.ndarray], sample_rate: int) -> list[np.ndarray]:
        return [np.array([100.0 * len(wave)], np.float32) for wave in waveforms]


def test_what_the_stored_type_does_not_hold_is_not_kept(corpus: Path, tmp_path: Path) -> None:
    segments = [Segment(path=str(corpus / "0.wav"), end=0.01), Segment(path=str(corpus / "0.wav"))]
    with Store(tmp_path / "store") as store:
        result = encode_into(store, Loud(), segments)
        assert [key is None for key in result.keys] == [False, True]
        assert result.failures[0].reason == "its encoding is not finite as float16; float32 holds more"
        assert encode_into(store, Loud(), segments, stored="float32").made == 2


def test_any_encoder_will_do(corpus: Path, tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        (key,) = encode_into(store, LogMelEncoder(), [Segment(path=str(corpus / "1.wav"))]).keys
        assert key is not None
        found = store.get(key)
        assert found is not None
        assert (found.shape, found.dtype) == ((50, 80), np.float16)


def test_nothing_to_do(tiny: OnnxEncoder, tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        assert encode_into(store, tiny, []).keys == ()


def test_a_stretch_that_is_not_there(corpus: Path, tiny: OnnxEncoder, tmp_path: Path) -> None:
    segments = [Segment(path=str(corpus / "1.wav"), start=0.5, end=9)]
    with Store(tmp_path / "store") as store:
        (failure,) = encode_into(store, tiny, segments).failures
    assert failure.reason == "has no stretch from 0.5 to 9 s"
    assert (failure.start, failure.end) == (0.5, 9)


def test_tables_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no corpus table"):
        segments_of(tmp_path)
    (tmp_path / "corpus.parquet").write_text("x")
    with pytest.raises(BadInput, match="Parquet"):
        segments_of(tmp_path)
    pl.DataFrame({"file": ["a"]}).write_parquet(tmp_path / "corpus.parquet")
    with pytest.raises(BadInput, match="no column 'path'"):
        segments_of(tmp_path)
