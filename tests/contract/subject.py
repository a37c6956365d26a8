"""A paid video backend under test: the backend, its provider's strings, and the bucket between them."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

import httpx

from functions.render.video_backends import (
    ClipRequest,
    Done,
    HandedOut,
    OperationState,
    PaidVideoBackend,
    Running,
    Stills,
)
from infra.local.stand_ins.ledger import Ledger

Seen = TypeVar("Seen")

BUCKET = "demo-contract"
PATIENCE_SECONDS = 30.0
CALL_SECONDS = 10.0


class Provider(Protocol):
    """A provider that runs, and what a test may tell or ask it."""

    url: str

    def script(self, directives: Sequence[str]) -> None:
        """Say what befalls the next start calls."""
        ...

    def polls(self, directives: Sequence[str]) -> None:
        """Say the same of the next polls."""
        ...

    def cancels(self, directives: Sequence[str]) -> None:
        """Say the same of the next cancels."""
        ...

    def ledger(self) -> Ledger:
        """Return the account so far; also after its end."""
        ...

    def kill(self) -> None:
        """SIGKILL it."""
        ...


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


class RunProvider(Protocol):
    """Runs a provider of one's own within a block."""

    def __call__(
        self, storage_url: str, folder: Path, rates: dict[str, float] | None = None
    ) -> AbstractContextManager[Provider]:
        """Run it.

        Args:
            rates: of faults.
        """
        ...


@dataclass(frozen=True)
class Kind:
    """What tells one backend from another."""

    new_backend: NewBackend
    run: RunProvider
    request: ClipRequest
    """One that costs little to fulfil."""
    unknown: str
    """An operation that there never was."""
    odd_names: tuple[str, ...]
    """Names that no operation can have."""
    hands_out: bool = False
    """The provider keeps the clip."""
    cancels: bool = True
    """The provider can stop an operation."""
    says_what_is_billed: bool = False
    """The provider tells so; what Google does not bill is stated nowhere in its answers."""
    reads_any_length: bool = True
    """An answer that megabytes of blanks follow is read all the same."""


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

    kind: Kind
    provider: Provider
    storage: Storage
    stills: Stills
    prefix: str
    """Path in the bucket, with a slash at its end."""
    known_entries: int
    """How much of the provider's account is of tests before."""

    @property
    def request(self) -> ClipRequest:
        """What is asked for."""
        return self.kind.request

    @property
    def output(self) -> str:
        """Where the provider is to write."""
        return f"gs://{BUCKET}/{self.prefix}"

    def backend(self, call_seconds: float = CALL_SECONDS) -> PaidVideoBackend:
        """Return a fresh backend of the running provider."""
        return self.kind.new_backend(self.provider.url, call_seconds=call_seconds)

    def start(self, directive: str = "ok", *, call_seconds: float = CALL_SECONDS) -> str:
        """Start an operation that fares as told."""
        self.provider.script([directive])
        return self.backend(call_seconds).start(self.request, self.stills, self.output)

    def end(self, operation: str) -> OperationState:
        """Wait until an operation has ended."""
        backend = self.backend()
        return until(
            lambda: backend.poll(operation), lambda state: not isinstance(state, Running), what=operation
        )

    def has_delivered(self, state: OperationState) -> bool:
        """Tell whether an operation ended with a clip, where this provider leaves it."""
        if self.kind.hands_out:
            return isinstance(state, HandedOut)
        return isinstance(state, Done) and state.uri.startswith(self.output)

    def fetch(self, operation: str, state: OperationState, into: Path) -> Path:
        """Get the clip of an operation."""
        if isinstance(state, Done):
            into.write_bytes(self.storage.read(state.uri.removeprefix(f"gs://{BUCKET}/")) or b"")
        else:
            self.backend().download(operation, into)
        return into

    def ledger(self) -> Ledger:
        """Return what the provider says of this test's calls."""
        entries = self.provider.ledger().entries
        before, since = entries[: self.known_entries], entries[self.known_entries :]
        others = {entry.name for entry in before if entry.name}
        return Ledger([entry for entry in since if entry.name not in others])

    def paid(self) -> int:
        """Return how many of this test's operations are billed, or may yet be."""
        return self.ledger().paid_outputs().total()


def until(look: Callable[[], Seen], condition: Callable[[Seen], object], *, what: str) -> Seen:
    """Look until the condition holds; the provider tells nothing by itself."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not condition(seen := look()):
        assert time.monotonic() < give_up_at, f"waited in vain for {what}; last seen: {seen}"
        time.sleep(0.02)
    return seen
