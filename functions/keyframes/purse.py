"""What a job spends in its stage: checked before a call, charged with a commit. Knows no backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from threading import Lock

from functions.keyframes.planners import Paying
from shared.assignment import Assignment
from shared.domain.charges import check_affordable, with_charges
from shared.domain.guards import held
from shared.domain.job import Charge, JobState
from shared.job_store import Step


class Purse:
    """The money of one job. May be used by several threads.

    What has been spent and is not recorded yet counts as spent.
    """

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._unrecorded = 0
        self._lock = Lock()

    @contextmanager
    def paying(self, usd_micros: int, *, shot: int | None = None) -> Iterator[None]:
        """Go around a paid call; one that raises costs nothing.

        Raises:
            CostLimitReached: it would cost more than the user permits.
        """
        with self._lock:
            check_affordable(self._assignment.state, self._unrecorded + usd_micros, shot=shot)
            self._unrecorded += usd_micros
        try:
            yield
        except BaseException:
            self.spent(-usd_micros)
            raise

    def spent(self, usd_micros: int) -> None:
        """Note what an earlier try has spent and not recorded."""
        with self._lock:
            self._unrecorded += usd_micros

    def commit(self, step: Step, *, usd_micros: int) -> None:
        """Commit a step that records so much of what was spent.

        Raises:
            JobIsFinal, LeaseLost: the right has ended; nothing is recorded.
        """
        with self._lock:  # in between it would count twice, or not at all
            self._assignment.commit(step)
            self._unrecorded -= usd_micros

    def charging(self, charge: Charge) -> Paying:
        """Return what goes around each call of a planner: it is charged as soon as it is answered."""
        return partial(self._charged, charge)

    def charge(self, charge: Charge) -> None:
        """Commit what was spent on a call by itself.

        Raises:
            JobIsFinal, LeaseLost: the right has ended; nothing is recorded.
        """
        assignment = self._assignment

        def charged(state: JobState, _now: datetime) -> JobState:
            held(state, assignment.key, assignment.token)
            state = with_charges(state, assignment.key, (charge,))
            # By its event a commit whose answer got lost is recognised: else it would be charged again.
            return state.tell("call.charged", assignment.key, model=charge.model, reason=charge.reason)

        self.commit(charged, usd_micros=charge.usd_micros)

    @contextmanager
    def _charged(self, charge: Charge) -> Iterator[None]:
        with self.paying(charge.usd_micros):
            yield
        self.charge(charge)
