"""What one run of the program asked the engine for.

It knows nothing of how the program was run.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

from tests.infra.wire import each, put, revealed

STACK = "pulumi:pulumi:Stack"
DYNAMIC = "pulumi-python:dynamic"
"""What the types of dynamic resources begin with: their provider is part of the program."""


@dataclass(frozen=True)
class Resource:
    """One registered resource."""

    type: str
    """Such as `gcp:storage/bucket:Bucket`."""
    name: str
    """Pulumi's own, logical name."""
    urn: str
    parent: str
    """URN; empty for the stack itself."""
    is_custom: bool
    """Whether a provider makes something of it; false: a component, which only groups."""
    inputs: Mapping[str, object]
    protect: bool = False
    dependencies: frozenset[str] = frozenset()
    """URNs of all that must exist before."""
    provider: str = ""
    """URN and id of the provider, with `::` between; empty: the default one."""

    def each(self, path: str) -> Iterator[object]:
        """Yield the inputs at a path; see `tests.infra.wire.each`."""
        return each(self.inputs, path)

    def at(self, path: str) -> object:
        """Return the first input at a path, without the mark of a secret, or None."""
        return revealed(next(self.each(path), None))

    @property
    def plain_inputs(self) -> dict[str, object]:
        """Return all inputs without the marks of secrets."""
        return cast("dict[str, object]", revealed(self.inputs))

    def told(self, path: str, value: object) -> "Resource":
        """Return a copy with another input; see `tests.infra.wire.put`."""
        return replace(self, inputs=cast("dict[str, object]", put(self.inputs, path, value)))

    @property
    def is_dynamic(self) -> bool:
        """Whether its provider is part of the program."""
        return self.type.startswith(DYNAMIC)

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True)
class Recording:
    """All of one run."""

    stack: str
    preview: bool
    resources: tuple[Resource, ...]
    """Sorted by URN."""
    warnings: tuple[str, ...] = ()
    """What the program logged at warning or above, such as a deprecated input."""
    exports: Mapping[str, object] = field(default_factory=dict)
    """Outputs of the stack."""

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        """Return all resources of these types."""
        return tuple(resource for resource in self.resources if resource.type in types)

    @property
    def custom(self) -> tuple[Resource, ...]:
        """Return all but the components."""
        return tuple(resource for resource in self.resources if resource.is_custom)

    def by_urn(self, urn: str) -> Resource:
        """Return one resource.

        Raises:
            KeyError: there is none.
        """
        for resource in self.resources:
            if resource.urn == urn:
                return resource
        raise KeyError(urn)

    def children(self, urn: str) -> tuple[Resource, ...]:
        """Return those whose parent this is."""
        return tuple(resource for resource in self.resources if resource.parent == urn)

    def before(self, resource: Resource) -> frozenset[str]:
        """Return the URNs of all that is there before: what it names, its parent, and what these wait for.

        The SDK registers a child once its parent is registered, and a parent once what it depends on is made.
        """
        found: set[str] = set()
        pending = set(self._awaited[resource.urn])
        while pending:
            urn = pending.pop()
            found.add(urn)
            pending |= self._awaited.get(urn, frozenset()) - found
        return frozenset(found)

    @cached_property
    def _awaited(self) -> Mapping[str, frozenset[str]]:
        return {one.urn: one.dependencies | ({one.parent} - {""}) for one in self.resources}

    def altered(
        self, chosen: Callable[[Resource], bool], change: Callable[[Resource], Resource | None]
    ) -> "Recording":
        """Return a copy in which the first of the chosen resources is changed; None takes it away.

        Raises:
            StopIteration: nothing was chosen, so that nothing would be altered.
        """
        first = next(resource for resource in self.resources if chosen(resource))
        changed = (change(first) if resource is first else resource for resource in self.resources)
        return replace(self, resources=tuple(filter(None, changed)))
