"""The service accounts: one for each service, one that calls the workers, one that builds.

What an account may do is granted beside the thing it may do it to, in the component of that thing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import serviceaccount

from infra.services import PREFIX, Service


def member(account: serviceaccount.Account) -> pulumi.Output[str]:
    """Return an account as the grants of IAM name it."""
    return account.email.apply(lambda email: f"serviceAccount:{email}")


@dataclass(frozen=True)
class IdentitiesArgs:
    """For whom."""

    services: tuple[Service, ...]
    signers: tuple[Service, ...]
    """Those that sign URLs as themselves, without a key."""


class Identities(pulumi.ComponentResource):
    """The accounts, none of which may do anything yet."""

    services: Mapping[str, serviceaccount.Account]
    """Service -> what it runs as."""
    invoker: serviceaccount.Account
    """As whom the queues and the scheduler call the workers."""
    build: serviceaccount.Account
    """As whom images are built."""

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:identities:Identities", name, None, opts)
        self.services = {
            service.name: self._account(name, service.name, f"Runs {PREFIX}-{service.name}")
            for service in args.services
        }
        self.invoker = self._account(name, "invoker", "Calls the workers, for Cloud Tasks and Scheduler")
        self.build = self._account(name, "build", "Builds the images")
        for who, each in self.services.items():
            # Whoever enqueues a task names the identity that it is to be delivered with.
            serviceaccount.IAMMember(
                f"{name}-{who}-acts-as-invoker",
                service_account_id=self.invoker.name,
                role="roles/iam.serviceAccountUser",
                member=member(each),
                opts=pulumi.ResourceOptions(parent=self),
            )
        for service in args.signers:
            account = self.services[service.name]
            serviceaccount.IAMMember(
                f"{name}-{service.name}-signs-as-itself",
                service_account_id=account.name,
                role="roles/iam.serviceAccountTokenCreator",
                member=member(account),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})

    def _account(self, name: str, short: str, does: str) -> serviceaccount.Account:
        return serviceaccount.Account(
            f"{name}-{short}",
            account_id=f"{PREFIX}-{short}",
            display_name=does,
            opts=pulumi.ResourceOptions(parent=self),
        )
