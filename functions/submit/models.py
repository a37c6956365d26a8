"""The route of `/v1/models`: what this deployment offers, in the shape of OpenAI's list. Knows no video."""

import flask
import flask.typing

from functions.submit import videos
from functions.submit.answers import Nothing, answer, query
from functions.submit.offered import offered_models
from shared import wiring

routes = flask.Blueprint("models", __name__, url_prefix="/v1/models")
routes.before_request(videos.authenticate)


@routes.get("")
def list_models() -> flask.typing.ResponseReturnValue:
    """List the backends that this deployment offers, with what each can do and costs."""
    query(Nothing)
    at = wiring.settings()
    return answer(offered_models(at.offer, model_id=at.model_id, max_operations=at.max_operations))
