"""Tells whether this instance has been asked to stop. The only place that knows the server's inside."""

import signal
from types import MethodType


def is_shutting_down() -> bool:
    """Tell whether gunicorn has received SIGTERM and only waits for running requests to end.

    Under the functions-framework the SIGTERM handler is a bound method of gunicorn's worker, whose `alive`
    turns False when it has been called. Anywhere else, such as a test client, the answer is False.
    """
    handler = signal.getsignal(signal.SIGTERM)
    worker = handler.__self__ if isinstance(handler, MethodType) else None
    return getattr(worker, "alive", True) is False
