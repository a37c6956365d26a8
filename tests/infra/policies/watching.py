"""What watches must lead somewhere: metrics to our log lines, alerts to people and to the runbook.

It knows the types of Cloud Monitoring; what the code logs is read by `tests.infra.events`.
"""

import re
from collections.abc import Iterator

from infra.archives import REPOSITORY
from tests.infra.events import is_field, is_told
from tests.infra.policies.policy import Policy, policy, texts, wrong
from tests.infra.recording import Recording

METRIC = "gcp:logging/metric:Metric"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
WATCHING = (ALERT, "gcp:monitoring/slo:Slo", "gcp:monitoring/dashboard:Dashboard")

RUNBOOK = "docs/runbook.md"
MESSAGE = re.compile(r'jsonPayload\.message\s*=\s*"([^"]*)"')
FIELD = re.compile(r"jsonPayload\.(?!message\b)(\w+)")
LINK = re.compile(rf"{re.escape(RUNBOOK)}#([a-z0-9_-]+)")
USED = re.compile(r"logging(?:_googleapis_com:user_|\.googleapis\.com/user/)(ttv[_/][a-z0-9_]+)")
OF_DISTRIBUTION = re.compile(r"_(?:count|sum|bucket)$")


def anchors(markdown: str) -> frozenset[str]:
    """Return what headings can be linked by, as GitHub makes them: lower case, no punctuation, hyphens."""
    headings = re.findall(r"^#{1,6}\s+(.+?)\s*$", markdown, re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


@policy("A metric of a line that nobody logs is 0 for ever, and its alert never fires.")
def metrics_count_lines_that_are_logged(recording: Recording) -> Iterator[str]:
    for metric in recording.of_type(METRIC):
        events = MESSAGE.findall(str(metric.at("filter")))
        if not events:
            yield wrong(metric, f"its filter names no event: {metric.at('filter')}")
        for event in events:
            if not is_told(event):
                yield wrong(metric, f"no line of the code logs {event}")


@policy("A field that no line has is an empty label, or a value that is never there.")
def metrics_read_fields_that_lines_have(recording: Recording) -> Iterator[str]:
    for metric in recording.of_type(METRIC):
        filtered = {**metric.inputs, "description": None}
        for field in sorted({field for text in texts(filtered) for field in FIELD.findall(text)}):
            if not is_field(field):
                yield wrong(metric, f"reads jsonPayload.{field}, which nothing in the code is called")


@policy("A chart or an alert of a metric that is not there is empty, and says so to nobody.")
def what_is_watched_is_measured(recording: Recording) -> Iterator[str]:
    measured = {str(metric.at("name")).replace("/", "_") for metric in recording.of_type(METRIC)}
    for resource in recording.of_type(*WATCHING):
        used = {name for text in texts(resource.inputs) for name in USED.findall(text)}
        for name in sorted(name.replace("/", "_") for name in used):
            if name not in measured and OF_DISTRIBUTION.sub("", name) not in measured:
                yield wrong(resource, f"uses {name}, which nothing measures")


@policy("An alert that reaches nobody is none.")
def alerts_reach_somebody(recording: Recording) -> Iterator[str]:
    for alert in recording.of_type(ALERT):
        if not alert.at("notificationChannels"):
            yield wrong(alert, "has no notification channel")
    if not recording.of_type(CHANNEL):
        yield "there is no notification channel"
    if not recording.of_type(ALERT):
        yield "there is no alert"


@policy("Whoever is woken at night finds what to do.")
def alerts_lead_to_a_section_of_the_runbook(recording: Recording) -> Iterator[str]:
    there = anchors((REPOSITORY / RUNBOOK).read_text("utf-8"))
    for alert in recording.of_type(ALERT):
        links = [link for text in texts(alert.inputs.get("documentation")) for link in LINK.findall(text)]
        if not links:
            yield wrong(alert, f"has no link to {RUNBOOK}")
        for link in sorted(set(links) - there):
            yield wrong(alert, f"{RUNBOOK} has no section #{link}")


POLICIES: tuple[Policy, ...] = (
    metrics_count_lines_that_are_logged,
    metrics_read_fields_that_lines_have,
    what_is_watched_is_measured,
    alerts_reach_somebody,
    alerts_lead_to_a_section_of_the_runbook,
)
