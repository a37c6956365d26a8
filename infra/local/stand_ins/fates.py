"""What is to befall one start call: as a script has it, else as rates and a seed do, and as its prompt asks.

It knows neither HTTP nor operations.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from functools import reduce
from random import Random
from typing import Self

QUOTA_DELAY = "1s"
"""As google.protobuf.Duration is written in JSON."""


@dataclass(frozen=True)
class Rejection:
    """An answer that says no at once. Nothing is accepted."""

    code: int
    """Of HTTP."""
    status: str
    message: str
    retry_delay: str | None = None
    """Goes into a `RetryInfo`, as it is."""
    retry_after: str | None = None
    """Goes into the header `Retry-After`, as it is."""
    is_lost: bool = False
    """The connection is dropped instead."""


class Manner(StrEnum):
    """How an answer gets to the caller."""

    PLAIN = "plain"
    LOST = "lost"
    """The connection is dropped without it."""
    HELD = "held"
    """It does not come before the provider ends, and nor does anything else."""
    TRICKLED = "trickled"
    """It comes byte by byte, and never whole."""
    CUT = "cut"
    """The connection is dropped in the middle of it."""
    MALFORMED = "malformed"
    """It is a 200 whose body is no JSON."""
    NAMELESS = "nameless"
    """It is a 200 whose body is JSON, but not what was promised."""
    HUGE = "huge"
    """It is right, and followed by megabytes of blanks."""


class Oddity(StrEnum):
    """What else may be wrong with an end."""

    NO_VIDEO = "no_video"
    """It ends like one that delivers, and there is no video."""
    IN_STEPS = "in_steps"
    """Why it failed is said only in its steps."""
    ELSEWHERE = "elsewhere"
    """It delivers, but not where it was asked to."""
    SILENT = "silent"
    """The video has no sound, although it was to have."""


@dataclass(frozen=True)
class Ending:
    """How an operation ends that was accepted."""

    error_status: str | None = None
    """None: it delivers."""
    message: str = ""
    billed: bool = True
    is_corrupt: bool = False
    """What it delivers is no video."""
    is_endless: bool = False
    """It does not end, unless it is cancelled."""
    status: str = ""
    """In which it ends, where that is none of the usual; only of Google's."""
    oddity: Oddity | None = None
    """What is unusual about its end; only of Google's."""


@dataclass(frozen=True)
class Fate:
    """What one start call has coming. None stands for the usual."""

    rejection: Rejection | None = None
    """Then nothing else befalls it."""
    manner: Manner | None = None
    ending: Ending | None = None
    is_slow: bool = False

    def beside(self, other: "Fate") -> "Fate":
        """Let both befall a call; this one's goes where they are at odds."""
        return Fate(
            rejection=self.rejection or other.rejection,
            manner=self.manner or other.manner,
            ending=self.ending or other.ending,
            is_slow=self.is_slow or other.is_slow,
        )


_QUOTA = Rejection(429, "RESOURCE_EXHAUSTED", "too many calls", retry_delay=QUOTA_DELAY)
_GONE = Rejection(503, "UNAVAILABLE", "nobody will read this", is_lost=True)
_BLOCKED = "the content was blocked by a safety filter"

DIRECTIVES: Mapping[str, Fate] = {
    "ok": Fate(),
    "quota": Fate(_QUOTA),
    "quota_header": Fate(replace(_QUOTA, retry_delay=None, retry_after="1")),
    "unavailable": Fate(Rejection(503, "UNAVAILABLE", "come back later")),
    "error": Fate(Rejection(500, "INTERNAL", "an internal error")),
    "bad_gateway": Fate(Rejection(502, "UNKNOWN", "a bad gateway")),
    "gateway_timeout": Fate(Rejection(504, "DEADLINE_EXCEEDED", "a gateway timed out")),
    "redirect": Fate(Rejection(307, "UNKNOWN", "moved to where you are")),
    "invalid": Fate(Rejection(400, "INVALID_ARGUMENT", "an argument is not permitted")),
    "refuse_start": Fate(Rejection(400, "CONTENT_BLOCKED", _BLOCKED)),
    "drop": Fate(_GONE),
    "lose_answer": Fate(manner=Manner.LOST),
    "hold_answer": Fate(manner=Manner.HELD),
    "trickle_answer": Fate(manner=Manner.TRICKLED),
    "cut_answer": Fate(manner=Manner.CUT),
    "malformed": Fate(manner=Manner.MALFORMED),
    "nameless": Fate(manner=Manner.NAMELESS),
    "huge": Fate(manner=Manner.HUGE),
    "refuse_later": Fate(ending=Ending("CONTENT_BLOCKED", _BLOCKED, billed=False)),
    "refuse_later_billed": Fate(ending=Ending("CONTENT_BLOCKED", _BLOCKED)),
    "fail_later": Fate(ending=Ending("INTERNAL", "an internal error", billed=False)),
    "fail_later_billed": Fate(ending=Ending("INTERNAL", "an internal error")),
    "reject_later": Fate(ending=Ending("INVALID_ARGUMENT", "an argument is not permitted", billed=False)),
    "corrupt": Fate(ending=Ending(is_corrupt=True)),
    "endless": Fate(ending=Ending(is_endless=True)),
    "slow": Fate(is_slow=True),
}
"""What a script can ask for by name. `quota:7s` and `quota_header:7` say another delay."""

