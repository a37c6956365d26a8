"""Renders a clip by moving a camera over stills: free, on any machine, and the same every time.

It knows no job and no storage; PyAV, NumPy and Pillow load with it, so import it inside the work.
"""

import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from av.video.frame import VideoFrame

from functions.render.video_backends import ClipRequest, Stills, Tick
from functions.render.video_backends.clip_writer import write_clip
from functions.render.video_backends.planes import planes_of
from functions.render.video_backends.scene import Scene, arrange
from shared.domain.job import Rendered
from shared.h264 import CORES

FRAMES_AHEAD = min(CORES, 4)
"""Frames painted, each on its own thread, while x264 encodes earlier ones."""


class Animatic:
    """The free video backend: the stills themselves, with a camera move."""

    def render(self, request: ClipRequest, stills: Stills, into: Path, tick: Tick) -> Rendered:
        """Write an H.264 MP4 of exactly `seconds * fps` frames to `into`.

        The camera pushes in, pulls back, pans or tilts: as the prompt says, else as the seed decides. The
        frame where a still stands shows it exactly as it is. Where it has layers, the near ones move more
        than the far ones, and the camera may look beyond its edges; on a flat one it can only push in. A
        caption strip at the bottom of a still does not move.

        - One still: at the first, the middle or the last frame.
        - A first and a last: one dissolves into the other while the camera moves on. If the clip `leads_on`,
          the last is the frame after its end.
        - A first that the clip `follows_on` from is the frame before its start, and soon dissolves into a
          picture of this shot that is drawn here.
        - None: the first is drawn here.

        Whatever `tick` raises is passed on, and no file is left at `into`.

        Raises:
            MediaCorrupt: a still cannot be decoded.
        """
        began = time.monotonic()
        scene = arrange(request, stills)
        with closing(_frames(request, scene)) as frames:
            write_clip(frames, request, into, tick)
        return Rendered(seconds=round(time.monotonic() - began, 3))


def _frames(request: ClipRequest, scene: Scene) -> Generator[VideoFrame]:
    """Yield the clip's frames in order, a few of them painted ahead."""

    def painted(number: int) -> VideoFrame:
        frame = VideoFrame(request.width, request.height, "yuv420p")
        scene.paint(number, planes_of(frame))
        return frame

    waiting: deque[Future[VideoFrame]] = deque()
    with ThreadPoolExecutor(FRAMES_AHEAD) as painters:
        for number in range(scene.timeline.frames):
            waiting.append(painters.submit(painted, number))
            if len(waiting) > FRAMES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
