"""Where in a recording: figures of localisation, and the formats of segments."""

from earwitness.metrics.localisation.formats import (
    read_audacity,
    read_json,
    read_rttm,
    write_audacity,
    write_json,
    write_rttm,
)
from earwitness.metrics.localisation.frame_eer import RESOLUTIONS, point_eer, range_eer, resolution_eers
from earwitness.metrics.localisation.segment_match import SegmentFigures, segment_figures
from earwitness.metrics.localisation.segments import Segment, frames_of, segments_from

__all__ = [
    "RESOLUTIONS",
    "Segment",
    "SegmentFigures",
    "frames_of",
    "point_eer",
    "range_eer",
    "read_audacity",
    "read_json",
    "read_rttm",
    "resolution_eers",
    "segment_figures",
    "segments_from",
    "write_audacity",
    "write_json",
    "write_rttm",
]
