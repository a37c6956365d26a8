"""What the load balancer lets through and where it sends it, and what the buckets keep for how long."""

import math
import re
from datetime import UTC, datetime
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from functions.keyframes.cache import LASTS
from functions.submit.app import SECURITY_HEADERS
from functions.submit.creation import RETENTION
from functions.submit.downloads import SIGNED_URL_LASTS
from infra.config import Limits
from shared.api_keys import ENTROPY_BYTES, KEY
from shared.cdn import KEY_BYTES, Cdn
from shared.domain.naming import cached_drawing_path, objects_prefix
from tests.infra.program import Run
from tests.infra.recording import Recording, Resource
from tests.infra.recordings import Recordings

ARMOR = "gcp:compute/securityPolicy:SecurityPolicy"
BACKEND_BUCKET = "gcp:compute/backendBucket:BackendBucket"
BUCKET = "gcp:storage/bucket:Bucket"
BUCKET_GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
DATABASE = "gcp:firestore/database:Database"
DNS_PROOF = "gcp:certificatemanager/dnsAuthorization:DnsAuthorization"
ENTRY = "gcp:certificatemanager/certificateMapEntry:CertificateMapEntry"
FORWARDING = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
SIGNING_KEY = "gcp:compute/backendBucketSignedUrlKey:BackendBucketSignedUrlKey"
URL_MAP = "gcp:compute/uRLMap:URLMap"

LAST_PRIORITY = 2147483647
"""Of the rule that every policy must have."""

ORIGINS = ["https://example.com"]

Rule = dict[str, object]


@pytest.fixture(scope="module")
def otherwise(recordings: Recordings) -> Recording:
    """`pulumi up` of the stack prod with what is here set the other way."""
    told = {"enforceWaf": True, "domain": "clips.example.org", "corsOrigins": ORIGINS}
    return recordings.of(Run("prod", told=told))


def rules(recording: Recording) -> list[Rule]:
    """Return the rules of Cloud Armor in the order in which they are tried."""
    (armor,) = recording.of_type(ARMOR)
    found = cast("list[Rule]", armor.at("rules"))
    return sorted(found, key=lambda rule: cast("int", rule["priority"]))


def expression(rule: Rule) -> str:
    """Return the condition of a rule."""
    match = cast("dict[str, dict[str, str]]", rule["match"])
    return match.get("expr", {}).get("expression", "")


def named(recording: Recording, type_: str, name: str) -> Resource:
    """Return one resource by its physical name."""
    (found,) = [each for each in recording.of_type(type_) if each.at("name") == name]
    return found


def attacks(recording: Recording) -> list[Rule]:
    """Return the rules against known attacks."""
    return [rule for rule in rules(recording) if "evaluatePreconfiguredWaf" in expression(rule)]


def throttles(recording: Recording) -> list[Rule]:
    """Return the rules against floods."""
    return [rule for rule in rules(recording) if rule["action"] == "throttle"]


def options(rule: Rule) -> dict[str, object]:
    """Return what a throttle counts, by what, and up to how many."""
    return cast("dict[str, object]", rule["rateLimitOptions"])


def test_rules_against_attacks_come_before_any_that_lets_a_request_pass(prod: Recording) -> None:
    *others, last = rules(prod)
    assert others == [*attacks(prod), *throttles(prod)]
    assert {rule["action"] for rule in attacks(prod)} == {"deny(403)"}
    assert (last["action"], last["priority"]) == ("allow", LAST_PRIORITY)


def test_attacks_are_only_logged_unless_it_is_told_to_refuse_them(
    prod: Recording, otherwise: Recording
) -> None:
    assert {rule["preview"] for rule in attacks(prod)} == {True}
    assert {rule["preview"] for rule in attacks(otherwise)} == {False}


