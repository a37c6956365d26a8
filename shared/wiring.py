"""Builds the clients, lazily and once per process: the only place that does.

Nothing is built at import: gunicorn imports in its master and forks, and a client does not survive a fork.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from shared import logs
from shared.api_keys import ApiKeys
from shared.cdn import Cdn
from shared.census_store import CensusStore
from shared.domain.messages import Destination
from shared.job_queries import JobQueries
from shared.job_store import JobStore
from shared.limits import Limits
from shared.repeats import Repeats
from shared.settings import Settings
from shared.switches import Switches
from shared.task_queue import Target, TaskQueue

if TYPE_CHECKING:
    from google.auth.credentials import Signing
    from google.cloud import firestore
    from google.cloud.storage import Bucket

    from shared.assignment import Services
    from shared.google_ai import Google
    from shared.object_store import ObjectStore

IAM_TIMEOUT_SECONDS = 2.0
"""google-auth's own default is two minutes."""


@cache
def settings() -> Settings:
    """This deployment's settings; reading them also sets up the logs."""
    found = Settings.from_environment()
    logs.configure(found.ttv_log_level, found.google_cloud_project)
    return found


@cache
def job_store() -> JobStore:
    """The state of all jobs."""
    return JobStore(_firestore())


@cache
def job_queries() -> JobQueries:
    """Finds jobs."""
    return JobQueries(_firestore())


@cache
def census_store() -> CensusStore:
    """The latest census."""
    return CensusStore(_firestore())


@cache
def limits() -> Limits:
    """What every owner uses of their limits."""
    return Limits(_firestore())


@cache
def repeats() -> Repeats:
    """Finds the claims of earlier attempts."""
    return Repeats(_firestore())


@cache
def api_keys() -> ApiKeys:
    """Who may come in."""
    return ApiKeys(_firestore())


@cache
def switches() -> Switches:
    """The operators' switches and circuit breakers of all video backends."""
    return Switches(_firestore())


@cache
def task_queue() -> TaskQueue:
    """The queues of this deployment."""
    return build_task_queue(settings())


def build_task_queue(at: Settings) -> TaskQueue:
    """Return the queues of the deployment that has these settings."""
    from google.cloud import tasks_v2

    if at.ttv_tasks_endpoint:
        import grpc
        from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

        channel = grpc.insecure_channel(at.ttv_tasks_endpoint)
        client = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
    else:
        client = tasks_v2.CloudTasksClient()

    told = {
        Destination.KEYFRAMES: (at.ttv_keyframes_queue, at.ttv_keyframes_url),
        Destination.RENDER: (at.ttv_render_queue, at.ttv_render_url),
        Destination.RENDER_GPU: (at.ttv_render_gpu_queue, at.ttv_render_gpu_url),
        Destination.FINALIZE: (at.ttv_finalize_queue, at.ttv_finalize_url),
    }
    targets = {
        destination: Target(client.queue_path(at.google_cloud_project, at.ttv_location, queue), url)
        for destination, (queue, url) in told.items()
        if url
    }
    return TaskQueue(client, targets, at.ttv_invoker_service_account)


@cache
def object_store() -> "ObjectStore":
    """The bucket that holds all media. Imported here: submit needs it only once a video is fetched."""
    from google.cloud.storage import Client

    from shared.object_store import ObjectStore

    client = Client(project=settings().google_cloud_project)
    return ObjectStore(client.bucket(settings().ttv_bucket), _signer, client.api_endpoint)


@contextmanager
def weights_bucket(at: Settings) -> "Iterator[Bucket]":
    """The bucket with the weights of models, for once: it is asked before the server forks."""
    from google.cloud.storage import Client

    with closing(Client(project=at.google_cloud_project)) as client:
        yield client.bucket(at.ttv_weights_bucket)


@cache
def cdn() -> Cdn | None:
    """What serves the videos; None: the bucket itself."""
    return settings().cdn


@cache
def google(*, call_seconds: float, location: str | None = None) -> "Google":
    """Google's generative models. Imported here: only some jobs need them.

    Raises:
        BackendUnavailable: this instance has no credentials.
    """
    from shared.google_ai import reach

    return reach(settings(), call_seconds=call_seconds, location=location or settings().ttv_google_location)


@cache
def services() -> "Services":
    """What every stage stands on."""
    from shared.assignment import Services

    lease = timedelta(seconds=settings().ttv_lease_seconds)
    return Services(
        job_store(),
        task_queue(),
        object_store(),
        switches(),
        lease,
        max_operations=settings().max_operations,
        offered=settings().offer,
    )


@cache
def _firestore() -> "firestore.Client":
    from google.cloud import firestore

    return firestore.Client(project=settings().google_cloud_project)


@cache
def _signer() -> "Signing":
    """Return credentials that can sign URLs: a key file's own, else through Google's IAM."""
    import google.auth
    from google.auth import credentials as kinds
    from google.auth import iam
    from google.auth.transport.requests import Request
    from google.oauth2 import service_account

    found: Any
    found, _project = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    if isinstance(found, kinds.Signing):
        return found
    request = partial(Request(), timeout=IAM_TIMEOUT_SECONDS)
    found.refresh(request)  # the metadata server says only now which account it is
    email = found.service_account_email
    return service_account.Credentials(  # type: ignore[no-untyped-call]  # google-auth is typed in part
        signer=iam.Signer(request, found, email),  # type: ignore[no-untyped-call]  # as above
        service_account_email=email,
        token_uri="https://oauth2.googleapis.com/token",  # noqa: S106 - an address, not a password
    )
