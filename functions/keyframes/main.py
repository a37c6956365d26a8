"""Entry point of the keyframes function."""

import flask
import flask.typing
import functions_framework

from functions.keyframes.work import draw_keyframes
from shared import wiring
from shared.domain.job import Stage
from shared.http import handle_task


@functions_framework.http
def keyframes(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Plan a job's shots and draw their keyframes."""
    return handle_task(request, Stage.KEYFRAMES, draw_keyframes, wiring.services)
