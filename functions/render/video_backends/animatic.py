"""Renders a clip by moving a camera over the keyframe: free, on any machine, and the same every time.

It knows no job and no storage; PyAV, NumPy and Pillow load with it, so import it inside the work.
"""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from av.video.frame import VideoFrame

from functions.render.video_backends import ClipRequest, Tick
from functions.render.video_backends.camera import Travel, choose_move, plan_travel
from functions.render.video_backends.clip_writer import write_clip
from functions.render.video_backends.still import Still
from shared.h264 import CORES
from shared.probe import caption_rows, open_picture

FRAMES_AHEAD = min(CORES, 4)
"""Frames cut, each on its own thread, while x264 encodes earlier ones: a third faster on two cores."""


class Animatic:
    """The free video backend: the keyframe itself, with a camera move."""

    def render(self, request: ClipRequest, keyframe: Path, into: Path, tick: Tick) -> None:
        """Write an H.264 MP4 of exactly `seconds * fps` frames to `into`.

        The camera pushes in, pulls back, pans or tilts: as the prompt says, else as the seed decides. A
        caption strip at the bottom of the keyframe stays still. Whatever `tick` raises is passed on, and no
        file is left at `into`.

        Raises:
            MediaCorrupt: the keyframe cannot be decoded.
        """
        travel = plan_travel(choose_move(request.prompt, request.seed), request.seed)
        still = _open_still(keyframe, request, travel)
        with closing(_frames(still, travel, request.seconds * request.fps)) as frames:
            write_clip(frames, request, into, tick)


def _open_still(keyframe: Path, request: ClipRequest, travel: Travel) -> Still:
    picture = open_picture(keyframe)  # let go on return: a large one takes 160 MB that x264 needs
    return Still(
        picture,
        caption_rows=caption_rows(picture),
        width=request.width,
        height=request.height,
        travel=travel,
    )


def _frames(still: Still, travel: Travel, total: int) -> Generator[VideoFrame]:
    """Yield the clip's frames in order, a few of them cut ahead."""
    last = max(1, total - 1)
    waiting: deque[Future[VideoFrame]] = deque()
    with ThreadPoolExecutor(FRAMES_AHEAD) as cutters:
        for place in range(total):
            waiting.append(cutters.submit(still.frame, travel.at(place / last)))
            if len(waiting) > FRAMES_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
