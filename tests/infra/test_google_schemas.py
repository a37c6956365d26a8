"""Every recorded resource is what Google's own schemas say that its API takes, and what is not is found."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.infra.google_schemas import IN_PROSE, faults, schema_of
from tests.infra.google_translations import TRANSLATIONS, WITHOUT_SCHEMA, check, translated
from tests.infra.program import Run
from tests.infra.recording import Recording, Resource
from tests.infra.recordings import Recordings
from tests.infra.runs import PREVIEWS, UPS
from tests.infra.wire import Unknown

RUNS = (*UPS, *PREVIEWS)
GRANTS = ("IAMMember", "IamMember")


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_google_would_take_every_resource(run: Run, recordings: Recordings) -> None:
    found = [
        f"{resource}: {fault}"
        for resource in checked(recordings.of(run))
        for fault in check(resource.type, resource.inputs)
    ]
    assert found == []


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_every_type_of_google_is_checked_or_says_why_not(run: Run, recordings: Recordings) -> None:
    types = {each.type for each in recordings.of(run).custom if each.type.startswith("gcp:")}
    rest = {type_ for type_ in types if not type_.endswith(GRANTS)}
    assert rest - TRANSLATIONS.keys() - WITHOUT_SCHEMA.keys() == set()


def test_no_type_is_checked_that_is_not_there(prod: Recording) -> None:
    assert TRANSLATIONS.keys() - {resource.type for resource in prod.resources} == set()


def test_a_misspelt_input_is_found_in_every_type(prod: Recording) -> None:
    unnoticed = {
        resource.type
        for resource in checked(prod)
        if resource.type != DASHBOARD and not check(resource.type, {**resource.inputs, "misspelt": True})
    }
    assert unnoticed == set()


DASHBOARD = "gcp:monitoring/dashboard:Dashboard"


class Planted(NamedTuple):
    """One input that is wrong."""

    type: str
    path: tuple[str | int, ...]
    value: object
    found_at: str
    """The end of the path at which it is found."""


PLANTED = (
    Planted("gcp:compute/targetHttpsProxy:TargetHttpsProxy", ("quicOverride",), "ENABLED", ".quicOverride"),
    Planted("gcp:compute/targetHttpsProxy:TargetHttpsProxy", ("tlsEarlyDat",), "DISABLED", ".tlsEarlyDat"),
    Planted("gcp:compute/sSLPolicy:SSLPolicy", ("minTlsVersion",), "TLS_1.2", ".minTlsVersion"),
    Planted("gcp:compute/sSLPolicy:SSLPolicy", ("name",), "ttv_edge", ".name"),
    Planted("gcp:compute/backendService:BackendService", ("protocol",), "QUIC", ".protocol"),
    Planted(
        "gcp:compute/backendService:BackendService",
        ("loadBalancingScheme",),
        "EXTERN",
        ".loadBalancingScheme",
    ),
    Planted("gcp:compute/securityPolicy:SecurityPolicy", ("rules", 0, "action"), "deny(401)", ".action"),
    Planted("gcp:compute/securityPolicy:SecurityPolicy", ("rules", 0, "priority"), "first", ".priority"),
    Planted(
        "gcp:compute/securityPolicy:SecurityPolicy",
        ("rules", 8, "rateLimitOptions", "enforceOnKey"),
        "HEADER",
        ".enforceOnKey",
    ),
    Planted(
        "gcp:compute/securityPolicy:SecurityPolicy",
        ("rules", 0, "preconfiguredWafConfig", "exclusions", 0, "requestBodies", 0, "operator"),
        "ANY",
        ".requestBodiesToExclude[0].op",
    ),
    Planted("gcp:compute/uRLMap:URLMap", ("pathMatchers", 0, "routeRules", 0, "service"), 1, ".service"),
    Planted(
        "gcp:compute/backendBucket:BackendBucket", ("cdnPolicy", "cacheMode"), "CACHE_NOTHING", ".cacheMode"
    ),
    Planted("gcp:cloudrunv2/service:Service", ("ingress",), "INTERNAL", ".ingress"),
    Planted("gcp:cloudrunv2/service:Service", ("template", "timeout"), 60, ".timeout"),
    Planted("gcp:cloudrunv2/service:Service", ("template", "timeout"), "60", ".timeout"),
    Planted(
        "gcp:cloudrunv2/service:Service",
        ("template", "containers", 0, "envs", 0, "val"),
        "x",
        ".containers[0].env[0].val",
    ),
    Planted(
        "gcp:cloudrunv2/service:Service", ("template", "containers", 0, "env"), "x", ".containers[0].env"
    ),
    Planted("gcp:cloudtasks/queue:Queue", ("retryConfig", "maxAttempt"), 5, ".maxAttempt"),
    Planted("gcp:cloudtasks/queue:Queue", ("rateLimits", "maxConcurrentDispatches"), True, "Dispatches"),
    Planted("gcp:cloudscheduler/job:Job", ("httpTarget", "httpMethod"), "SEND", ".httpMethod"),
    Planted("gcp:firestore/database:Database", ("type",), "NATIVE", ".type"),
    Planted(
        "gcp:firestore/database:Database", ("deleteProtectionState",), "ENABLED", ".deleteProtectionState"
    ),
    Planted("gcp:firestore/index:Index", ("fields", 0, "order"), "ASC", ".order"),
    Planted("gcp:firestore/index:Index", ("queryScope",), "GROUP", ".queryScope"),
    Planted("gcp:firestore/backupSchedule:BackupSchedule", ("retention",), "7d", ".retention"),
    Planted(
        "gcp:firestore/field:Field",
        ("indexConfig",),
        {"indexes": [{"order": "UP", "queryScope": "COLLECTION"}]},
        ".fields[0].order",
    ),
    Planted("gcp:storage/bucket:Bucket", ("publicAccessPrevention",), "on", ".publicAccessPrevention"),
    Planted("gcp:storage/bucket:Bucket", ("uniformBucketLevelAccess",), "yes", ".enabled"),
    Planted("gcp:monitoring/alertPolicy:AlertPolicy", ("combiner",), "ANY", ".combiner"),
    Planted("gcp:monitoring/slo:Slo", ("goal",), "0.999", ".goal"),
    Planted(DASHBOARD, ("dashboardJson",), '{"mosaicLayout": {"tile": []}}', ".mosaicLayout.tile"),
    Planted("gcp:logging/metric:Metric", ("metricDescriptor", "valueType"), "HISTOGRAM", ".valueType"),
)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda each: f"{each.type.rpartition(':')[2]} {each.path}")
def test_a_planted_fault_is_found_where_it_is(planted: Planted, prod: Recording) -> None:
    resource = next(each for each in prod.of_type(planted.type) if _reaches(each.inputs, planted.path))
    (fault,) = check(resource.type, _with(resource.plain_inputs, planted.path, planted.value))
    assert fault.path.endswith(planted.found_at)


def test_what_is_not_known_before_something_is_made_is_no_fault() -> None:
    assert faults("compute.v1", "SslPolicy", {"profile": Unknown(), "name": "a"}) == []


def test_an_output_cannot_be_set() -> None:
    (fault,) = faults("run.v2", "GoogleCloudRunV2Service", {"uri": "https://example.com"})
    assert "output" in fault.problem


def test_numbers_of_64_bits_may_come_as_text_or_not() -> None:
    for seconds in (604800, "604800"):
        assert (
            faults("storage.v1", "Bucket", {"softDeletePolicy": {"retentionDurationSeconds": seconds}}) == []
        )


def test_a_schema_that_google_does_not_have_is_an_error() -> None:
    with pytest.raises(LookupError):
        faults("compute.v1", "LoadBalancer", {})
    with pytest.raises(LookupError, match=r"compute\.v9"):
        faults("compute.v9", "UrlMap", {})


def test_what_we_read_out_of_descriptions_is_of_schemas_that_exist() -> None:
    for owner, name in IN_PROSE:
        first, *steps = owner.split(".")
        schema = next(schema_of(api, first) for api in APIS if _has(api, first))
        for step in steps:
            schema = schema["properties"][step]
            schema = schema.get("items", schema)
        assert name in schema["properties"]
        assert "enum" not in schema["properties"][name], "the document itself says what it takes"


def test_what_lies_in_a_list_here_and_in_a_map_there_is_translated() -> None:
    policies = [{"id": "keep", "action": "KEEP"}, {"id": "old", "action": "DELETE"}]
    api = translated("gcp:artifactregistry/repository:Repository", {"cleanupPolicies": policies})
    assert api == {"cleanupPolicies": {"keep": policies[0], "old": policies[1]}}


APIS = tuple(dict.fromkeys(translation.api for translation in TRANSLATIONS.values()))


def _has(api: str, schema: str) -> bool:
    try:
        schema_of(api, schema)
    except LookupError:
        return False
    return True


def checked(recording: Recording) -> tuple[Resource, ...]:
    """Return the resources that have a schema."""
    return recording.of_type(*TRANSLATIONS)


def _reaches(value: object, path: tuple[str | int, ...]) -> bool:
    """Tell whether everything but the last step of a path is there."""
    for step in path[:-1]:
        match value, step:
            case Mapping(), str() if step in value:
                value = value[step]
            case list(), int() if step < len(value):
                value = value[step]
            case _:
                return False
    return True


def _with(value: object, path: tuple[str | int, ...], planted: object) -> dict[str, object]:
    """Return a copy with something else at a path."""
    copied = _copied(value, path, planted)
    assert isinstance(copied, dict)
    return copied


def _copied(value: object, path: tuple[str | int, ...], planted: object) -> object:
    if not path:
        return planted
    step, *rest = path
    match value:
        case list():
            return [
                _copied(item, tuple(rest), planted) if number == step else item
                for number, item in enumerate(value)
            ]
        case Mapping():
            return {**value, str(step): _copied(value.get(str(step)), tuple(rest), planted)}
    raise TypeError(f"there is no {step} in {value!r}")
