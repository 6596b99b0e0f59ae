"""The measured properties of a recording, each with what it means in plain words."""

from __future__ import annotations

from dataclasses import dataclass

from earwitness.evidence.finding import Properties, RecordingFinding
from earwitness.evidence.manifest import Validated
from earwitness.evidence.report.wording import lasting, percent, plain


@dataclass(frozen=True)
class Measure:
    """One line of the table.

    Args:
        name: what was measured.
        value: with its unit.
        meaning: what the value tells, in plain words.
        outside: what the validation asked for where the value lies outside of it, else empty.
    """

    name: str
    value: str
    meaning: str
    outside: str = ""


def measures(finding: RecordingFinding, validated: Validated | None) -> list[Measure]:
    """List what was measured on a recording.

    Args:
        finding: of the recording.
        validated: conditions of the validation, to say where a value lies outside of what was validated.

    Returns:
        The lines, most telling first; a value that could not be measured is left out.
    """
    p = finding.properties
    lines: list[Measure | None] = [_duration(finding), _speech(finding, validated)]
    lines += [_bandwidth(p, validated), _snr(p, validated), _noise(p), _level(p), _peak(p)]
    lines += [_clipping(p, validated), _zeros(p), _dc(p), *_quality(p), _coding(p), _format(p)]
    return [line for line in lines if line is not None]


def _duration(finding: RecordingFinding) -> Measure:
    return Measure("Duration", lasting(finding.duration), "The whole recording, silence included.")


def _speech(finding: RecordingFinding, validated: Validated | None) -> Measure:
    share = finding.speech / finding.duration if finding.duration > 0 else 0.0
    value = f"{lasting(finding.speech)} ({percent(share)})"
    least = validated.min_speech_seconds if validated else None
    if least is not None and finding.speech < least:
        return Measure("Speech", value, "Too little for a firm verdict.", f"at least {plain(least)} s")
    return Measure("Speech", value, "All that the verdict rests on; the rest is not scored.")


def _bandwidth(p: Properties, validated: Validated | None) -> Measure | None:
    if p.bandwidth_hz is None:
        return None
    if p.bandwidth_hz < 4200:
        meaning = "Telephone-like: much that gives synthesis away lies higher and is missing."
    elif p.bandwidth_hz < 7000:
        meaning = "Narrower than what the instrument listens to (8 kHz); coding or an old source."
    else:
        meaning = "Wide: the whole band the instrument listens to is there."
    least = validated.min_bandwidth_hz if validated else None
    outside = f"at least {least / 1000:.1f} kHz" if least is not None and p.bandwidth_hz < least else ""
    return Measure("Bandwidth", f"{p.bandwidth_hz / 1000:.1f} kHz", meaning, outside)


def _snr(p: Properties, validated: Validated | None) -> Measure | None:
    if p.snr_db is None:
        return None
    if p.snr_db < 10:
        meaning = "Noisy: the background nearly reaches the speech."
    elif p.snr_db < 25:
        meaning = "Some background under the speech."
    else:
        meaning = "Clean: the speech stands well above the background."
    least = validated.min_snr_db if validated else None
    outside = f"at least {plain(least, digits=0)} dB" if least is not None and p.snr_db < least else ""
    return Measure("Speech over noise", f"{plain(p.snr_db)} dB", meaning, outside)


def _noise(p: Properties) -> Measure | None:
    if p.noise_floor_dbfs is None:
        return None
    meaning = "The quietest tenth of the recording."
    if p.noise_floor_dbfs < -75:
        meaning += " Quieter than most rooms: a gate, a studio or synthesis; by itself no sign of any."
    return Measure("Noise floor", f"{plain(p.noise_floor_dbfs)} dBFS", meaning)


def _level(p: Properties) -> Measure | None:
    if p.level_dbfs is None:
        return None
    meaning = (
        "Usual." if -36 <= p.level_dbfs <= -12 else "Unusually loud." if p.level_dbfs > -12 else "Faint."
    )
    return Measure("Speech level", f"{plain(p.level_dbfs)} dBFS", meaning)


def _peak(p: Properties) -> Measure | None:
    if p.peak_dbfs is None:
        return None
    meaning = "Reaches full scale." if p.peak_dbfs > -0.1 else "The loudest sample; below full scale."
    return Measure("Peak", f"{plain(p.peak_dbfs)} dBFS", meaning)


def _clipping(p: Properties, validated: Validated | None) -> Measure:
    meaning = "None." if p.clipped == 0 else "Tops of the waveform are cut off, which distorts the voice."
    most = validated.max_clipped if validated else None
    outside = f"at most {percent(most)}" if most is not None and p.clipped > most else ""
    return Measure("Clipped samples", percent(p.clipped), meaning, outside)


def _zeros(p: Properties) -> Measure:
    meaning = "None found."
    if p.digital_silence > 0:
        meaning = "Runs of exact zeros: muting, editing, padding or synthesis; a microphone gives hardly any."
    return Measure("Digital silence", percent(p.digital_silence), meaning)


def _dc(p: Properties) -> Measure:
    meaning = (
        "As it should be."
        if abs(p.dc) < 0.005
        else "The waveform sits off the middle, as some hardware leaves it."
    )
    return Measure("Mean sample value", plain(p.dc, digits=4), meaning)


def _quality(p: Properties) -> list[Measure]:
    if p.quality is None:
        return []
    q = p.quality
    means = (
        ("Predicted quality of the speech", q.signal, "1 bad to 5 excellent (DNSMOS P.835 SIG)."),
        ("Predicted quality of the background", q.background, "1 intrusive to 5 unnoticeable (BAK)."),
        ("Predicted quality, overall", q.overall, f"1 to 5 (OVRL), mean over {q.windows} windows."),
    )
    return [Measure(name, plain(value, digits=2), meaning) for name, value, meaning in means]


def _coding(p: Properties) -> Measure:
    value = "; ".join(p.codec_hints) if p.codec_hints else "none found"
    meaning = (
        "Coding rubs off fine traces of synthesis."
        if p.codec_hints
        else "That does not exclude an earlier lossy copy."
    )
    return Measure("Traces of coding", value, meaning)


def _format(p: Properties) -> Measure:
    channels = {1: "mono", 2: "stereo"}.get(p.channels, f"{p.channels} channels")
    rate = f"{p.sample_rate:,}".replace(",", "\u202f")
    value = f"{p.container}, {p.encoding}, {rate} Hz, {channels}"
    meaning = "Analysed as mono at 16 kHz."
    return Measure("File", value, meaning)
