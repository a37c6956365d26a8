"""Which keyframes a job has, by its mode, and which shots each of them guides.

They are numbered as the shots are that begin with them. In mode `pair` there is one more, with which the
last shot ends.
"""

from shared.domain.generation import KeyframeMode
from shared.domain.job import Job, JobState, Shot, ShotStatus
from shared.domain.model import Record


class LastFrame(Record):
    """The last frame of a clip, stored as the keyframe of the next shot."""

    path: str
    """Object path."""
    crc32c: str = ""


def keyframes_total(job: Job, shots_total: int) -> int:
    """Return how many keyframes are drawn for a job of so many shots; 0 before it is planned."""
    match KeyframeMode(job.config.keyframes):
        case KeyframeMode.SINGLE:
            return shots_total
        case KeyframeMode.PAIR:
            return shots_total + 1 if shots_total else 0
        case KeyframeMode.CHAIN:
            return min(1, shots_total)
        case KeyframeMode.NONE:
            return 0


def next_to_draw(state: JobState) -> int | None:
    """Return the number of the first keyframe that is not drawn yet.

    Args:
        state: with all of its shots.
    """
    numbers = range(keyframes_total(state.job, len(state.shots)))
    return next((number for number in numbers if not _is_drawn(state, number)), None)


def guided(state: JobState, number: int, path: str, crc32c: str) -> tuple[Shot, ...]:
    """Return the shots that a keyframe guides, with it: the one it begins, and in `pair` the one it ends.

    Args:
        state: with all shots it may guide.
    """
    mode = KeyframeMode(state.job.config.keyframes)
    shots = []
    for shot in state.shots:
        if shot.index == number:
            shots.append(_ready(shot.evolve(keyframe=path, keyframe_crc32c=crc32c), mode))
        elif shot.index == number - 1 and mode is KeyframeMode.PAIR:
            shots.append(_ready(shot.evolve(end_keyframe=path, end_keyframe_crc32c=crc32c), mode))
    return tuple(shots)


def hands_on(state: JobState, shot_index: int) -> bool:
    """Whether a shot's last frame is the keyframe of the next."""
    is_chained = state.job.config.keyframes == KeyframeMode.CHAIN
    return is_chained and shot_index + 1 < state.progress.shots_total


def without_keyframes(shots: tuple[Shot, ...], mode: KeyframeMode) -> tuple[Shot, ...]:
    """Return new shots, ready to be rendered where their mode has no keyframes."""
    return tuple(_ready(shot, mode) for shot in shots)


def _is_drawn(state: JobState, number: int) -> bool:
    if number < len(state.shots):
        return state.shots[number].keyframe is not None
    return state.shots[-1].end_keyframe is not None


def _ready(shot: Shot, mode: KeyframeMode) -> Shot:
    """Note on a shot that has all keyframes it needs that it can be rendered."""
    match mode:
        case KeyframeMode.NONE:
            has_all = True
        case KeyframeMode.PAIR:
            has_all = shot.keyframe is not None and shot.end_keyframe is not None
        case KeyframeMode.SINGLE | KeyframeMode.CHAIN:
            has_all = shot.keyframe is not None
    return shot.evolve(status=ShotStatus.DRAWN) if has_all and shot.status is ShotStatus.PLANNED else shot