def test_nothing_that_a_person_writes_is_searched_for_attacks(prod: Recording) -> None:
    (armor,) = prod.of_type(ARMOR)
    for rule in attacks(prod):
        (rule_set,) = re.findall(r"evaluatePreconfiguredWaf\('([\w-]+)', ", expression(rule))
        anything = {"targetRuleSet": rule_set, "requestBodies": [{"operator": "EQUALS_ANY"}]}
        assert rule["preconfiguredWafConfig"] == {"exclusions": [anything]}
    assert armor.at("advancedOptionsConfig.logLevel") == "NORMAL", "VERBOSE logs what was matched"


def test_no_rule_against_attacks_refuses_a_method_of_ours(prod: Recording) -> None:
    assert not [rule for rule in attacks(prod) if "methodenforcement" in expression(rule)]


def test_each_kind_of_request_meets_one_throttle(prod: Recording) -> None:
    keyless, changes, reads = throttles(prod)
    assert expression(keyless).startswith("!(has(request.headers['authorization']) && ")
    assert expression(changes) == f"!{expression(reads)}"
    assert expression(reads) == "(request.method == 'GET' || request.method == 'HEAD')"
    assert [options(each)["enforceOnKey"] for each in throttles(prod)] == ["IP", "IP", "HTTP_HEADER"]
    assert options(reads)["enforceOnKeyName"] == "authorization"


def test_a_caller_over_the_limit_of_a_key_is_told_so_by_the_api_first(prod: Recording) -> None:
    *_, reads = throttles(prod)
    threshold = cast("dict[str, int]", options(reads)["rateLimitThreshold"])
    assert threshold["intervalSec"] == 60
    assert threshold["count"] > Limits().requests_per_minute


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_key_of_ours_is_taken_for_one(scheme: str, prod: Recording) -> None:
    (pattern,) = re.findall(r"matches\('(.+)'\)", expression(throttles(prod)[0]))
    key = ("ttv_" + "aZ0-_" * 20)[: len("ttv_") + math.ceil(ENTROPY_BYTES * 8 / 6)]
    assert KEY.fullmatch(key)
    assert re.search(pattern, f"{scheme} {key}")
    assert not re.search(pattern, f"{scheme} {key[:-1]}")
    assert not re.search(pattern, f"Basic {key}")
    assert not re.search(pattern, scheme)


def test_urls_that_we_sign_lead_to_the_bucket_and_nothing_else_does(prod: Recording) -> None:
    cdn = Cdn("https://video.example.com", "ttv-media", bytes(KEY_BYTES))
    path = objects_prefix("video_0") + "video.mp4"
    signed = urlsplit(cdn.signed_url(path, expires_at=datetime(2026, 11, 1, tzinfo=UTC)))
    routes = named(prod, URL_MAP, "ttv-edge")
    (rule,) = cast("list[Rule]", list(routes.each("pathMatchers.*.routeRules.*")))
    (match,) = cast("list[Rule]", rule["matchRules"])
    assert signed.path.startswith(str(match["prefixMatch"]))
    parameters = [{"name": name, "presentMatch": True} for name, _ in parse_qsl(signed.query)]
    assert match["queryParameterMatches"] == parameters
    assert str(rule["service"]).endswith("/ttv-media")
    rest = {*routes.each("defaultService"), *routes.each("pathMatchers.*.defaultService")}
    assert [str(service).rpartition("/")[2] for service in rest] == ["ttv-api"]


def test_google_is_asked_to_prove_that_unsigned_urls_lead_to_the_api(prod: Recording) -> None:
    tests = cast("list[Rule]", list(named(prod, URL_MAP, "ttv-edge").each("tests.*")))
    proven = {(str(test["path"]), str(test["service"]).rpartition("/")[2]) for test in tests}
    assert proven == {("/v1/videos", "ttv-api"), ("/jobs/video_0/video.mp4", "ttv-api")}


def test_only_who_reads_for_signed_urls_may_read_for_the_load_balancer(prod: Recording) -> None:
    google = [
        grant
        for grant in prod.of_type(BUCKET_GRANT)
        if str(grant.at("member")).startswith("serviceAccount:service-")
    ]
    (grant,) = google
    assert re.fullmatch(
        r"serviceAccount:service-\d+@cloud-cdn-fill\.iam\.gserviceaccount\.com", str(grant.at("member"))
    )
    assert grant.at("role") == "roles/storage.objectViewer"
    (key,) = prod.of_type(SIGNING_KEY)
    assert key.urn in grant.dependencies, "the account is there only after the first key"


