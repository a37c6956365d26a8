"""Encodes what a job's clips show, with its transitions: the whole video, or parts of it.

It knows frames and the encoder, neither jobs nor where clips come from.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
from av.video.frame import VideoFrame

from functions.finalize.normalise import Footage
from functions.finalize.reel import Reel
from shared.h264 import add_h264_stream
from shared.probe import MediaFacts, probe

Tick = Callable[[float], None]
"""Called with the fraction done, 0 to 1. It may raise to stop the work."""

CRF = 18
"""Finer than the clips, since what is encoded here was encoded before."""


def encode(frames: Iterator[VideoFrame], footage: Footage, reel: Reel, tick: Callable[[], None]) -> None:
    """Encode frames, taken one by one and never kept, as the pictures of a reel.

    Args:
        frames: of the footage's size; frame i is shown at i / fps.
        tick: called after every frame.
    """
    stream = add_h264_stream(
        reel.container, width=footage.width, height=footage.height, fps=footage.fps, crf=CRF
    )
    for place, frame in enumerate(frames):
        frame.pts, frame.time_base = place, 1 / footage.fps
        reel.write(stream.encode(frame))
        tick()
    reel.write(stream.encode())


def encode_file(frames: Iterator[VideoFrame], footage: Footage, into: Path, tick: Callable[[], None]) -> None:
    """Encode frames into an MP4 of their own, without sound; otherwise as `encode`."""
    with av.open(str(into), "w", format="mp4") as container:
        encode(frames, footage, Reel(container), tick)


def follows(known: MediaFacts, footage: Footage, folder: Path) -> bool:
    """Whether what is encoded here can be read on after a clip's packets: tried out, on two frames."""
    sample = folder / "sample.mp4"
    blank = (VideoFrame(footage.width, footage.height, "yuv420p") for _ in range(2))
    encode_file(blank, footage, sample, lambda: None)
    return probe(sample, packets_only=True).copy_key == known.copy_key
