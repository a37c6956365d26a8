"""`/metrics`: how the service stands, for a scraper. The sweep has counted it; nothing is counted here."""

import flask
import flask.typing

from functions.submit.auth import caller_of, permit
from shared import wiring
from shared.api_keys import Scope
from shared.domain.errors import Unavailable

routes = flask.Blueprint("metrics", __name__)


@routes.before_request
def authenticate() -> None:
    """Let nobody in without a key that is for this."""
    flask.g.caller = caller_of(flask.request.headers.get("Authorization"), wiring.api_keys())
    permit(flask.g.caller, Scope.METRICS)


@routes.get("/metrics")
def metrics() -> flask.typing.ResponseReturnValue:
    """Show the latest census in the OpenMetrics text format, and how old it is."""
    from functions.submit.exposition import CONTENT_TYPE, openmetrics  # a library that only scrapers need

    census, now, _ = wiring.census_store().latest()
    if census is None:
        raise Unavailable("nothing has been counted yet; the sweep does that every minute or so")
    return flask.Response(openmetrics(census, now), content_type=CONTENT_TYPE)
