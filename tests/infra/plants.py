"""A violation of each policy, to be planted into a recorded program.

It knows the policies and how the program is recorded.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tests.infra.policies import Policy, access, edge, keeping, naming, serving, watching
from tests.infra.recording import STACK, Recording, Resource
from tests.infra.wire import Secret

Plant = Callable[[Recording], Recording]

GPU = "nvidia.com/gpu"
GRANT_ON_PROJECT = "gcp:projects/iAMMember:IAMMember"


def of(type_: str, name: str = "") -> Callable[[Resource], bool]:
    """Choose resources of a type, and of a physical name if one is given."""
    return lambda resource: resource.type == type_ and name in ("", resource.at("name"))


def told(type_: str, path: str, value: object, name: str = "") -> Plant:
    """Give the first resource of a type another input."""
    return lambda recording: recording.altered(of(type_, name), lambda resource: resource.told(path, value))


def without(type_: str, name: str = "") -> Plant:
    """Take the first resource of a type away."""
    return lambda recording: recording.altered(of(type_, name), lambda _: None)


def more(type_: str, **others: str) -> Plant:
    """Make the first resource of a type twice, the second time with other properties of its own."""

    def planted(recording: Recording) -> Recording:
        first = next(filter(of(type_), recording.resources))
        second = replace(first, urn=f"{first.urn}-again", **others)  # type: ignore[arg-type]  # texts all
        return replace(recording, resources=(*recording.resources, second))

    return planted


def variable(service: str, name: str, value: object) -> Plant:
    """Tell a service another variable, in the place of the one of that name if there is one."""
    variables = "template.containers.0.envs"
    new = {"name": name, "value": value}

    def changed(resource: Resource) -> Resource:
        others = [
            one for one in resource.each(f"{variables}.*") if isinstance(one, dict) and one["name"] != name
        ]
        return resource.told(variables, [*others, new])

    return lambda recording: recording.altered(of(serving.SERVICE, service), changed)


def _unprotected(type_: str) -> Plant:
    return lambda recording: recording.altered(of(type_), lambda resource: replace(resource, protect=False))


def _below_the_stack(recording: Recording) -> Recording:
    [stack] = recording.of_type(STACK)
    return recording.altered(of(serving.QUEUE), lambda queue: replace(queue, parent=stack.urn))


def _waiting_for_nothing(recording: Recording) -> Recording:
    return recording.altered(
        of(serving.SERVICE), lambda service: replace(service, parent="", dependencies=frozenset())
    )


def _dashboard_of_nothing(recording: Recording) -> Recording:
    query = "sum(logging_googleapis_com:user_ttv_happiness)"
    return told(watching.WATCHING[2], "dashboardJson", f'{{"query": "{query}"}}')(recording)


PLANTS: Mapping[Policy, tuple[Plant, ...]] = {
    access.no_bucket_is_public: (
        told(access.BUCKET, "publicAccessPrevention", "inherited"),
        told(access.BUCKET, "uniformBucketLevelAccess", None),
    ),
    access.nothing_is_granted_to_everybody: (told(access.INVOKER_GRANT, "member", "allUsers"),),
    access.no_default_service_account_is_used: (
        told(access.SERVICE, "template.serviceAccount", None),
        told(access.SERVICE, "template.serviceAccount", "123-compute@developer.gserviceaccount.com"),
        told(access.BUILD, "service_account", "projects/p/serviceAccounts/1@cloudbuild.gserviceaccount.com"),
    ),
    access.no_basic_role_is_granted: (told(GRANT_ON_PROJECT, "role", "roles/editor"),),
    access.only_roles_that_are_needed_are_granted: (
        told(GRANT_ON_PROJECT, "role", "roles/datastore.usr"),
        told(GRANT_ON_PROJECT, "role", "roles/storage.admin"),
    ),
    access.grants_only_add: (more(GRANT_ON_PROJECT, type="gcp:projects/iAMBinding:IAMBinding"),),
    access.grants_are_for_service_accounts: (told(GRANT_ON_PROJECT, "member", "user:me@example.com"),),
    access.only_the_invoker_calls_services: (
        told(access.INVOKER_GRANT, "member", "serviceAccount:another@example.iam.gserviceaccount.com"),
    ),
    access.services_wait_for_what_they_may_do: (_waiting_for_nothing,),
    serving.all_services_are_there: (
        without(serving.SERVICE, "ttv-finalize"),
        told(serving.SERVICE, "name", "ttv-rendr", "ttv-render"),
    ),
    serving.workers_are_internal: (
        told(serving.SERVICE, "ingress", "INGRESS_TRAFFIC_ALL", "ttv-render"),
        told(serving.SERVICE, "invokerIamDisabled", True, "ttv-finalize"),
        told(serving.SERVICE, "defaultUriDisabled", True, "ttv-keyframes"),
    ),
    serving.submit_is_reached_by_the_load_balancer_only: (
        told(serving.SERVICE, "ingress", "INGRESS_TRAFFIC_ALL", "ttv-submit"),
        told(serving.SERVICE, "invokerIamDisabled", None, "ttv-submit"),
    ),
    serving.workers_may_take_as_long_as_a_task: (
        told(serving.SERVICE, "template.timeout", "600s", "ttv-render"),
        told(serving.SERVICE, "template.timeout", None, "ttv-submit"),
    ),
    serving.every_request_has_a_thread: (
        told(serving.SERVICE, "template.maxInstanceRequestConcurrency", 80),
        told(serving.SERVICE, "template.containers.0.envs", []),
    ),
    serving.queues_give_as_much_as_instances_take: (
        told(serving.QUEUE, "rateLimits.maxConcurrentDispatches", 1),
        told(serving.QUEUE, "name", "rendr", "render"),
        told(serving.SERVICE, "template.scaling.maxInstanceCount", 1000, "ttv-render"),
    ),
    serving.queues_have_both_retry_limits: (
        told(serving.QUEUE, "retryConfig.maxAttempts", -1),
        told(serving.QUEUE, "retryConfig.maxRetryDuration", None),
    ),
    serving.variables_are_fields_of_settings: (
        variable("ttv-submit", "TTV_BUKET", "b"),
        variable("ttv-submit", "FIRESTORE_EMULATOR_HOST", "127.0.0.1:1"),
        variable("ttv-submit", "TTV_GOOGLE_STAND_IN", "http://127.0.0.1:1"),
        told(serving.SERVICE, "template.containers.0.envs", []),
    ),
    serving.functions_accept_what_they_are_told: (
        variable("ttv-submit", "TTV_VIDEO_BACKENDS", "camera"),
        variable("ttv-render", "TTV_LEASE_SECONDS", "soon"),
    ),
    serving.urls_are_those_of_the_services: (
        variable("ttv-submit", "TTV_RENDER_URL", "https://example.com"),
    ),
    serving.secrets_are_no_plain_variables: (
        variable("ttv-submit", "TTV_GOOGLE_API_KEY", "key"),
        variable("ttv-submit", "TTV_LOG_LEVEL", Secret("key")),
        told(serving.BUILD, "environment", {"KEY": Secret("key")}),
    ),
    serving.gpus_are_where_they_belong: (
        told(serving.SERVICE, "template.containers.0.resources.cpuIdle", True, "ttv-render-gpu"),
        told(serving.SERVICE, "template.gpuZonalRedundancyDisabled", None, "ttv-render-gpu"),
        told(serving.SERVICE, "template.nodeSelector", None, "ttv-render-gpu"),
        told(
            serving.SERVICE, "template.containers.0.resources.limits", {"nvidia.com/gpu": "1"}, "ttv-render"
        ),
    ),
    serving.weights_are_verified_in_the_bucket_that_is_mounted: (
        variable("ttv-render-gpu", "TTV_WEIGHTS_BUCKET", "another"),
        told(serving.SERVICE, "template.volumes", [], "ttv-render-gpu"),
    ),
    serving.weights_are_where_their_volumes_are_mounted: (
        variable("ttv-render-gpu", "TTV_WEIGHTS_CACHE", "/tmp/models"),  # noqa: S108 - a name only
        told(serving.SERVICE, "template.containers.0.volumeMounts", [], "ttv-render-gpu"),
    ),
    serving.images_and_archives_have_one_digest: (told(serving.BUILD, "image", "registry/render:latest"),),
    edge.quic_is_enabled: (told(edge.HTTPS_PROXY, "quicOverride", None),),
    edge.early_data_are_off: (told(edge.HTTPS_PROXY, "tlsEarlyData", "PERMISSIVE"),),
    edge.tls_is_modern: (
        told(edge.TLS, "profile", "COMPATIBLE"),
        told(edge.HTTPS_PROXY, "sslPolicy", None),
    ),
    edge.serverless_backends_have_no_timeout: (told(edge.BACKEND_SERVICE, "timeoutSec", 30),),
    edge.backends_are_behind_cloud_armor: (
        told(edge.BACKEND_SERVICE, "securityPolicy", None),
        told(edge.ARMOR, "rules", []),
    ),
    edge.plain_http_only_redirects: (
        told(edge.URL_MAP, "defaultUrlRedirect.stripQuery", True, "ttv-to-https"),
    ),
    edge.the_edge_is_there_for_both_kinds_of_address: (
        without(edge.HTTPS_PROXY),
        told(edge.ADDRESS, "ipVersion", "IPV6", "ttv-ipv4"),
    ),
    edge.routes_are_tested_by_google: (told(edge.URL_MAP, "tests", [], "ttv-edge"),),
    keeping.the_database_outlives_mistakes: (
        told(keeping.DATABASE, "deletionPolicy", "DELETE"),
        told(keeping.DATABASE, "deleteProtectionState", None),
        told(keeping.DATABASE, "pointInTimeRecoveryEnablement", "POINT_IN_TIME_RECOVERY_DISABLED"),
        _unprotected(keeping.DATABASE),
    ),
    keeping.the_database_is_backed_up: (told(keeping.DATABASE, "name", "another"),),
    keeping.media_outlive_mistakes: (
        told(keeping.BUCKET, "forceDestroy", True),
        lambda recording: recording.altered(
            lambda resource: resource.type == keeping.BUCKET and keeping.MEDIA in resource.urn,
            lambda bucket: replace(bucket, protect=False),
        ),
    ),
    keeping.what_holds_data_is_there: (without(keeping.DATABASE),),
    watching.metrics_count_lines_that_are_logged: (
        told(watching.METRIC, "filter", 'jsonPayload.message="job.acepted"'),
        told(watching.METRIC, "filter", "severity=ERROR"),
    ),
    watching.metrics_read_fields_that_lines_have: (
        told(watching.METRIC, "labelExtractors", {"model": "EXTRACT(jsonPayload.modell)"}),
    ),
    watching.what_is_watched_is_measured: (without(watching.METRIC), _dashboard_of_nothing),
    watching.alerts_reach_somebody: (told(watching.ALERT, "notificationChannels", []),),
    watching.alerts_lead_to_a_section_of_the_runbook: (
        told(watching.ALERT, "documentation", None),
        told(watching.ALERT, "documentation", {"content": "see docs/runbook.md#nowhere"}),
    ),
    naming.everything_has_our_prefix: (told(naming.SERVICE, "name", "submit"),),
    naming.everything_is_given_its_name: (told(edge.HTTPS_PROXY, "name", None),),
    naming.no_name_is_made_by_chance: (
        told(edge.HTTPS_PROXY, "name", "ttv-https-3fa94b1c"),
        told(edge.HTTPS_PROXY, "name", "ttv-https-20261123"),
        more(serving.QUEUE, name="render-1763870000"),
    ),
    naming.everything_belongs_to_a_component: (_below_the_stack,),
    naming.components_have_types_of_their_own: (more("ttv:edge:Edge", type="custom:Edge"),),
    naming.nothing_is_made_by_the_default_provider: (more(serving.QUEUE, provider=""),),
    naming.no_two_things_have_one_name: (more(serving.QUEUE, name="again"),),
}
