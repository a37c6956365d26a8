"""Clips whose every frame says which one it is, in blocks that survive encoding, fading and scaling."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from shared.h264 import add_h264_stream

DARK, BRIGHT = 60, 200
"""Luma of a block that says 0, and of one that says 1."""

SIDE = 4
"""Blocks in a row and in a column: a dark and a bright one for comparison, 4 bits of clip, 10 of frame."""


def write_clip(
    path: Path,
    number: int,
    frames: int,
    *,
    size: tuple[int, int] = (128, 72),
    fps: int = 24,
    foreign: bool = False,
    flat: int | None = None,
) -> Path:
    """Encode a clip.

    Args:
        number: of the clip, 0 to 15.
        foreign: not by our encoder, without B-frames and with other parameter sets.
        flat: luma of every frame, which then says nothing.
    """
    with av.open(str(path), "w", format="mp4") as container:
        stream = (_foreign_stream if foreign else _our_stream)(container, size, Fraction(fps))
        for place in range(frames):
            luma = np.full((SIDE, SIDE), flat, np.uint8) if flat is not None else blocks_of(number, place)
            frame = _picture(luma, size)
            frame.pts, frame.time_base = place, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def lumas(video: Path) -> Iterator[NDArray[np.float64]]:
    """Yield each frame's mean luma by block, (4, 4)."""
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield block_lumas(frame)


def block_lumas(frame: VideoFrame) -> NDArray[np.float64]:
    """Return a frame's mean luma by block, (4, 4), away from the blocks' edges."""
    height, width = frame.height, frame.width
    luma = frame.to_ndarray()[:height, :width]
    rows, columns = (np.linspace(0, side, SIDE + 1).astype(int) for side in (height, width))
    inner = [
        [luma[top + 3 : bottom - 3, left + 3 : right - 3].mean() for left, right in pairwise(columns)]
        for top, bottom in pairwise(rows)
    ]
    return np.array(inner)


def read(blocks: NDArray[np.float64]) -> tuple[int, int]:
    """Return the number of the clip, and of the frame in it, that a frame says."""
    bits = blocks.ravel() > (blocks[0, 0] + blocks[0, 1]) / 2
    value = int("".join("1" if bit else "0" for bit in bits[2:]), 2)
    return divmod(value, 1024)


def blocks_of(number: int, place: int) -> NDArray[np.uint8]:
    """Return the luma of every block of a frame, (4, 4)."""
    bits = [0, 1, *map(int, f"{number:04b}{place:010b}")]
    return np.array([BRIGHT if bit else DARK for bit in bits], np.uint8).reshape(SIDE, SIDE)


def _picture(luma: NDArray[np.uint8], size: tuple[int, int]) -> VideoFrame:
    width, height = size
    rows = np.arange(height) * SIDE // height
    columns = np.arange(width) * SIDE // width
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = luma[rows][:, columns]
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def _our_stream(container: av.container.OutputContainer, size: tuple[int, int], fps: Fraction) -> VideoStream:
    return add_h264_stream(container, width=size[0], height=size[1], fps=fps, crf=20)


def _foreign_stream(
    container: av.container.OutputContainer, size: tuple[int, int], fps: Fraction
) -> VideoStream:
    options = {"preset": "ultrafast", "bf": "0", "crf": "20"}
    stream = container.add_stream("libx264", rate=fps, options=options)
    stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
    stream.codec_context.time_base = 1 / fps
    return stream
