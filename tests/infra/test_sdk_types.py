"""The check by the SDK's own types finds what mypy and the SDK let pass, and permits what is right."""

from collections.abc import Mapping

import pytest

from tests.infra.recording import Resource
from tests.infra.sdk_types import problems
from tests.infra.wire import Asset, Secret, Unknown

SERVICE = "gcp:cloudrunv2/service:Service"
PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
OBJECT = "gcp:storage/bucketObject:BucketObject"
PROVIDER = "pulumi:providers:gcp"


def found(type_: str, inputs: Mapping[str, object]) -> list[str]:
    resource = Resource(type_, "one", f"urn:pulumi:s::p::{type_}::one", "", True, inputs)
    return list(problems(resource))


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [
        (PROXY, {"urlMap": "u", "quicOverride": "ENABLE", "sslCertificates": ["c"]}),
        (PROXY, {"urlMap": Unknown(), "quicOverride": Secret("ENABLE")}),
        (SERVICE, {"location": "l", "template": {"containers": [{"image": Unknown()}]}}),
        (SERVICE, {"location": "l", "template": {}, "labels": {"a": "b"}}),
        (OBJECT, {"bucket": "b", "source": Asset("archive.zip", "")}),
        (PROVIDER, {"project": "p", "userProjectOverride": "true", "defaultLabels": '{"a": "b"}'}),
        ("ttv:edge:Edge", {}),
    ],
)
def test_what_is_right_passes(type_: str, inputs: Mapping[str, object]) -> None:
    resource = Resource(type_, "one", "urn", "", not type_.startswith("ttv:"), inputs)

    assert list(problems(resource)) == []


@pytest.mark.parametrize(
    ("type_", "inputs", "problem"),
    [
        (PROXY, {"urlMap": "u", "tlsEarlyDat": "DISABLED"}, "tlsEarlyDat: unknown to TargetHttpsProxyArgs"),
        (PROXY, {}, "urlMap: required by TargetHttpsProxyArgs"),
        (PROXY, {"urlMap": 3}, "urlMap: 3 is no str"),
        (
            PROXY,
            {"urlMap": "u", "quicOverride": "ENABLED"},
            "quicOverride: 'ENABLED' is none of the documented NONE, ENABLE, DISABLE",
        ),
        (
            SERVICE,
            {"location": "l", "template": {"containers": [{"imag": "i"}]}},
            "template.containers[0].image: required by ServiceTemplateContainerArgs",
        ),
        (
            SERVICE,
            {"location": "l", "template": {"maxInstanceRequestConcurrency": True}},
            "template.maxInstanceRequestConcurrency: True is no int",
        ),
        (
            SERVICE,
            {"location": "l", "template": {"maxInstanceRequestConcurrency": 1.5}},
            "template.maxInstanceRequestConcurrency: 1.5 is no int",
        ),
        (SERVICE, {"location": "l", "template": {}, "labels": {"a": 1}}, "labels['a']: 1 is no str"),
        (OBJECT, {"bucket": "b", "source": "archive.zip"}, "source: 'archive.zip' is no Asset or Archive"),
        (
            "gcp:compute/securityPolicy:SecurityPolicy",
            {"type": "CLOUD_ARMOUR"},
            "type: 'CLOUD_ARMOUR' is none of the documented "
            "CLOUD_ARMOR, CLOUD_ARMOR_EDGE, CLOUD_ARMOR_INTERNAL_SERVICE",
        ),
        (
            "gcp:cloudtasks/queue:Queue",
            {"location": "l", "deletionPolicy": "KEEP"},
            "deletionPolicy: 'KEEP' is none of the documented PREVENT, ABANDON, DELETE",
        ),
        (PROVIDER, {"projct": "p"}, "projct: unknown to ProviderArgs"),
        (PROVIDER, {"userProjectOverride": '"yes"'}, "userProjectOverride: 'yes' is no bool"),
    ],
)
def test_what_is_wrong_is_found_with_its_path(type_: str, inputs: Mapping[str, object], problem: str) -> None:
    assert problem in found(type_, inputs)


def test_a_type_that_the_sdk_does_not_have_is_an_error() -> None:
    with pytest.raises((LookupError, AttributeError)):
        found("gcp:storage/bucket:Bukket", {})
