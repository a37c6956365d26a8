"""What befalls the calls to come, one by one: as a script has it, else as a rate does. Knows no call."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from random import Random
from typing import Generic, TypeVar

from infra.local.stand_ins.answers import Answer, refusal
from infra.local.stand_ins.fates import Manner, Rejection, directed

Told = TypeVar("Told")

REJECTIONS = ("unavailable", "quota", "quota_header", "error")
MANNERS = {
    "malformed": Manner.MALFORMED,
    "nameless": Manner.NAMELESS,
    "huge": Manner.HUGE,
    "lose_answer": Manner.LOST,
    "hold_answer": Manner.HELD,
    "cut_answer": Manner.CUT,
}
ODD = "odd_output"
"""The clip lies where it never should."""
LOOKS = ("ok", *REJECTIONS, *MANNERS, ODD)
"""What can befall a look at an operation, a cancel or a download. `quota:7s` says another delay."""


class Script(Generic[Told]):
    """A list that is used up. May be used from many threads.

    Args:
        read: turns a directive into what it stands for; raises ValueError for one that does not exist.
    """

    def __init__(self, read: Callable[[str], Told]) -> None:
        self._read = read
        self._told: deque[Told] = deque()
        self._lock = threading.Lock()

    def replace(self, directives: Iterable[str]) -> None:
        """Forget the script, and follow another.

        Raises:
            ValueError: there is no such directive.
        """
        wanted = deque(self._read(directive) for directive in directives)
        with self._lock:
            self._told = wanted

    def next(self) -> Told | None:
        """Return what befalls the next call; None once the script is used up."""
        with self._lock:
            return self._told.popleft() if self._told else None


class Looks:
    """What befalls looks at operations: as a script has it, then as a rate and a seed do."""

    def __init__(self, unavailable: float, random: Random) -> None:
        self._unavailable = unavailable
        self._random = random
        self._lock = threading.Lock()
        self._script: Script[str] = Script(_look_name)

    def replace_script(self, directives: Iterable[str]) -> None:
        """Forget the script, and follow another.

        Raises:
            ValueError: there is no such directive.
        """
        self._script.replace(directives)

    def next(self) -> str:
        """Say what befalls the next call."""
        with self._lock:
            is_unlucky = self._random.random() < self._unavailable
        return self._script.next() or ("unavailable" if is_unlucky else "ok")


def is_rejected(look: str) -> bool:
    """Tell whether it is answered with an error, and has no effect."""
    return look.partition(":")[0] in REJECTIONS


def looked(look: str, answer: Answer, odd: Answer) -> Answer:
    """Let happen to an answer what befalls its call."""
    if look == ODD:
        return odd
    if manner := MANNERS.get(look):
        return Answer(answer.code, answer.body, answer.headers, manner)
    if is_rejected(look):
        return refusal(directed(look).rejection or Rejection(500, "INTERNAL", "no such fault"))
    return answer


def _look_name(directive: str) -> str:
    if directive.partition(":")[0] not in LOOKS:
        raise ValueError(f"{directive!r} is no directive; permitted are {', '.join(LOOKS)}")
    directed(directive) if is_rejected(directive) else None
    return directive
