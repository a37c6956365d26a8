"""What a policy is: a named check of a recorded program, with the reason for it.

It knows no policy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.infra.recording import Recording, Resource
from tests.infra.wire import Secret

Check = Callable[[Recording], Iterator[str]]


@dataclass(frozen=True)
class Policy:
    """A rule that every deployment keeps."""

    name: str
    """A sentence."""
    reason: str
    check: Check
    """Yields one line for each violation, which begins with the resource."""

    def violations(self, recording: Recording) -> tuple[str, ...]:
        """Return what breaks it, sorted."""
        return tuple(sorted(self.check(recording)))

    def __str__(self) -> str:
        return self.name


def policy(reason: str) -> Callable[[Check], Policy]:
    """Make a policy of a check; the function's name is the policy's."""

    def made(check: Check) -> Policy:
        return Policy(check.__name__.replace("_", " "), reason, check)

    return made


def texts(value: object) -> Iterator[str]:
    """Yield every text in a tree of inputs, keys left out."""
    match value:
        case str():
            yield value
        case Secret():
            yield from texts(value.value)
        case Mapping():
            for item in value.values():
                yield from texts(item)
        case Sequence():
            for item in value:
                yield from texts(item)


def holds_secret(value: object) -> bool:
    """Say whether a secret is anywhere in a tree of inputs."""
    match value:
        case Secret():
            return True
        case Mapping():
            return any(map(holds_secret, value.values()))
        case list():
            return any(map(holds_secret, value))
        case _:
            return False


def wrong(resource: Resource, what: str) -> str:
    """Word one violation."""
    return f"{resource}: {what}"
