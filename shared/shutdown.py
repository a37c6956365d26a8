"""How this process ends: whether it was asked to, and how it asks for it. Alone knows the server's inside."""

import os
import signal
from types import MethodType


def is_shutting_down() -> bool:
    """Tell whether gunicorn has received SIGTERM and only waits for running requests to end.

    Anywhere but under the functions-framework, such as in a test client, the answer is False.
    """
    return getattr(_gunicorns_worker(), "alive", True) is False


def replace_this_process() -> None:
    """Let gunicorn start another worker in place of this one, once the requests that run here have ended.

    It begins with what gunicorn itself has loaded, so nothing is copied or verified again. A worker that has
    replaced another ends the whole server: what it lacks, the next one would lack too, and the platform has
    other instances. Anywhere but under the functions-framework nothing happens.
    """
    if worker := _gunicorns_worker():
        is_first = getattr(worker, "age", 1) == 1  # gunicorn's count of the workers it has started
        os.kill(os.getpid() if is_first else os.getppid(), signal.SIGTERM)


def _gunicorns_worker() -> object | None:
    """Return the worker whose bound method handles SIGTERM, and sets `alive` to False by it."""
    handler = signal.getsignal(signal.SIGTERM)
    return handler.__self__ if isinstance(handler, MethodType) else None
