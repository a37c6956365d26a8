"""The Cloud Run services: which function each runs, and how it serves, in the cloud and on one machine.

It knows nothing of Pulumi or of processes.
"""

from dataclasses import dataclass

from infra.archives import STAGES

PREFIX = "ttv"
"""Of the names of everything that is deployed."""


@dataclass(frozen=True)
class Service:
    """One Cloud Run service."""

    name: str
    """Such as `render-gpu`; its queue, if it has one, has the same name."""
    stage: str
    """The function it runs, one of `STAGES`: two services may run the same."""
    threads: int
    """Of gunicorn, in the one process of an instance."""
    concurrency: int
    """Requests that Cloud Run gives one instance at a time."""
    timeout_seconds: int
    """After which Cloud Run ends a request."""
    has_queue: bool = True
    """Whether tasks lead here: then nothing else may."""
    has_gpu: bool = False

    def __post_init__(self) -> None:
        if self.stage not in STAGES:
            raise ValueError(f"stage {self.stage!r} is not permitted; permitted: {', '.join(STAGES)}")


STREAM_SECONDS = 5 * 60
"""Longest event stream of submit."""

DISPATCH_SECONDS = 30 * 60
"""Longest run of a task. Source: `shared.task_queue.DISPATCH_DEADLINE_SECONDS`."""


def _worker(name: str, stage: str | None = None, *, has_gpu: bool = False) -> Service:
    """One task at a time; with one thread gunicorn's sync worker would drop a queued request at SIGTERM."""
    return Service(name, stage or name, 2, 1, DISPATCH_SECONDS, has_gpu=has_gpu)


SUBMIT = Service("submit", "submit", 64, 64, STREAM_SECONDS + 60, has_queue=False)
"""Public. Each event stream holds a thread."""

KEYFRAMES = _worker("keyframes")
RENDER = _worker("render")
"""For backends that need no GPU: most of its work is to wait for others."""

RENDER_GPU = _worker("render-gpu", "render", has_gpu=True)
"""The same code on a GPU, for the backends that need one; only where the deployment has it."""

FINALIZE = _worker("finalize")

SERVICES = (KEYFRAMES, RENDER, RENDER_GPU, FINALIZE, SUBMIT)


def threads_of(stage: str) -> int:
    """Return how many threads a function is served with, wherever it runs."""
    return next(service.threads for service in SERVICES if service.stage == stage)


@dataclass(frozen=True)
class QueueRetries:
    """How the queues repeat what was answered with an error."""

    dispatches_per_second: float = 500
    """The most there is. Source: https://cloud.google.com/tasks/docs/quotas"""
    max_attempts: int = 100
    max_retry_seconds: int = 24 * 60 * 60
    """A task is given up only when both limits are reached; the job's own deadline comes long before."""
    min_backoff_seconds: int = 1
    max_backoff_seconds: int = 15
    max_doublings: int = 4


QUEUE_RETRIES = QueueRetries()
