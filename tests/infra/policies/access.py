"""Who may do what: nobody is everybody, and every account may do just what its work needs.

It knows the types of grants, and none of the program's names.
"""

import re
from collections.abc import Iterator, Mapping

from tests.infra.policies.policy import Policy, policy, texts, wrong
from tests.infra.recording import Recording, Resource

BUCKET = "gcp:storage/bucket:Bucket"
SERVICE = "gcp:cloudrunv2/service:Service"
BUILD = "pulumi-python:dynamic/build:FunctionBuild"
INVOKER_GRANT = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember"
ACCOUNT = "gcp:serviceaccount/account:Account"

EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
BASIC = frozenset({"roles/owner", "roles/editor", "roles/viewer"})

DEFAULT_ACCOUNT = re.compile(
    r"\d+-compute@developer\.gserviceaccount\.com|@appspot\.gserviceaccount\.com|"
    r"@cloudservices\.gserviceaccount\.com|@cloudbuild\.gserviceaccount\.com"
)
"""Google makes them by itself, and some of them are editors of the whole project."""

PERMITTED: Mapping[str, frozenset[str]] = {
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember": frozenset(
        {"roles/artifactregistry.writer"}
    ),
    INVOKER_GRANT: frozenset({"roles/run.invoker"}),
    "gcp:cloudtasks/queueIamMember:QueueIamMember": frozenset(
        {"roles/cloudtasks.enqueuer", "roles/cloudtasks.viewer", "roles/cloudtasks.taskDeleter"}
    ),
    "gcp:projects/iAMMember:IAMMember": frozenset(
        {"roles/aiplatform.user", "roles/datastore.user", "roles/logging.logWriter"}
    ),
    "gcp:secretmanager/secretIamMember:SecretIamMember": frozenset({"roles/secretmanager.secretAccessor"}),
    "gcp:serviceaccount/iAMMember:IAMMember": frozenset(
        {"roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator"}
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": frozenset(
        {"roles/storage.objectUser", "roles/storage.objectViewer"}
    ),
}
"""Every role that is needed, by what it is granted on. A new one is thought about here first."""


def is_grant(resource: Resource) -> bool:
    """Say whether it grants a role."""
    return bool(re.search(r"iam(member|binding|policy):", resource.type, re.IGNORECASE))


def _grants(recording: Recording) -> Iterator[Resource]:
    return filter(is_grant, recording.custom)


@policy("Videos and what users gave are private: they are had by signed URLs only.")
def no_bucket_is_public(recording: Recording) -> Iterator[str]:
    for bucket in recording.of_type(BUCKET):
        if bucket.at("publicAccessPrevention") != "enforced":
            yield wrong(bucket, "publicAccessPrevention is not enforced")
        if bucket.at("uniformBucketLevelAccess") is not True:
            yield wrong(bucket, "uniformBucketLevelAccess is not on: single objects could be public")


@policy("The API checks keys itself; nothing else is for the public.")
def nothing_is_granted_to_everybody(recording: Recording) -> Iterator[str]:
    for resource in recording.custom:
        for everybody in sorted(EVERYBODY.intersection(texts(resource.inputs))):
            yield wrong(resource, f"names {everybody}")


@policy("The default accounts may do nearly everything.")
def no_default_service_account_is_used(recording: Recording) -> Iterator[str]:
    ours = {f"{account.at('accountId')}@" for account in recording.of_type(ACCOUNT)}
    for resource in recording.custom:
        if any(map(DEFAULT_ACCOUNT.search, texts(resource.inputs))):
            yield wrong(resource, "names a default service account")
    for service in recording.of_type(SERVICE):
        runs_as = str(service.at("template.serviceAccount") or "")
        if not any(map(runs_as.startswith, ours)):
            yield wrong(service, f"runs as {runs_as or 'the default'}, which is no account of ours")
    for build in recording.of_type(BUILD):
        builds_as = str(build.at("service_account")).rpartition("/")[2]
        if not any(map(builds_as.startswith, ours)):
            yield wrong(build, f"builds as {builds_as}, which is no account of ours")


@policy("No account owns the project, nor edits all that is in it.")
def no_basic_role_is_granted(recording: Recording) -> Iterator[str]:
    for resource in recording.custom:
        for role in sorted(BASIC.intersection(texts(resource.inputs))):
            yield wrong(resource, f"grants {role}")


@policy("Least privilege. Google refuses a misspelt role in the midst of a deployment, and a wide one never.")
def only_roles_that_are_needed_are_granted(recording: Recording) -> Iterator[str]:
    for grant in _grants(recording):
        if grant.at("role") not in PERMITTED.get(grant.type, frozenset()):
            yield wrong(grant, f"grants {grant.at('role')}")


@policy("A binding or a policy takes away whatever others have granted.")
def grants_only_add(recording: Recording) -> Iterator[str]:
    for grant in _grants(recording):
        if not grant.type.endswith("Member"):
            yield wrong(grant, "is not an ...IAMMember")


@policy("A person or a group in the program would keep access without anybody noticing.")
def grants_are_for_service_accounts(recording: Recording) -> Iterator[str]:
    for grant in _grants(recording):
        if not str(grant.at("member")).startswith("serviceAccount:"):
            yield wrong(grant, f"is for {grant.at('member')}")


@policy("The workers believe whoever calls them: only the queues and the scheduler do, as one account.")
def only_the_invoker_calls_services(recording: Recording) -> Iterator[str]:
    grants, services = recording.of_type(INVOKER_GRANT), recording.of_type(SERVICE)
    callers = {grant.at("member") for grant in grants}
    functions = {f"serviceAccount:{service.at('template.serviceAccount')}" for service in services}
    for grant in grants:
        if len(callers) > 1 or grant.at("member") in functions:
            yield wrong(grant, f"lets {grant.at('member')} call it")


@policy("A revision that cannot read its secret never becomes ready; a task would fail for want of a role.")
def services_wait_for_what_they_may_do(recording: Recording) -> Iterator[str]:
    for service in recording.of_type(SERVICE):
        member, before = f"serviceAccount:{service.at('template.serviceAccount')}", recording.before(service)
        for grant in _grants(recording):
            if grant.at("member") == member and grant.urn not in before:
                yield wrong(service, f"may be there before {grant.name}")


POLICIES: tuple[Policy, ...] = (
    no_bucket_is_public,
    nothing_is_granted_to_everybody,
    no_default_service_account_is_used,
    no_basic_role_is_granted,
    only_roles_that_are_needed_are_granted,
    grants_only_add,
    grants_are_for_service_accounts,
    only_the_invoker_calls_services,
    services_wait_for_what_they_may_do,
)
