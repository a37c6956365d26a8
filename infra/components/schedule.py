"""Cloud Scheduler, which calls the sweep."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import cloudscheduler

from infra.services import PREFIX


@dataclass(frozen=True)
class ScheduleArgs:
    """What is called, and as whom."""

    region: str
    finalize_url: pulumi.Output[str]
    invoker_email: pulumi.Output[str]


class Schedule(pulumi.ComponentResource):
    """Calls the sweep every minute. One that fails is not repeated: the next is a minute away."""

    def __init__(self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:schedule:Schedule", name, None, opts)
        cloudscheduler.Job(
            f"{name}-sweep",
            name=f"{PREFIX}-sweep",
            description="Finds what got stuck or lost, and sees to it",
            region=args.region,
            schedule="* * * * *",
            time_zone="Etc/UTC",
            attempt_deadline="180s",
            http_target=cloudscheduler.JobHttpTargetArgs(
                uri=pulumi.Output.concat(args.finalize_url, "/sweep"),
                http_method="POST",
                oidc_token=cloudscheduler.JobHttpTargetOidcTokenArgs(
                    service_account_email=args.invoker_email, audience=args.finalize_url
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
