"""What is said about a recording, as frozen values; their JSON is `earwitness.findings/1`."""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = "earwitness.findings/1"

Decision = Literal["bona fide", "spoof", "inconclusive"]


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strict, immutable record."""


class Window(_Value, frozen=True, kw_only=True):
    """The score of one window.

    Args:
        start: in seconds from the start of the recording.
        end: in seconds.
        llr: natural-log likelihood ratio, bona fide over spoof; `None` where the
            window holds too little speech to be scored.
    """

    start: float
    end: float
    llr: float | None


class Segment(_Value, frozen=True, kw_only=True):
    """A stretch whose evidence differs from the rest of the recording.

    Args:
        start: in seconds.
        end: in seconds.
        llr: natural-log likelihood ratio of the stretch, bona fide over spoof.
        label: what the stretch leans to.
    """

    start: float
    end: float
    llr: float
    label: Literal["bona fide", "spoof"]


class Detection(_Value, frozen=True, kw_only=True):
    """Is the voice real?

    Args:
        llr: natural-log likelihood ratio, bona fide over spoof; `None` without speech.
        probability_bona_fide: at the stated prior, 0 to 1; `None` without speech.
        prior: probability of bona fide before the recording was heard, 0 to 1.
        decision: `bona fide`, `spoof` or `inconclusive`.
        reasons: why the decision is what it is, one sentence each.
        verbal: the likelihood ratio on the ENFSI scale, in words.
        timeline: scores of the windows, in order.
        segments: stretches that differ from the rest.
    """

    llr: float | None
    probability_bona_fide: float | None
    prior: float
    decision: Decision
    reasons: tuple[str, ...]
    verbal: str
    timeline: tuple[Window, ...]
    segments: tuple[Segment, ...]


class Voice(_Value, frozen=True, kw_only=True):
    """Is it the voice of the reference recordings?

    Args:
        references: paths of the reference recordings.
        similarity: cosine of the two speaker embeddings, -1 to 1; `None` without speech.
        llr: natural-log likelihood ratio, same over different voice; `None` without speech.
        probability_same: at the stated prior of 0.5 unless told otherwise.
        decision: `same`, `different` or `inconclusive`.
        reasons: one sentence each.
        verbal: the likelihood ratio on the ENFSI scale, in words.
    """

    references: tuple[str, ...]
    similarity: float | None
    llr: float | None
    probability_same: float | None
    decision: Literal["same", "different", "inconclusive"]
    reasons: tuple[str, ...]
    verbal: str


class Likeness(_Value, frozen=True, kw_only=True):
    """How well a recording fits one known class.

    Args:
        name: of the generator or codec family.
        typical: share of held-back recordings of that class that fit it no better, 0 to 1.
    """

    name: str
    typical: float


class Source(_Value, frozen=True, kw_only=True):
    """What may have made the voice, if it is synthetic?

    Args:
        decision: name of a generator, or `none of those known`.
        nearest: the generators that it fits best, the best first.
        reasons: one sentence each.
    """

    decision: str
    nearest: tuple[Likeness, ...]
    reasons: tuple[str, ...]


class Estimate(_Value, frozen=True, kw_only=True):
    """A number with its interval.

    Args:
        name: what it is ("bit rate").
        value: most likely.
        low: lower end of the 90 % interval.
        high: upper end.
        unit: of all three.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str


class CodecHistory(_Value, frozen=True, kw_only=True):
    """What lossy coding the recording has been through.

    Args:
        decision: name of a codec family, `none of those known`, or only `found` or `none found`.
        nearest: the families that it fits best, the best first.
        estimates: settings of the codec; empty where none was found or none could be validated.
        reasons: one sentence each.
    """

    decision: str
    nearest: tuple[Likeness, ...]
    estimates: tuple[Estimate, ...]
    reasons: tuple[str, ...]


