"""What befalls a process at a boundary, as a seed has it. Pure; it strikes nobody."""

from enum import StrEnum
from random import Random

from tests.chaos.boundaries import PASSED_ONCE_A_CALL, Boundary


class Deed(StrEnum):
    """What is done to a process."""

    KILL = "SIGKILL"
    """Of the process that does the work, in the middle of it."""
    TERMINATE = "SIGTERM"
    """Of the whole function, as Cloud Run ends an instance."""
    SLEEP = "SIGSTOP"
    """Until after the end of the lease."""


RARE_FACTOR = 6
"""How much likelier a boundary is struck that is passed rarely."""

_WEIGHTS = {Deed.KILL: 60, Deed.TERMINATE: 15, Deed.SLEEP: 25}
_WEIGHTS_BETWEEN_READING_AND_WRITING = {Deed.KILL: 30, Deed.TERMINATE: 10, Deed.SLEEP: 60}
"""Who sleeps here wakes with a state that others have changed, and would overwrite it if nothing kept it."""


def first_passages(boundary: Boundary) -> int:
    """Return among how many one is struck for sure: no boundary may go through a run untried."""
    return 2 if boundary in PASSED_ONCE_A_CALL else 4


def fate(seed: int, function: str, boundary: Boundary, passage: int, rate: float) -> Deed | None:
    """Decide about one passage of a boundary; None: nothing happens.

    The n-th passage of a run has always the same fate, whichever process it is that passes.

    Args:
        passage: how often the processes of the function have passed the boundary in this run, from 1.
        rate: how likely a passage is struck, beside the one that surely is; of rare ones six times as likely.
    """
    if passage == _seeded(seed, function, boundary).randint(1, first_passages(boundary)):
        return Deed.KILL
    random = _seeded(seed, function, boundary, passage)
    if random.random() >= rate * (RARE_FACTOR if boundary in PASSED_ONCE_A_CALL else 1):
        return None
    weights = _WEIGHTS_BETWEEN_READING_AND_WRITING if boundary is Boundary.BEFORE_COMMIT else _WEIGHTS
    deed = random.choices(list(weights), list(weights.values()))[0]
    # submit holds no lease that could end: asleep, it would only keep all clients waiting.
    return Deed.KILL if deed is Deed.SLEEP and function == "submit" else deed


def _seeded(*parts: object) -> Random:
    return Random("/".join(map(str, parts)))  # noqa: S311 - to be repeated, not to be secret
