"""Who is calling: bearer keys, of which only the hash is stored."""

import time
from typing import NamedTuple

from shared.domain.errors import Unauthorized
from shared.domain.naming import api_key_id
from shared.job_store import JobStore

CACHE_SECONDS = 30
"""How long a revoked key may still be let in."""

MAX_CACHED_KEYS = 10_000

KEY_DIGITS = 12
"""Of the hash of a key: they name it in logs and open nothing."""


class Caller(NamedTuple):
    """Whoever sent a request."""

    owner: str
    """Whose videos they see and make."""
    key: str
    """Names the key they came with: the first digits of its hash."""


_known: dict[str, tuple[Caller, float]] = {}
"""Key id -> its caller, and until when we believe it, by the monotonic clock in seconds."""


def caller_of(authorization: str | None, store: JobStore) -> Caller:
    """Return who sent an Authorization header.

    Raises:
        Unauthorized: it carries no key, or none that we know.
    """
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("send your API key as 'Authorization: Bearer ttv_...'")
    key_id = api_key_id(key.strip())
    caller, believed_until = _known.get(key_id, (None, 0.0))
    if caller and believed_until > time.monotonic():
        return caller
    owner = store.key_owner(key_id)
    if owner is None:
        _known.pop(key_id, None)
        raise Unauthorized("this API key is unknown or has been revoked")
    if len(_known) >= MAX_CACHED_KEYS:
        _known.clear()
    caller = Caller(owner, key_id[:KEY_DIGITS])
    _known[key_id] = (caller, time.monotonic() + CACHE_SECONDS)
    return caller
