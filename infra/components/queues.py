"""The queues between the functions: one for each worker, which gets as many tasks at once as it can do."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudtasks

from infra.services import QUEUE_RETRIES


@dataclass(frozen=True)
class QueuesArgs:
    """Which, and who may use them."""

    region: str
    dispatches: Mapping[str, int]
    """Queue -> tasks that may run at once."""
    enqueuers: Mapping[str, pulumi.Output[str]]
    """Name -> member that creates tasks in all of them: whoever commits a step enqueues all that is due."""
    readers: Mapping[str, pulumi.Output[str]]
    """Name -> member that looks whether a task is there, and whether the queue answers."""


class Queues(pulumi.ComponentResource):
    """The queues."""

    def __init__(self, name: str, args: QueuesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:queues:Queues", name, None, opts)
        for queue, dispatches in args.dispatches.items():
            made = self._queue(f"{name}-{queue}", queue, args.region, dispatches)
            grants = [("enqueuer", args.enqueuers), ("viewer", args.readers)]
            for role, members in grants:
                for who, member in members.items():
                    cloudtasks.QueueIamMember(
                        f"{name}-{queue}-{role}-{who}",
                        name=made.name,
                        location=args.region,
                        role=f"roles/cloudtasks.{role}",
                        member=member,
                        opts=pulumi.ResourceOptions(parent=self),
                    )
        self.register_outputs({})

    def _queue(self, name: str, queue: str, region: str, dispatches: int) -> cloudtasks.Queue:
        return cloudtasks.Queue(
            name,
            name=queue,
            location=region,
            rate_limits=cloudtasks.QueueRateLimitsArgs(
                max_dispatches_per_second=QUEUE_RETRIES.dispatches_per_second,
                max_concurrent_dispatches=dispatches,
            ),
            retry_config=cloudtasks.QueueRetryConfigArgs(
                max_attempts=QUEUE_RETRIES.max_attempts,
                max_retry_duration=f"{QUEUE_RETRIES.max_retry_seconds}s",
                min_backoff=f"{QUEUE_RETRIES.min_backoff_seconds}s",
                max_backoff=f"{QUEUE_RETRIES.max_backoff_seconds}s",
                max_doublings=QUEUE_RETRIES.max_doublings,
            ),
            stackdriver_logging_config=cloudtasks.QueueStackdriverLoggingConfigArgs(sampling_ratio=0.1),
            opts=pulumi.ResourceOptions(parent=self),
        )
