"""Findings as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from earwitness.evidence.finding import Findings, Properties, RecordingFinding

_NUMBERS = (
    "level_dbfs", "peak_dbfs", "clipped", "bandwidth_hz", "noise_floor_dbfs", "snr_db", "dc",
    "digital_silence",
)  # fmt: skip
_TEXTS = (
    "path", "error", "sha256", "file_sha256", "decision", "verbal", "voice_decision", "voice_verbal",
    "source_decision", "codec_decision", "localiser",
    "container", "encoding", "model", "model_version", "model_sha256", "earwitness",
)  # fmt: skip
_FLOATS = (
    "duration", "speech", "llr", "probability_bona_fide", "prior", "voice_llr", "voice_similarity",
    "quality_signal", "quality_background", "quality_overall", "localised_resolution", *_NUMBERS,
)  # fmt: skip


def columns(polars: Any) -> dict[str, Any]:
    """Types of all columns, so that an empty table has them too.

    Args:
        polars: the imported module; it is not imported here because `analyze` seldom needs it.
    """
    window = polars.Struct({"start": polars.Float64, "end": polars.Float64, "llr": polars.Float64})
    estimate = polars.Struct(
        {"name": polars.String, "value": polars.Float64, "low": polars.Float64, "high": polars.Float64,
         "unit": polars.String}
    )  # fmt: skip
    segment = polars.Struct(
        {"start": polars.Float64, "end": polars.Float64, "llr": polars.Float64, "label": polars.String}
    )
    return {
        **dict.fromkeys(_TEXTS, polars.String),
        **dict.fromkeys(_FLOATS, polars.Float64),
        **dict.fromkeys(("sample_rate", "channels"), polars.Int64),
        **dict.fromkeys(("reasons", "limits", "codec_hints"), polars.List(polars.String)),
        "codec_estimates": polars.List(estimate),
        "timeline": polars.List(window),
        "segments": polars.List(segment),
        "localised": polars.List(segment),
    }


def rows(findings: Findings) -> list[dict[str, Any]]:
    """One row a recording, then one for each that could not be analysed.

    Args:
        findings: of one analysis.

    Returns:
        Values by column; a column that says nothing is left out.
    """
    return [*_found(findings), *({"path": e.path, "error": e.reason} for e in findings.errors)]


def _found(findings: Findings) -> Iterator[dict[str, Any]]:
    import msgspec

    for recording in findings.recordings:
        detection = recording.detection
        yield {
            "path": recording.path,
            "sha256": recording.sha256,
            "file_sha256": recording.file_sha256,
            "duration": recording.duration,
            "speech": recording.speech,
            "llr": detection.llr,
            "probability_bona_fide": detection.probability_bona_fide,
            "prior": detection.prior,
            "decision": detection.decision,
            "verbal": detection.verbal,
            "reasons": list(detection.reasons),
            "limits": list(recording.limits),
            "timeline": [msgspec.to_builtins(window) for window in detection.timeline],
            "segments": [msgspec.to_builtins(segment) for segment in detection.segments],
            "model": findings.model.name,
            "model_version": findings.model.version,
            "model_sha256": findings.model.sha256,
            "earwitness": findings.model.earwitness,
            **_voice(recording),
            **_sides(recording),
            **_properties(recording.properties),
        }


def _voice(recording: RecordingFinding) -> dict[str, Any]:
    voice = recording.voice
    if voice is None:
        return {}
    return {
        "voice_llr": voice.llr,
        "voice_similarity": voice.similarity,
        "voice_decision": voice.decision,
        "voice_verbal": voice.verbal,
    }


def _sides(recording: RecordingFinding) -> dict[str, Any]:
    import msgspec

    found: dict[str, Any] = {}
    if recording.source is not None:
        found["source_decision"] = recording.source.decision
    if recording.codec is not None:
        found["codec_decision"] = recording.codec.decision
        found["codec_estimates"] = [msgspec.to_builtins(one) for one in recording.codec.estimates]
    if recording.localisation is not None:
        found["localiser"] = f"{recording.localisation.name} {recording.localisation.version}"
        found["localised_resolution"] = recording.localisation.resolution
        found["localised"] = [msgspec.to_builtins(one) for one in recording.localisation.segments]
    return found


def _properties(properties: Properties) -> dict[str, Any]:
    named = ("container", "encoding", "sample_rate", "channels", *_NUMBERS)
    found: dict[str, Any] = {name: getattr(properties, name) for name in named}
    found["codec_hints"] = list(properties.codec_hints)
    if properties.quality is not None:
        for name in ("signal", "background", "overall"):
            found[f"quality_{name}"] = getattr(properties.quality, name)
    return found
