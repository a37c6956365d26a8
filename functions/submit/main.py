"""Entry point of the submit function: the public API."""

import flask
import flask.typing
import functions_framework

from functions.submit.app import app


@functions_framework.http
def submit(request: flask.Request) -> flask.typing.ResponseReturnValue:
    """Answer through our own Flask app, which has the routes, limits and error handlers."""
    return flask.Response.from_app(app.wsgi_app, request.environ, buffered=False)


if flask.has_app_context():  # the framework loads this module in the context of its own app
    # That knows no path with a line break in it, and keeps two names from us: ours to answer as well.
    flask.current_app.register_error_handler(404, lambda _error: submit(flask.request))
