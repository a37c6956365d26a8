"""What is to be seen in a clip before it is encoded: x264 may make two files of the same frames."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from functions.render.video_backends import ClipRequest, Tick
from functions.render.video_backends.clip_writer import write_clip
from functions.render.video_backends.diffusers import backend
from shared.h264 import AddStream

Film = NDArray[np.uint8]
"""(frames, rows, width): every plane of every frame."""


def kept_films(monkeypatch: pytest.MonkeyPatch) -> list[Film]:
    """Return what of every clip goes to the encoder, from now on, in the order that clips are done."""
    films: list[Film] = []

    def keeping(
        frames: Iterable[VideoFrame], request: ClipRequest, into: Path, tick: Tick, add_stream: AddStream
    ) -> None:
        kept: list[Film] = []

        def passing() -> Iterator[VideoFrame]:
            for frame in frames:
                kept.append(np.asarray(frame.to_ndarray(), np.uint8))
                yield frame

        write_clip(passing(), request, into, tick, add_stream)
        films.append(np.stack(kept))

    monkeypatch.setattr(backend, "write_clip", keeping)
    return films


def differ(one: Film, other: Film) -> bool:
    """Say whether two clips show different things."""
    return bool((one != other).any())
