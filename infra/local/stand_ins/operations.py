"""One operation and the steps it can take, all pure. It knows no clock, no thread and no HTTP.

running -> delivered | refused | failed | cancelled, each of them for ever. Accepting bills; only an end that
is not billed takes that back.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """Where an operation stands; also the name of the ledger's event when it gets there."""

    RUNNING = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


class HasEnded(Exception):
    """An operation that has ended ends no other way."""


@dataclass(frozen=True)
class Operation:
    """One call that was accepted."""

    name: str
    """As its caller was told it."""
    output: str
    """`gs://bucket/prefix/`, or what else tells where the clip will be."""
    state: State = State.RUNNING
    billed: bool = True
    error_status: str = ""
    """Why there is no clip; empty while it runs, and when there is one."""
    message: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.state is State.RUNNING

    def deliver(self) -> "Operation":
        """End with the clip in its place.

        Raises:
            HasEnded: in whatever way.
        """
        self._demand_running()
        return replace(self, state=State.DELIVERED)

    def fail(self, error_status: str, message: str, *, billed: bool) -> "Operation":
        """End without a clip: refused when the status says that the content was blocked, else failed.

        Raises:
            HasEnded: in whatever way.
        """
        self._demand_running()
        state = State.REFUSED if error_status == "CONTENT_BLOCKED" else State.FAILED
        return replace(self, state=state, billed=billed, error_status=error_status, message=message)

    def cancel(self) -> "Operation":
        """Stop, unbilled. An operation that has ended stays as it is."""
        if not self.is_running:
            return self
        stopped = replace(self, state=State.CANCELLED, billed=False)
        return replace(stopped, error_status="CANCELLED", message="the operation was cancelled")

    def _demand_running(self) -> None:
        if not self.is_running:
            raise HasEnded(self.state)
