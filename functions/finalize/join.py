"""Joins clips into one video, without encoding them again when they agree.

It knows files and packets, not jobs or storage. Audio is left out; the result says which clips had some.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from functions.finalize.normalise import Tick, encode_alike
from shared.domain.errors import MediaCorrupt
from shared.domain.model import Record
from shared.probe import MediaFacts, open_media, probe, read_packets, video_stream

COPIED_CODECS = ("h264", "hevc", "av1")
"""What players expect in an MP4."""

MP4_TAGS = frozenset(
    (
        *("title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright"),
        *("grouping", "lyrics", "description", "synopsis", "show", "network", "keywords"),
    )
)
"""Metadata that has a place of its own in an MP4, where every player finds it. One other key among them and
all are written the other way there is, which keeps any key but fewer players read.
Source: `mov_write_ilst_tag` and `use_metadata_tags` in FFmpeg's libavformat/movenc.c."""


class JoinFacts(Record):
    """What was joined, for the log."""

    frames: int
    fps: Fraction
    normalised: str | None
    """Why the clips were encoded again; None when their packets were copied."""
    silenced: tuple[int, ...]
    """Shots whose clips had audio, which was left out."""


def join(clips: Sequence[Path], into: Path, metadata: Mapping[str, str], tick: Tick) -> JoinFacts:
    """Write the clips, one after the other, as one MP4 whose frame i is shown at i / fps.

    Where clips differ, all take the first one's size and frame rate; one of another shape gets black bars.

    Args:
        clips: one for each shot, in order; at least one.
        metadata: for the container: `title`, `comment`, or keys of your own.
        tick: called after every clip when copying, after every frame when encoding. Whatever it raises is
            passed on, and no file is left at `into`.

    Raises:
        MediaCorrupt: a clip cannot be read; names its shot.
    """
    facts = [_probe(clip, shot) for shot, clip in enumerate(clips)]
    disagreement = _disagreement(facts)
    write = _copy if disagreement is None else encode_alike
    try:
        with av.open(str(into), "w", format="mp4", container_options=_muxing(metadata)) as video:
            video.metadata.update(metadata)
            frames = write(clips, facts, video, tick)
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return JoinFacts(
        frames=frames,
        fps=facts[0].fps,
        normalised=disagreement,
        silenced=tuple(shot for shot, clip in enumerate(facts) if clip.has_audio),
    )


def _probe(clip: Path, shot: int) -> MediaFacts:
    try:
        return probe(clip, packets_only=True)
    except MediaCorrupt as error:
        raise MediaCorrupt(str(error), shot=shot) from error


def _muxing(metadata: Mapping[str, str]) -> dict[str, str]:
    other_keys = metadata.keys() - MP4_TAGS
    return {"movflags": "+faststart+use_metadata_tags" if other_keys else "+faststart"}


def _disagreement(facts: Sequence[MediaFacts]) -> str | None:
    """Return why the clips' packets cannot simply follow one another, in words for the log."""
    first = facts[0]
    for shot, clip in enumerate(facts):
        if clip.codec not in COPIED_CODECS:
            return f"shot {shot}: {clip.codec} does not belong in an MP4"
        if not clip.steady:
            return f"shot {shot}: its frames do not follow evenly from an I-frame"
        for name in ("codec", "width", "height", "fps"):
            if getattr(clip, name) != getattr(first, name):
                return f"shot {shot}: {name} is {getattr(clip, name)}, of shot 0 {getattr(first, name)}"
        if clip.copy_key != first.copy_key:
            return f"shot {shot}: its encoder's parameters are not those of shot 0"
    return None


def _copy(clips: Sequence[Path], facts: Sequence[MediaFacts], video: OutputContainer, tick: Tick) -> int:
    """Copy every packet and return how many frames that makes.

    Clips bring clocks and offsets of their own. They are dropped: a packet's time is its frame's number in
    the whole video, so that no seam can have a gap or an overlap.
    """
    stream: VideoStream | None = None
    frame_seconds = 1 / facts[0].fps
    ahead = max(clip.reorder_frames for clip in facts)
    joined = 0
    for shot, (clip, known) in enumerate(zip(clips, facts, strict=True)):
        with open_media(clip, packets_only=True) as container:
            source = video_stream(container)
            if stream is None:
                stream = video.add_stream_from_template(source)
                stream.time_base = frame_seconds
            frame_ticks = float(frame_seconds / known.clock)
            for decoded, packet in enumerate(read_packets(container, source)):
                packet.stream, packet.time_base, packet.duration = stream, frame_seconds, 1
                shown = round(((packet.pts or 0) - known.first_pts) / frame_ticks)
                packet.pts = joined + shown
                packet.dts = joined + decoded - ahead
                video.mux_one(packet)
        joined += known.frames
        tick((shot + 1) / len(clips))
    return joined
