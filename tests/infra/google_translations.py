"""How the inputs of Pulumi's resources become what Google's APIs take: renamed, moved and left out, as data.

It judges nothing; `google_schemas.py` does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from tests.infra.google_schemas import Fault, faults
from tests.infra.wire import Unknown, revealed


@dataclass(frozen=True)
class Translation:
    """Of one type of resource. Paths are of inputs, with dots, and leave out the numbers of lists."""

    api: str
    schema: str
    own: frozenset[str] = frozenset()
    """Inputs that are the provider's, or part of the request's URL."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Input -> its field in the object that it lies in; with dots where that is nested deeper."""
    listed: frozenset[str] = frozenset()
    """Inputs of which there may be one, and fields of which there may be several; by the field's path."""
    keyed: Mapping[str, str] = field(default_factory=dict)
    """Inputs that are lists, and fields that are maps -> by what of their items."""


def _compute(schema: str, *own: str, **renamed: str) -> Translation:
    return Translation("compute.v1", schema, frozenset(own), renamed)


_PLACED = frozenset({"location", "project", "region"})
"""In the URL, wherever the API's schema does not have them."""

_ARMOR = "rules.preconfiguredWafConfig.exclusions"

TRANSLATIONS: Mapping[str, Translation] = {
    "gcp:artifactregistry/repository:Repository": Translation(
        "artifactregistry.v1",
        "Repository",
        own=frozenset({"repositoryId"}),
        keyed={"cleanupPolicies": "id"},
    ),
    "gcp:billing/budget:Budget": Translation(
        "billingbudgets.v1",
        "GoogleCloudBillingBudgetsV1Budget",
        own=frozenset({"billingAccount"}),
        renamed={"allUpdatesRule": "notificationsRule"},
    ),
    "gcp:certificatemanager/certificate:Certificate": Translation("certificatemanager.v1", "Certificate"),
    "gcp:certificatemanager/certificateMap:CertificateMap": Translation(
        "certificatemanager.v1", "CertificateMap"
    ),
    "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry": Translation(
        "certificatemanager.v1", "CertificateMapEntry", own=frozenset({"map"})
    ),
    "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": Translation(
        "certificatemanager.v1", "DnsAuthorization"
    ),
    "gcp:cloudrunv2/service:Service": Translation(
        "run.v2",
        "GoogleCloudRunV2Service",
        own=frozenset({"deletionProtection"}),
        renamed={"template.containers.envs": "env", "traffics": "traffic"},
        listed=frozenset({"template.containers.ports"}),
    ),
    "gcp:cloudscheduler/job:Job": Translation("cloudscheduler.v1", "Job"),
    "gcp:cloudtasks/queue:Queue": Translation("cloudtasks.v2", "Queue"),
    "gcp:compute/backendBucket:BackendBucket": _compute("BackendBucket"),
    "gcp:compute/backendBucketSignedUrlKey:BackendBucketSignedUrlKey": _compute(
        "SignedUrlKey", "backendBucket", name="keyName"
    ),
    "gcp:compute/backendService:BackendService": _compute("BackendService"),
    "gcp:compute/globalAddress:GlobalAddress": _compute("Address"),
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": _compute(
        "ForwardingRule", ipAddress="IPAddress", ipProtocol="IPProtocol"
    ),
    "gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup": _compute("NetworkEndpointGroup"),
    "gcp:compute/securityPolicy:SecurityPolicy": Translation(
        "compute.v1",
        "SecurityPolicy",
        renamed={
            f"{_ARMOR}.requestBodies": "requestBodiesToExclude",
            f"{_ARMOR}.requestBodies.operator": "op",
            f"{_ARMOR}.requestBodies.value": "val",
        },
    ),
    "gcp:compute/sSLPolicy:SSLPolicy": _compute("SslPolicy"),
    "gcp:compute/targetHttpProxy:TargetHttpProxy": _compute("TargetHttpProxy"),
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": _compute("TargetHttpsProxy"),
    "gcp:compute/uRLMap:URLMap": _compute("UrlMap"),
    "gcp:firestore/backupSchedule:BackupSchedule": Translation(
        "firestore.v1", "GoogleFirestoreAdminV1BackupSchedule", own=frozenset({"database"})
    ),
    "gcp:firestore/database:Database": Translation(
        "firestore.v1", "GoogleFirestoreAdminV1Database", own=frozenset({"deletionPolicy"})
    ),
    "gcp:firestore/field:Field": Translation(
        "firestore.v1",
        "GoogleFirestoreAdminV1Field",
        own=frozenset({"collection", "database"}),
        renamed={
            "field": "name",
            "indexConfig.indexes.order": "fields.order",
            "indexConfig.indexes.arrayConfig": "fields.arrayConfig",
        },
        listed=frozenset({"indexConfig.indexes.fields"}),
    ),
    "gcp:firestore/index:Index": Translation(
        "firestore.v1", "GoogleFirestoreAdminV1Index", own=frozenset({"collection", "database"})
    ),
    "gcp:logging/metric:Metric": Translation("logging.v2", "LogMetric"),
    "gcp:monitoring/alertPolicy:AlertPolicy": Translation("monitoring.v3", "AlertPolicy"),
    "gcp:monitoring/customService:CustomService": Translation(
        "monitoring.v3", "Service", own=frozenset({"serviceId"})
    ),
    "gcp:monitoring/dashboard:Dashboard": Translation("monitoring.v1", "Dashboard"),
    "gcp:monitoring/notificationChannel:NotificationChannel": Translation(
        "monitoring.v3", "NotificationChannel"
    ),
    "gcp:monitoring/slo:Slo": Translation(
        "monitoring.v3",
        "ServiceLevelObjective",
        own=frozenset({"service", "sloId", "rollingPeriodDays"}),
        renamed={
            "basicSli": "serviceLevelIndicator.basicSli",
            "requestBasedSli": "serviceLevelIndicator.requestBased",
            "windowsBasedSli": "serviceLevelIndicator.windowsBased",
        },
    ),
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": Translation("monitoring.v3", "UptimeCheckConfig"),
    "gcp:secretmanager/secret:Secret": Translation(
        "secretmanager.v1", "Secret", own=frozenset({"secretId"}), renamed={"replication.auto": "automatic"}
    ),
    "gcp:serviceaccount/account:Account": Translation(
        "iam.v1", "ServiceAccount", own=frozenset({"accountId"})
    ),
    "gcp:storage/bucket:Bucket": Translation(
        "storage.v1",
        "Bucket",
        own=frozenset({"forceDestroy"}),
        renamed={
            "cors.methods": "method",
            "cors.origins": "origin",
            "cors.responseHeaders": "responseHeader",
            "lifecycleRules": "lifecycle.rule",
            "lifecycleRules.condition.matchesPrefixes": "matchesPrefix",
            "lifecycleRules.condition.matchesSuffixes": "matchesSuffix",
            "publicAccessPrevention": "iamConfiguration.publicAccessPrevention",
            "uniformBucketLevelAccess": "iamConfiguration.uniformBucketLevelAccess.enabled",
        },
    ),
}

