"""Firestore: who may come in, `api_keys/{digits of the hash of the key}`. Knows no request and no job."""

import hmac
import re
import secrets
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from google.cloud import firestore
from pydantic import AwareDatetime

from shared.domain.errors import InvalidInput, NotFound
from shared.domain.job import SCHEMA_VERSION
from shared.domain.model import Record
from shared.domain.naming import api_key_id
from shared.firestore_calls import ONCE, TIMEOUT_SECONDS, translated

PREFIX = "ttv_"
"""Of every key, so that one in the wrong place is recognised."""

ENTROPY_BYTES = 32

KEY = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")
"""How a key looks: 256 bits in URL-safe base64."""

ID_DIGITS = 32
"""Of the hash of a key: they name its document, and so find it. The whole hash is compared then."""

DIGITS = 12
"""Of the hash of a key: they name it in logs and open nothing."""


class Scope(StrEnum):
    """What a key opens."""

    VIDEOS = "videos"
    """All of the owner's videos, and nothing else."""
    METRICS = "metrics"
    """`/metrics`, and nothing else."""


class KeyLimits(Record):
    """What may be done with one key; None: what the deployment permits by default."""

    creations_per_minute: int | None = None
    running_videos: int | None = None
    usd_micros_per_month: int | None = None
    """Millionths of a US dollar; 0: no limit."""


NO_LIMITS_OF_ITS_OWN = KeyLimits()


class ApiKey(Record):
    """A key as it is stored: without the key."""

    key_id: str
    """Its hash."""
    owner: str
    """Whose videos it opens. An owner may have several keys, and shares limits among them."""
    name: str = ""
    """For people who have several."""
    scope: str = Scope.VIDEOS
    """A Scope, or what a newer revision knows: it opens nothing here."""
    limits: KeyLimits = NO_LIMITS_OF_ITS_OWN
    created_at: AwareDatetime | None = None
    """None in a key of before this was stored."""
    disabled: bool = False
    """Revoked."""
    revoked_at: AwareDatetime | None = None
    schema_version: int = SCHEMA_VERSION

    @property
    def digits(self) -> str:
        """Names the key in logs and lists."""
        return self.key_id[:DIGITS]


class ApiKeys:
    """All keys. Every method raises StoreUnavailable within about 2 s when Firestore does not answer."""

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def find(self, key_id: str) -> ApiKey | None:
        """Return the key of this hash, unless it is unknown or revoked."""
        with translated():
            document = self._document(key_id).get(retry=None, timeout=TIMEOUT_SECONDS)
        found = _decoded(document) if document.exists else None
        if found is None or found.disabled or not hmac.compare_digest(found.key_id, key_id):
            return None
        return found

    def create(
        self,
        owner: str,
        *,
        name: str = "",
        scope: Scope = Scope.VIDEOS,
        limits: KeyLimits = NO_LIMITS_OF_ITS_OWN,
    ) -> tuple[str, ApiKey]:
        """Make a key.

        Returns:
            The key itself, which is stored nowhere; and what is stored of it.
        """
        key = f"{PREFIX}{secrets.token_urlsafe(ENTROPY_BYTES)}"
        made = ApiKey(key_id=api_key_id(key), owner=owner, name=name, scope=scope, limits=limits)
        stored = {**made.model_dump(), "created_at": firestore.SERVER_TIMESTAMP}
        with translated():
            self._document(made.key_id).create(stored, retry=None, timeout=TIMEOUT_SECONDS)
        return key, made

    def all(self) -> list[ApiKey]:
        """Return all keys, revoked ones too, those of an owner next to each other, oldest first."""
        with translated():
            keys = [_decoded(each) for each in self._keys.get(retry=ONCE, timeout=TIMEOUT_SECONDS)]
        return sorted(keys, key=lambda key: (key.owner, key.created_at is not None, key.created_at))

    def revoke(self, digits_or_key: str) -> ApiKey:
        """Revoke a key, named by itself or by the first digits of its hash. May be called twice.

        Raises:
            NotFound: there is none.
            InvalidInput: these are too few digits, or no digits.
        """
        key_id = api_key_id(digits_or_key) if digits_or_key.startswith(PREFIX) else digits_or_key.lower()
        if len(key_id) < DIGITS or not set(key_id) <= set("0123456789abcdef"):
            raise InvalidInput("key", digits_or_key, f"a key, or {DIGITS} or more digits as in the list")
        found = list(self._beginning_with(key_id))
        if not found:
            raise NotFound(f"there is no key {key_id[:DIGITS]}")
        if len(found) > 1:
            raise InvalidInput("key", digits_or_key, f"more digits: {len(found)} keys begin with these")
        with translated():
            document = self._document(found[0].key_id)
            revoked = {"disabled": True, "revoked_at": firestore.SERVER_TIMESTAMP}
            document.update(revoked, retry=None, timeout=TIMEOUT_SECONDS)
        return found[0].evolve(disabled=True)

    def _beginning_with(self, digits: str) -> Iterator[ApiKey]:
        by_id = self._keys.order_by("__name__").start_at({"__name__": self._document(digits)})
        with translated():
            for each in by_id.limit(2).get(retry=ONCE, timeout=TIMEOUT_SECONDS):
                key = _decoded(each)
                if key.key_id.startswith(digits):
                    yield key

    def _document(self, key_id: str) -> firestore.DocumentReference:
        return self._keys.document(key_id[:ID_DIGITS])

    @property
    def _keys(self) -> firestore.CollectionReference:
        return self._db.collection("api_keys")


def _decoded(document: "firestore.DocumentSnapshot[Any]") -> ApiKey:
    return ApiKey.model_validate(document.to_dict() or {})
