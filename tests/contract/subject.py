"""A paid video backend under test: the backend, its provider's strings, and the bucket between them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import quote

import httpx

from functions.render.video_backends import (
    ClipRequest,
    OperationState,
    PaidVideoBackend,
    Running,
    Stills,
)
from functions.render.video_backends.scripted import CALL_SECONDS
from tests.provider.ledger import Ledger
from tests.provider.running import RunningProvider

Seen = TypeVar("Seen")

BUCKET = "demo-contract"
PATIENCE_SECONDS = 30.0
REQUEST = ClipRequest(prompt="a boat at dawn", seconds=2, width=320, height=180, fps=24, seed=1)


class NewBackend(Protocol):
    """Builds a backend as another process would, sharing nothing with any before."""

    def __call__(
        self, url: str, *, key: str | None = None, call_seconds: float = CALL_SECONDS
    ) -> PaidVideoBackend:
        """Build one.

        Args:
            key: that of the provider, when left out.
        """
        ...


@dataclass(frozen=True)
class Storage:
    """Cloud Storage, as the one who pays for the clips reads it."""

    url: str

    def read(self, path: str) -> bytes | None:
        """Return an object of the bucket; None when there is none."""
        with httpx.Client(base_url=self.url, trust_env=False) as http:
            answer = http.get(f"/storage/v1/b/{BUCKET}/o/{quote(path, safe='')}", params={"alt": "media"})
        assert answer.status_code in (200, 404), answer.text
        return answer.content if answer.status_code == 200 else None


@dataclass(frozen=True)
class Subject:
    """What one test has to itself: a prefix of its own, at a provider that serves no other meanwhile."""

    new_backend: NewBackend
    provider: RunningProvider
    storage: Storage
    stills: Stills
    prefix: str
    """Path in the bucket, with a slash at its end."""

    @property
    def output(self) -> str:
        """Where the provider is to write."""
        return f"gs://{BUCKET}/{self.prefix}"

    def backend(self, call_seconds: float = CALL_SECONDS) -> PaidVideoBackend:
        """Return a fresh backend of the running provider."""
        return self.new_backend(self.provider.url, call_seconds=call_seconds)

    def start(self, directive: str = "ok", *, call_seconds: float = CALL_SECONDS) -> str:
        """Start an operation that fares as told."""
        self.provider.script([directive])
        return self.backend(call_seconds).start(REQUEST, self.stills, self.output)

    def end(self, operation: str) -> OperationState:
        """Wait until an operation has ended."""
        backend = self.backend()
        return until(
            lambda: backend.poll(operation), lambda state: not isinstance(state, Running), what=operation
        )

    def ledger(self) -> Ledger:
        """Return what the provider says of this test's calls."""
        return self.provider.ledger().under(self.output)


def until(look: Callable[[], Seen], condition: Callable[[Seen], object], *, what: str) -> Seen:
    """Look until the condition holds; the provider tells nothing by itself."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition(seen := look()):
        assert time.monotonic() < give_up_at, f"waited in vain for {what}; last seen: {seen}"
        time.sleep(0.02)
    return seen