class Localisation(_Value, frozen=True, kw_only=True):
    """Which stretches differ from the rest by a localiser, frame by frame; it was asked for.

    Args:
        name: of the localiser.
        version: of the localiser.
        sha256: of its manifest (hexadecimal).
        resolution: length of a frame, in seconds.
        llrs: natural-log likelihood ratio of each frame from the start on, bona fide over spoof.
        segments: stretches of the class that holds less of the time, in order; `llr` is the mean of their
            frames.
        measured: how far this may be relied on, one sentence each.
    """

    name: str
    version: str
    sha256: str
    resolution: float
    llrs: tuple[float, ...]
    segments: tuple[Segment, ...]
    measured: tuple[str, ...]


class Quality(_Value, frozen=True, kw_only=True):
    """Predicted listening quality (DNSMOS P.835), mean over windows, 1 to 5.

    Args:
        signal: of the speech.
        background: of the background.
        overall: of the whole.
        windows: how many windows were measured.
    """

    signal: float
    background: float
    overall: float
    windows: int


class Properties(_Value, frozen=True, kw_only=True):
    """What was measured on the recording.

    Args:
        container: name of the file format ("WAV", "FLAC", "OGG", "MP3").
        encoding: sample format or codec ("PCM_16", "VORBIS", "MPEG_LAYER_III").
        sample_rate: of the file, in Hz.
        channels: of the file.
        level_dbfs: RMS level of the speech (of all, without speech), in dB full scale.
        peak_dbfs: highest sample, in dB full scale.
        clipped: share of samples at or beyond the file's own ceiling in flat runs, 0 to 1.
        bandwidth_hz: highest frequency that holds speech energy, in Hz.
        noise_floor_dbfs: level of the quietest tenth of the frames, in dB full scale.
        snr_db: speech level over noise floor, in dB.
        dc: mean sample value, -1 to 1.
        digital_silence: share of samples in runs of exact zeros, 0 to 1.
        codec_hints: traces of earlier coding ("low-pass at 4.0 kHz: telephone band").
        quality: predicted listening quality, or `None` where it was not measured.
    """

    container: str
    encoding: str
    sample_rate: int
    channels: int
    level_dbfs: float | None
    peak_dbfs: float | None
    clipped: float
    bandwidth_hz: float | None
    noise_floor_dbfs: float | None
    snr_db: float | None
    dc: float
    digital_silence: float
    codec_hints: tuple[str, ...]
    quality: Quality | None


class RecordingFinding(_Value, frozen=True, kw_only=True):
    r"""All that is said about one recording.

    Args:
        path: as given by the user; bytes that are not UTF-8 are written as `\xNN`.
        sha256: of the decoded samples (hexadecimal).
        file_sha256: of the file's bytes (hexadecimal).
        duration: in seconds.
        speech: in seconds.
        detection: is the voice real.
        voice: is it the reference's voice; `None` without a reference.
        properties: what was measured.
        limits: what this finding does not say.
        source: what may have made the voice; `None` without speech, or without an instrument for it.
        codec: what coding it has been through; `None` likewise.
        localisation: which stretches differ from the rest by a localiser; `None` without speech, or where
            none was asked for.
    """

    path: str
    sha256: str
    file_sha256: str
    duration: float
    speech: float
    detection: Detection
    voice: Voice | None
    properties: Properties
    limits: tuple[str, ...]
    source: Source | None = None
    codec: CodecHistory | None = None
    localisation: Localisation | None = None


class Failure(_Value, frozen=True, kw_only=True):
    """A recording that could not be analysed.

    Args:
        path: as given by the user.
        reason: one line: what is wrong and what to do.
    """

    path: str
    reason: str


class Model(_Value, frozen=True, kw_only=True):
    """Which instruments spoke.

    Args:
        name: of the detection instrument.
        version: of the detection instrument.
        sha256: of its manifest (hexadecimal).
        earwitness: version of this package.
    """

    name: str
    version: str
    sha256: str
    earwitness: str


class Findings(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"schema_": "schema"}
):
    """The result of one `earwitness analyze`.

    Args:
        schema_: always `earwitness.findings/1`; called `schema` in JSON.
        model: which instruments spoke.
        recordings: one finding a recording.
        errors: recordings that could not be analysed.
    """

    model: Model
    recordings: tuple[RecordingFinding, ...]
    errors: tuple[Failure, ...]
    schema_: Literal["earwitness.findings/1"] = "earwitness.findings/1"
