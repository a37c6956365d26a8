"""One secret, and who may read it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import secretmanager

from infra.services import PREFIX


@dataclass(frozen=True)
class SecretArgs:
    """What it is, and for whom."""

    value: pulumi.Output[str]
    """Kept encrypted in the stack's state."""
    readers: Mapping[str, pulumi.Output[str]]
    """Name -> member."""


class Secret(pulumi.ComponentResource):
    """A secret with its current version."""

    secret_id: pulumi.Output[str]
    version: pulumi.Output[str]
    """Number of the version: a service that names it gets a new revision with each new value."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:secret:Secret", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        secret = secretmanager.Secret(
            name,
            secret_id=f"{PREFIX}-{name}",
            replication=secretmanager.SecretReplicationArgs(auto=secretmanager.SecretReplicationAutoArgs()),
            opts=mine,
        )
        version = secretmanager.SecretVersion(
            f"{name}-value", secret=secret.id, secret_data=args.value, opts=mine
        )
        grants = [
            secretmanager.SecretIamMember(
                f"{name}-read-by-{who}",
                secret_id=secret.id,
                role="roles/secretmanager.secretAccessor",
                member=member,
                opts=mine,
            )
            for who, member in args.readers.items()
        ]
        # Known only once it may be read: a revision that cannot read its secret never becomes ready.
        self.secret_id = pulumi.Output.all(secret.secret_id, *[grant.id for grant in grants]).apply(_first)
        self.version = version.version
        self.register_outputs({"secret_id": self.secret_id})


def _first(values: list[str]) -> str:
    return values[0]
