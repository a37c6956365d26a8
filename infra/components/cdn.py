"""Cloud CDN before the bucket of media: who has a signed URL is served from nearby, and nobody else.

It knows nothing of jobs. What it must not do is in the docstring of `Cdn`.
"""

from dataclasses import dataclass

import pulumi
import pulumi_random
from pulumi_gcp import compute, storage

from infra.environment import CDN_KEY_NAME
from infra.services import PREFIX

URL_LASTS_SECONDS = 60 * 60
"""Source: `functions.submit.downloads.SIGNED_URL_LASTS`."""

KEY_BYTES = 16
"""Source: https://cloud.google.com/cdn/docs/using-signed-urls#configuring_signed_request_keys, 2026-11."""

FILLER = "cloud-cdn-fill.iam.gserviceaccount.com"
"""Where the account lives that reads for signed URLs.
Source: https://cloud.google.com/cdn/docs/using-signed-urls#configuring_permissions, 2026-11."""

HSTS = "Strict-Transport-Security: max-age=31536000"
"""As our API has it."""


@dataclass(frozen=True)
class CdnArgs:
    """What is served, and by which key."""

    bucket: pulumi.Output[str]
    """Private."""
    key: pulumi.Output[str]
    """16 bytes in base64url; whoever has it can sign."""
    project_number: pulumi.Output[str]


class Cdn(pulumi.ComponentResource):
    """A backend of the load balancer that serves signed URLs.

    Cloud CDN judges signatures only where a request has one; others it hands to the bucket as they are. That
    nothing is served without one holds by three things: the bucket is private and has no public access; of
    Google's accounts only that which reads for *signed* URLs may read it, and never the load balancer's own
    (`https-lb`), which would read for everybody; and the load balancer sends nothing here that has no
    `Signature` (`edge.py`).
    """

    backend_id: pulumi.Output[str]

    def __init__(self, name: str, args: CdnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:cdn:Cdn", name, None, opts)
        backend = compute.BackendBucket(
            f"{name}-bucket",
            name=f"{PREFIX}-media",
            description="Media, by signed URLs",
            bucket_name=args.bucket,
            enable_cdn=True,
            cdn_policy=compute.BackendBucketCdnPolicyArgs(
                # Nothing but answers to signed URLs is kept: a private object's own headers forbid it.
                cache_mode="USE_ORIGIN_HEADERS",
                signed_url_cache_max_age_sec=URL_LASTS_SECONDS,
                negative_caching=False,
                request_coalescing=True,
            ),
            custom_response_headers=[HSTS, "X-Content-Type-Options: nosniff"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        key = compute.BackendBucketSignedUrlKey(
            f"{name}-key",
            name=CDN_KEY_NAME,
            backend_bucket=backend.name,
            key_value=args.key.apply(pulumi.Output.secret),
            opts=pulumi.ResourceOptions(parent=self),
        )
        storage.BucketIAMMember(
            f"{name}-reads-for-signed-urls",
            bucket=args.bucket,
            role="roles/storage.objectViewer",
            member=pulumi.Output.concat("serviceAccount:service-", args.project_number, f"@{FILLER}"),
            # The account is made by Google when a project has its first key.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[key]),
        )
        self.backend_id = backend.id
        self.register_outputs({"backend_id": self.backend_id})


class SigningKey(pulumi.ComponentResource):
    """A key by which URLs are signed, made once and kept encrypted in the stack's state."""

    value: pulumi.Output[str]
    """16 random bytes in base64url."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:cdn:SigningKey", name, None, opts)
        made = pulumi_random.RandomBytes(
            f"{name}-bytes", length=KEY_BYTES, opts=pulumi.ResourceOptions(parent=self)
        )
        self.value = made.base64.apply(lambda standard: standard.replace("+", "-").replace("/", "_"))
        self.register_outputs({})


def signing_key(name: str) -> pulumi.Output[str]:
    """Make a signing key, and return its value."""
    return SigningKey(name).value
