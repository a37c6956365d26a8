"""Builds one image with Google's builders: hands an archive to Cloud Run and waits for Cloud Build to end.

It knows neither Pulumi's resources nor what will run the image.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import grpc
from google.api_core import exceptions as google
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import TransportError
from google.cloud import run_v2
from google.cloud.devtools import cloudbuild_v1
from google.cloud.devtools.cloudbuild_v1.services.cloud_build.transports import CloudBuildGrpcTransport
from google.cloud.run_v2.services.builds.transports import BuildsGrpcTransport
from pulumi import log
from pydantic import BaseModel, ConfigDict

STAND_IN = "TTV_BUILD_STAND_IN"
"""Variable with host:port, on this machine, of what stands in for Google's builders.

It is sent no credentials.
"""

CALL_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 10.0
PAUSE_GROWTH = 1.2

GRANT_SECONDS = 7 * 60.0
"""For so long a new grant may have no effect yet.
Source: https://cloud.google.com/iam/docs/access-change-propagation, 2026-11."""

PASSING = (google.ServerError, google.TooManyRequests, google.Aborted, TransportError)
"""Errors that say nothing about the build."""

_LOOPBACK = re.compile(r"127\.0\.0\.1:[0-9]{1,5}")
_Status = cloudbuild_v1.Build.Status
_Failure = cloudbuild_v1.Build.FailureInfo.FailureType
_NOT_ENDED = frozenset({_Status.STATUS_UNKNOWN, _Status.PENDING, _Status.QUEUED, _Status.WORKING})
_NOT_GRANTED_YET = frozenset({_Failure.FETCH_SOURCE_FAILED, _Failure.PUSH_NOT_AUTHORIZED})


class BuildFailed(Exception):
    """There is no image; the message names the build and its log. The next `pulumi up` builds anew."""


class BuildRefused(BuildFailed):
    """Cloud Run did not begin."""


class BuildTimedOut(BuildFailed):
    """It had not ended by then, and goes on."""


