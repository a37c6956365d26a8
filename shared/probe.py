"""Finds out what a media file really holds, and refuses what cannot be read. Files are not trusted.

It knows nothing of jobs, shots or storage. PyAV loads with it, so import it inside the work.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from shared.domain.errors import MediaCorrupt
from shared.domain.model import Record

CONTAINERS = {"format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm", "protocol_whitelist": "file"}
"""What may be opened. A playlist posing as a clip would make FFmpeg fetch what it names.
Source: https://ffmpeg.org/ffmpeg-formats.html#Format-Options, `format_whitelist`."""

COARSEST_CLOCK = Fraction(1, 1000)
"""Seconds a frame may be off its time and still be meant for it: many files count in milliseconds."""

SLOWEST_FPS, FASTEST_FPS = 1, 240
"""Damaged timestamps claim years between frames; filling those with frames would never end."""


class MediaFacts(Record):
    """What a clip or video holds, read from its packets and not from its headers."""

    codec: str
    """FFmpeg's name: `h264`."""
    pixel_format: str | None
    """FFmpeg's name: `yuv420p`. None if only packets were looked at."""
    width: int
    """Pixels, as coded: neither rotation nor the shape of a pixel is applied."""
    height: int
    """Pixels, as coded."""
    fps: Fraction
    frames: int
    """Those that are shown, counted."""
    duration_seconds: float
    """`frames / fps`."""
    steady: bool
    """Frame i is shown at `i / fps` after the first, the first is an I-frame, and no edit list hides any."""
    clock: Fraction
    """Seconds to one unit of a packet's timestamps."""
    first_pts: int
    """Timestamp of the first frame shown; clips need not begin at 0."""
    reorder_frames: int
    """How many frames decoding runs ahead of showing; above 0 where there are B-frames."""
    has_audio: bool
    copy_key: str
    """Equal for clips whose packets one decoder can read one after the other, at one frame rate."""
    tags: Mapping[str, str]
    """The container's own metadata."""


def probe(path: Path, *, packets_only: bool = False) -> MediaFacts:
    """Read a clip's or video's facts by going through its packets.

    Args:
        packets_only: leave the pixel format untold, and be several times as fast; see `open_media`.

    Raises:
        MediaCorrupt: it cannot be opened, has no video, no frames or no timestamps, or is cut short.
    """
    with open_media(path, packets_only=packets_only) as container:
        stream = video_stream(container)
        timing = _timing(container, stream)
        context = stream.codec_context
        return MediaFacts(
            codec=context.name,
            pixel_format=context.pix_fmt,
            width=context.width,
            height=context.height,
            fps=timing.fps,
            frames=timing.frames,
            duration_seconds=float(timing.frames / timing.fps),
            steady=timing.steady,
            clock=timing.clock,
            first_pts=timing.first_pts,
            reorder_frames=timing.reorder_frames,
            has_audio=bool(container.streams.audio),
            copy_key=_copy_key(context, timing.fps, stream.sample_aspect_ratio),
            tags=dict(container.metadata),
        )


def decode_fully(path: Path, tick: Callable[[], None] = lambda: None) -> int:
    """Decode every frame, one at a time, and count them.

    Args:
        tick: called for every frame; it may raise to stop.

    Raises:
        MediaCorrupt: one cannot be decoded, or fewer came out than are in the file.
    """
    with open_media(path) as container:
        stream = video_stream(container)
        stream.codec_context.options = {"err_detect": "explode"}
        decoded = 0
        for _ in read_frames(container, stream):
            tick()
            decoded += 1
    expected = probe(path).frames
    if decoded != expected:
        raise MediaCorrupt(f"{path.name} holds {expected} frames, {decoded} can be decoded")
    return decoded


