"""What a deployment tells its functions: the variables of `shared.settings.Settings`, one service at a time.

It knows no resource but by the values that these will have.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.components.function import MODELS_PATH, WEIGHTS_CACHE_PATH
from infra.config import Deployment
from infra.services import FINALIZE, KEYFRAMES, PREFIX, RENDER, RENDER_GPU, SUBMIT, Service

CDN_KEY_NAME = f"{PREFIX}-media"
"""Of the key that signs the URLs of Cloud CDN."""


@dataclass(frozen=True)
class Found:
    """What only the cloud can tell."""

    project_number: pulumi.Output[str]
    bucket: pulumi.Output[str]
    invoker_email: pulumi.Output[str]
    models_bucket: pulumi.Output[str] | None
    """Of weights; None: the deployment has no GPU."""


def url_of(
    service: Service, deployment: Deployment, project_number: pulumi.Output[str]
) -> pulumi.Output[str]:
    """Return where a service answers; known before the service is there, so that all can know each other.

    Source: https://cloud.google.com/run/docs/triggering/https-request#deterministic
    """
    return pulumi.Output.concat(
        f"https://{PREFIX}-{service.name}-", project_number, f".{deployment.region}.run.app"
    )


def environment_of(service: Service, deployment: Deployment, found: Found) -> Mapping[str, pulumi.Input[str]]:
    """Return the variables of one service but its secrets."""

    def url(of: Service) -> pulumi.Output[str]:
        return url_of(of, deployment, found.project_number)

    told: dict[str, pulumi.Input[str]] = {
        **deployment.settings,
        "TTV_BUCKET": found.bucket,
        "TTV_INVOKER_SERVICE_ACCOUNT": found.invoker_email,
        "TTV_KEYFRAMES_URL": url(KEYFRAMES),
        "TTV_RENDER_URL": url(RENDER),
        "TTV_FINALIZE_URL": url(FINALIZE),
    }
    if RENDER_GPU in deployment.services:
        told["TTV_RENDER_GPU_URL"] = url(RENDER_GPU)
    if service.has_gpu:
        told |= {"TTV_WEIGHTS": MODELS_PATH, "TTV_WEIGHTS_BUCKET": found.models_bucket or ""}
        told["TTV_WEIGHTS_CACHE"] = WEIGHTS_CACHE_PATH if deployment.weights_cache else ""
    if deployment.cdn and service == SUBMIT:
        told |= {"TTV_CDN_URL": f"https://{deployment.domain}", "TTV_CDN_KEY_NAME": CDN_KEY_NAME}
    return told


def as_file(environment: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
    """Return variables as lines `NAME=value`: what `ttv --environment FILE` reads."""
    return pulumi.Output.all(**environment).apply(
        lambda told: "".join(f"{name}={told[name]}\n" for name in sorted(told))
    )
