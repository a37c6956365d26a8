"""The load balancer: where our domain leads, over HTTP/3, HTTP/2 and HTTP/1.1, by IPv4 and IPv6.

It knows the public service and the bucket of media by name only.
"""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.components.armor import Armor, ArmorArgs
from infra.components.cdn import Cdn, CdnArgs
from infra.components.certificate import Certificate, CertificateArgs
from infra.services import PREFIX

MEDIA_PATH = "/jobs/"
"""Where all objects of jobs lie. Source: `shared.domain.naming.objects_prefix`."""

SIGNED_BY = ("Expires", "KeyName", "Signature")
"""What a signed URL has. Source: https://cloud.google.com/cdn/docs/private-content, 2026-11."""

ADDRESSES = ("IPV4", "IPV6")
EXTERNAL = "EXTERNAL_MANAGED"
"""The scheme of the global external Application Load Balancer."""


@dataclass(frozen=True)
class EdgeArgs:
    """What is served where."""

    region: str
    """Of the public service."""
    domain: str
    service_name: pulumi.Output[str]
    """Of the public Cloud Run service."""
    requests_per_minute: int
    """That the API permits one key."""
    enforce_waf: bool
    """Whether the rules against attacks refuse, or are only logged."""
    cdn: CdnArgs | None = None
    """None: media are not served here, but by Cloud Storage."""


class Edge(pulumi.ComponentResource):
    """One load balancer. The application's own limits of time hold: a backend without servers has none."""

    ipv4: pulumi.Output[str]
    ipv6: pulumi.Output[str]
    dns_record: pulumi.Output[dict[str, str]]
    """`name`, `type` and `data` of the record that proves the domain to be ours."""
    url: pulumi.Output[str]

    def __init__(self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:edge:Edge", name, None, opts)
        self._mine = pulumi.ResourceOptions(parent=self)
        armor = Armor(f"{name}-armor", ArmorArgs(args.enforce_waf, args.requests_per_minute), self._mine)
        certificate = Certificate(f"{name}-certificate", CertificateArgs(args.domain), self._mine)
        cdn = Cdn(f"{name}-cdn", args.cdn, self._mine) if args.cdn else None
        api = self._api(name, args, armor.policy_id)
        routes = self._routes(name, args.domain, api.id, cdn.backend_id if cdn else None)
        secure = self._secure_proxy(name, routes, certificate.map_id)
        plain = self._redirect(name)
        addresses = [self._address(name, version, secure.id, plain.id) for version in ADDRESSES]
        self.ipv4, self.ipv6 = (address.address for address in addresses)
        self.dns_record = certificate.dns_record
        self.url = pulumi.Output.from_input(f"https://{args.domain}")
        self.register_outputs(
            {"ipv4": self.ipv4, "ipv6": self.ipv6, "dns_record": self.dns_record, "url": self.url}
        )

    def _api(self, name: str, args: EdgeArgs, policy_id: pulumi.Output[str]) -> compute.BackendService:
        group = compute.RegionNetworkEndpointGroup(
            f"{name}-group",
            name=f"{PREFIX}-submit",
            region=args.region,
            network_endpoint_type="SERVERLESS",
            cloud_run=compute.RegionNetworkEndpointGroupCloudRunArgs(service=args.service_name),
            opts=self._mine,
        )
        return compute.BackendService(
            f"{name}-api",
            name=f"{PREFIX}-api",
            description="The public API",
            load_balancing_scheme=EXTERNAL,
            protocol="HTTPS",  # and no timeout_sec: it is refused for a group without servers
            security_policy=policy_id,
            backends=[compute.BackendServiceBackendArgs(group=group.id)],
            log_config=compute.BackendServiceLogConfigArgs(enable=True, sample_rate=1.0),
            opts=self._mine,
        )

    def _routes(
        self, name: str, domain: str, api: pulumi.Output[str], media: pulumi.Output[str] | None
    ) -> compute.URLMap:
        """Send what is signed to the bucket, and all else to the API.

        The tests are run by Google before the map is changed; one that fails keeps it as it was.
        """
        tests = [("/v1/videos", "The API"), (f"{MEDIA_PATH}video_0/video.mp4", "Unsigned: not to the bucket")]
        return compute.URLMap(
            f"{name}-routes",
            name=f"{PREFIX}-edge",
            default_service=api,
            host_rules=[compute.URLMapHostRuleArgs(hosts=[domain], path_matcher="ours")],
            path_matchers=[
                compute.URLMapPathMatcherArgs(
                    name="ours", default_service=api, route_rules=[_signed_media(media)] if media else []
                )
            ],
            tests=[
                compute.URLMapTestArgs(host=domain, path=path, service=api, description=description)
                for path, description in tests
            ],
            opts=self._mine,
        )

    def _secure_proxy(
        self, name: str, routes: compute.URLMap, certificates: pulumi.Output[str]
    ) -> compute.TargetHttpsProxy:
        tls = compute.SSLPolicy(
            f"{name}-tls",
            name=f"{PREFIX}-edge",
            profile="RESTRICTED",
            min_tls_version="TLS_1_2",
            opts=self._mine,
        )
        return compute.TargetHttpsProxy(
            f"{name}-https",
            name=f"{PREFIX}-https",
            url_map=routes.id,
            certificate_map=certificates,
            ssl_policy=tls.id,
            quic_override="ENABLE",  # HTTP/3
            tls_early_data="DISABLED",  # what comes in 0-RTT can be sent again by others
            opts=self._mine,
        )

    def _redirect(self, name: str) -> compute.TargetHttpProxy:
        """Make what answers at port 80: the same URL, with https."""
        to_https = compute.URLMap(
            f"{name}-to-https",
            name=f"{PREFIX}-to-https",
            default_url_redirect=compute.URLMapDefaultUrlRedirectArgs(
                https_redirect=True,
                strip_query=False,
                redirect_response_code="PERMANENT_REDIRECT",  # 308: a POST stays one
            ),
            opts=self._mine,
        )
        return compute.TargetHttpProxy(
            f"{name}-http", name=f"{PREFIX}-http", url_map=to_https.id, opts=self._mine
        )

    def _address(
        self, name: str, version: str, secure: pulumi.Output[str], plain: pulumi.Output[str]
    ) -> compute.GlobalAddress:
        """Make an address, with what listens there."""
        suffix = version.lower()
        # Kept as long as it can be: the team's DNS names it.
        address = compute.GlobalAddress(
            f"{name}-{suffix}", name=f"{PREFIX}-{suffix}", ip_version=version, opts=self._mine
        )
        for scheme, port, target in (("https", "443", secure), ("http", "80", plain)):
            compute.GlobalForwardingRule(
                f"{name}-{scheme}-{suffix}",
                name=f"{PREFIX}-{scheme}-{suffix}",
                load_balancing_scheme=EXTERNAL,
                ip_protocol="TCP",  # that of QUIC is opened with it
                ip_address=address.id,
                port_range=port,
                target=target,
                opts=self._mine,
            )
        return address


def _signed_media(media: pulumi.Output[str]) -> compute.URLMapPathMatcherRouteRuleArgs:
    """Return the rule that leads signed URLs of objects to the bucket. Cloud CDN judges their signatures."""
    signed = compute.URLMapPathMatcherRouteRuleMatchRuleArgs(
        prefix_match=MEDIA_PATH,
        query_parameter_matches=[
            compute.URLMapPathMatcherRouteRuleMatchRuleQueryParameterMatchArgs(name=each, present_match=True)
            for each in SIGNED_BY
        ],
    )
    return compute.URLMapPathMatcherRouteRuleArgs(priority=1, match_rules=[signed], service=media)
