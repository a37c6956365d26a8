"""Entry point of the finalize function, which also serves the sweep."""

import flask
import flask.typing
import functions_framework

from functions.finalize.sweep import handle_sweep
from functions.finalize.work import finalize_video
from shared import wiring
from shared.domain.job import Stage
from shared.http import handle_task


@functions_framework.http
def finalize(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Join a job's clips into its video; at `/sweep`, see to jobs that got stuck."""
    if request.path == "/sweep" and request.method == "POST":
        return handle_sweep(wiring.services, wiring.job_queries, wiring.limits, wiring.census_store)
    return handle_task(request, Stage.FINALIZE, finalize_video, wiring.services)
