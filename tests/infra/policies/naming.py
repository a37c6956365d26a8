"""How things are called and where they belong: an operator finds them, and a second `up` finds them again.

It knows which inputs name a thing.
"""

import re
from collections.abc import Iterator, Mapping

from infra.services import PREFIX
from tests.infra import sdk_types
from tests.infra.policies.access import is_grant
from tests.infra.policies.policy import Policy, policy, wrong
from tests.infra.recording import STACK, Recording, Resource

SERVICE = "gcp:cloudrunv2/service:Service"
NAMED_BY = ("name", "accountId", "secretId", "repositoryId", "serviceId", "sloId")

EXEMPT: Mapping[str, str] = {
    "gcp:cloudtasks/queue:Queue": "named as the functions' settings name them by default",
    "gcp:firestore/database:Database": "(default) is the one that is free of charge up to a limit",
    "gcp:storage/bucketObject:BucketObject": "an archive, by stage and content, in a bucket of ours",
    "gcp:compute/backendBucketSignedUrlKey:BackendBucketSignedUrlKey": "inside its backend bucket",
}
"""Type -> why it does without the prefix."""

BY_CHANCE = re.compile(
    r"(?<![0-9a-z])(?=[a-f]*\d)[0-9a-f]{7,}(?![0-9a-z])|(?<!\d)(?:1[5-9]\d{8}|20\d{2}-?[01]\d-?[0-3]\d)(?!\d)"
)
"""A digest, seconds since 1970, or a date."""


def _names(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield input and value. A grant has no name of its own: it names what is granted on."""
    for name in () if is_grant(resource) else NAMED_BY:
        value = resource.at(name)
        if isinstance(value, str):
            yield name, value


@policy("In a shared project one sees at once what is ours.")
def everything_has_our_prefix(recording: Recording) -> Iterator[str]:
    for resource in recording.custom:
        for name, value in _names(resource):
            if resource.type not in EXEMPT and not re.match(rf"{PREFIX}(?![a-z0-9])", value):
                yield wrong(resource, f"{name} is {value}")


@policy("Pulumi invents a name with a random end where the program gives none.")
def everything_is_given_its_name(recording: Recording) -> Iterator[str]:
    for resource in recording.custom:
        if resource.is_dynamic or resource.type.startswith("pulumi:"):
            continue
        for name in NAMED_BY:
            if name in sdk_types.inputs_of(resource.type) and resource.inputs.get(name) is None:
                yield wrong(resource, f"{name} is not given")


@policy("A name that changes with every deployment replaces what it names.")
def no_name_is_made_by_chance(recording: Recording) -> Iterator[str]:
    for resource in recording.resources:
        if BY_CHANCE.search(resource.name):
            yield wrong(resource, "its logical name has a digest or a time")
        for name, value in _names(resource):
            if resource.type != "gcp:storage/bucketObject:BucketObject" and BY_CHANCE.search(value):
                yield wrong(resource, f"{name} has a digest or a time: {value}")


@policy("Console and `pulumi stack` show the program by its parts.")
def everything_belongs_to_a_component(recording: Recording) -> Iterator[str]:
    for resource in recording.custom:
        if resource.type.startswith("pulumi:providers:"):
            continue
        parent = recording.by_urn(resource.parent)
        if parent.type == STACK or parent.is_custom:
            yield wrong(resource, "its parent is no component")


@policy("A component's type is part of the URN of all in it: changed later, everything would be replaced.")
def components_have_types_of_their_own(recording: Recording) -> Iterator[str]:
    for resource in recording.resources:
        if resource.is_custom or resource.type == STACK:
            continue
        if not re.fullmatch(rf"{PREFIX}:[a-z_]+:[A-Z][A-Za-z]+", resource.type):
            yield wrong(resource, f"is not of the form {PREFIX}:module:Class")


@policy("The default provider takes project and region from whoever runs it.")
def nothing_is_made_by_the_default_provider(recording: Recording) -> Iterator[str]:
    for resource in recording.custom:
        is_ours = resource.type.startswith("gcp:") and "::pulumi:providers:gcp::" in resource.provider
        if resource.type.startswith("gcp:") and not is_ours and not resource.inputs.get("project"):
            yield wrong(resource, "names neither a provider nor a project")


@policy("Two things of one name are one thing, made twice.")
def no_two_things_have_one_name(recording: Recording) -> Iterator[str]:
    seen: dict[tuple[str, ...], Resource] = {}
    for resource in recording.custom:
        for name, value in _names(resource):
            place = (str(resource.at("location") or resource.at("region")), str(resource.at("bucket")))
            key = (resource.type, name, value, *place)
            if key in seen:
                yield wrong(resource, f"has the {name} of {seen[key]}")
            seen[key] = resource


POLICIES: tuple[Policy, ...] = (
    everything_has_our_prefix,
    everything_is_given_its_name,
    no_name_is_made_by_chance,
    everything_belongs_to_a_component,
    components_have_types_of_their_own,
    nothing_is_made_by_the_default_provider,
    no_two_things_have_one_name,
)
