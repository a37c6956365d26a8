"""Entry point of the render function."""

import flask
import flask.typing
import functions_framework

from functions.render import start
from functions.render.settlement import settle_paid_call
from functions.render.work import render_shot
from shared import wiring
from shared.domain.job import Stage
from shared.http import handle_task
from shared.settings import names_weights


@functions_framework.http
def render(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Render the clip of one shot."""
    return handle_task(
        request, Stage.RENDER, render_shot, wiring.services, settle_paid_call, facts=start.of_this_process
    )


if flask.has_app_context() and names_weights():
    # The framework loads this module in the context of its app, and before the server listens.
    start.prepare(wiring.settings())
