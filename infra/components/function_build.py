"""The image of a function as a resource of Pulumi, with a provider of our own: when it is built anew.

It must not know how building is done. Every stack's state names this module and its provider: under other
names, what they once built could not be deleted any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

TIMEOUT_SECONDS = 20 * 60.0
"""A build takes some minutes; Cloud Build itself would give up after an hour."""


@dataclass(frozen=True)
class FunctionBuildArgs:
    """What is built, of what, by whom."""

    project: str
    region: str
    bucket: pulumi.Input[str]
    archive: pulumi.Input[str]
    """Name of the object in the bucket; under one name there is only ever one content."""
    image: pulumi.Input[str]
    """With its tag, such as `europe-west4-docker.pkg.dev/my-project/ttv/render:0123456789ab`."""
    target: str
    """Name of the function in the archive's main.py."""
    base_image: str
    """Such as `python313`."""
    service_account: pulumi.Input[str]
    """As `projects/<project>/serviceAccounts/<email>`."""
    environment: Mapping[str, str]
    """Variables of the build alone. Its log shows them: nothing secret."""
    timeout_seconds: float = TIMEOUT_SECONDS
    first_pause_seconds: float = 1.0
    """Between the first looks at the build; later ones are further apart."""


DECIDES = ("project", "region", "bucket", "archive", "image", "target", "base_image", "environment")
"""Another value of any of these is another image."""


class BuildProvider(ResourceProvider):
    """Builds. To delete a build does nothing: the repository cleans up its images by itself."""

    serialize_as_secret_always = False  # there is nothing secret in it, and so previews can be read

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the arguments. How this provider is pickled is none of them."""
        names = [field.name for field in fields(FunctionBuildArgs)]
        differing = [name for name in names if _olds.get(name) != _news.get(name)]
        return DiffResult(
            changes=bool(differing),
            replaces=[name for name in differing if name in DECIDES],
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Build, and return once the image is there.

        Raises:
            BuildFailed: see `infra.cloud_build`.
        """
        from infra.cloud_build import Recipe, build_image  # Google's clients: a preview needs none of them

        built = build_image(Recipe.model_validate(props))
        outputs = {"build": built.name, "log_url": built.log_url, "pinned_image": built.pinned_image}
        return CreateResult(built.id, {**props, **outputs})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Keep the image: nothing that decides about it has changed."""
        return UpdateResult({**_olds, **_news})


class FunctionBuild(Resource, module="build", name="FunctionBuild"):
    """One image, built."""

    build: pulumi.Output[str]
    """Name of the build in Cloud Build."""
    log_url: pulumi.Output[str]
    pinned_image: pulumi.Output[str]
    """The image by its digest: what is built anew under the same tag is deployed anew, too."""

    def __init__(
        self, name: str, args: FunctionBuildArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = {field.name: getattr(args, field.name) for field in fields(args)}
        outputs = {"build": None, "log_url": None, "pinned_image": None}
        super().__init__(BuildProvider(), name, {**inputs, **outputs}, opts)
