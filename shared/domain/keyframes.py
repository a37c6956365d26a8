"""Which keyframes a job has, by its mode, and which shots each of them guides.

They are numbered as the shots are that begin with them. In mode `pair` there is one more, with which the
last shot ends.
"""

from shared.domain.capabilities import IMAGE_BACKENDS, Consistency, KeyframeMode
from shared.domain.job import Job, JobState, Reused, Shot, ShotStatus, StoredPicture
from shared.domain.model import Record
from shared.domain.plan import Character

MAX_SHEETS = 6
"""Of one job; further characters are drawn from their words."""


class LastFrame(Record):
    """The last frame of a clip, stored as the keyframe of the next shot."""

    path: str
    """Object path."""
    crc32c: str = ""


def keyframes_total(job: Job, shots_total: int) -> int:
    """Return how many keyframes are drawn for a job of so many shots; 0 before it is planned."""
    return keyframes_in(KeyframeMode(job.config.keyframes), shots_total)


def keyframes_in(mode: KeyframeMode, shots_total: int) -> int:
    """Return how many keyframes are drawn for so many shots in a mode."""
    match mode:
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
    return next(iter(numbers_to_draw(state)), None)


def numbers_to_draw(state: JobState) -> tuple[int, ...]:
    """Return the numbers of the keyframes that can be drawn now: one, or with `anchored` all that are left.

    Args:
        state: with all of its shots.
    """
    left = _all_to_draw(state)
    return left if state.job.config.consistency == Consistency.ANCHORED else left[:1]


def shown_by(state: JobState, number: int) -> Shot:
    """Return the shot whose words say what a keyframe shows: that which it begins, else the last.

    Args:
        state: with all of its shots.
    """
    return state.shots[min(number, len(state.shots) - 1)]


def given_keyframe(state: JobState, number: int) -> StoredPicture | None:
    """Return what a keyframe is copied from: another job's, or the user's own; None if it is to be drawn.

    Args:
        state: with all of its shots.
    """
    shot = shown_by(state, number)
    reused = shot.reused or Reused()
    if number > shot.index and reused.end_keyframe:
        return StoredPicture(path=reused.end_keyframe, crc32c=reused.end_keyframe_crc32c)
    if number == shot.index and reused.keyframe:
        return StoredPicture(path=reused.keyframe, crc32c=reused.keyframe_crc32c)
    return state.job.initial_image if number == 0 else None


def sheets_to_draw(state: JobState) -> tuple[Character, ...]:
    """Return the characters whose sheets are still to be drawn: those of keyframes that are, in their order.

    Args:
        state: with all of its shots.
    """
    plan = state.job.plan
    if plan is None or not IMAGE_BACKENDS[state.job.config.image_model].paid:
        return ()
    drawn = [number for number in _all_to_draw(state) if given_keyframe(state, number) is None]
    shown = {name for number in drawn for name in shown_by(state, number).characters}
    wanted = [each for each in plan.characters if each.name in shown or each.name in plan.sheets]
    return tuple(each for each in wanted[:MAX_SHEETS] if each.name not in plan.sheets)


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


def _all_to_draw(state: JobState) -> tuple[int, ...]:
    numbers = range(keyframes_total(state.job, len(state.shots)))
    return tuple(number for number in numbers if not _is_drawn(state, number))


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
