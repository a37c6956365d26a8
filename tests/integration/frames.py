"""The frames of a video or clip, and what they look like around its seams."""

from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.h264 import plane_pixels
from shared.probe import open_media, read_frames, video_stream

BLACK = 24
"""Brightness (16 to 235) that the brightest hundredth of a frame exceeds if it shows anything."""

Frame = NDArray[np.uint8]
"""Brightness: (height, width)."""


def frames_of(file: Path) -> list[Frame]:
    """Decode a file."""
    with open_media(file) as container:
        return [
            plane_pixels(frame.planes[0]).copy() for frame in read_frames(container, video_stream(container))
        ]


def seams(seconds: list[int], fps: int) -> list[int]:
    """Return the numbers of the frames that begin each shot but the first."""
    return [end * fps for end in accumulate(seconds)][:-1]


def difference(one: Frame, other: Frame) -> float:
    """Mean difference in brightness, 0 to 255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


def assert_sound_around_seams(frames: list[Frame], at: list[int], *, reach: int, moves: float) -> None:
    """Check that around each seam no frame is black, and none is like the one before.

    Where frames were encoded anew, test_seams.py tells by numbers in them that none is shown twice.

    Args:
        reach: frames on either side.
        moves: by how much each frame differs at least from the one before.
    """
    for seam in at:
        for number in range(seam - reach, seam + reach):
            assert np.percentile(frames[number], 99) > BLACK, f"frame {number} is black, at the seam {seam}"
            change = difference(frames[number - 1], frames[number])
            assert change > moves, f"frame {number} is like the one before, at the seam {seam}: {change}"
