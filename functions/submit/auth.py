"""Who is calling: bearer keys, of which only the hash is stored. Knows no route."""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from shared.api_keys import KEY, ApiKey, ApiKeys, KeyLimits, Scope
from shared.domain.errors import Forbidden, Unauthorized
from shared.domain.naming import api_key_id
from shared.domain.pricing import MICROS
from shared.limits import Permitted
from shared.settings import Settings

KNOWN_SECONDS = 30
"""How long a revoked key may still be let in."""

UNKNOWN_SECONDS = 3
"""How long a key that was just made may still be kept out, if it was tried before."""

MAX_REMEMBERED = 10_000
"""Keys of either kind."""

T = TypeVar("T")


class Caller(NamedTuple):
    """Whoever sent a request."""

    owner: str
    """Whose videos they see and make."""
    key: str
    """Names the key they came with: the first digits of its hash."""
    scope: str
    """What the key opens: a Scope."""
    limits: KeyLimits


class Remembered(Generic[T]):
    """What was found for some keys, for a while. Once it is full, all is forgotten.

    Args:
        clock: a monotonic one, in seconds.
    """

    def __init__(
        self,
        seconds: float,
        at_most: int = MAX_REMEMBERED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._at_most = at_most
        self._clock = clock
        self._found: dict[str, tuple[T, float]] = {}

    def get(self, key_id: str) -> T | None:
        found, until = self._found.get(key_id, (None, 0.0))
        return found if until > self._clock() else None

    def put(self, key_id: str, found: T) -> None:
        if len(self._found) >= self._at_most:
            self._found.clear()
        self._found[key_id] = (found, self._clock() + self._seconds)


class Callers:
    """Finds callers, and remembers keys for a short while: both those that are known and those that are not.

    Apart, so that a flood of wrong keys does not drive the known ones out; one that is tried again and again
    is read once in a while.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known = Remembered[Caller](KNOWN_SECONDS, clock=clock)
        self._unknown = Remembered[bool](UNKNOWN_SECONDS, clock=clock)

    def caller(self, key_id: str, keys: ApiKeys) -> Caller | None:
        """Return who has the key of this hash."""
        caller = self._known.get(key_id)
        if caller or self._unknown.get(key_id):
            return caller
        found = keys.find(key_id)
        if found is None:
            self._unknown.put(key_id, True)
            return None
        caller = _caller(found)
        self._known.put(key_id, caller)
        return caller


_callers = Callers()


def caller_of(authorization: str | None, keys: ApiKeys, callers: Callers = _callers) -> Caller:
    """Return who sent an Authorization header.

    Raises:
        Unauthorized: it carries no key, or none that we know.
    """
    scheme, _, key = (authorization or "").partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key:
        raise Unauthorized("send your API key as 'Authorization: Bearer ttv_...'")
    caller = callers.caller(api_key_id(key), keys) if KEY.fullmatch(key) else None
    if caller is None:
        raise Unauthorized("this API key is unknown or has been revoked")
    return caller


def permit(caller: Caller, scope: Scope) -> None:
    """Let a caller go on if their key is for this.

    Raises:
        Forbidden: it is for something else.
    """
    if caller.scope != scope:
        raise Forbidden(f"this API key is for {caller.scope}; {scope} needs one made for that")


def permitted(limits: KeyLimits, at: Settings) -> Permitted:
    """Return what a caller may do: by the limits of their key, and where it has none by the deployment's."""

    def own_or(own: int | None, default: int) -> int:
        return default if own is None else own

    return Permitted(
        creations_per_minute=own_or(limits.creations_per_minute, at.ttv_creations_per_minute),
        running_videos=own_or(limits.running_videos, at.ttv_max_running_videos),
        usd_micros_per_month=own_or(limits.usd_micros_per_month, round(at.ttv_usd_per_month * MICROS)),
    )


def _caller(key: ApiKey) -> Caller:
    return Caller(key.owner, key.digits, key.scope, key.limits)
