"""How the functions are served: who reaches them, for how long, and what they are told.

It knows `infra.services` and `shared.settings`, which the deployment must agree with.
"""

import json
from collections.abc import Iterator, Mapping

from pydantic import SecretStr, ValidationError

from infra.components.function import SERVER_VARIABLES
from infra.services import FINALIZE, KEYFRAMES, PREFIX, RENDER, RENDER_GPU, SUBMIT, Service
from shared.settings import Settings
from shared.task_queue import DISPATCH_DEADLINE_SECONDS
from tests.infra.cloud import PROJECT_NUMBER
from tests.infra.policies.policy import Policy, holds_secret, policy, wrong
from tests.infra.recording import Recording, Resource
from tests.infra.wire import Secret

SERVICE = "gcp:cloudrunv2/service:Service"
QUEUE = "gcp:cloudtasks/queue:Queue"
BUILD = "pulumi-python:dynamic/build:FunctionBuild"

KNOWN: Mapping[str, Service] = {
    f"{PREFIX}-{service.name}": service for service in (SUBMIT, KEYFRAMES, RENDER, RENDER_GPU, FINALIZE)
}

NOT_IN_THE_CLOUD = frozenset({"TTV_GOOGLE_STAND_IN", "TTV_TASKS_ENDPOINT", "GOOGLE_APPLICATION_CREDENTIALS"})
"""They lead to what stands in for Google, or to a key in a file."""


def _services(recording: Recording) -> Iterator[tuple[Resource, Service]]:
    for resource in recording.of_type(SERVICE):
        if (name := str(resource.at("name"))) in KNOWN:
            yield resource, KNOWN[name]


def variables(service: Resource) -> dict[str, object]:
    """Return what a service is told: variable -> value as recorded, or the reference to a secret."""
    told: dict[str, object] = {}
    for variable in service.each("template.containers.*.envs.*"):
        if isinstance(variable, dict):
            told[str(variable["name"])] = variable.get("value", variable.get("valueSource"))
    return told


def _is_reference(value: object) -> bool:
    return isinstance(value, dict)


@policy("The four functions are the product.")
def all_services_are_there(recording: Recording) -> Iterator[str]:
    there = {str(resource.at("name")) for resource in recording.of_type(SERVICE)}
    for name, service in KNOWN.items():
        if name not in there and service != RENDER_GPU:
            yield f"{name} is missing"
    for name in sorted(there - set(KNOWN)):
        yield f"{name} is none of infra.services"


@policy("Workers believe what they are sent: only Google's own queues and scheduler reach them.")
def workers_are_internal(recording: Recording) -> Iterator[str]:
    for resource, service in _services(recording):
        if not service.has_queue:
            continue
        if resource.at("ingress") != "INGRESS_TRAFFIC_INTERNAL_ONLY":
            yield wrong(resource, f"ingress is {resource.at('ingress')}")
        if resource.at("invokerIamDisabled") is True:
            yield wrong(resource, "does not ask who calls")
        if resource.at("defaultUriDisabled") is True:
            yield wrong(resource, "has no run.app URL, by which alone tasks are internal")


@policy("Around the load balancer there is no Cloud Armor.")
def submit_is_reached_by_the_load_balancer_only(recording: Recording) -> Iterator[str]:
    for resource, service in _services(recording):
        if service != SUBMIT:
            continue
        if resource.at("ingress") != "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER":
            yield wrong(resource, f"ingress is {resource.at('ingress')}")
        if resource.at("invokerIamDisabled") is not True:
            yield wrong(resource, "asks for Google's identities; its callers have our keys")


@policy("Cloud Run would end a task that Cloud Tasks still waits for.")
def workers_may_take_as_long_as_a_task(recording: Recording) -> Iterator[str]:
    for resource, service in _services(recording):
        seconds = _seconds(resource.at("template.timeout"))
        if service.has_queue and seconds < DISPATCH_DEADLINE_SECONDS:
            yield wrong(resource, f"ends a request after {seconds:g} s; a task may take longer")
        if seconds != service.timeout_seconds:
            yield wrong(resource, f"timeout is {seconds:g} s, infra.services says {service.timeout_seconds}")


