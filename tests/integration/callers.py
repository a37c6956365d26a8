"""Callers with limits of their own, as the API sees them."""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import httpx
from google.cloud import firestore

from infra.local.clients import create_api_key
from infra.local.stack import LocalStack
from shared.api_keys import NO_LIMITS_OF_ITS_OWN, KeyLimits
from shared.domain.rate import minute_of
from shared.domain.spending import month_of
from shared.job_store import JobStore
from tests.integration.reserving import creations, running, spent
from tests.integration.service import PROMPT

BODY: Mapping[str, object] = {"prompt": PROMPT, "seconds": 4, "size": "640x360"}
PAID: Mapping[str, object] = {**BODY, "model": "scripted"}
"""A video that may cost 0.40 USD."""

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

T = TypeVar("T")


class Counters(NamedTuple):
    """What somebody uses now."""

    running: int | None
    creations: int
    """In this minute."""
    usd_micros: int
    """Held of this month's spending."""


class Caller:
    """Somebody nobody else is, with one key."""

    def __init__(self, stack: LocalStack, store: JobStore, limits: KeyLimits = NO_LIMITS_OF_ITS_OWN) -> None:
        self.owner = f"caller {secrets.token_hex(4)}"
        self.url = f"{stack.submit_url}/v1/videos"
        self.key = create_api_key(store, self.owner, limits)
        self._db: firestore.Client = store._db

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def create(
        self, body: Mapping[str, object] = BODY, *, headers: Mapping[str, str] = NO_HEADERS
    ) -> httpx.Response:
        return self.post("", body, headers=headers)

    def post(
        self,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        return httpx.post(self.url + path, json=body, headers={**self.headers, **headers}, timeout=20)

    def counters(self) -> Counters:
        now = datetime.now(UTC)
        used = spent(self._db, self.owner, month_of(now))
        return Counters(running(self._db, self.owner), creations(self._db, self.owner, now), used)


def within_a_minute(look: Callable[[], T]) -> T:
    """Look again, should a minute have ended in between."""
    while True:
        began = minute_of(datetime.now(UTC))
        seen = look()
        if minute_of(datetime.now(UTC)) == began:
            return seen
