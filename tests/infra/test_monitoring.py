"""Monitoring and the budget: what Google's own types say of them, and whether they do what they are for."""

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from google.cloud.monitoring_dashboard_v1.types import Dashboard
from google.cloud.monitoring_v3.types import (
    AlertPolicy,
    NotificationChannel,
    ServiceLevelObjective,
    UptimeCheckConfig,
)
from google.protobuf import json_format

from infra.archives import REPOSITORY
from infra.config import Alerts
from infra.config import Budget as BudgetConfig
from infra.services import PREFIX
from shared.domain.capabilities import IMAGE_BACKENDS, VIDEO_BACKENDS
from shared.domain.circuit import MAX_OPEN, OPENS_AT
from tests.infra.program import Run
from tests.infra.recording import Recording, Resource
from tests.infra.recordings import Recordings

with warnings.catch_warnings():  # the SDK warns of a deprecated part of its own as soon as it is imported
    warnings.simplefilter("ignore", DeprecationWarning)
    from infra.components.budget import MAX_CHANNELS, Budget, BudgetArgs
    from infra.components.monitoring import alerts, metrics, slos, widgets
    from infra.components.monitoring.promql import (
        GOOGLES,
        QUEUE_DELAYS,
        QUEUE_DEPTH,
        RUN_REQUESTS,
        Part,
        happened,
        prometheus_name,
        quantile,
        series,
    )
    from infra.components.monitoring.runbook import PATH, Section

FOLDER = "tests/infra/programs/watched"
POLICY = "gcp:monitoring/alertPolicy:AlertPolicy"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
METRIC = "gcp:logging/metric:Metric"
SLO = "gcp:monitoring/slo:Slo"
UPTIME = "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
SELECTED = re.compile(r"([a-z_]+:\w+)\{([^}]*)\}")
OURS = Alerts(emails=("oncall@example.com",))


@pytest.fixture(scope="module")
def watched(recordings: Recordings) -> Recording:
    return recordings.of(Run("any", folder=FOLDER))


def parsed(message: type, content: dict[str, Any]) -> Any:  # noqa: ANN401  the class is an argument
    return json_format.ParseDict(content, cast("Any", message).pb()())


def policies(recording: Recording) -> dict[str, dict[str, Any]]:
    """Alert policies as the API takes them, by title."""
    made = [resource.plain_inputs for resource in recording.of_type(POLICY)]
    return {cast("str", inputs["displayName"]).removeprefix(f"{PREFIX}: "): inputs for inputs in made}


def board(recording: Recording) -> dict[str, Any]:
    (made,) = recording.of_type(DASHBOARD)
    return cast("dict[str, Any]", json.loads(cast("str", made.inputs["dashboardJson"])))


def tiles(recording: Recording) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", board(recording)["mosaicLayout"]["tiles"])


def titles(recording: Recording) -> list[str]:
    return [tile["widget"]["title"] for tile in tiles(recording)]


def queries(recording: Recording) -> Iterator[str]:
    """Every query of an alert or a chart."""
    for policy in policies(recording).values():
        for condition in policy["conditions"]:
            if judged := condition.get("conditionPrometheusQueryLanguage"):
                yield judged["query"]
    for tile in tiles(recording):
        for part in _nodes(tile["widget"]):
            if "prometheusQuery" in part:
                yield cast("str", part["prometheusQuery"])


def _nodes(node: object) -> Iterator[Mapping[str, object]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)


