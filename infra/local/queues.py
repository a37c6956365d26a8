"""Starts the Cloud Tasks emulator and creates the queues in it. It knows nothing of the tasks."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import PartFailed
from infra.local.probes import accepts_connections
from infra.local.process import Launch
from infra.services import QUEUE_RETRIES

_CREATION_TIMEOUT_SECONDS = 5.0
_GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class Queue:
    """A queue and how many of its tasks may run at once."""

    name: str
    max_concurrent_dispatches: int


@dataclass(frozen=True)
class TaskFaults:
    """What goes wrong, on purpose, between the queues and the functions."""

    probabilities: str
    """Such as duplicate=0.05,delay=0.1; the kinds are the fields of `cloud_tasks.faults.Faults`."""
    seed: int | None = None
    """Repeats the faults of an earlier run; the emulator chooses one, and logs it, when left out."""

    @property
    def flags(self) -> list[str]:
        """For the emulator's command line, which refuses what is wrong."""
        return [f"--faults={self.probabilities}", *([] if self.seed is None else [f"--seed={self.seed}"])]


def tasks_launch(
    port: int,
    instances: Mapping[str, list[str]],
    folder: Path,
    environment: Mapping[str, str],
    faults: TaskFaults | None = None,
) -> Launch:
    """Describe the emulator's start.

    Args:
        port: where it listens (gRPC).
        instances: address that tasks name -> addresses of the processes that share its work.
        folder: root of the checkout.
        environment: all of its environment.
        faults: none when left out.
    """
    shared = [f"--instances={address}={','.join(behind)}" for address, behind in instances.items()]
    flags = [*shared, *(faults.flags if faults else [])]
    return Launch(
        name="tasks",
        command=(sys.executable, "-m", "infra.local.cloud_tasks", "--port", str(port), *flags),
        environment=environment,
        folder=folder,
        port=port,
        ready=accepts_connections,
        grace_seconds=_GRACE_SECONDS,
    )


def create_queues(endpoint: str, project: str, location: str, queues: list[Queue]) -> None:
    """Create queues with the retry settings of the deployment. Existing ones are an error.

    Raises:
        PartFailed: the server says no, or does not answer.
    """
    # Inside, since these imports take 0.25 s, in which the other parts can already start.
    import grpc
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud import tasks_v2
    from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
    from google.protobuf.duration_pb2 import Duration

    retries = tasks_v2.RetryConfig(
        max_attempts=QUEUE_RETRIES.max_attempts,
        max_retry_duration=Duration(seconds=QUEUE_RETRIES.max_retry_seconds),
        min_backoff=Duration(seconds=QUEUE_RETRIES.min_backoff_seconds),
        max_backoff=Duration(seconds=QUEUE_RETRIES.max_backoff_seconds),
        max_doublings=QUEUE_RETRIES.max_doublings,
    )
    with grpc.insecure_channel(endpoint, options=[("grpc.enable_http_proxy", 0)]) as channel:
        client = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        for queue in queues:
            wanted = tasks_v2.Queue(
                name=client.queue_path(project, location, queue.name),
                rate_limits=tasks_v2.RateLimits(
                    max_dispatches_per_second=QUEUE_RETRIES.dispatches_per_second,
                    max_concurrent_dispatches=queue.max_concurrent_dispatches,
                ),
                retry_config=retries,
            )
            try:
                client.create_queue(
                    parent=client.common_location_path(project, location),
                    queue=wanted,
                    retry=None,
                    timeout=_CREATION_TIMEOUT_SECONDS,
                )
            except GoogleAPICallError as error:
                raise PartFailed("tasks", f"did not create the queue {queue.name}: {error}") from error
