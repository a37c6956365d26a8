"""The certificate of our domain, which Google renews, and the DNS record by which it may.

It knows nothing of what is served there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_gcp import certificatemanager

from infra.services import PREFIX

MAX_NAME = 63
"""Characters. Source: `Certificate.name` of the Certificate Manager API."""


@dataclass(frozen=True)
class CertificateArgs:
    """For what."""

    domain: str


class Certificate(pulumi.ComponentResource):
    """A certificate, to be had before any traffic comes: the domain is proven by a DNS record alone.

    What belongs to one domain is named after it, so that another's can be made beside it and take over.
    """

    map_id: pulumi.Output[str]
    """As the load balancer names it."""
    dns_record: pulumi.Output[dict[str, str]]
    """`name`, `type` and `data` of the record that the team must set, once."""

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:certificate:Certificate", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        own_name = f"{PREFIX}-{args.domain.replace('.', '-')}"[:MAX_NAME].rstrip("-")
        proof = certificatemanager.DnsAuthorization(
            f"{name}-proof", name=own_name, domain=args.domain, opts=mine
        )
        certificate = certificatemanager.Certificate(
            f"{name}-managed",
            name=own_name,
            managed=certificatemanager.CertificateManagedArgs(
                domains=[args.domain], dns_authorizations=[proof.id]
            ),
            opts=mine,
        )
        certificates = certificatemanager.CertificateMap(f"{name}-map", name=f"{PREFIX}-edge", opts=mine)
        certificatemanager.CertificateMapEntry(
            f"{name}-entry",
            name=own_name,
            map=certificates.name,
            hostname=args.domain,
            certificates=[certificate.id],
            opts=mine,
        )
        self.map_id = pulumi.Output.concat("//certificatemanager.googleapis.com/", certificates.id)
        self.dns_record = proof.dns_resource_records.apply(_record)
        self.register_outputs({"dns_record": self.dns_record})


def _record(
    records: Sequence[certificatemanager.outputs.DnsAuthorizationDnsResourceRecord] | None,
) -> dict[str, str]:
    """Return the one record; nothing as long as Google has told none."""
    return next(
        (
            {"name": each.name or "", "type": each.type or "", "data": each.data or ""}
            for each in records or ()
        ),
        {},
    )
