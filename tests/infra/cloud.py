"""What Google Cloud would answer: the outputs of what is made, and of what is looked up.

It is plausible, not true: enough that a program that reads them goes on as it would.
"""

from collections.abc import Mapping

from tests.infra.wire import Json

PROJECT_NUMBER = "1234567890"

_NAMED_BY: Mapping[str, str] = {
    "gcp:artifactregistry/repository:Repository": "repositoryId",
    "gcp:secretmanager/secret:Secret": "secretId",
    "gcp:serviceaccount/account:Account": "accountId",
    "gcp:projects/service:Service": "service",
    "gcp:monitoring/customService:CustomService": "serviceId",
    "gcp:monitoring/slo:Slo": "sloId",
}
"""The input that names it, where that is not `name`."""

_ID_IS_NAME = frozenset(
    {"gcp:storage/bucket:Bucket", "gcp:logging/metric:Metric", "gcp:storage/bucketObject:BucketObject"}
)

_NAME_IS_PATH = frozenset(
    {
        "gcp:monitoring/alertPolicy:AlertPolicy",
        "gcp:monitoring/customService:CustomService",
        "gcp:monitoring/notificationChannel:NotificationChannel",
        "gcp:monitoring/slo:Slo",
        "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
        "gcp:secretmanager/secret:Secret",
        "gcp:secretmanager/secretVersion:SecretVersion",
        "gcp:serviceaccount/account:Account",
    }
)
"""Their `name` is an output and looks as their id does."""


def answer(token: str, arguments: Mapping[str, object], project: str) -> Mapping[str, str]:
    """Look something up.

    Raises:
        LookupError: nothing is known of it; add it here.
    """
    match token:
        case "gcp:organizations/getProject:getProject":
            asked = str(arguments.get("projectId") or project)
            return {"id": f"projects/{asked}", "projectId": asked, "number": PROJECT_NUMBER, "name": asked}
        case "gcp:organizations/getClientConfig:getClientConfig":
            return {"id": project, "project": project}
    raise LookupError(f"{token} is looked up, and tests/infra/cloud.py has no answer")


def made(type_: str, name: str, inputs: Mapping[str, object], project: str) -> Mapping[str, Json]:
    """Return the outputs of what was made, among them its `id`.

    Args:
        type_: such as `gcp:storage/bucket:Bucket`.
        name: Pulumi's logical name.
        inputs: revealed.
        project: where it is made, unless its inputs say otherwise.
    """
    own = str(inputs.get(_NAMED_BY.get(type_, "name")) or name)
    kind = type_.rpartition(":")[2]
    kinds = kind[:1].lower() + kind[1:] + "s"
    place = inputs.get("location") or inputs.get("region")
    where = f"projects/{project}" + (f"/locations/{place}" if place else "")
    path = f"{where}/{_KINDS.get(type_, kinds)}/{own}"
    common = {"id": own if type_ in _ID_IS_NAME else path, "project": project}
    common["name"] = path if type_ in _NAME_IS_PATH else own
    common["selfLink"] = f"https://www.googleapis.com/compute/v1/{path}"
    return {**common, **_special(type_, own, path, project, inputs)}


_KINDS: Mapping[str, str] = {
    "gcp:artifactregistry/repository:Repository": "repositories",
    "gcp:compute/securityPolicy:SecurityPolicy": "securityPolicies",
    "gcp:compute/sSLPolicy:SSLPolicy": "sslPolicies",
    "gcp:compute/targetHttpsProxy:TargetHttpsProxy": "targetHttpsProxies",
    "gcp:compute/targetHttpProxy:TargetHttpProxy": "targetHttpProxies",
    "gcp:compute/uRLMap:URLMap": "urlMaps",
    "gcp:compute/globalAddress:GlobalAddress": "addresses",
}


def _special(
    type_: str, own: str, path: str, project: str, inputs: Mapping[str, object]
) -> Mapping[str, Json]:
    match type_:
        case "gcp:serviceaccount/account:Account":
            email = f"{own}@{project}.iam.gserviceaccount.com"
            account = f"projects/{project}/serviceAccounts/{email}"
            unique = "100000000000000000001"
            return {
                "email": email,
                "id": account,
                "name": account,
                "member": f"serviceAccount:{email}",
                "uniqueId": unique,
            }
        case "gcp:cloudrunv2/service:Service":
            return {"uri": f"https://{own}-{PROJECT_NUMBER}.{inputs.get('location')}.run.app"}
        case "gcp:compute/globalAddress:GlobalAddress":
            is_six = inputs.get("ipVersion") == "IPV6"
            return {"address": "2001:db8::1" if is_six else "203.0.113.1"}
        case "gcp:storage/bucket:Bucket":
            return {"url": f"gs://{own}"}
        case "gcp:firestore/database:Database":
            database = f"projects/{project}/databases/{own}"
            return {"id": database}
        case "gcp:projects/serviceIdentity:ServiceIdentity":
            service = str(inputs.get("service")).removesuffix(".googleapis.com")
            email = f"service-{PROJECT_NUMBER}@gcp-sa-{service}.iam.gserviceaccount.com"
            return {"email": email, "member": f"serviceAccount:{email}"}
        case "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig":
            return {"uptimeCheckId": own}
        case "gcp:secretmanager/secretVersion:SecretVersion":
            return {"version": "1"}
        case "gcp:certificatemanager/dnsAuthorization:DnsAuthorization":
            record = {"name": f"_acme-challenge.{inputs['domain']}.", "type": "CNAME", "data": "1.example."}
            return {"dnsResourceRecords": [record]}
        case "pulumi-python:dynamic/build:FunctionBuild":
            build = f"projects/{project}/locations/{inputs['region']}/builds/1"
            pinned = str(inputs["image"]).rpartition(":")[0] + "@sha256:" + "0" * 64
            return {"build": build, "log_url": "https://console.example/builds/1", "pinned_image": pinned}
        case "random:index/randomBytes:RandomBytes":
            return {"base64": "AAECAwQFBgcICQoLDA0ODw==", "hex": "000102030405060708090a0b0c0d0e0f"}
    return {}
