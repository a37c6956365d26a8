"""Draws several pictures at once, and commits each as it comes. Knows no backend.

Vendor calls run in threads of their own; the one thread that holds the assignment decides and commits.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context

import structlog

from functions.keyframes.drawing import Drawing, Picture, Studio
from shared.domain.errors import BackendFailed, CostLimitReached, JobFailure, OperationFailed, Refused
from shared.domain.pricing import MAX_REDRAWS

AT_A_TIME = 4
"""Drawings of one job: the provider's quota is shared with other jobs."""

LOOK_SECONDS = 0.2
"""How often it is asked meanwhile whether the work must stop."""

MAX_BLANKS = 2
"""Further tries, each with another seed, where the model answers without a picture."""

log = structlog.get_logger()

Commit = Callable[[Picture, Drawing], None]
"""Stores and commits the best drawing of a picture."""


class Easel:
    """Draws pictures until each is committed, refused or failed, or there is no time for more.

    Args:
        commit: called in the thread of `draw`.
    """

    def __init__(self, studio: Studio, commit: Commit) -> None:
        self._studio = studio
        self._assignment = studio.assignment
        self._commit = commit
        self._running: dict[Future[Drawing], Picture] = {}
        self._refused: list[tuple[Picture, Refused]] = []
        self._put_off: list[Picture] = []
        self._failed: list[Exception] = []

    def draw(self, pictures: Sequence[Picture]) -> Sequence[tuple[Picture, Refused]]:
        """Draw pictures, and return those that a safety filter refused.

        Once one has failed, those that are being drawn are still waited for and committed, and no other is
        begun. Out of time, it returns with some left.

        Raises:
            Exception: what failed first; before all others, what ends the job.
        """
        waiting = deque(pictures)
        with ThreadPoolExecutor(AT_A_TIME, "drawing") as threads:
            try:
                self._draw(waiting, threads)
            finally:
                threads.shutdown(cancel_futures=True)
        if self._failed:
            raise min(self._failed, key=lambda error: not isinstance(error, JobFailure))
        return self._refused

    def _draw(self, waiting: deque[Picture], threads: ThreadPoolExecutor) -> None:
        while True:
            while waiting and len(self._running) < AT_A_TIME and self._may_begin:
                picture = waiting.popleft()
                drawing = threads.submit(copy_context().run, self._studio.draw, picture)
                self._running[drawing] = picture
            if not self._running:
                return self._keep_what_is_paid((*waiting, *self._put_off))
            with self._assignment.uninterruptible("drawings that have begun"):
                done, _ = wait(self._running, LOOK_SECONDS, FIRST_COMPLETED)
            self._assignment.check()
            for drawing in done:
                picture = self._running.pop(drawing)
                if self._is_to_go_on(picture, drawing):
                    waiting.appendleft(picture)

    @property
    def _may_begin(self) -> bool:
        return not self._failed and not self._assignment.is_out_of_time

    def _is_to_go_on(self, picture: Picture, drawing: Future[Drawing]) -> bool:
        """Take what came of a drawing, and tell whether the picture is to be drawn once more."""
        error = drawing.exception()
        for charge in picture.lost:
            self._studio.purse.charge(charge)
        picture.lost.clear()
        if error is None:
            picture.blanks = 0
            picture.drawings.append(drawing.result())
            if self._is_too_poor(picture):
                return True
        elif isinstance(error, OperationFailed) and picture.blanks < MAX_BLANKS:
            picture.blanks += 1
            return True
        elif not (picture.drawings and _ends_redrawing(error)):
            self._note(picture, error)
            return False
        self._commit_best(picture)
        return False

    def _keep_what_is_paid(self, left: Iterable[Picture]) -> None:
        """Commit pictures that were to be drawn once more, where the job ends over another."""
        if any(isinstance(error, JobFailure) for error in self._failed):
            for picture in left:
                if picture.drawings:
                    self._commit_best(picture)

    def _commit_best(self, picture: Picture) -> None:
        self._commit(picture, max(picture.drawings, key=lambda each: each.score))

    def _is_too_poor(self, picture: Picture) -> bool:
        floor = self._assignment.state.job.config.redraw_below
        judgement = picture.drawings[-1].judgement
        if floor is None or judgement is None or judgement.score >= floor:
            return False
        again = len(picture.drawings) <= MAX_REDRAWS
        log.info("keyframe.below_floor", score=judgement.score, number=picture.subject, again=again)
        return again

    def _note(self, picture: Picture, error: BaseException) -> None:
        if isinstance(error, JobFailure):
            error.shot = picture.shot
        if isinstance(error, Refused):
            self._refused.append((picture, error))
        elif isinstance(error, OperationFailed):
            self._failed.append(BackendFailed(f"{error}, and so {MAX_BLANKS} more times", shot=picture.shot))
        elif isinstance(error, Exception):
            self._put_off.append(picture)
            self._failed.append(error)
        else:
            raise error


def _ends_redrawing(error: BaseException) -> bool:
    """Whether what came of drawing anew leaves it at what is there."""
    return isinstance(error, (Refused, BackendFailed, OperationFailed, CostLimitReached))