def slug(heading: str) -> str:
    """As GitHub makes an anchor of a heading."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def objective(slo: Resource) -> dict[str, Any]:
    """As the API takes it: the SDK has it flatter, and its period in days."""
    days = cast("int", slo.inputs["rollingPeriodDays"])
    return {
        "goal": slo.inputs["goal"],
        "displayName": slo.inputs["displayName"],
        "rollingPeriod": f"{days * 24 * 60 * 60}s",
        "serviceLevelIndicator": {
            "requestBased": slo.plain_inputs["requestBasedSli"],
        },
    }


def test_alert_policies_are_what_google_takes(watched: Recording) -> None:
    for policy in policies(watched).values():
        parsed(AlertPolicy, policy)


def test_the_dashboard_is_what_google_takes(watched: Recording) -> None:
    parsed(Dashboard, board(watched))


def test_google_answers_with_the_dashboard_as_it_was_told(watched: Recording) -> None:
    """Else each deployment would take it for changed: what has its default value comes back left out."""
    told = board(watched)
    assert json_format.MessageToDict(parsed(Dashboard, told)) == told


def test_a_misspelt_key_of_the_dashboard_is_found(watched: Recording) -> None:
    planted = board(watched)
    chart = next(
        tile["widget"]["xyChart"] for tile in planted["mosaicLayout"]["tiles"] if "xyChart" in tile["widget"]
    )
    chart["dataSet"] = chart.pop("dataSets")
    with pytest.raises(json_format.ParseError, match="dataSet"):
        parsed(Dashboard, planted)


def test_objectives_checks_and_channels_are_what_google_takes(watched: Recording) -> None:
    assert len(watched.of_type(SLO)) == 3
    for slo in watched.of_type(SLO):
        parsed(ServiceLevelObjective, objective(slo))
    for check in watched.of_type(UPTIME):
        parsed(UptimeCheckConfig, check.plain_inputs)
    for channel in watched.of_type(CHANNEL):
        parsed(NotificationChannel, channel.plain_inputs)


@pytest.mark.parametrize(
    ("metric_type", "name"),
    [
        ("logging.googleapis.com/user/ttv/accepted", "logging_googleapis_com:user_ttv_accepted"),
        ("kubernetes.io/container/cpu/limit_cores", "kubernetes_io:container_cpu_limit_cores"),
        ("cloudtasks.googleapis.com/queue/depth", "cloudtasks_googleapis_com:queue_depth"),
    ],
)
def test_metrics_are_called_in_promql_as_google_documents(metric_type: str, name: str) -> None:
    assert prometheus_name(metric_type) == name


def test_queries_name_only_metrics_there_are_and_the_resource_they_are_of(watched: Recording) -> None:
    made = {resource.inputs["name"] for resource in watched.of_type(METRIC)}
    assert made == {metric.name for metric in metrics.METRICS}
    known = {}
    for metric in (*GOOGLES, *(ours.metric for ours in metrics.METRICS)):
        for part in Part if metric.is_distribution else ("",):
            known[f"{prometheus_name(metric.type)}{part}"] = metric.resource
    found = [selected for query in queries(watched) for selected in SELECTED.findall(query)]
    assert len(found) > 50
    for name, matchers in found:
        assert f'monitored_resource="{known[name]}"' in matchers


def test_every_metric_is_looked_at_by_a_chart_an_alert_or_an_objective(watched: Recording) -> None:
    read = " ".join(queries(watched)) + " ".join(str(slo.inputs) for slo in watched.of_type(SLO))
    for metric in metrics.METRICS:
        assert metric.metric.type in read or prometheus_name(metric.metric.type) in read, metric.name


def test_a_label_that_a_metric_does_not_have_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no label colour; it has model, code, location"):
        happened(metrics.FAILED.metric, "1h", ("colour",))
    with pytest.raises(ValueError, match="has no label queue_id"):
        series(RUN_REQUESTS, {"queue_id": "render"})


def test_a_distribution_is_never_read_as_a_number_nor_a_number_as_one() -> None:
    with pytest.raises(ValueError, match="a distribution"):
        series(QUEUE_DELAYS)
    with pytest.raises(ValueError, match="no distribution"):
        quantile(0.95, QUEUE_DEPTH)


def test_every_label_and_value_of_a_metric_is_extracted(watched: Recording) -> None:
    for resource in watched.of_type(METRIC):
        inputs = cast("dict[str, Any]", resource.plain_inputs)
        described = inputs["metricDescriptor"]
        assert {label["key"] for label in described["labels"]} == set(inputs["labelExtractors"])
        is_distribution = described["valueType"] == "DISTRIBUTION"
        assert is_distribution == ("valueExtractor" in inputs) == ("bucketOptions" in inputs)
        assert re.match(
            r'resource\.type="cloud_run_revision" AND jsonPayload\.message="[a-z]+\.[a-z_]+"',
            inputs["filter"],
        )


def test_refunds_are_counted_without_their_sign(watched: Recording) -> None:
    (refunded,) = [each for each in watched.of_type(METRIC) if each.inputs["name"] == metrics.REFUNDED.name]
    extractor = re.fullmatch(
        r'REGEXP_EXTRACT\(jsonPayload\.usd, "(.+)"\)', str(refunded.inputs["valueExtractor"])
    )
    assert extractor
    assert [re.findall(extractor[1], usd) for usd in ("-0.4", "-1e-06")] == [["0.4"], ["1e-06"]]


def test_what_objectives_ask_for_is_a_boundary_of_a_bucket() -> None:
    (acceptance,) = [each for each in slos.OBJECTIVES if each.key == "acceptance"]
    cut = cast("Any", acceptance.sli.distribution_cut)
    assert cut.range.max in metrics.ACCEPTANCE_MILLISECONDS
    assert list(metrics.ACCEPTANCE_MILLISECONDS) == sorted(metrics.ACCEPTANCE_MILLISECONDS)


def test_an_alert_that_could_never_fire_is_refused() -> None:
    slow = OURS.model_copy(update={"acceptance_p99_seconds": 30})
    with pytest.raises(ValueError, match="acceptanceP99Seconds 30 is beyond what is measured: below 30"):
        alerts.alerts(slow, ("render",))


def test_every_alert_tells_somebody_how_urgent_it_is_and_what_to_do(watched: Recording) -> None:
    headings = re.findall(r"^#+ (.+)$", Path(REPOSITORY, PATH).read_text("utf-8"), re.MULTILINE)
    anchors = [slug(heading) for heading in headings]
    assert len(anchors) == len(set(anchors))
    told = set()
    for title, policy in policies(watched).items():
        assert len(policy["notificationChannels"]) == 2, title
        assert policy["severity"] in set(alerts.Severity)
        assert policy["alertStrategy"]["autoClose"] == f"{alerts.AUTO_CLOSE_SECONDS}s"
        linked = re.search(rf"`{PATH}#([a-z0-9-]+)`", policy["documentation"]["content"])
        assert linked, title
        assert linked[1] in anchors, title
        assert policy["documentation"]["links"][0]["url"].startswith(
            "https://console.cloud.google.com/monitoring"
        )
        told.add(linked[1])
    assert told == {section.link.partition("#")[2] for section in Section}


def test_alerts_do_not_wait_for_metrics_that_nothing_has_been_written_to(watched: Recording) -> None:
    judged = [
        condition["conditionPrometheusQueryLanguage"]
        for policy in policies(watched).values()
        for condition in policy["conditions"]
        if "conditionPrometheusQueryLanguage" in condition
    ]
    assert judged
    assert all(condition["disableMetricValidation"] for condition in judged)


def test_thresholds_are_the_stacks(watched: Recording) -> None:
    made = policies(watched)
    for section, end in {
        Section.SPENDING: "> 40",
        Section.WAITING: "> 600",
        Section.OUTAGE: f">= {OPENS_AT}",
        Section.NO_SWEEP: "or vector(0)) < 1",
    }.items():
        assert made[section]["conditions"][0]["conditionPrometheusQueryLanguage"]["query"].endswith(end)


def test_the_outage_alert_lasts_while_a_circuit_is_open(watched: Recording) -> None:
    query = policies(watched)[Section.OUTAGE]["conditions"][0]["conditionPrometheusQueryLanguage"]["query"]
    films = [backend.call_seconds for backend in VIDEO_BACKENDS.values()]
    draws = [backend.call_seconds for backend in IMAGE_BACKENDS.values()]
    longest_call = timedelta(seconds=max(*films, *draws))
    window = timedelta(minutes=int(re.findall(r"\[(\d+)m\]", query)[0]))
    assert window >= OPENS_AT * (MAX_OPEN + longest_call)


def test_a_sweep_without_a_census_is_told_as_well(watched: Recording) -> None:
    query = policies(watched)[Section.NO_SWEEP]["conditions"][0]["conditionPrometheusQueryLanguage"]["query"]
    either = [SELECTED.findall(half)[0][0] for half in query.split(" < 1 or ")]
    assert either == [
        "logging_googleapis_com:user_ttv_sweeps",
        "logging_googleapis_com:user_ttv_oldest_waiting_seconds_count",
    ]


def test_every_objective_has_a_fast_and_a_slow_alert_over_two_windows_each(watched: Recording) -> None:
    made = policies(watched)
    for each in slos.OBJECTIVES:
        for burn, severity in (("fast", "CRITICAL"), ("slow", "WARNING")):
            policy = made[f"{each.section}, {burn}"]
            assert (policy["combiner"], policy["severity"]) == ("AND", severity)
            filters = [condition["conditionThreshold"]["filter"] for condition in policy["conditions"]]
            assert len(filters) == 2
            for selected in filters:
                assert re.fullmatch(rf'select_slo_burn_rate\("\S*{PREFIX}-{each.key}", "\d+s"\)', selected), (
                    selected
                )


def test_what_callers_did_themselves_is_not_held_against_completion(watched: Recording) -> None:
    (completion,) = [slo for slo in watched.of_type(SLO) if slo.inputs["sloId"] == f"{PREFIX}-completion"]
    bad = completion.at("requestBasedSli.goodTotalRatio.badServiceFilter")
    assert 'code!="refused"' in str(bad)
    assert 'code!="cost_limit_reached"' in str(bad)


def test_the_public_url_is_asked_over_https_from_several_regions(watched: Recording) -> None:
    (check,) = watched.of_type(UPTIME)
    assert check.at("monitoredResource.labels.host") == "video.example.com"
    assert check.at("httpCheck.path") == "/ready"
    assert check.at("httpCheck.useSsl") is True
    assert check.at("httpCheck.validateSsl") is True
    assert len(cast("list[str]", check.inputs["selectedRegions"])) >= 3


def test_tiles_fill_the_dashboard_without_overlapping(watched: Recording) -> None:
    taken: set[tuple[int, int]] = set()
    for tile in tiles(watched):
        cells = {
            (tile.get("xPos", 0) + column, tile.get("yPos", 0) + line)
            for column in range(tile["width"])
            for line in range(tile["height"])
        }
        assert taken.isdisjoint(cells)
        taken |= cells
    assert len(taken) == widgets.COLUMNS * (1 + max(line for _column, line in taken))


def test_widgets_that_do_not_share_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="5 widgets do not share 48 columns"):
        widgets.Row(4, [widgets.Heading("one")] * 5)


def test_a_gpu_is_shown_only_where_there_is_one(watched: Recording, recordings: Recordings) -> None:
    without = recordings.of(Run("any", folder=FOLDER, told={"gpu": "none"}))
    assert [title for title in titles(watched) if "GPU" in title]
    assert [title for title in titles(without) if "GPU" in title] == []
    assert "render-gpu" not in " ".join(queries(without))


def test_the_dashboard_leads_to_every_section_of_the_runbook(watched: Recording) -> None:
    (links,) = [tile["widget"]["text"]["content"] for tile in tiles(watched) if "text" in tile["widget"]]
    assert all(section.link in links for section in Section)


def test_a_preview_knows_all_but_what_google_names(recordings: Recordings) -> None:
    preview = recordings.of(Run("any", folder=FOLDER, preview=True))
    assert titles(preview)
    assert len(preview.of_type(POLICY)) == len(Section) + 3


def test_the_budget_tells_at_half_nine_tenths_all_and_when_all_is_foreseen(watched: Recording) -> None:
    (budget,) = watched.of_type("gcp:billing/budget:Budget")
    rules = cast("list[dict[str, object]]", budget.inputs["thresholdRules"])
    assert [(rule["thresholdPercent"], rule["spendBasis"]) for rule in rules] == [
        (0.5, "CURRENT_SPEND"),
        (0.9, "CURRENT_SPEND"),
        (1, "CURRENT_SPEND"),
        (1, "FORECASTED_SPEND"),
    ]
    assert budget.at("amount.specifiedAmount.units") == "5000"
    assert budget.at("budgetFilter.projects") == ["projects/123456"]
    assert len(cast("list[str]", budget.at("allUpdatesRule.monitoringNotificationChannels"))) == 2


def test_there_is_no_budget_where_none_is_wanted(recordings: Recordings) -> None:
    without = recordings.of(Run("any", folder=FOLDER, told={"budget": None}))
    assert without.of_type("gcp:billing/budget:Budget") == ()


def test_more_channels_than_a_budget_may_have_are_refused() -> None:
    told = BudgetConfig.model_validate({"billingAccount": "000000-000000-000000", "usdPerMonth": 1})
    with pytest.raises(ValueError, match="6 channels are too many for a budget: 5 at most"):
        Budget("budget", BudgetArgs(told, "1", ["channel"] * (MAX_CHANNELS + 1)))