def test_the_signing_key_is_a_secret_of_the_name_that_the_functions_are_told(prod: Recording) -> None:
    (key,) = prod.of_type(SIGNING_KEY)
    assert key.at("name") == "ttv-media"
    assert key.inputs["keyValue"] != key.at("keyValue"), "not marked as a secret"


def test_an_answer_is_kept_for_no_longer_than_its_url_lasts(prod: Recording) -> None:
    (media,) = prod.of_type(BACKEND_BUCKET)
    assert media.at("cdnPolicy.signedUrlCacheMaxAgeSec") == SIGNED_URL_LASTS.total_seconds()
    assert media.at("cdnPolicy.cacheMode") == "USE_ORIGIN_HEADERS"
    assert media.at("cdnPolicy.negativeCaching") is False


def test_without_the_cdn_everything_leads_to_the_api(dev: Recording) -> None:
    assert dev.of_type(BACKEND_BUCKET, SIGNING_KEY) == ()
    assert list(named(dev, URL_MAP, "ttv-edge").each("pathMatchers.*.routeRules.*")) == []


def test_browsers_are_told_to_come_by_https_only_whoever_answers(prod: Recording) -> None:
    (media,) = prod.of_type(BACKEND_BUCKET)
    hsts = f"Strict-Transport-Security: {SECURITY_HEADERS['Strict-Transport-Security']}"
    assert hsts in list(media.each("customResponseHeaders.*"))


def test_both_versions_of_ip_answer_at_both_ports(prod: Recording) -> None:
    listening = {
        (
            str(rule.at("ipAddress")).rpartition("/")[2],
            rule.at("portRange"),
            str(rule.at("target")).split("/")[-2],
        )
        for rule in prod.of_type(FORWARDING)
    }
    assert listening == {
        (address, port, proxy)
        for address in ("ttv-ipv4", "ttv-ipv6")
        for port, proxy in (("443", "targetHttpsProxies"), ("80", "targetHttpProxies"))
    }


def test_another_domain_gets_its_certificate_beside_the_old_one(
    prod: Recording, otherwise: Recording
) -> None:
    for type_ in (DNS_PROOF, ENTRY):
        ((old,), (new,)) = prod.of_type(type_), otherwise.of_type(type_)
        assert old.at("name") != new.at("name")


def test_media_outlive_their_jobs_and_no_more(prod: Recording) -> None:
    bucket = named(prod, BUCKET, "ttv-media-my-ttv-prod")
    ages = {
        tuple(cast("list[str]", condition.get("matchesPrefixes", []))): condition["age"]
        for condition in cast("list[Rule]", list(bucket.each("lifecycleRules.*.condition")))
    }
    assert ages["cache/",] == LASTS.days
    assert ages["jobs/",] == RETENTION.days + 2, "Firestore may take a day more to delete a job"


def test_the_prefixes_of_rules_are_those_of_objects() -> None:
    assert objects_prefix("video_1").startswith("jobs/")
    assert cached_drawing_path("somebody", "address").startswith("cache/")


def test_pages_of_permitted_origins_and_no_others_may_read_media(
    prod: Recording, otherwise: Recording
) -> None:
    assert list(named(otherwise, BUCKET, "ttv-media-my-ttv-prod").each("cors.*.origins")) == [ORIGINS]
    assert list(named(prod, BUCKET, "ttv-media-my-ttv-prod").each("cors.*")) == []


def test_what_holds_state_cannot_be_deleted_by_mistake(prod: Recording) -> None:
    (database,) = prod.of_type(DATABASE)
    assert database.at("deletionPolicy") == "ABANDON"
    assert database.at("pointInTimeRecoveryEnablement") == "POINT_IN_TIME_RECOVERY_ENABLED"
    assert named(prod, BUCKET, "ttv-media-my-ttv-prod").at("softDeletePolicy.retentionDurationSeconds")
