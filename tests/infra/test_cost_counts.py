"""What the costs count of a deployment is what the program makes."""

from infra.cost.scenario import SECONDS_PER_DAY
from infra.cost.tables import workload
from tests.infra.recording import Recording

ALERT_POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
BACKUP = "gcp:firestore/backupSchedule:BackupSchedule"
BUCKET = "gcp:storage/bucket:Bucket"
FORWARDING_RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
METRIC = "gcp:logging/metric:Metric"
SCHEDULE = "gcp:cloudscheduler/job:Job"
SECURITY_POLICY = "gcp:compute/securityPolicy:SecurityPolicy"
UPTIME_CHECK = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"

RULES_IN_ONE_PRICE = 5
"""Forwarding rules. Source: https://cloud.google.com/load-balancing/pricing, 2026-11."""


def counted(prod: Recording, kind: str, path: str) -> int:
    """Return how many inputs at a path all resources of a type have together."""
    return sum(1 for resource in prod.of_type(kind) for _ in resource.each(path))


def test_rules_of_the_edge_are_counted(prod: Recording) -> None:
    assert workload().edge.armor_rules.value == counted(prod, SECURITY_POLICY, "rules.*")
    assert len(prod.of_type(SECURITY_POLICY)) == 1
    assert 0 < len(prod.of_type(FORWARDING_RULE)) <= RULES_IN_ONE_PRICE


def test_alerts_and_checks_are_counted(prod: Recording) -> None:
    logs = workload().logging
    assert logs.alert_conditions.value == counted(prod, ALERT_POLICY, "conditions.*")
    assert logs.uptime_regions.value == counted(prod, UPTIME_CHECK, "selectedRegions.*")
    distributions = counted(prod, METRIC, "valueExtractor")
    assert logs.distributions.value >= distributions > 0
    assert logs.counters.value >= len(prod.of_type(METRIC)) - distributions > 0


def test_what_is_kept_is_counted(prod: Recording) -> None:
    schedules = prod.of_type(BACKUP)
    every = {True: SECONDS_PER_DAY, False: 7 * SECONDS_PER_DAY}
    kept = sum(
        int(str(each.at("retention")).rstrip("s")) / every[each.at("dailyRecurrence") is not None]
        for each in schedules
    )
    assert workload().firestore.backups_kept.value == kept
    deleted = {
        float(str(seconds)) / SECONDS_PER_DAY
        for bucket in prod.of_type(BUCKET)
        if "media" in bucket.name
        for seconds in bucket.each("softDeletePolicy.retentionDurationSeconds")
    }
    assert deleted == {workload().storage.soft_deleted_days.value}


def test_schedules_are_counted(prod: Recording) -> None:
    assert workload().deployment.schedules.value == len(prod.of_type(SCHEDULE))
