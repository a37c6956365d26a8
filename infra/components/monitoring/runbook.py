"""The sections of the runbook that alerts lead to. It knows no alert."""

from enum import StrEnum

PATH = "docs/runbook.md"


class Section(StrEnum):
    """Headings, word for word; each is also the name of its alert."""

    SUBMIT_ERRORS = "Submit answers errors"
    SLOW_ACCEPTANCE = "Accepting videos is slow"
    WAITING = "Videos wait too long"
    FAILING = "Videos fail"
    SPENDING = "Spending is high"
    OUTAGE = "A backend is down"
    BACKLOG = "A queue does not keep up"
    NO_SWEEP = "The sweep does not run"
    UNREACHABLE = "The API cannot be reached"
    AVAILABILITY = "The availability budget burns"
    ACCEPTANCE = "The acceptance budget burns"
    COMPLETION = "The completion budget burns"

    @property
    def link(self) -> str:
        """Where it is, from the root of the repository. Anchors are made as GitHub makes them."""
        return f"{PATH}#{self.lower().replace(' ', '-')}"