class Recipe(BaseModel):
    """What is built, of what, by whom: the fields of `infra.components.function_build.FunctionBuildArgs`."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # Pulumi adds a property of its own

    project: str
    region: str
    bucket: str
    archive: str
    image: str
    target: str
    base_image: str
    service_account: str
    environment: Mapping[str, str]
    timeout_seconds: float
    first_pause_seconds: float


class Built(BaseModel):
    """The image, and where it came from."""

    model_config = ConfigDict(frozen=True)

    id: str
    """Of the build."""
    name: str
    """Of the build, in full."""
    log_url: str
    pinned_image: str
    """The image by its digest."""


def build_image(recipe: Recipe, grant_seconds: float = GRANT_SECONDS) -> Built:
    """Build, and return once the image is there. While the builder's grants may be too new, try again.

    Raises:
        BuildFailed: see there and its subclasses.
    """
    start = time.monotonic()
    deadline, last_try = start + recipe.timeout_seconds, start + grant_seconds
    pauses = _pauses(recipe)
    with _clients(recipe.project) as (run, cloud_build):
        while True:
            begun = _submit(run, recipe)
            log.info(f"{recipe.target}: building {recipe.image}; log: {begun.log_url}")
            ended = _wait(cloud_build, begun, recipe, deadline)
            if ended.failure_info.type_ not in _NOT_GRANTED_YET or time.monotonic() >= last_try:
                break
            log.info(
                f"{recipe.target}: its grants may not have taken effect yet, building again: {_why(ended)}"
            )
            time.sleep(next(pauses))
    if ended.status is not _Status.SUCCESS:
        raise BuildFailed(
            f"the build of {recipe.image} ended with {ended.status.name}: {_why(ended)}; {_where(ended)}"
        )
    return Built(
        id=ended.id, name=ended.name, log_url=ended.log_url, pinned_image=_pinned_image(ended, recipe)
    )


@contextmanager
def _clients(project: str) -> Iterator[tuple[run_v2.BuildsClient, cloudbuild_v1.CloudBuildClient]]:
    stand_in = os.environ.get(STAND_IN, "")
    if not stand_in:
        billed = ClientOptions(quota_project_id=project)
        with (
            run_v2.BuildsClient(client_options=billed) as run,
            cloudbuild_v1.CloudBuildClient(client_options=billed) as cloud_build,
        ):
            yield run, cloud_build
        return
    if not _LOOPBACK.fullmatch(stand_in):
        raise ValueError(f"{STAND_IN} {stand_in!r} is not on this machine; permitted: such as 127.0.0.1:8080")
    with grpc.insecure_channel(stand_in, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield (
            run_v2.BuildsClient(transport=BuildsGrpcTransport(channel=channel)),
            cloudbuild_v1.CloudBuildClient(transport=CloudBuildGrpcTransport(channel=channel)),
        )


def _submit(client: run_v2.BuildsClient, recipe: Recipe) -> cloudbuild_v1.Build:
    """Begin. It is not repeated by itself: nobody could tell whether the first try began."""
    request = run_v2.SubmitBuildRequest(
        parent=f"projects/{recipe.project}/locations/{recipe.region}",
        storage_source=run_v2.StorageSource(bucket=recipe.bucket, object_=recipe.archive),
        image_uri=recipe.image,
        buildpack_build=run_v2.SubmitBuildRequest.BuildpacksBuild(
            function_target=recipe.target,
            base_image=recipe.base_image,
            environment_variables=dict(recipe.environment),
            enable_automatic_updates=False,
        ),
        service_account=recipe.service_account,
        tags=[recipe.target],
    )
    try:
        answer = client.submit_build(request, timeout=CALL_SECONDS)
    except google.GoogleAPICallError as error:
        raise BuildRefused(f"Cloud Run did not begin to build {recipe.image}: {error}") from error
    if answer.base_image_warning:
        log.warn(f"{recipe.target}: {answer.base_image_warning}")
    # Not the operation is looked at but its build: Cloud Build does not find what a region's operation is
    # called. Source: https://github.com/googleapis/google-cloud-python/issues/12123
    metadata = cloudbuild_v1.BuildOperationMetadata.pb()()
    if not answer.build_operation.metadata.Unpack(metadata):
        began = answer.build_operation.name
        raise BuildRefused(f"Cloud Run began {began}, but does not say which build of {recipe.image} that is")
    told: cloudbuild_v1.BuildOperationMetadata = cloudbuild_v1.BuildOperationMetadata.wrap(metadata)
    return told.build


def _wait(
    client: cloudbuild_v1.CloudBuildClient, build: cloudbuild_v1.Build, recipe: Recipe, deadline: float
) -> cloudbuild_v1.Build:
    """Look at the build until it has ended. An outage of Cloud Build's API is waited out."""
    pauses, answers = _pauses(recipe), True
    while build.status in _NOT_ENDED:
        left = deadline - time.monotonic()
        if left <= 0:
            raise BuildTimedOut(
                f"the build of {recipe.image} has not ended after {recipe.timeout_seconds:g} s"
                f" and goes on; {_where(build)}"
            )
        time.sleep(min(next(pauses), left))
        try:
            seen = client.get_build(name=build.name, retry=None, timeout=CALL_SECONDS)
        except PASSING as error:
            if answers:
                log.info(f"{recipe.target}: Cloud Build does not answer, asking again: {error}")
            answers = False
            continue
        except google.GoogleAPICallError as error:
            raise BuildFailed(
                f"Cloud Build does not say how the build of {recipe.image} fares: {error}; {_where(build)}"
            ) from error
        if not answers or seen.status != build.status:
            log.info(f"{recipe.target}: {seen.status.name.lower()}")
        build, answers = seen, True
    return build


def _pauses(recipe: Recipe) -> Iterator[float]:
    """Yield pauses in seconds, each longer than the one before, up to the longest."""
    pause = recipe.first_pause_seconds
    while True:
        yield pause
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)


def _why(build: cloudbuild_v1.Build) -> str:
    return build.failure_info.detail or build.status_detail or "it does not say why"


def _where(build: cloudbuild_v1.Build) -> str:
    return f"build: {build.name}; log: {build.log_url}"


def _pinned_image(build: cloudbuild_v1.Build, recipe: Recipe) -> str:
    """Name the image by its digest, on which `gcloud run deploy` relies, too.

    Source: `CreateImage` in the Google Cloud CLI's `command_lib/run/sourcedeploys/deployer.py`, 2026-11.
    """
    digests = [image.digest for image in build.results.images if image.digest]
    if not digests:
        raise BuildFailed(f"the build of {recipe.image} names no image; {_where(build)}")
    return f"{recipe.image.rpartition(':')[0]}@{digests[0]}"
