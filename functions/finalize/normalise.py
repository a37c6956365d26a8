"""Shows clips that may differ as frames of one size and frame rate.

It knows how to decode and to fit pictures, neither transitions nor encoding.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from shared.domain.errors import MediaCorrupt
from shared.h264 import UNTOLD_COLORSPACE, plane_pixels
from shared.probe import MediaFacts, open_media, read_frames, video_stream

BLACK = (16, 128, 128)
"""In yuv420p, limited range."""


class Footage:
    """All clips, one after the other, as frames of the first one's size and rate. No frame is kept.

    Frames are numbered from 0 through the whole video. A clip begins at the frame nearest to where those
    before it end, so that rounding never adds up.
    """

    def __init__(self, clips: Sequence[Path], facts: Sequence[MediaFacts]) -> None:
        first = facts[0]
        self._clips, self._facts = clips, facts
        self.fps = first.fps
        self.width, self.height = first.width // 2 * 2, first.height // 2 * 2  # yuv420p: even sizes only
        ends = accumulate((clip.frames / clip.fps for clip in facts), initial=Fraction(0))
        self.bounds = tuple(math.floor(end * self.fps + Fraction(1, 2)) for end in ends)
        """Number of each shot's first frame, and after them how many there are in all."""

    @property
    def seams(self) -> tuple[int, ...]:
        """Number of the first frame of every shot that follows another."""
        return self.bounds[1:-1]

    def frames(self, start: int, stop: int) -> Iterator[VideoFrame]:
        """Yield frames `start` to `stop`, each a new one: yuv420p, limited range, BT.709.

        Raises:
            MediaCorrupt: a clip cannot be decoded; names its shot.
        """
        for shot, (begin, end) in enumerate(pairwise(self.bounds)):
            first, last = max(start, begin), min(stop, end)
            if first >= last:
                continue
            clip, known = self._clips[shot], self._facts[shot]
            try:
                yield from self._shot(clip, known, first - begin, last - begin)
            except MediaCorrupt as error:
                raise MediaCorrupt(str(error), shot=shot) from error

    def _shot(self, clip: Path, known: MediaFacts, start: int, stop: int) -> Iterator[VideoFrame]:
        """Yield exactly the frames `start` to `stop` of a clip, each the one whose time is nearest."""
        sent = start
        with open_media(clip) as container:
            stream = video_stream(container)
            shape = stream.sample_aspect_ratio or Fraction(1)
            if start and known.steady:  # the times of others do not tell where to begin
                _seek(container, stream, known, start / self.fps)
            current: VideoFrame | None = None
            for following in read_frames(container, stream):
                begins = math.floor(_seconds(following, known) * self.fps + Fraction(1, 2))
                if current is None and begins > start:
                    raise MediaCorrupt(f"{clip.name} cannot be searched: frame {start} was passed over")
                while current is not None and sent < min(stop, begins):
                    yield self._fit(current, shape)
                    sent += 1
                if sent == stop:
                    return
                current = following
            if current is None:
                raise MediaCorrupt(f"{clip.name} has no frame that can be decoded")
            while sent < stop:
                yield self._fit(current, shape)
                sent += 1

    def _fit(self, frame: VideoFrame, pixel_shape: Fraction) -> VideoFrame:
        """Scale a frame to the common size, with black bars where the shapes differ."""
        shape = Fraction(frame.width, frame.height) * pixel_shape
        fits_width, fits_height = self.width / shape, self.height * shape
        inner = _even(min(Fraction(self.width), fits_height)), _even(min(Fraction(self.height), fits_width))
        scaled = frame.reformat(
            width=inner[0],
            height=inner[1],
            format="yuv420p",
            interpolation="BICUBIC",
            src_colorspace=Colorspace.ITU709 if frame.colorspace == UNTOLD_COLORSPACE else None,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        fitted = VideoFrame(self.width, self.height, "yuv420p")
        left, top = (self.width - inner[0]) // 4 * 2, (self.height - inner[1]) // 4 * 2
        for place, (plane, part) in enumerate(zip(fitted.planes, scaled.planes, strict=True)):
            shrink = 1 if place == 0 else 2
            pixels = plane_pixels(plane)
            pixels[:] = BLACK[place]
            rows = slice(top // shrink, top // shrink + part.height)
            pixels[rows, left // shrink : left // shrink + part.width] = plane_pixels(part)
        return fitted


def _seek(container: InputContainer, stream: VideoStream, known: MediaFacts, seconds: Fraction) -> None:
    """Go to an I-frame at or before a time, as far as decoding runs ahead of showing."""
    place = max(0, math.floor(seconds * known.fps) - known.reorder_frames)
    try:
        container.seek(known.first_pts + math.floor(place / known.fps / known.clock), stream=stream)
    except av.error.FFmpegError as error:
        name = Path(container.name).name
        raise MediaCorrupt(f"{name} cannot be searched: {error.strerror}") from error


def _seconds(frame: VideoFrame, known: MediaFacts) -> Fraction:
    """Return how long after its clip's first frame a frame is shown."""
    return ((frame.pts or 0) - known.first_pts) * known.clock


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))
