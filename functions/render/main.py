"""Entry point of the render function."""

import flask
import flask.typing
import functions_framework

from functions.render.settlement import settle_paid_call
from functions.render.work import render_shot
from shared import wiring
from shared.domain.job import Stage
from shared.http import handle_task


@functions_framework.http
def render(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Render the clip of one shot."""
    return handle_task(request, Stage.RENDER, render_shot, wiring.services, settle_paid_call)