@contextmanager
def open_media(path: Path, *, packets_only: bool = False) -> Iterator[InputContainer]:
    """Open a clip or video for reading.

    Args:
        packets_only: the pixel format is not wanted. To tell it, FFmpeg decodes the first frame, which takes
            nine tenths of the time of opening.

    Raises:
        MediaCorrupt: it is missing, is no MP4, MOV, Matroska or WebM, or its index cannot be read.
    """
    options = CONTAINERS | ({"skip_frame": "all"} if packets_only else {})
    try:
        container = av.open(str(path), options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise MediaCorrupt(f"{path.name} cannot be opened: {error.strerror}") from error
    with container:
        yield container


def video_stream(container: InputContainer) -> VideoStream:
    """Return the first video stream.

    Raises:
        MediaCorrupt: there is none, or its codec or size cannot be told.
    """
    for stream in container.streams.video:
        if stream.codec_context is not None and stream.codec_context.width and stream.time_base:
            return stream
    raise MediaCorrupt(f"{Path(container.name).name} has no readable video in it")


def read_packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream]]":
    """Yield the stream's packets in decoding order, each with a timestamp.

    Only errors of reading are translated, not those of whoever takes the packets.

    Raises:
        MediaCorrupt: the file is cut short or a packet has no timestamp.
    """
    name = Path(container.name).name
    try:
        for packet in container.demux(stream):
            if packet.size == 0 and packet.pts is None:
                continue  # PyAV ends with an empty packet, meant to flush a decoder
            if packet.is_corrupt or packet.pts is None:
                raise MediaCorrupt(f"{name} is cut short or has no timestamps")
            yield packet
    except av.error.FFmpegError as error:
        raise MediaCorrupt(f"{name} cannot be read to its end: {error.strerror}") from error


def read_frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Yield decoded frames in the order they are shown.

    Only errors of decoding are translated, not those of whoever takes the frames.

    Raises:
        MediaCorrupt: a frame cannot be decoded.
    """
    name = Path(container.name).name
    if not stream.codec_context.is_open:  # it is when frames were read before, elsewhere in the file
        stream.thread_type = "AUTO"
    try:
        for frame in container.decode(stream):
            if frame.is_corrupt:
                raise MediaCorrupt(f"{name} has a damaged frame")
            yield frame
    except av.error.FFmpegError as error:
        raise MediaCorrupt(f"{name} cannot be decoded to its end: {error.strerror}") from error


class _Timing(NamedTuple):
    fps: Fraction
    frames: int
    steady: bool
    clock: Fraction
    first_pts: int
    reorder_frames: int


def _timing(container: InputContainer, stream: VideoStream) -> _Timing:
    packets = 0
    starts_with_i_frame = False
    decoding_order: list[int] = []
    for packet in read_packets(container, stream):
        if packets == 0:
            starts_with_i_frame = packet.is_keyframe
        packets += 1
        if not packet.is_discard and packet.pts is not None:
            decoding_order.append(packet.pts)
    name = Path(container.name).name
    if packets < len(stream.index_entries):
        raise MediaCorrupt(f"{name} is cut short: {packets} of {len(stream.index_entries)} frames are there")
    if not decoding_order:
        raise MediaCorrupt(f"{name} has no frames")
    shown = sorted(decoding_order)
    rank = {pts: place for place, pts in enumerate(shown)}
    clock = stream.time_base or Fraction(1)
    fps, even = _rate(shown, clock, stream, name)
    if not SLOWEST_FPS <= fps <= FASTEST_FPS:
        raise MediaCorrupt(f"{name} claims {float(fps):.3g} frames a second")
    return _Timing(
        fps=fps,
        frames=len(shown),
        steady=even and starts_with_i_frame and packets == len(shown),
        clock=clock,
        first_pts=shown[0],
        reorder_frames=max(place - rank[pts] for place, pts in enumerate(decoding_order)),
    )


def _rate(shown: Sequence[int], clock: Fraction, stream: VideoStream, name: str) -> tuple[Fraction, bool]:
    """Return the frame rate, and whether every frame keeps to it."""
    steps = {later - earlier for earlier, later in pairwise(shown)}
    if 0 in steps or not (steps or stream.average_rate):
        raise MediaCorrupt(f"{name} has no frame rate")
    if len(steps) <= 1:
        return (1 / (steps.pop() * clock) if steps else stream.average_rate or Fraction(1)), True
    measured = (len(shown) - 1) / ((shown[-1] - shown[0]) * clock)
    for rate in (Fraction(round(measured)), Fraction(1000 * round(measured * 1001 / 1000), 1001), measured):
        if rate and all(
            abs((pts - shown[0]) * clock - place / rate) <= COARSEST_CLOCK for place, pts in enumerate(shown)
        ):
            return rate, True
    return measured, False


def _copy_key(context: VideoCodecContext, fps: Fraction, pixel_shape: Fraction | None) -> str:
    parts = (
        context.name,
        context.profile,
        (context.width, context.height, pixel_shape or Fraction(1)),
        fps,
        context.extradata or b"",  # in it pixel format and colours, where a player looks for them
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()
