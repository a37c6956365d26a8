"""One Cloud Run service that runs a function's image, and who may call it.

It must not know what the function does, nor what the variables it is given mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import cloudrunv2

from infra.components.function_image import FunctionImage
from infra.components.secret import Secret
from infra.config import Gpu, Size, WeightsCache
from infra.services import PREFIX, Service

SERVER_VARIABLES = frozenset({"THREADS", "WORKERS"})
"""Read by the functions-framework; every other variable of a service is one of `shared.settings.Settings`."""

HEALTH_PATH = "/health"

MODELS_PATH = "/models"
"""Where the weights of models are mounted."""

WEIGHTS_CACHE_PATH = "/weights"
"""Where an instance has room for a copy of them, if it has."""

ACCELERATORS: Mapping[Gpu, str] = {Gpu.L4: "nvidia-l4", Gpu.RTX_PRO_6000: "nvidia-rtx-pro-6000"}
"""As Cloud Run calls them. Source: https://cloud.google.com/run/docs/configuring/services/gpu, 2026-11."""


@dataclass(frozen=True)
class FunctionArgs:
    """What runs, as whom, how large, and for whom."""

    service: Service
    image: FunctionImage
    size: Size
    region: str
    account: pulumi.Input[str]
    """Email of the service account that it runs as."""
    environment: Mapping[str, pulumi.Input[str]]
    """Its variables but for secrets and `SERVER_VARIABLES`."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    """Variable -> what it holds."""
    callers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Name -> member that may call it. All may call one without a queue: the load balancer does."""
    gpu: Gpu = Gpu.NONE
    """Of the deployment; only a service that wants one gets it."""
    models_bucket: pulumi.Input[str] | None = None
    """Bucket with the weights of models, for a service with a GPU."""
    weights_cache: WeightsCache | None = None
    """Room for a copy of them, likewise."""

    def __post_init__(self) -> None:
        if self.service.has_gpu and self.gpu is Gpu.NONE:
            raise ValueError(f"{self.service.name} needs a GPU, and the deployment has none")
        if taken := sorted(SERVER_VARIABLES.intersection(self.environment)):
            raise ValueError(f"{', '.join(taken)} of {self.service.name} cannot be set: the service's own")


