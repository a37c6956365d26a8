"""The bucket of media: what users gave, keyframes, clips, videos, and the cache of drawings.

It knows the prefixes of objects (`shared.domain.naming`) and no more of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import storage

from infra.services import PREFIX

CACHE_DAYS = 30
"""No drawing is taken from the cache when it is older. Source: `functions.keyframes.cache.LASTS`."""

JOB_DAYS = 32
"""A job lives for 30 days (`functions.submit.creation.RETENTION`), and Firestore may take one more to delete
it. Pictures for a job that never came to be go at the same age: a rule's prefix cannot tell them apart."""

UPLOAD_DAYS = 7
"""After that nobody goes on with an upload that was begun."""

SOFT_DELETED_SECONDS = 7 * 24 * 60 * 60
"""For so long what was deleted, by mistake or because its user wished it, can be brought back."""

PREFLIGHT_SECONDS = 60 * 60
"""For so long a browser need not ask again whether it may."""


@dataclass(frozen=True)
class MediaArgs:
    """Where, and for whom."""

    project: str
    """Makes the name unique among all buckets of the world."""
    region: str
    users: Mapping[str, pulumi.Output[str]]
    """Name -> member that reads, writes and deletes objects."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may read media with a signed URL."""


class Media(pulumi.ComponentResource):
    """The bucket. All access is by a member's own right or by a signed URL; none can be public."""

    bucket: pulumi.Output[str]
    """Its name."""

    def __init__(self, name: str, args: MediaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:media:Media", name, None, opts)
        bucket = storage.Bucket(
            f"{name}-bucket",
            name=f"{PREFIX}-media-{args.project}",
            location=args.region,
            storage_class="STANDARD",
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=False,
            # Objects are written once and never changed, so there are no versions to keep.
            versioning=storage.BucketVersioningArgs(enabled=False),
            soft_delete_policy=storage.BucketSoftDeletePolicyArgs(
                retention_duration_seconds=SOFT_DELETED_SECONDS
            ),
            lifecycle_rules=[
                _deletes("cache/", CACHE_DAYS),
                _deletes("jobs/", JOB_DAYS),
                _rule(
                    "AbortIncompleteMultipartUpload",
                    storage.BucketLifecycleRuleConditionArgs(age=UPLOAD_DAYS),
                ),
            ],
            cors=[_readable_from(args.cors_origins)] if args.cors_origins else [],
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        for who, member in args.users.items():
            storage.BucketIAMMember(
                f"{name}-used-by-{who}",
                bucket=bucket.name,
                role="roles/storage.objectUser",
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.bucket = bucket.name
        self.register_outputs({"bucket": self.bucket})


def _deletes(prefix: str, days: int) -> storage.BucketLifecycleRuleArgs:
    condition = storage.BucketLifecycleRuleConditionArgs(age=days, matches_prefixes=[prefix])
    return _rule("Delete", condition)


def _rule(
    action: str, condition: storage.BucketLifecycleRuleConditionArgs
) -> storage.BucketLifecycleRuleArgs:
    return storage.BucketLifecycleRuleArgs(
        action=storage.BucketLifecycleRuleActionArgs(type=action), condition=condition
    )


def _readable_from(origins: tuple[str, ...]) -> storage.BucketCorArgs:
    return storage.BucketCorArgs(
        origins=list(origins),
        methods=["GET", "HEAD"],
        response_headers=["Accept-Ranges", "Content-Length", "Content-Range", "Content-Type", "ETag"],
        max_age_seconds=PREFLIGHT_SECONDS,
    )
