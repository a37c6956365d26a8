"""Makes a clip that is nearly what was asked for exactly that: it is paid, and must not be thrown away.

It knows one file and what was asked for, neither backend nor storage. PyAV loads with it.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import structlog
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from functions.render.clip import check_every_frame
from functions.render.video_backends import ClipRequest
from functions.render.video_backends.clip_writer import FASTSTART
from functions.render.video_backends.planes import planes_of
from shared.domain.errors import BackendFailed, MediaCorrupt
from shared.h264 import UNTOLD_COLORSPACE, add_h264_stream
from shared.probe import MediaFacts, open_media, probe, read_frames, video_stream

SHAPE_TOLERANCE = 0.05
"""Of width to height: so much of a picture may be cut off, half of it on either side. Providers' own sizes
differ by less, such as 1280x704 where 1280x720 was asked for."""
SECONDS_TOLERANCE = 0.5
"""By which the last frame may be held, or the end be cut."""
MAX_SIDE = 4096
"""Pixels. Larger frames are not even decoded."""

CRF = 18
"""Finer than our own clips, since what is encoded here was encoded before."""

SAMPLE_RATE = 48_000
SAMPLES_AT_ONCE = 1024
"""As one frame of AAC has."""

log = structlog.get_logger()

Sound = NDArray[np.float32]
"""(2, n): stereo at 48 kHz, from -1 to 1."""


def conformed(clip: Path, request: ClipRequest, tick: Callable[[], None]) -> Path:
    """Check a clip that somebody else has made, and return it, or a file beside it that was made fit.

    Its pictures are then scaled until they cover what was asked for, and cut off evenly; its last frame is
    held, or its end cut, and its sound with it. Sound that cannot be decoded is dropped, and told in the
    logs: a silent clip is worth more than none.

    Args:
        tick: called for every frame; it may raise to stop.

    Raises:
        MediaCorrupt: a frame cannot be decoded.
        BackendFailed: it has another shape or another length.
    """
    facts = probe(clip)
    if not (is_exact := _is_exact(facts, request)) and not _is_near(facts, request):
        raise BackendFailed(
            f"the clip has {facts.width}x{facts.height} pixels and {facts.duration_seconds:.2f} s;"
            f" asked was {request.width}x{request.height} and {request.seconds} s"
        )
    check_every_frame(clip, tick)
    sound, is_damaged = None, False
    if facts.has_audio and request.audio:
        try:
            sound = read_sound(clip, facts, request.seconds)
        except MediaCorrupt:
            is_damaged = True
            log.warning("clip.sound_dropped")
    if is_exact and not is_damaged:
        return clip
    log.info(
        "clip.conformed",
        width=facts.width,
        height=facts.height,
        fps=float(facts.fps),
        frames=facts.frames,
        codec=facts.codec,
    )
    into = clip.with_name("conformed.mp4")
    _write(_frames(clip, facts, request), sound, request, into, tick)
    return into


def read_sound(clip: Path, facts: MediaFacts, seconds: int) -> Sound:
    """Return what is heard during the first `seconds` of the picture, with silence where nothing is.

    Raises:
        MediaCorrupt: it cannot be decoded, or there is none.
    """
    wanted, heard = seconds * SAMPLE_RATE, 0
    sound = np.zeros((2, wanted), np.float32)
    begins = facts.first_pts * facts.clock
    resampler = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
    with open_media(clip) as container:
        try:
            for place, samples in _samples(container, resampler, begins):
                heard += samples.shape[1]
                start, stop = max(place, 0), min(place + samples.shape[1], wanted)
                if start < stop:
                    sound[:, start:stop] = samples[:, start - place : stop - place]
                if place >= wanted:
                    break
        except (av.error.FFmpegError, ValueError) as error:  # the latter when it changes its rate midway
            raise MediaCorrupt(f"the sound of {clip.name} cannot be decoded: {error}") from error
    if not heard:
        raise MediaCorrupt(f"the sound of {clip.name} is empty")
    return sound


def _samples(
    container: av.container.InputContainer, resampler: AudioResampler, begins: Fraction
) -> Iterator[tuple[int, Sound]]:
    """Yield samples, each with the number of the first one, counted from the first picture."""
    stream = container.streams.audio[0]
    following = 0
    for frame in container.decode(stream):
        if frame.pts is not None and frame.time_base is not None:
            following = round((frame.pts * frame.time_base - begins) * SAMPLE_RATE)
        frame.pts = None  # else the resampler fills gaps by itself
        for part in resampler.resample(frame):
            samples = part.to_ndarray().astype(np.float32, copy=False)
            yield following, samples
            following += samples.shape[1]


def _is_exact(facts: MediaFacts, request: ClipRequest) -> bool:
    asked = (request.width, request.height, Fraction(request.fps), request.seconds * request.fps)
    got = (facts.width, facts.height, facts.fps, facts.frames)
    return got == asked and facts.steady and (facts.codec, facts.pixel_format) == ("h264", "yuv420p")


def _is_near(facts: MediaFacts, request: ClipRequest) -> bool:
    shape, asked = facts.width / facts.height, request.width / request.height
    return (
        max(facts.width, facts.height) <= MAX_SIDE
        and 1 - min(shape, asked) / max(shape, asked) <= SHAPE_TOLERANCE
        and abs(facts.duration_seconds - request.seconds) <= SECONDS_TOLERANCE
    )


def _frames(clip: Path, facts: MediaFacts, request: ClipRequest) -> Iterator[VideoFrame]:
    """Yield exactly as many frames as were asked for, each the one whose time is nearest."""
    total, sent = request.seconds * request.fps, 0
    current: VideoFrame | None = None
    with open_media(clip) as container:
        for following in read_frames(container, video_stream(container)):
            begins = round(((following.pts or 0) - facts.first_pts) * facts.clock * request.fps)
            while current is not None and sent < min(begins, total):
                yield _fitted(current, request)
                sent += 1
            current = following
    while current is not None and sent < total:
        yield _fitted(current, request)
        sent += 1


def _fitted(frame: VideoFrame, request: ClipRequest) -> VideoFrame:
    """Scale a picture until it covers what was asked for, and keep the middle of it."""
    scale = max(request.width / frame.width, request.height / frame.height)
    covering = frame.reformat(
        width=_even(frame.width * scale),
        height=_even(frame.height * scale),
        format="yuv420p",
        interpolation="BICUBIC",
        src_colorspace=Colorspace.ITU709 if frame.colorspace == UNTOLD_COLORSPACE else None,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    covering.pict_type = PictureType.NONE  # else the encoder repeats the kinds of frames it was encoded with
    if (covering.width, covering.height) == (request.width, request.height):
        return covering
    fitted = VideoFrame(request.width, request.height, "yuv420p")
    for part, whole in zip(planes_of(fitted), planes_of(covering), strict=True):
        top, left = ((whole.shape[axis] - part.shape[axis]) // 2 for axis in (0, 1))
        part[:] = whole[top : top + part.shape[0], left : left + part.shape[1]]
    fitted.colorspace, fitted.color_range = covering.colorspace, covering.color_range
    return fitted


def _even(pixels: float) -> int:
    """Return the nearest even number, as yuv420p demands."""
    return 2 * round(pixels / 2)


def _write(
    frames: Iterator[VideoFrame],
    sound: Sound | None,
    request: ClipRequest,
    into: Path,
    tick: Callable[[], None],
) -> None:
    with av.open(str(into), "w", format="mp4", container_options=FASTSTART) as container:
        fps = Fraction(request.fps)
        stream = add_h264_stream(container, width=request.width, height=request.height, fps=fps, crf=CRF)
        if sound is not None:
            _write_sound(sound, container)
        for place, frame in enumerate(frames):
            frame.pts, frame.time_base = place, 1 / fps
            container.mux(stream.encode(frame))
            tick()
        container.mux(stream.encode())


def _write_sound(sound: Sound, container: OutputContainer) -> None:
    """Add the sound first: it is small, and the container puts the pictures in between."""
    stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
    for place in range(0, sound.shape[1], SAMPLES_AT_ONCE):
        samples = np.ascontiguousarray(sound[:, place : place + SAMPLES_AT_ONCE])
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, place, Fraction(1, SAMPLE_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
