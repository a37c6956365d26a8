"""The pieces a dashboard is built from, and how they lie on it. It knows no metric.

`Dashboard.json` is what the API of Cloud Monitoring takes. Source of the field names:
https://cloud.google.com/monitoring/api/ref_dashboard/rest/v1/projects.dashboards

What has its default value is not written: Google leaves it out when it answers, and the dashboard would be
taken for changed at each deployment. Source: https://github.com/hashicorp/terraform-provider-google/issues/16173
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

COLUMNS = 48
"""Of the mosaic, the most there may be."""

Json = Mapping[str, object]


class Plot(StrEnum):
    """How a chart draws its values."""

    LINE = "LINE"
    STACKED_AREA = "STACKED_AREA"
    STACKED_BAR = "STACKED_BAR"


class Widget(Protocol):
    """Something on the dashboard."""

    def json(self) -> Json:
        """Return it as the API takes it."""


@dataclass(frozen=True)
class Line:
    """What one query found; each time series is a line of its own."""

    query: str
    name: str = ""
    """In the legend; empty: the labels of each time series."""


@dataclass(frozen=True)
class Chart:
    """Values over time."""

    title: str
    lines: Sequence[Line]
    unit: str = ""
    """In UCUM, such as `ms`; empty: as the metric has it."""
    plot: Plot = Plot.LINE
    threshold: float | None = None
    """Drawn across, where an alert fires, in the unit of the values."""

    def json(self) -> Json:
        """Return an `XyChart`."""
        lines = [
            {
                "plotType": self.plot.value,
                "targetAxis": "Y1",
                "timeSeriesQuery": _query(line.query, self.unit),
                **({"legendTemplate": line.name} if line.name else {}),
            }
            for line in self.lines
        ]
        chart: dict[str, object] = {"dataSets": lines, "yAxis": {"scale": "LINEAR"}}
        if self.threshold is not None:
            chart["thresholds"] = [{"value": self.threshold, "targetAxis": "Y1"}]
        return {"title": self.title, "xyChart": chart}


@dataclass(frozen=True)
class Number:
    """The latest value, over a small chart."""

    title: str
    query: str
    unit: str = ""
    high: float | None = None
    """From here on it is red."""

    def json(self) -> Json:
        """Return a `Scorecard`."""
        card: dict[str, object] = {
            "timeSeriesQuery": _query(self.query, self.unit),
            "sparkChartView": {"sparkChartType": "SPARK_LINE"},
        }
        if self.high is not None:
            card["thresholds"] = [{"value": self.high, "color": "RED", "direction": "ABOVE"}]
        return {"title": self.title, "scorecard": card}


@dataclass(frozen=True)
class Words:
    """Text in Markdown."""

    title: str
    markdown: str

    def json(self) -> Json:
        """Return a `Text`."""
        return {"title": self.title, "text": {"content": self.markdown}}


@dataclass(frozen=True)
class Logs:
    """The latest log lines."""

    title: str
    filter: str
    project: str

    def json(self) -> Json:
        """Return a `LogsPanel`."""
        panel = {"filter": self.filter, "resourceNames": [f"projects/{self.project}"]}
        return {"title": self.title, "logsPanel": panel}


@dataclass(frozen=True)
class Incidents:
    """Alerts that fire, or did lately."""

    title: str

    def json(self) -> Json:
        """Return an `IncidentList` of all policies."""
        return {"title": self.title, "incidentList": {}}


@dataclass(frozen=True)
class Heading:
    """Begins a part of the dashboard."""

    title: str

    def json(self) -> Json:
        """Return a `SectionHeader`."""
        return {"title": self.title, "sectionHeader": {"dividerBelow": True}}


@dataclass(frozen=True)
class Row:
    """Widgets of one size, side by side over the whole width."""

    height: int
    """In columns' widths."""
    widgets: Sequence[Widget]

    def __post_init__(self) -> None:
        if not self.widgets or COLUMNS % len(self.widgets):
            raise ValueError(f"{len(self.widgets)} widgets do not share {COLUMNS} columns")


@dataclass(frozen=True)
class Dashboard:
    """All of it, from top to bottom."""

    title: str
    rows: Sequence[Row]

    @property
    def json(self) -> str:
        """As the API takes it. The same dashboard always gives the same text."""
        tiles: list[Json] = []
        top = 0
        for row in self.rows:
            width = COLUMNS // len(row.widgets)
            for number, widget in enumerate(row.widgets):
                corner = {"xPos": number * width, "yPos": top}
                place = {axis: position for axis, position in corner.items() if position}
                tiles.append({**place, "width": width, "height": row.height, "widget": widget.json()})
            top += row.height
        layout = {"columns": COLUMNS, "tiles": tiles}
        return json.dumps({"displayName": self.title, "mosaicLayout": layout}, indent=1)


def _query(query: str, unit: str) -> Json:
    return {"prometheusQuery": query, **({"unitOverride": unit} if unit else {})}
