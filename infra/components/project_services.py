"""The Google services that a project must have enabled before anything can be made in it."""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import projects

ENABLED = (
    "aiplatform",
    "artifactregistry",
    "billingbudgets",
    "certificatemanager",
    "cloudbuild",
    "cloudresourcemanager",
    "cloudscheduler",
    "cloudtasks",
    "compute",
    "firestore",
    "iam",
    "iamcredentials",
    "logging",
    "monitoring",
    "run",
    "secretmanager",
    "storage",
)
"""First parts of their names, before `.googleapis.com`."""


@dataclass(frozen=True)
class ProjectServicesArgs:
    """In which project."""

    project: str


class ProjectServices(pulumi.ComponentResource):
    """Enables them. They stay enabled when the stack is destroyed: something else may use them too."""

    def __init__(
        self, name: str, args: ProjectServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ttv:project:ProjectServices", name, None, opts)
        for service in ENABLED:
            projects.Service(
                f"{name}-{service}",
                project=args.project,
                service=f"{service}.googleapis.com",
                disable_on_destroy=False,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