@policy("A request without a thread waits in an instance, while another instance might be free.")
def every_request_has_a_thread(recording: Recording) -> Iterator[str]:
    for resource, service in _services(recording):
        concurrency = resource.at("template.maxInstanceRequestConcurrency")
        threads = str(variables(resource).get("THREADS"))
        if not isinstance(concurrency, int) or not threads.isdecimal() or int(threads) < concurrency:
            yield wrong(resource, f"{concurrency} requests at a time, {threads} threads")
        if concurrency != service.concurrency:
            yield wrong(resource, f"concurrency is {concurrency}, infra.services says {service.concurrency}")
        if variables(resource).get("WORKERS") != "1":
            yield wrong(resource, "WORKERS is not 1: limits are counted in one process")


@policy("More would be answered 429 by Cloud Run, which slows the whole queue; fewer leaves instances idle.")
def queues_give_as_much_as_instances_take(recording: Recording) -> Iterator[str]:
    takes: dict[str, int] = {}
    for resource, service in _services(recording):
        limits = (f"{level}maxInstanceCount" for level in ("template.scaling.", "scaling."))
        instances = next(filter(None, map(resource.at, limits)), None)
        if not isinstance(instances, int):
            yield wrong(resource, "has no limit of instances")
        elif service.has_queue:
            takes[service.name] = instances * service.concurrency
    gives = {str(queue.at("name")): queue for queue in recording.of_type(QUEUE)}
    for name in sorted(set(takes) ^ set(gives)):
        yield f"{name} has {'no queue' if name in takes else 'a queue and no service'}"
    for name in sorted(set(takes) & set(gives)):
        given = gives[name].at("rateLimits.maxConcurrentDispatches")
        if given != takes[name]:
            yield wrong(gives[name], f"gives {given} tasks at once, its service takes {takes[name]}")


@policy("Cloud Tasks gives a task up only when both limits are reached; with one it tries for ever.")
def queues_have_both_retry_limits(recording: Recording) -> Iterator[str]:
    for queue in recording.of_type(QUEUE):
        attempts = queue.at("retryConfig.maxAttempts")
        if not isinstance(attempts, int) or attempts < 1:
            yield wrong(queue, f"maxAttempts is {attempts}")
        if _seconds(queue.at("retryConfig.maxRetryDuration")) <= 0:
            yield wrong(queue, f"maxRetryDuration is {queue.at('retryConfig.maxRetryDuration')}")


@policy("A variable that nobody reads is a wish; one that leads to a stand-in is a fault.")
def variables_are_fields_of_settings(recording: Recording) -> Iterator[str]:
    fields = {name.upper(): field for name, field in Settings.model_fields.items()}
    required = {name for name, field in fields.items() if field.is_required()}
    for resource, _ in _services(recording):
        told = set(variables(resource))
        for name in sorted(told - set(fields) - SERVER_VARIABLES):
            yield wrong(resource, f"{name} is no field of Settings")
        for name in sorted(required - told):
            yield wrong(resource, f"{name} is missing")
        for name in sorted(told):
            if name in NOT_IN_THE_CLOUD or name.endswith("_EMULATOR_HOST"):
                yield wrong(resource, f"{name} is not for the cloud")


@policy("A function that does not accept its settings answers nothing.")
def functions_accept_what_they_are_told(recording: Recording) -> Iterator[str]:
    secret = {name.upper() for name in _secrets()}
    for resource, _ in _services(recording):
        told = {
            name: (_SOME_KEY if name in secret else "told") if _is_reference(value) else str(value)
            for name, value in variables(resource).items()
        }
        try:
            Settings.from_environment(told)
        except ValidationError as error:
            for told_so in error.errors(include_input=False, include_url=False):
                yield wrong(resource, f"{'.'.join(map(str, told_so['loc']))}: {told_so['msg']}")


@policy("Each function must find the others.")
def urls_are_those_of_the_services(recording: Recording) -> Iterator[str]:
    at = {str(resource.at("name")): resource.at("location") for resource, _ in _services(recording)}
    for resource, _ in _services(recording):
        told = variables(resource)
        for worker in (KEYFRAMES, RENDER, RENDER_GPU, FINALIZE):
            variable = f"TTV_{worker.name.upper().replace('-', '_')}_URL"
            name = f"{PREFIX}-{worker.name}"
            url = f"https://{name}-{PROJECT_NUMBER}.{at[name]}.run.app" if name in at else ""
            found = told.get(variable, "")
            if found != url:
                yield wrong(resource, f"{variable} is {found}, not {url}")


