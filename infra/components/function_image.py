"""The image of one function: its archive in the bucket, and the build of it.

It must not know which services run the image; two of them may.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudrunv2, storage

from infra.archives import SHORT_DIGEST, Archive
from infra.components.function_build import FunctionBuild, FunctionBuildArgs

BASE_IMAGE = "python313"
"""What Google's buildpacks build on. Source: https://cloud.google.com/run/docs/runtimes/function-runtimes"""

BUILD_ENVIRONMENT: Mapping[str, str] = {}
"""Variables of the build alone."""


@dataclass(frozen=True)
class FunctionImageArgs:
    """What is built, and where it is kept."""

    archive: Archive
    """On this machine."""
    project: str
    region: str
    bucket: pulumi.Input[str]
    """Name of the bucket for archives."""
    repository: pulumi.Input[str]
    """Where images go, such as `europe-west4-docker.pkg.dev/my-project/ttv`."""
    builder: pulumi.Input[str]
    """The service account that builds, as `projects/<project>/serviceAccounts/<email>`."""


class FunctionImage(pulumi.ComponentResource):
    """An archive, uploaded and built. Both have its digest in their name: the same files are built once."""

    target: str
    """Name of the function in the archive's main.py."""
    image: pulumi.Output[str]
    """By its digest; known once it is built."""
    build_config: cloudrunv2.ServiceBuildConfigArgs
    """How it was built. It builds nothing, but with it Cloud Console shows a service as a function."""

    def __init__(
        self, name: str, args: FunctionImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ttv:function:FunctionImage", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        digest = args.archive.digest[:SHORT_DIGEST]
        self.target = args.archive.stage
        called = args.archive.variant.of(args.archive.stage)
        archive = storage.BucketObject(
            f"{name}-archive",
            bucket=args.bucket,
            name=f"{called}/{digest}.zip",
            source=pulumi.FileAsset(str(args.archive.path)),
            content_type="application/zip",
            opts=mine,
        )
        tagged = pulumi.Output.concat(args.repository, f"/{called}:{digest}")
        build = FunctionBuild(
            f"{name}-build",
            FunctionBuildArgs(
                project=args.project,
                region=args.region,
                bucket=args.bucket,
                archive=archive.name,
                image=tagged,
                target=self.target,
                base_image=BASE_IMAGE,
                service_account=args.builder,
                environment=BUILD_ENVIRONMENT,
            ),
            opts=mine,
        )
        self.image = build.pinned_image
        self.build_config = cloudrunv2.ServiceBuildConfigArgs(
            source_location=pulumi.Output.concat("gs://", args.bucket, "/", archive.name),
            function_target=self.target,
            image_uri=tagged,
            base_image=BASE_IMAGE,
            enable_automatic_updates=False,
            environment_variables=BUILD_ENVIRONMENT,
            service_account=args.builder,
        )
        self.register_outputs({"image": self.image})