class Function(pulumi.ComponentResource):
    """The service. It keeps nothing, and so may be deleted; a stack's data is protected elsewhere."""

    service_name: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:function:Function", name, None, opts)
        mine = pulumi.ResourceOptions(parent=self)
        service = cloudrunv2.Service(
            name,
            name=f"{PREFIX}-{args.service.name}",
            location=args.region,
            ingress=_ingress(args.service),
            invoker_iam_disabled=not args.service.has_queue,
            deletion_protection=False,
            build_config=args.image.build_config,
            # The least number is told here alone: a revision's own would keep old revisions warm.
            scaling=cloudrunv2.ServiceScalingArgs(
                min_instance_count=args.size.min_instances, max_instance_count=args.size.max_instances
            ),
            template=_template(args),
            traffics=[
                cloudrunv2.ServiceTrafficArgs(type="TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent=100)
            ],
            opts=mine,
        )
        for who, member in args.callers.items():
            cloudrunv2.ServiceIamMember(
                f"{name}-called-by-{who}",
                name=service.name,
                location=args.region,
                role="roles/run.invoker",
                member=member,
                opts=mine,
            )
        self.service_name, self.url = service.name, service.uri
        self.register_outputs({"url": self.url})


def _ingress(service: Service) -> str:
    """Cloud Tasks and Cloud Scheduler count as internal."""
    return "INGRESS_TRAFFIC_INTERNAL_ONLY" if service.has_queue else "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"


def _template(args: FunctionArgs) -> cloudrunv2.ServiceTemplateArgs:
    """Describe a revision: whatever is in here makes a new one when it changes."""
    service, volumes = args.service, dict(_volumes(args))
    return cloudrunv2.ServiceTemplateArgs(
        containers=[_container(args, volumes)],
        volumes=list(volumes.values()) or None,
        service_account=args.account,
        timeout=f"{service.timeout_seconds}s",
        max_instance_request_concurrency=service.concurrency,
        execution_environment="EXECUTION_ENVIRONMENT_GEN2",
        scaling=cloudrunv2.ServiceTemplateScalingArgs(max_instance_count=args.size.max_instances),
        node_selector=cloudrunv2.ServiceTemplateNodeSelectorArgs(accelerator=ACCELERATORS[args.gpu])
        if service.has_gpu
        else None,
        gpu_zonal_redundancy_disabled=True if service.has_gpu else None,  # else it costs a reserve of GPUs
    )


def _volumes(args: FunctionArgs) -> Iterator[tuple[str, cloudrunv2.ServiceTemplateVolumeArgs]]:
    """Yield what a service with a GPU has mounted, and where."""
    if args.service.has_gpu and args.models_bucket is not None:
        bucket = cloudrunv2.ServiceTemplateVolumeGcsArgs(bucket=args.models_bucket, read_only=True)
        yield MODELS_PATH, cloudrunv2.ServiceTemplateVolumeArgs(name="models", gcs=bucket)
    if args.service.has_gpu and args.weights_cache:
        room = cloudrunv2.ServiceTemplateVolumeEmptyDirArgs(
            medium=args.weights_cache.medium.upper(), size_limit=f"{args.weights_cache.gib}Gi"
        )
        yield WEIGHTS_CACHE_PATH, cloudrunv2.ServiceTemplateVolumeArgs(name="weights", empty_dir=room)


def _container(
    args: FunctionArgs, volumes: Mapping[str, cloudrunv2.ServiceTemplateVolumeArgs]
) -> cloudrunv2.ServiceTemplateContainerArgs:
    mounts = [
        cloudrunv2.ServiceTemplateContainerVolumeMountArgs(name=volume.name, mount_path=path)
        for path, volume in volumes.items()
    ]
    return cloudrunv2.ServiceTemplateContainerArgs(
        image=args.image.image,
        envs=list(_variables(args)),
        resources=_resources(args),
        startup_probe=_startup_probe(args.service),
        liveness_probe=_liveness_probe(args.service),
        volume_mounts=mounts or None,
    )


def _resources(args: FunctionArgs) -> cloudrunv2.ServiceTemplateContainerResourcesArgs:
    """Without a GPU only requests are paid for; with one Cloud Run asks for the whole life of an instance."""
    limits = {"cpu": str(args.size.cpu), "memory": f"{args.size.memory_gib}Gi"}
    return cloudrunv2.ServiceTemplateContainerResourcesArgs(
        limits=limits | ({"nvidia.com/gpu": "1"} if args.service.has_gpu else {}),
        cpu_idle=not args.service.has_gpu,
        startup_cpu_boost=True,
    )


def _variables(args: FunctionArgs) -> Iterator[cloudrunv2.ServiceTemplateContainerEnvArgs]:
    """Yield them in one order always, so that a revision is not made for the order alone."""
    values = {**args.environment, "WORKERS": "1", "THREADS": str(args.service.threads)}
    for name, value in sorted(values.items(), key=lambda item: item[0]):
        yield cloudrunv2.ServiceTemplateContainerEnvArgs(name=name, value=value)
    for name, secret in sorted(args.secrets.items(), key=lambda item: item[0]):
        reference = cloudrunv2.ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs(
            secret=secret.secret_id, version=secret.version
        )
        yield cloudrunv2.ServiceTemplateContainerEnvArgs(
            name=name,
            value_source=cloudrunv2.ServiceTemplateContainerEnvValueSourceArgs(secret_key_ref=reference),
        )


def _startup_probe(service: Service) -> cloudrunv2.ServiceTemplateContainerStartupProbeArgs:
    """Look often, since a request may be waiting, and for as long as Cloud Run permits: 240 s in all.

    With a GPU up to 1800 s are permitted, since weights are loaded; 600 s are taken.
    Source: https://cloud.google.com/run/docs/configuring/healthchecks, 2026-11. There each answer may take
    as long as the time to the next: its driver is asked, which may have to be woken.
    """
    period, failures = (10, 60) if service.has_gpu else (1, 240)
    return cloudrunv2.ServiceTemplateContainerStartupProbeArgs(
        http_get=cloudrunv2.ServiceTemplateContainerStartupProbeHttpGetArgs(path=HEALTH_PATH),
        period_seconds=period,
        timeout_seconds=period,
        failure_threshold=failures,
    )


def _liveness_probe(service: Service) -> cloudrunv2.ServiceTemplateContainerLivenessProbeArgs | None:
    """A probe needs a thread: where requests may hold them all, a busy instance would be taken for dead."""
    if service.threads <= service.concurrency:
        return None
    return cloudrunv2.ServiceTemplateContainerLivenessProbeArgs(
        http_get=cloudrunv2.ServiceTemplateContainerLivenessProbeHttpGetArgs(path=HEALTH_PATH),
        period_seconds=30,
        timeout_seconds=10,
        failure_threshold=3,
    )
