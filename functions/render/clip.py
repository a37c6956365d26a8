"""What a shot's clip is to be, and whether a file is that. Knows no backend."""

from collections.abc import Callable
from pathlib import Path

from functions.render.video_backends import ClipRequest
from shared.domain.capabilities import UNKNOWN_BACKEND, VIDEO_BACKENDS, KeyframeMode
from shared.domain.errors import BackendFailed
from shared.domain.job import JobState, Shot
from shared.domain.naming import shot_seed


def clip_request(state: JobState, shot: Shot) -> ClipRequest:
    """Say what a backend is to render."""
    config, plan = state.job.config, state.job.plan
    joins_on = config.keyframes in (KeyframeMode.PAIR, KeyframeMode.CHAIN)
    return ClipRequest(
        prompt=shot.prompt,
        negative_prompt=config.negative_prompt,
        style=config.style or (plan.style if plan else ""),
        characters=plan.cast(shot.characters) if plan else (),
        seconds=shot.seconds,
        audio=config.audio is not False,
        width=config.width,
        height=config.height,
        fps=config.fps,
        seed=shot_seed(config.seed, shot.index),
        job_seed=config.seed,
        follows_on=config.keyframes == KeyframeMode.CHAIN and shot.index > 0,
        lora=config.lora if VIDEO_BACKENDS.get(state.model_of(shot), UNKNOWN_BACKEND).lora else None,
        leads_on=joins_on and shot.index + 1 < state.progress.shots_total,
    )


def check_clip(clip: Path, request: ClipRequest) -> None:
    """Refuse a clip that is not what was asked for, before anyone depends on it.

    Raises:
        MediaCorrupt: it cannot be read.
        BackendFailed: it has other dimensions or another length.
    """
    from shared.probe import probe

    facts = probe(clip)
    asked = (request.width, request.height, request.seconds * request.fps)
    got = (facts.width, facts.height, facts.frames)
    if got != asked:
        raise BackendFailed(f"the clip is {got} in width, height and frames; asked was {asked}")


def check_every_frame(clip: Path, tick: Callable[[], None]) -> None:
    """Decode a clip that somebody else has made, since only that shows that it can be.

    Args:
        tick: called for every frame; it may raise to stop.

    Raises:
        MediaCorrupt: a frame cannot be decoded.
    """
    from shared.probe import decode_fully

    decode_fully(clip, tick)
