"""The clips that are delivered: from one picture slowly to another, with a quiet tone. Knows no operation."""

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shared.h264 import add_h264_stream, plane_pixels

FPS = 24
SAMPLE_RATE = 48_000
FRAME_SAMPLES = 1024
"""Of AAC."""
LOUDNESS = 0.05
"""Of the tone, where 1 is as loud as can be: about -26 dB."""
LOWEST_HERTZ = 220.0
TONES = 12
"""Of an octave, one of which a prompt chooses."""
CHANGES_EVERY = 2
"""Frames: 12 pictures a second look like film, and are made in half the time."""
NEARER = 1.08
"""What a clip without a last picture ends with: its first, so much nearer."""
MOST_KEPT = 8


class ClipShape(NamedTuple):
    """What tells one clip from another."""

    prompt: str
    """Decides about the tone."""
    seconds: int
    width: int
    """Pixels; even."""
    height: int
    """Pixels; even."""
    has_sound: bool
    first: bytes
    """Encoded picture."""
    last: bytes | None = None
    """Encoded picture; None: the first, a little nearer."""


class Clips:
    """Encodes a clip when it is asked for, and keeps the latest. May be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[ClipShape, bytes] = OrderedDict()

    def get(self, shape: ClipShape) -> bytes:
        """Return an MP4 of exactly `seconds * FPS` frames, H.264 yuv420p, with AAC if it is to have sound."""
        with self._lock:
            made = self._made.get(shape)
        if made is None:
            made = _encode(shape)
            with self._lock:
                self._made[shape] = made
                if len(self._made) > MOST_KEPT:
                    self._made.popitem(last=False)
        return made


def tone_hertz(prompt: str) -> float:
    """Return the pitch of a prompt's clip."""
    step = hashlib.sha256(prompt.encode()).digest()[0] % TONES
    return float(LOWEST_HERTZ * 2 ** (step / TONES))


def _encode(shape: ClipShape) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        video = add_h264_stream(container, width=shape.width, height=shape.height, fps=Fraction(FPS), crf=28)
        video.codec_context.options = video.codec_context.options | {"preset": "ultrafast"}
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if shape.has_sound else None
        for place, frame in enumerate(_frames(shape)):
            frame.pts, frame.time_base = place, Fraction(1, FPS)
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound is not None:
            for samples in _tone(tone_hertz(shape.prompt), shape.seconds):
                container.mux(sound.encode(samples))
            container.mux(sound.encode())
    return file.getvalue()


def _frames(shape: ClipShape) -> Iterator[VideoFrame]:
    """Yield the clip's frames: the first shows the first picture alone, and the last ones nearly the last."""
    size = shape.width, shape.height
    first = _covering(shape.first, size)
    last = _covering(shape.last, size) if shape.last else None
    count = shape.seconds * FPS
    for place in range(count):
        if place % CHANGES_EVERY == 0 or place == count - 1:
            done = place / (count - 1)
            shown = Image.blend(first, last, done) if last else _nearer(first, 1 + (NEARER - 1) * done)
            planes = VideoFrame.from_image(shown).reformat(  # type: ignore[no-untyped-call]  # PyAV's stubs have gaps
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
        frame = VideoFrame(shape.width, shape.height, "yuv420p")
        for into, plane in zip(frame.planes, planes.planes, strict=True):
            plane_pixels(into)[:] = plane_pixels(plane)
        yield frame


def _covering(picture: bytes, size: tuple[int, int]) -> Image.Image:
    """Return a picture that covers the frame, cut at its sides."""
    with Image.open(io.BytesIO(picture)) as opened:
        return ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.BILINEAR)


def _nearer(picture: Image.Image, scale: float) -> Image.Image:
    """Return the middle of a picture, enlarged to its whole size."""
    width, height = picture.size
    left, top = width * (1 - 1 / scale) / 2, height * (1 - 1 / scale) / 2
    shown = (left, top, width - left, height - top)
    return picture.resize(picture.size, Image.Resampling.BILINEAR, box=shown)


def _tone(hertz: float, seconds: int) -> Iterator[AudioFrame]:
    total = seconds * SAMPLE_RATE
    for start in range(0, total, FRAME_SAMPLES):
        times = np.arange(start, min(start + FRAME_SAMPLES, total)) / SAMPLE_RATE
        wave: NDArray[np.float32] = (LOUDNESS * np.sin(2 * np.pi * hertz * times)).astype(np.float32)
        frame = AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, Fraction(1, SAMPLE_RATE)
        yield frame
