"""Takes the last frame out of a clip. It knows one file; PyAV and Pillow load with it."""

from io import BytesIO
from pathlib import Path

import av
from av.video.frame import VideoFrame

from shared.domain.errors import MediaCorrupt
from shared.frames import picture_of
from shared.probe import open_media, read_frames, video_stream

COMPRESSION = 4
"""zlib level of the PNG: beyond it the file hardly shrinks and the time doubles."""


def last_frame(clip: Path) -> bytes:
    """Return the last frame that is shown, as a PNG of the clip's size.

    Only what follows the last I-frame is decoded.

    Raises:
        MediaCorrupt: the clip cannot be read, or no frame decoded.
    """
    latest: VideoFrame | None = None
    with open_media(clip) as container:
        stream = video_stream(container)
        try:
            container.seek((stream.start_time or 0) + (stream.duration or 0), stream=stream)
        except av.error.FFmpegError as error:
            raise MediaCorrupt(f"{clip.name} cannot be searched: {error.strerror}") from error
        for frame in read_frames(container, stream):
            latest = frame
    if latest is None:
        raise MediaCorrupt(f"{clip.name} has no frame that can be decoded")
    encoded = BytesIO()
    picture_of(latest).save(encoded, "PNG", compress_level=COMPRESSION)
    return encoded.getvalue()