WITHOUT_SCHEMA: Mapping[str, str] = {
    "gcp:projects/service:Service": "a name in a URL, and no body",
    "gcp:secretmanager/secretVersion:SecretVersion": "its one field is the secret",
    "gcp:storage/bucketObject:BucketObject": "an upload",
}
"""Types of resources -> why there is nothing to check. Grants are none: `...IAMMember` and `...IamMember`."""


def check(type_: str, inputs: Mapping[str, object]) -> list[Fault]:
    """Return all that Google's API would not take of a recorded resource.

    Args:
        type_: such as `gcp:compute/uRLMap:URLMap`.
        inputs: as recorded; secrets are looked into.

    Raises:
        LookupError: it is not known how to translate this type; add it above.
    """
    if type_ not in TRANSLATIONS:
        raise LookupError(f"there is no translation of {type_}")
    translation = TRANSLATIONS[type_]
    return faults(translation.api, translation.schema, translated(type_, inputs))


def translated(type_: str, inputs: Mapping[str, object]) -> Mapping[str, object]:
    """Return what a resource's inputs are in the words of its API."""
    plain = cast("Mapping[str, object]", revealed(inputs))
    if type_ == "gcp:monitoring/dashboard:Dashboard":
        document = plain["dashboardJson"]
        return {} if isinstance(document, Unknown) else json.loads(str(document))
    translation = TRANSLATIONS[type_]
    left_out = translation.own | _PLACED
    mine = {
        name: value for name, value in plain.items() if name not in left_out or _is_kept(name, translation)
    }
    return cast("Mapping[str, object]", _translated(mine, "", translation))


def _is_kept(name: str, translation: Translation) -> bool:
    """Tell whether a place is a field of this API, and not part of a URL."""
    return name == "location" and translation.schema == "Bucket"


def _translated(value: object, path: str, by: Translation) -> object:
    """Translate what lies at a path of the inputs."""
    match value:
        case list() if path in by.keyed:
            items = cast("list[Mapping[str, object]]", [_translated(item, path, by) for item in value])
            return {str(item[by.keyed[path]]): item for item in items}
        case list():
            return [_translated(item, path, by) for item in value]
        case Mapping():
            fields: dict[str, object] = {}
            for name, inside in value.items():
                here = f"{path}.{name}".removeprefix(".")
                steps = by.renamed[here].split(".") if here in by.renamed else [name]
                _put(fields, steps, _translated(inside, here, by))
            return {name: _listed(inside, f"{path}.{name}", by) for name, inside in fields.items()}
    return value


def _listed(value: object, path: str, by: Translation) -> object:
    is_one = path.removeprefix(".") in by.listed and not isinstance(value, list)
    return [value] if is_one else value


def _put(fields: dict[str, object], steps: Sequence[str], value: object) -> None:
    """Set a field that may be nested."""
    first, *rest = steps
    if not rest:
        fields[first] = value
        return
    nested = cast("dict[str, object]", fields.setdefault(first, {}))
    _put(nested, rest, value)
