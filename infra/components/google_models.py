"""Google's generative models: who may call them, on Vertex AI or, with a key, by the Gemini API."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import projects

from infra.components.secret import Secret, SecretArgs


@dataclass(frozen=True)
class GoogleModelsArgs:
    """Who, and how."""

    project: str
    callers: Mapping[str, pulumi.Output[str]]
    """Name -> member."""
    api_key: pulumi.Output[str] | None = None
    """Of the Gemini API; None: Vertex AI."""


class GoogleModels(pulumi.ComponentResource):
    """What it takes to call them."""

    key: Secret | None = None
    """Of the Gemini API."""

    def __init__(self, name: str, args: GoogleModelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:models:GoogleModels", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        if args.api_key is not None:
            self.key = Secret("google-api-key", SecretArgs(args.api_key, args.callers), mine)
        else:
            for who, member in args.callers.items():
                projects.IAMMember(
                    f"{name}-called-by-{who}",
                    project=args.project,
                    role="roles/aiplatform.user",
                    member=member,
                    opts=mine,
                )
        self.register_outputs({})
