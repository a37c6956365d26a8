"""What functions are built from and into: a bucket of archives and a repository of images; and models.

It knows no function. Which archive is built is for `function.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import artifactregistry, projects, storage

from infra.services import PREFIX

IMAGES_KEPT = 10
"""Of each service, however old: to roll back to."""

IMAGE_DAYS = 30
"""Younger ones are kept too."""


@dataclass(frozen=True)
class SourcesArgs:
    """Where, and for whom."""

    project: str
    region: str
    builder: pulumi.Output[str]
    """Member as which images are built."""
    model_readers: Mapping[str, pulumi.Output[str]] = field(default_factory=dict)
    """Name -> member that renders with open-weight models; nobody: there is no bucket for them."""


class Sources(pulumi.ComponentResource):
    """Nothing here is lost for good: archives and images are made from the code, models are had elsewhere."""

    bucket: pulumi.Output[str]
    """Name of the bucket of archives."""
    images: pulumi.Output[str]
    """Where images lie, such as `europe-west4-docker.pkg.dev/a-project/ttv`; the builder may write there."""
    models_bucket: pulumi.Output[str] | None
    """Name of the bucket of weights; None: the deployment has no GPU."""

    def __init__(self, name: str, args: SourcesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:sources:Sources", name, None, opts)
        self._mine = pulumi.ResourceOptions(parent=self)
        archives = self._bucket(f"{name}-archives", f"{PREFIX}-sources-{args.project}", args.region)
        repository = self._repository(name, args.region)
        grants = self._grants(name, args, archives, repository)
        granted = [grant.id for grant in grants]
        # Known only once the builder may do its work: a build that begins earlier fails.
        self.bucket = pulumi.Output.all(archives.name, *granted).apply(_first)
        self.images = pulumi.Output.all(
            pulumi.Output.concat(f"{args.region}-docker.pkg.dev/{args.project}/", repository.repository_id),
            *granted,
        ).apply(_first)
        self.models_bucket = self._models(name, args) if args.model_readers else None
        self.register_outputs({"bucket": self.bucket, "images": self.images})

    def _bucket(self, name: str, physical_name: str, region: str) -> storage.Bucket:
        return storage.Bucket(
            name,
            name=physical_name,
            location=region,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            opts=self._mine,
        )

    def _repository(self, name: str, region: str) -> artifactregistry.Repository:
        kept = artifactregistry.RepositoryCleanupPolicyMostRecentVersionsArgs(keep_count=IMAGES_KEPT)
        old = artifactregistry.RepositoryCleanupPolicyConditionArgs(
            older_than=f"{IMAGE_DAYS * 24 * 60 * 60}s"
        )
        return artifactregistry.Repository(
            f"{name}-images",
            repository_id=PREFIX,
            location=region,
            format="DOCKER",
            description="Images of the functions, built by `pulumi up`",
            # What one policy keeps, another does not delete.
            cleanup_policies=[
                artifactregistry.RepositoryCleanupPolicyArgs(
                    id="keep-the-last", action="KEEP", most_recent_versions=kept
                ),
                artifactregistry.RepositoryCleanupPolicyArgs(id="delete-old", action="DELETE", condition=old),
            ],
            cleanup_policy_dry_run=False,
            opts=self._mine,
        )

    def _grants(
        self,
        name: str,
        args: SourcesArgs,
        archives: storage.Bucket,
        repository: artifactregistry.Repository,
    ) -> tuple[storage.BucketIAMMember, artifactregistry.RepositoryIamMember, projects.IAMMember]:
        """Let the builder read archives, write images and log what it does."""
        return (
            storage.BucketIAMMember(
                f"{name}-archives-read-by-builder",
                bucket=archives.name,
                role="roles/storage.objectViewer",
                member=args.builder,
                opts=self._mine,
            ),
            artifactregistry.RepositoryIamMember(
                f"{name}-images-written-by-builder",
                repository=repository.repository_id,
                location=args.region,
                role="roles/artifactregistry.writer",
                member=args.builder,
                opts=self._mine,
            ),
            projects.IAMMember(
                f"{name}-logs-of-builder",
                project=args.project,
                role="roles/logging.logWriter",
                member=args.builder,
                opts=self._mine,
            ),
        )

    def _models(self, name: str, args: SourcesArgs) -> pulumi.Output[str]:
        """Make the bucket that the team puts weights into, and let whoever renders with them read it."""
        models = self._bucket(f"{name}-models", f"{PREFIX}-models-{args.project}", args.region)
        grants = [
            storage.BucketIAMMember(
                f"{name}-models-read-by-{who}",
                bucket=models.name,
                role="roles/storage.objectViewer",
                member=member,
                opts=self._mine,
            )
            for who, member in args.model_readers.items()
        ]
        return pulumi.Output.all(models.name, *[grant.id for grant in grants]).apply(_first)


def _first(values: list[str]) -> str:
    return values[0]
