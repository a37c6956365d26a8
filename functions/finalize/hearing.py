"""Hears a clip: its sound from its first frame on, as samples of one rate.

It knows how to decode and to place sound in time, neither mixing nor how loud anything should be.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard
from numpy.typing import NDArray

from shared.domain.errors import MediaCorrupt
from shared.probe import MediaFacts, open_media

RATE = 48_000
"""Samples a second, of all sound in here: that of video everywhere, and of what providers make."""

LAYOUT = "stereo"

BLOCK = RATE // 10
"""Samples handled at a time."""

SLACK = 0.005
"""Seconds by which times within a clip may be off before they count as a gap: many files count in
milliseconds, and a gap of less is nothing that could be heard or seen."""

MOST_AMPLITUDE = 100.0
"""Of floating-point samples, where full scale is 1. What is louder, or no number, is damage."""

SLOWEST_RATE, FASTEST_RATE, MOST_CHANNELS = 4_000, 384_000, 24
"""What is outside is damage, and would make large buffers."""

Block = NDArray[np.float32]
"""Samples, (2, n); full scale is 1."""


def silence(samples: int) -> Iterator[Block]:
    """Yield silence, in blocks."""
    for start in range(0, samples, BLOCK):
        yield np.zeros((2, min(BLOCK, samples - start)), np.float32)


def heard(clip: Path, known: MediaFacts, samples: int) -> Iterator[Block]:
    """Yield exactly so many samples of a clip's sound, the first of them heard as its first frame is shown.

    What begins late or ends early is silent there, and so are gaps; what goes on for longer is cut.

    Raises:
        MediaCorrupt: the sound cannot be decoded to there.
    """
    reached = 0
    for at, block in _placed(clip, known):
        yield from silence(min(at, samples) - reached)
        reached = max(reached, min(at, samples))
        new = block[:, max(0, reached - at) : max(0, samples - at)]
        if new.shape[1]:
            yield new
        reached += new.shape[1]
        if reached == samples:
            return
    yield from silence(samples - reached)


def _placed(clip: Path, known: MediaFacts) -> Iterator[tuple[int, Block]]:
    """Yield a clip's sound with the place of each block's first sample after the first frame's time."""
    first_frame = float(known.first_pts * known.clock)
    run: _Run | None = None
    with open_media(clip, packets_only=True) as container:
        stream = _audio_stream(container)
        clock = float(stream.time_base or 0)  # in floating point: a frame's time, thousands of times
        for frame in _decoded(container, stream):
            since = None
            if frame.pts is not None and clock:
                since = frame.pts * clock - first_frame
            if run and not run.goes_on(frame, since):
                yield from run.take(None)
                run = None
            run = run or _Run(frame, since or 0.0)
            yield from run.take(frame)
    if run:
        yield from run.take(None)


class _Run:
    """Frames that follow one another without a gap, brought to our rate and layout."""

    def __init__(self, first: AudioFrame, since: float) -> None:
        self._kind = _kind(first)
        self._due = since
        self._at = math.floor(since * RATE + 0.5)
        self._resampler = AudioResampler("fltp", LAYOUT, RATE, frame_size=BLOCK)

    def goes_on(self, frame: AudioFrame, since: float | None) -> bool:
        return _kind(frame) == self._kind and (since is None or abs(since - self._due) <= SLACK)

    def take(self, frame: AudioFrame | None) -> Iterator[tuple[int, Block]]:
        """Yield what is ready after a frame, or, given None, the rest."""
        if frame is not None:
            self._due += frame.samples / frame.sample_rate
            frame.pts = None  # placed by counting: rounded times would shift samples
        try:
            resampled = self._resampler.resample(frame)
        except (av.error.FFmpegError, ValueError) as error:
            raise MediaCorrupt("its sound cannot be made stereo") from error
        for ready in resampled:
            block = ready.to_ndarray().astype(np.float32, copy=False)
            if not np.abs(block).max(initial=0) <= MOST_AMPLITUDE:
                raise MediaCorrupt("its sound is beyond all measure")
            yield self._at, block
            self._at += block.shape[1]


def _kind(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _audio_stream(container: InputContainer) -> AudioStream:
    """Return the first stream of sound; whatever else there is will not be read."""
    for other in container.streams:
        other.discard = Discard.all
    for stream in container.streams.audio:
        if stream.codec_context is not None:
            stream.discard = Discard.default
            return stream
    raise MediaCorrupt(f"{Path(container.name).name} has no readable sound in it")


def _decoded(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    name = Path(container.name).name
    stream.codec_context.options = {"err_detect": "explode"}
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise MediaCorrupt(f"{name} is cut short in its sound")
            for frame in packet.decode():
                if not isinstance(frame, AudioFrame) or frame.is_corrupt or not _bounded(frame):
                    raise MediaCorrupt(f"{name} has damaged sound")
                yield frame
    except av.error.FFmpegError as error:
        raise MediaCorrupt(f"{name} has sound that cannot be decoded: {error.strerror}") from error


def _bounded(frame: AudioFrame) -> bool:
    return SLOWEST_RATE <= frame.sample_rate <= FASTEST_RATE and frame.layout.nb_channels <= MOST_CHANNELS
