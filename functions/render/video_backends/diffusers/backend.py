"""Renders a clip with an open-weight model on this machine's GPU.

It knows one preset and requests, neither jobs nor storage. torch and diffusers load with it, which takes
seconds, so import it inside the work.
"""

import time
from collections.abc import Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from traceback import clear_frames

import structlog
import torch
from av.video.frame import VideoFrame

from functions.render.video_backends import ClipRequest, Stills, Tick
from functions.render.video_backends.clip_writer import write_clip
from functions.render.video_backends.diffusers.canvas import encodable
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.life import Resident, claimed
from functions.render.video_backends.diffusers.nvenc import encode
from functions.render.video_backends.diffusers.pipes import call, is_out_of_memory
from functions.render.video_backends.diffusers.presets import Preset
from functions.render.video_backends.diffusers.take import Take, prepare
from shared.domain.errors import BackendFailed, BackendUnavailable, OperationFailed, TTVError, shorten
from shared.domain.job import Rendered
from shared.h264 import AddStream

DENOISING_SHARE = 0.9
"""Of the progress that is told; the rest is for encoding. Ours, not measured."""

FRAMES_AT_A_TIME = 8
"""Taken off the GPU together: few enough to be small beside the clip."""

log = structlog.get_logger()


class Diffusers:
    """An open-weight model as a video backend. Instances are cheap: the model belongs to the process.

    Args:
        preset: the model.
        deployment: where its weights lie, and what computes.
    """

    def __init__(self, preset: Preset, deployment: Deployment) -> None:
        self._preset = preset
        self._deployment = deployment

    def render(self, request: ClipRequest, stills: Stills, into: Path, tick: Tick) -> Rendered:
        """Write an H.264 MP4 of exactly `seconds * fps` frames to `into`, without audio.

        `tick` is called before the first step, after every step and after every frame. Whatever it raises is
        passed on within a step, no file is left at `into`, and the model stays loaded. Where memory runs out,
        the clip is tried once more with tiling and offloading, and progress stands still until it is as far.

        Raises:
            MediaCorrupt: a still cannot be decoded.
            BackendFailed: the model cannot do it, or not in this GPU's memory.
            OperationFailed: the GPU failed, or the model did not load, or what it computed is no picture. It
                is then loaded anew; waiting would mend none of that.
        """
        take, progress = prepare(self._preset, request, stills), _Progress(tick)
        with claimed(self._preset, self._deployment, lambda: progress.reach(0)) as resident:
            film = partial(self._film, resident, take, request, into, progress)
            try:
                return film()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                clear_frames(error.__traceback__)  # they hold on to the memory that ran out
            log.warning("memory.ran_out", preset=self._preset.name, then=resident.tighten().name.lower())
            try:
                return film()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                clear_frames(error.__traceback__)
                resident.drop()
                raise BackendFailed(self._too_large(request, take)) from error

    def _film(
        self, resident: Resident, take: Take, request: ClipRequest, into: Path, progress: "_Progress"
    ) -> Rendered:
        """Render and encode, and let go of a pipeline that may be broken."""
        try:
            return self._filmed(resident, take, request, into, progress)
        except BackendUnavailable as error:
            raise self._failed(str(error)) from error
        except TTVError:
            raise
        except Exception as error:
            is_the_stop = progress.is_stopped and error.__context__ is None  # not what failed over it
            if is_the_stop or is_out_of_memory(error):
                raise
            clear_frames(error.__traceback__)  # they hold on to the pipeline
            resident.drop()
            if isinstance(error, RuntimeError):  # as are all errors of torch
                raise self._failed(f"{self._preset.name} failed: {shorten(str(error))}") from error
            raise

    def _filmed(
        self, resident: Resident, take: Take, request: ClipRequest, into: Path, progress: "_Progress"
    ) -> Rendered:
        progress.reach(0)
        pipe = resident.pipe_for(take, request.lora)
        began = time.monotonic()
        frames = call(pipe, self._preset, take, lambda done: progress.reach(done * DENOISING_SHARE))
        resident.spare()
        _encode(frames, take, request, into, progress)
        return Rendered(seconds=round(time.monotonic() - began, 3), gpu=self._computing)

    def _failed(self, why: str) -> OperationFailed:
        log.error("model.failed", preset=self._preset.name, detail=why)
        return OperationFailed(why)

    @property
    def _computing(self) -> str:
        """What computes, as its driver names it."""
        on_processor = self._deployment.device == "cpu"
        return self._deployment.device if on_processor else torch.cuda.get_device_name()

    def _too_large(self, request: ClipRequest, take: Take) -> str:
        return (
            f"{self._preset.name} ran out of memory on {self._computing} with"
            f" {request.seconds} s of {request.width}x{request.height} ({take.timeline.rendered} frames),"
            " also with tiling and offloading: ask for a smaller size or shorter clips, or deploy a larger"
            " GPU"
        )


class _Progress:
    """Tells how far a clip is, never less than before."""

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self._highest = 0.0
        self.is_stopped = False
        """Whether the one who is told wants no more."""

    def reach(self, done: float) -> None:
        """Tell a fraction of the whole."""
        self._highest = max(self._highest, done)
        try:
            self._tick(self._highest)
        except BaseException:
            self.is_stopped = True
            raise

    def encoded(self, done: float) -> None:
        """Tell a fraction of the encoding."""
        self.reach(DENOISING_SHARE + (1 - DENOISING_SHARE) * done)


def _encode(frames: torch.Tensor, take: Take, request: ClipRequest, into: Path, progress: _Progress) -> None:
    def write(add_stream: AddStream) -> None:
        with closing(_shown(frames, take)) as shown:
            write_clip(shown, request, into, progress.encoded, add_stream)

    encode(write)


def _shown(frames: torch.Tensor, take: Take) -> Generator[VideoFrame]:
    """Yield a clip's frames, cut to its size; where one falls between two rendered ones, a mixture of them.

    Args:
        frames: (n, 3, height, width), from 0 to 1, wherever they were computed.
    """
    canvas, timeline = take.canvas, take.timeline
    bottom, right = canvas.top + canvas.shown_height, canvas.left + canvas.shown_width
    for first in range(0, timeline.shown, FRAMES_AT_A_TIME):
        places = [
            timeline.place(each) for each in range(first, min(first + FRAMES_AT_A_TIME, timeline.shown))
        ]
        before = [int(place) for place in places]
        after = [min(each + 1, timeline.rendered - 1) for each in before]
        shares = torch.tensor([float(place % 1) for place in places], device=frames.device)
        cut = frames[:, :, canvas.top : bottom, canvas.left : right]
        mixed = torch.lerp(cut[before].float(), cut[after].float(), shares[:, None, None, None])
        if not bool(torch.isfinite(mixed).all()):
            raise RuntimeError("what it computed is no picture")
        pixels = (mixed * 255).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu()
        yield from map(encodable, pixels.numpy())