@policy("Whoever may look at a service sees its variables.")
def secrets_are_no_plain_variables(recording: Recording) -> Iterator[str]:
    secret = {name.upper() for name in _secrets()}
    for resource, _ in _services(recording):
        for name, value in variables(resource).items():
            if isinstance(value, Secret) or (name in secret and not _is_reference(value)):
                yield wrong(resource, f"{name} is written out")
    for build in recording.of_type(BUILD):
        if holds_secret(build.inputs.get("environment")):
            yield wrong(build, "a secret is among the variables of the build")


@policy("A GPU costs by the second, and Cloud Run takes it only with these beside it.")
def gpus_are_where_they_belong(recording: Recording) -> Iterator[str]:
    for resource, service in _services(recording):
        limits = resource.at("template.containers.0.resources.limits") or next(
            resource.each("template.containers.*.resources.limits"), {}
        )
        has_gpu = isinstance(limits, dict) and "nvidia.com/gpu" in limits
        if has_gpu != service.has_gpu:
            yield wrong(resource, "has a GPU" if has_gpu else "has no GPU")
        if has_gpu:
            if not resource.at("template.nodeSelector.accelerator"):
                yield wrong(resource, "names no kind of GPU")
            if resource.at("template.gpuZonalRedundancyDisabled") is not True:
                yield wrong(resource, "reserves a second GPU in another zone")
            if next(resource.each("template.containers.*.resources.cpuIdle"), None) is not False:
                yield wrong(resource, "throttles its CPU, which Cloud Run refuses with a GPU")


@policy("What Cloud Storage tells of another bucket says nothing of the weights that are loaded.")
def weights_are_verified_in_the_bucket_that_is_mounted(recording: Recording) -> Iterator[str]:
    for resource, _ in _services(recording):
        mounted = next(resource.each("template.volumes.*.gcs.bucket"), None)
        told = variables(resource).get("TTV_WEIGHTS_BUCKET")
        if told != mounted:
            yield wrong(resource, f"TTV_WEIGHTS_BUCKET is {told}, and {mounted} is mounted")


@policy("What is written beside a volume fills the instance's memory, until Cloud Run ends it.")
def weights_are_where_their_volumes_are_mounted(recording: Recording) -> Iterator[str]:
    for resource, _ in _services(recording):
        for variable, kind in (("TTV_WEIGHTS", "gcs"), ("TTV_WEIGHTS_CACHE", "emptyDir")):
            told = variables(resource).get(variable) or None
            mounted = _mounted(resource, kind)
            if told != mounted:
                yield wrong(resource, f"{variable} is {told}, and {kind} is mounted at {mounted}")


def _mounted(service: Resource, kind: str) -> object:
    """Return where the volume of a kind is mounted; None: nowhere."""
    volumes = service.each("template.volumes.*")
    names = {one["name"] for one in volumes if isinstance(one, dict) and kind in one}
    for mount in service.each("template.containers.*.volumeMounts.*"):
        if isinstance(mount, dict) and mount["name"] in names:
            return mount["mountPath"]
    return None


@policy("An image of other code than its neighbours' reads other documents.")
def images_and_archives_have_one_digest(recording: Recording) -> Iterator[str]:
    for build in recording.of_type(BUILD):
        archive, image = str(build.at("archive")), str(build.at("image"))
        digest = archive.rpartition("/")[2].removesuffix(".zip")
        if not digest or not image.endswith(f":{digest}"):
            yield wrong(build, f"builds {image} of {archive}")


def _secrets() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        if field.annotation is SecretStr:
            yield name


_SOME_KEY = "AAECAwQFBgcICQoLDA0ODw=="


def _seconds(duration: object) -> float:
    """`1800s` as a number; 0 where there is none."""
    text = str(duration or "0s")
    return float(text.removesuffix("s")) if text.endswith("s") else float(json.loads(text))


POLICIES: tuple[Policy, ...] = (
    all_services_are_there,
    workers_are_internal,
    submit_is_reached_by_the_load_balancer_only,
    workers_may_take_as_long_as_a_task,
    every_request_has_a_thread,
    queues_give_as_much_as_instances_take,
    queues_have_both_retry_limits,
    variables_are_fields_of_settings,
    functions_accept_what_they_are_told,
    urls_are_those_of_the_services,
    secrets_are_no_plain_variables,
    gpus_are_where_they_belong,
    weights_are_verified_in_the_bucket_that_is_mounted,
    weights_are_where_their_volumes_are_mounted,
    images_and_archives_have_one_digest,
)