_IN_PROMPT = re.compile(r"\[([a-z ]+)\]")
_SHORT = {"refuse": "refuse_start", "fail": "fail_later"}


def directed(directive: str, permitted: Mapping[str, Fate] = DIRECTIVES) -> Fate:
    """Return what a script's directive stands for.

    Raises:
        ValueError: there is no such directive.
    """
    name, _, argument = directive.partition(":")
    if name not in permitted or (argument and name not in ("quota", "quota_header")):
        raise ValueError(f"{directive!r} is no directive; permitted are {', '.join(permitted)}")
    if not argument:
        return permitted[name]
    delay = {"retry_delay": argument} if name == "quota" else {"retry_delay": None, "retry_after": argument}
    return Fate(replace(_QUOTA, **delay))


def with_prompt(fate: Fate, prompt: str) -> Fate:
    """Add what a prompt asks for in brackets, such as `[refuse]` or `[refuse later]`.

    A call that is rejected anyway never gets as far as its prompt.
    """
    if fate.rejection:
        return fate
    asked = (words.replace(" ", "_") for words in _IN_PROMPT.findall(prompt))
    named = (_SHORT.get(name, name) for name in asked)
    return reduce(lambda seen, name: DIRECTIVES.get(name, Fate()).beside(seen), named, fate)


@dataclass(frozen=True)
class Rates:
    """How likely each fault is, for every call on its own: from 0, never, to 1, always.

    Of two rejections, or two bad ends, the one listed first befalls a call.

    Raises:
        ValueError: a probability is outside 0 to 1.
    """

    quota: float = 0
    unavailable: float = 0
    error: float = 0
    """A 500 without accepting."""
    refuse_start: float = 0
    lose_answer: float = 0
    refuse_later: float = 0
    fail_later: float = 0
    corrupt: float = 0
    slow: float = 0
    poll_unavailable: float = 0
    """Of every poll."""

    def __post_init__(self) -> None:
        for name, probability in asdict(self).items():
            if not 0 <= probability <= 1:
                raise ValueError(f"{name}={probability:g}: a probability must be from 0 to 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a command line says, such as `quota=0.05,slow=0.1`; `refuse` means `refuse_start`.

        Raises:
            ValueError: it names an unknown fault, names one twice, or gives one no probability.
        """
        names = [field.name for field in fields(cls)]
        probabilities: dict[str, float] = {}
        for part in text.split(","):
            said, _, value = part.partition("=")
            name = _SHORT.get(said, said)
            if name not in names or name in probabilities:
                raise ValueError(f"{part!r} is unknown or given twice; permitted are {', '.join(names)}")
            try:
                probabilities[name] = float(value)
            except ValueError as error:
                raise ValueError(f"{part!r}: a probability must be a number from 0 to 1") from error
        return cls(**probabilities)

    def draw(self, random: Random) -> Fate:
        """Decide about one start call.

        It draws equally often whatever the probabilities, so that changing one leaves the others' faults.
        """
        likely = [(name, rate) for name, rate in asdict(self).items() if name != "poll_unavailable"]
        drawn = [DIRECTIVES[name] for name, rate in likely if random.random() < rate]
        return reduce(Fate.beside, drawn, Fate())
