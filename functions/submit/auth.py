"""Who is calling: bearer keys, of which only the hash is stored."""

import time

from shared.domain.errors import Unauthorized
from shared.domain.naming import api_key_id
from shared.job_store import JobStore

CACHE_SECONDS = 30
"""How long a revoked key may still be let in."""

MAX_CACHED_KEYS = 10_000

_known: dict[str, tuple[str, float]] = {}
"""Key id -> owner, and until when we believe it, by the monotonic clock in seconds."""


def owner_of(authorization: str | None, store: JobStore) -> str:
    """Return who sent an Authorization header.

    Raises:
        Unauthorized: it carries no key, or none that we know.
    """
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("send your API key as 'Authorization: Bearer ttv_...'")
    key_id = api_key_id(key.strip())
    owner, believed_until = _known.get(key_id, ("", 0.0))
    if believed_until > time.monotonic():
        return owner
    found = store.key_owner(key_id)
    if found is None:
        _known.pop(key_id, None)
        raise Unauthorized("this API key is unknown or has been revoked")
    if len(_known) >= MAX_CACHED_KEYS:
        _known.clear()
    _known[key_id] = (found, time.monotonic() + CACHE_SECONDS)
    return found
