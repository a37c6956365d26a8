"""Takes the picture that stands for a video, a clip, or a job that has only keyframes.

It decodes a few frames of one file, or a still; it knows nothing of jobs or storage.
"""

from io import BytesIO
from operator import itemgetter
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from shared.domain.errors import MediaCorrupt
from shared.frames import picture_of
from shared.probe import open_media, read_frames, video_stream
from shared.stills import caption_rows, open_picture

MAX_WIDTH = 640
"""Pixels; a narrower picture keeps its size."""

JPEG_QUALITY = 85

PLACES = (1 / 3, 1 / 2, 1 / 6, 0.0)
"""Where else to look, as shares of the duration, until a frame shows something."""

DULL = 8.0
"""A frame whose brightness varies less than this (standard deviation, of 255) is black, white or a fade."""


def thumbnail(video: Path, place: float = PLACES[0], *, max_width: int = MAX_WIDTH) -> bytes:
    """Return a JPEG of one frame of a video or clip.

    A dull frame is passed over for one elsewhere, if there is a better one.

    Args:
        place: of the frame, as a share of the duration, 0 to 1.
        max_width: pixels; what is narrower keeps its size.

    Raises:
        MediaCorrupt: the video cannot be read, or no frame decoded.
    """
    seen: list[tuple[float, Image.Image]] = []
    with open_media(video) as container:
        stream = video_stream(container)
        for somewhere in (place, *PLACES):
            picture = picture_of(_frame_at(container, stream, somewhere), max_width=max_width)
            seen.append((ImageStat.Stat(picture.convert("L")).stddev[0], picture))
            if seen[-1][0] > DULL:
                break
    _, best = max(seen, key=itemgetter(0))
    return _jpeg(best)


def keyframe_thumbnail(keyframe: Path) -> bytes:
    """Return a JPEG of a keyframe without its caption strip, at most 640 pixels wide.

    Raises:
        MediaCorrupt: it cannot be decoded.
    """
    picture = without_caption(keyframe)
    width = min(picture.width, MAX_WIDTH)
    size = width, max(1, round(picture.height * width / picture.width))
    return _jpeg(picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def without_caption(keyframe: Path) -> Image.Image:
    """Decode a keyframe, as RGB, and cut off the caption strip that it says it has.

    Raises:
        MediaCorrupt: it cannot be decoded, or the strip would leave less than half of it.
    """
    picture = open_picture(keyframe)
    caption = caption_rows(picture)
    return picture.crop((0, 0, picture.width, picture.height - caption)) if caption else picture


def _frame_at(container: InputContainer, stream: VideoStream, place: float) -> VideoFrame:
    """Decode from the I-frame before `place`, a share of the duration, up to the frame shown there."""
    wanted = (stream.start_time or 0) + int((stream.duration or 0) * place)
    try:
        container.seek(wanted, stream=stream)
    except av.error.FFmpegError as error:
        raise MediaCorrupt(f"the video cannot be searched: {error.strerror}") from error
    latest: VideoFrame | None = None
    for frame in read_frames(container, stream):
        if latest is not None and (frame.pts or 0) > wanted:
            break
        latest = frame
    if latest is None:
        raise MediaCorrupt("the video has no frame that can be decoded")
    return latest


def _jpeg(picture: Image.Image) -> bytes:
    encoded = BytesIO()
    picture.save(encoded, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return encoded.getvalue()
